"""The bench over HTTP: a real server, the real daemon, and requests as a browser makes them."""

from __future__ import annotations

import asyncio
import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from hw_mocks.__main__ import main
from hw_mocks.bench.server import Server

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"
WITHIN_S = 30.0


class Page:
    """What a browser would have: a session, and the live connection."""

    def __init__(self, session: aiohttp.ClientSession, server: Server) -> None:
        self.session, self.server = session, server
        self.state: dict[str, Any] = {}
        self.lines: list[str] = []
        self.png = b""
        self._live: aiohttp.ClientWebSocketResponse | None = None

    async def open(self) -> Page:
        self._live = await self.session.ws_connect(f"{self.server.url}live")
        await self.until(lambda: bool(self.state) and bool(self.png))
        return self

    async def close(self) -> None:
        assert self._live is not None
        await self._live.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Listen until this holds."""
        assert self._live is not None
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                message = await self._live.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.png = message.data
                else:
                    told = json.loads(message.data)
                    self.state = told.get("state", self.state)
                    self.lines += told.get("timeline", []) + told.get("journal", [])

    async def ask(self, expected: int = 200, **order: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.server.url}do", json=order) as answer:
            told = await answer.json()
            assert answer.status == expected, told
            assert isinstance(told, dict)
            return told

    async def step(self, **step: Any) -> None:
        await self.ask(do="step", step=step)

    def size(self) -> tuple[int, int]:
        with Image.open(io.BytesIO(self.png)) as picture:
            return picture.size


def at_the_bench(tmp_path: Path, act: Callable[[Page], Awaitable[None]]) -> None:
    async def run() -> None:
        server = Server(MODELS, tmp_path / "saved", 0)
        try:
            await server.start()
            async with aiohttp.ClientSession() as session:
                page = await Page(session, server).open()
                try:
                    await act(page)
                finally:
                    await page.close()
        finally:
            await server.stop()

    asyncio.run(run())


async def an_answer(page: Page) -> None:
    """Go through a whole encounter."""
    await page.ask(do="choose", speed=5)
    await page.step(unplug="oximeter")  # its next pulse would count in place of the typed one
    await page.step(keys="A 1")
    await page.step(type={"age_years": 35})
    await page.step(
        send={"systolic_mmhg": 150, "diastolic_mmhg": 95, "temp_degc": 36.9}, instrument="board"
    )
    await page.step(type={"glucose_mmol_l": 12.5, "pulse_rate_bpm": 84})
    await page.step(keys="A A")
    await page.until(lambda: page.state["screen"] == "result")


def test_a_whole_encounter_is_saved_as_a_scenario_that_plays(tmp_path: Path) -> None:
    async def act(page: Page) -> None:
        await an_answer(page)
        assert page.size() == (800, 480)
        text = (await page.ask(do="preview", title='High "risk"'))["text"]
        assert "HIGH RISK" in text
        saved = await page.ask(do="save", name="high-again", text=text)
        assert Path(saved["path"]).read_text("utf-8") == text
        wrong = text.replace('category = "high"', 'category = "not-high"')
        assert wrong != text
        await page.ask(do="save", name="wrong", text=wrong)
        await page.ask(409, do="save", name="high-again", text=text)
        await page.ask(409, do="save", name="../out", text=text)
        await page.ask(409, do="save", name="bad", text="title = 1")

    at_the_bench(tmp_path, act)
    saved = tmp_path / "saved"
    assert sorted(p.name for p in saved.iterdir()) == ["high-again.toml", "wrong.toml"]
    out = str(tmp_path / "out")
    assert main(["play", str(saved / "high-again.toml"), "--out", out, "--quiet"]) == 0
    assert main(["play", str(saved / "wrong.toml"), "--out", out, "--quiet"]) == 1


def test_two_pages_see_the_same_and_a_closed_one_disturbs_nobody(tmp_path: Path) -> None:
    async def act(page: Page) -> None:
        other = await Page(page.session, page.server).open()
        await page.step(keys="A")
        for each in (page, other):
            await each.until(lambda p=each: p.state["mode"] != "idle")
        await page.until(lambda: page.png == page.server.bench.told.png)
        await other.until(lambda: other.png == page.png)
        assert page.server.bench.bedside is not None
        pid = page.server.bench.bedside.app.pid
        await other.close()
        await page.step(keys="B")
        await page.until(lambda: page.state["mode"] == "idle")
        assert page.server.bench.bedside.app.pid == pid

    at_the_bench(tmp_path, act)


def test_power_clock_instruments_and_panels(tmp_path: Path) -> None:
    async def act(page: Page) -> None:
        await page.until(lambda: "queue_depth" in page.state["status"])
        assert {"display", "keypad"} <= set(page.state["status"]["heartbeats_age_s"])
        await page.step(clock="1970-01-01T00:00:00Z")
        await page.until(lambda: page.state["status"].get("clock") == "not set")
        await page.step(unplug="oximeter")
        await page.until(lambda: _of(page, "oximeter")["link"] == "absent")
        await page.step(plug="oximeter")
        await page.step(set={"spo2_pct": 88}, instrument="oximeter")
        await page.step(fault="finger off", instrument="oximeter")
        await page.until(lambda: _of(page, "oximeter")["fault"] == "finger off")
        assert _of(page, "oximeter")["values"]["spo2_pct"] == 88
        await page.ask(do="cut")
        await page.until(lambda: not page.state["on"] and page.state["lit"] == [])
        with Image.open(io.BytesIO(page.server.bench.told.png)) as dark:
            assert dark.getbbox() is None
        assert (await page.ask(409, do="step", step={"keys": "A"}))["refused"]
        await page.ask(do="switch on")
        await page.until(lambda: page.state["on"] and page.state["mode"] == "idle")
        assert any("LinkChanged" in line for line in page.lines)
        assert any("event=" in line for line in page.lines)
        for panel, size in (("ili9341", (320, 240)), ("ssd1306", (128, 64))):
            await page.ask(do="choose", panel=panel)
            await page.until(lambda s=size: page.size() == s)
            await page.until(lambda: page.state["mode"] == "idle")
        await page.ask(409, do="choose", panel="cinema")

    at_the_bench(tmp_path, act)


def test_a_scenario_is_paused_stepped_and_played_to_its_end(tmp_path: Path) -> None:
    async def act(page: Page) -> None:
        await page.ask(do="play", name="high-risk", paused=True)
        assert page.server.bench.state()["playing"]["step"] == 0
        await page.ask(do="one step")
        await page.until(lambda: page.state["playing"]["step"] == 1)
        assert page.server.bench.state()["playing"]["paused"]
        await page.ask(do="resume")
        await page.until(lambda: page.state["words"] == "high-risk: as expected.")
        assert page.state["screen"] == "result"
        await page.ask(409, do="play", name="../../etc/passwd")

    at_the_bench(tmp_path, act)


def test_foreign_hosts_and_origins_are_refused(tmp_path: Path) -> None:
    async def act(page: Page) -> None:
        url, port = page.server.url, page.server.port
        foreign = (
            {"Host": f"evil.example:{port}"},
            {"Host": "127.0.0.1"},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": f"http://127.0.0.1:{port + 1}"},
            {"Sec-Fetch-Site": "cross-site"},
        )
        for headers in foreign:
            for path in ("", "bench.js", "state", "panel.png", "live"):
                async with page.session.get(f"{url}{path}", headers=headers) as answer:
                    assert answer.status == 403, (headers, path)
            order = {"do": "cut"}
            async with page.session.post(f"{url}do", json=order, headers=headers) as answer:
                assert answer.status == 403, headers
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await page.session.ws_connect(f"{url}live", headers=headers)
            assert refused.value.status == 403, headers
        text = json.dumps({"do": "cut"})
        async with page.session.post(f"{url}do", data=text) as answer:
            assert answer.status == 415
        assert page.server.bench.state()["on"]
        for headers in ({"Origin": f"http://localhost:{port}"}, {"Host": f"localhost:{port}"}, {}):
            async with page.session.get(url, headers=headers) as answer:
                assert answer.status == 200
                assert "default-src 'self'" in answer.headers["Content-Security-Policy"]

    at_the_bench(tmp_path, act)


def test_only_the_loopback_address_is_bound(tmp_path: Path) -> None:
    async def act(page: Page) -> None:
        rows = Path("/proc/self/net/tcp").read_text("ascii").splitlines()[1:]
        rows += Path("/proc/self/net/tcp6").read_text("ascii").splitlines()[1:]
        port = f"{page.server.port:04X}"
        listening = [r.split()[1] for r in rows if r.split()[3] == "0A"]
        ours = [each for each in listening if each.endswith(f":{port}")]
        loopback = socket.inet_aton("127.0.0.1")[::-1].hex().upper()
        assert ours == [f"{loopback}:{port}"]

    at_the_bench(tmp_path, act)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    for path in (ROOT / "hw_mocks" / "bench" / "page").iterdir():
        text = path.read_text("utf-8").replace("ws://${location.host}", "")
        assert "//" not in text.replace("https://", "//").replace("http://", "//"), path


def test_the_plain_command_plays_and_ends_without_a_terminal(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "deploy/desktop.sh", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--bench" in done.stdout


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "hw_mocks", "bench", "--no-browser", "--port", port],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "--port 0" in done.stderr


def _of(page: Page, name: str) -> dict[str, Any]:
    return next(each for each in page.state["instruments"] if each["name"] == name)
