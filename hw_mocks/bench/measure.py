"""How much memory an open bench takes, over time: two pages look on while somebody works."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import time
from collections.abc import Sequence

import aiohttp

from hw_mocks.bench.server import Server
from hw_mocks.endurance.memory import Held, held_by

EVERY_S = 5.0
SETTLES_S = 60.0
"""What a process takes in its first minute of work it keeps: caches, fonts, pools."""
ROUND = ("A 1", "3 1 A", "B B")


async def measure_memory(server: Server, minutes: float) -> None:
    """Work at the bench so long and print the slopes of both processes as JSON."""
    server_held: list[Held] = []
    daemon_held: list[Held] = []
    try:
        await server.start()
        bedside = server.bench.bedside
        if bedside is None:
            raise RuntimeError("the bench has no appliance")
        async with aiohttp.ClientSession() as session:
            lookers = [asyncio.create_task(_look(session, server.url)) for _ in range(2)]
            worker = asyncio.create_task(_work(session, server.url))
            until_s = time.monotonic() + minutes * 60.0
            while time.monotonic() < until_s and not worker.done():
                await asyncio.sleep(EVERY_S)
                server_held.append(held_by(os.getpid(), time.monotonic()))
                daemon_held.append(held_by(bedside.app.pid, time.monotonic()))
            if worker.done():
                worker.result()  # raises what ended it
            for task in (*lookers, worker):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        pictures = server.bench.told.picture
    finally:
        await server.stop()
    record = {"minutes": minutes, "pictures": pictures}
    print(json.dumps(record | {"bench": slope(server_held), "daemon": slope(daemon_held)}))


async def _look(session: aiohttp.ClientSession, url: str) -> None:
    async with session.ws_connect(f"{url}live") as page:
        async for _ in page:
            pass


async def _work(session: aiohttp.ClientSession, url: str) -> None:
    """Open an encounter, type, and cancel it, again and again."""
    while True:
        for keys in ROUND:
            order = {"do": "step", "step": {"keys": keys}}
            async with session.post(f"{url}do", json=order) as answer:
                if answer.status != 200:
                    raise RuntimeError(await answer.text())
        await asyncio.sleep(0.5)


def slope(held: Sequence[Held]) -> dict[str, float]:
    """Return the straight line through the memory of a process, its first minute left out."""
    settled = [each for each in held if each.mono_s - held[0].mono_s >= SETTLES_S]
    if len(settled) < 3:
        return {}
    line = statistics.linear_regression(
        [each.mono_s / 60.0 for each in settled], [each.own_kb for each in settled]
    )
    return {
        "own_kb_a_minute": round(line.slope, 2),
        "own_first_kb": settled[0].own_kb,
        "own_last_kb": settled[-1].own_kb,
        "descriptors_first": settled[0].descriptors,
        "descriptors_last": settled[-1].descriptors,
        "threads_last": settled[-1].threads,
    }
