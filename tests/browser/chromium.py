"""A headless Chromium, driven over its DevTools protocol as a person would use it."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

WITHIN_S = 60.0
NAMES = ("chromium", "chromium-browser", "google-chrome")


class Tab:
    """One open page."""

    def __init__(self, session: aiohttp.ClientSession, debugger: str) -> None:
        self._session, self._debugger = session, debugger
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._calls = 0

    async def connect(self) -> None:
        self._socket = await self._session.ws_connect(self._debugger, max_msg_size=0)
        await self.call("Page.enable")
        await self.call("Runtime.enable")

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        assert self._socket is not None
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": parameters})
        async with asyncio.timeout(WITHIN_S):
            while True:
                told = json.loads((await self._socket.receive()).data)
                if told.get("id") == self._calls:
                    assert "error" not in told, (method, told)
                    return dict(told["result"])

    async def value(self, expression: str) -> Any:
        """Return what this JavaScript is in the page."""
        told = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, (expression, told)
        return told["result"].get("value")

    async def until(self, expression: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not await self.value(expression):
                await asyncio.sleep(0.05)

    async def click(self, selector: str) -> None:
        """Click in the middle of what this finds, with the mouse."""
        found = f"document.querySelector({json.dumps(selector)})"
        await self.until(f"!!{found}")
        x, y = await self.value(
            f"(() => {{ const e = {found}; e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        at = {"x": x, "y": y, "button": "left", "clickCount": 1}
        await self.call("Input.dispatchMouseEvent", type="mousePressed", **at)
        await self.call("Input.dispatchMouseEvent", type="mouseReleased", **at)

    async def choose(self, selector: str, value: str) -> None:
        """Choose from a list; the list itself is the browser's, outside of the page."""
        await self.value(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            f" e.value = {json.dumps(value)}; e.dispatchEvent(new Event('change')); }})()"
        )

    async def picture(self, path: Path) -> None:
        """Keep a picture of the window."""
        await self.value("scrollTo(0, 0)")
        told = await self.call("Page.captureScreenshot", format="png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(told["data"]))

    async def close(self) -> None:
        await self.call("Page.close")


class Browser:
    """One Chromium."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session, self._port = session, port

    async def open(self, url: str) -> Tab:
        address = f"http://127.0.0.1:{self._port}/json/new?{url}"
        async with self._session.put(address) as answer:
            made = await answer.json(content_type=None)
        tab = Tab(self._session, made["webSocketDebuggerUrl"])
        await tab.connect()
        return tab


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    """Run a Chromium with its profile in this folder."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert program is not None, "no chromium: bash deploy/test.sh --browser as root installs it"
    command = [
        program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}",
        "--window-size=1400,1300", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
    ]  # fmt: skip
    if os.geteuid() == 0:
        command.append("--no-sandbox")
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen([*command, "about:blank"], stdout=log, stderr=log)
    try:
        told = folder / "DevToolsActivePort"
        async with asyncio.timeout(WITHIN_S):
            while not (told.exists() and "\n" in told.read_text("ascii")):
                assert process.poll() is None, (folder / "chromium.log").read_text("utf-8")
                await asyncio.sleep(0.1)
        async with aiohttp.ClientSession() as session:
            yield Browser(session, int(told.read_text("ascii").splitlines()[0]))
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)
