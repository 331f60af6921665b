"""A whole bedside for a test to spoil: cuff, oximeter and text lines on one real daemon."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.scenario.test_bad_ports import link_is
from tests.scenario.worlds import WITHIN_S, World, prepare_world, running

BEDSIDE = {"cuff": "suntech_nibp", "oximeter": "nonin_oem3:7", "thermometer": "line_nmea"}
TRIES = 5
PRESSURES = ("systolic_mmhg", "diastolic_mmhg", "map_mmhg")


@contextmanager
def bedside(
    tmp_path: Path, instruments: Mapping[str, str] = BEDSIDE, *, speed: float = 2.0
) -> Iterator[World]:
    """Run a daemon without a terminal, until every instrument speaks."""
    world = prepare_world(tmp_path, instruments=instruments, speed=speed)
    world.app.own_session = True
    with running(world):
        world.ready()
        for name in instruments:
            link_is(world, name, "speaking")
        yield world


def measure(world: World) -> None:
    """Open an encounter and fill the cuff."""
    world.keys("A 1")
    world.type({"age_years": 31})
    start_cuff(world, lambda: world.boards["cuff"].cuff_mmhg > 60.0)


def start_cuff(world: World, done: Callable[[], bool]) -> None:
    """Start the cuff until this is so.

    On a busy machine a module may be late with an answer, which rightly stops it: then again.
    """
    for _ in range(TRIES):
        seen = len(phases(world, "cuff"))
        world.keys("*")
        world.wait(
            lambda s=seen: done() or "failed" in phases(world, "cuff")[s:], "the cuff to measure"
        )
        if done():
            return
        world.wait(lambda: phases(world, "cuff")[-1] == "failed", "the cuff to be empty")
    raise AssertionError(f"the cuff failed {TRIES} times")


def rows(world: World) -> dict[str, tuple[str, str]]:
    """Return value and detail of each row on the screen, by label."""
    texts = [(t["text"], t["x"]) for t in world.app.frames[-1]["texts"]]
    found: dict[str, tuple[str, str]] = {}
    label = ""
    for text, x in texts:
        if x == 36:
            label = text
        elif 190 < x < 312:
            found[label] = (text, "")
        elif x == 490 and label in found:
            found[label] = (found[label][0], text)
    return found


def readings(world: World, name: str) -> list[dict[str, object]]:
    """Return every value that the appliance took from one instrument."""
    return [
        m
        for e in world.app.events
        if e["event"] == "MeasurementReceived"
        and (m := e["fields"]["measurement"])["source"]["name"] == name
        and m["value"] is not None
    ]


def wait_for(holds: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.01)


def last_link(world: World, name: str) -> str:
    return [
        e["fields"]["state"]
        for e in world.app.events
        if e["event"] == "LinkChanged" and e["fields"]["instrument"] == name
    ][-1]


def phases(world: World, name: str) -> list[str]:
    return [
        e["fields"]["phase"]
        for e in world.app.events
        if e["event"] == "MeasuringChanged" and e["fields"]["instrument"] == name
    ]
