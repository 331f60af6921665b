"""Serves the bench to browsers on the loopback address, and on no other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from appliance.status import NotRunning, read_status
from hw_mocks.appliance_process import SimulationFailed
from hw_mocks.bench.bench import Bench, BenchRefused
from hw_mocks.bench.guard import LOOPBACK, refusal

PAGE = Path(__file__).parent / "page"
FILES = {"/": "index.html", "/bench.css": "bench.css", "/bench.js": "bench.js"}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
PAUSE_S = 0.05
"""Between two messages to a page: changes in between go together."""
STATUS_EVERY_S = 1.0
MOST_BYTES = 256 * 1024
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """One bench on one port.  `start`, then `port` is known; `stop` ends everything."""

    def __init__(self, models: Path, saved: Path, port: int) -> None:
        self.port = port
        self.bench = Bench(models, saved, self._changed)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pages: dict[web.WebSocketResponse, asyncio.Event] = {}
        self._status: dict[str, Any] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Start the appliance and listen.  Raises SimulationFailed, and OSError for the port."""
        self._loop = asyncio.get_running_loop()
        app = web.Application(middlewares=[self._guard], client_max_size=MOST_BYTES)
        for path in FILES:
            app.router.add_get(path, self._file)
        app.router.add_get("/panel.png", self._panel)
        app.router.add_get("/state", self._state)
        app.router.add_post("/do", self._do)
        app.router.add_get("/live", self._live)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        await asyncio.to_thread(self.bench.open)
        self._tasks = [
            asyncio.create_task(self._ask_status()),
            asyncio.create_task(self._read_journal()),
        ]

    async def stop(self) -> None:
        """Let all pages go and end the appliance."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for page in list(self._pages):
            await page.close()
        if self._runner is not None:
            await self._runner.cleanup()
        await asyncio.to_thread(self.bench.close)

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{LOOPBACK}:{self.port}/"

    def _changed(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for event in self._pages.values():
            event.set()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = request.headers
        words = refusal(
            self.port, request.host, headers.get("Origin"), headers.get("Sec-Fetch-Site")
        )
        if words:
            return web.Response(status=403, text=f"Refused: {words}.\n")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    async def _file(self, request: web.Request) -> web.Response:
        path = PAGE / FILES[request.path]
        return web.Response(
            body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8"
        )

    async def _panel(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.bench.told.png, content_type="image/png")

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response(self._whole_state())

    def _whole_state(self) -> dict[str, Any]:
        return {**self.bench.state(), "status": self._status}

    async def _do(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return web.json_response({"refused": "the order must be JSON"}, status=415)
        try:
            order = await request.json()
        except ValueError:
            order = None
        if not isinstance(order, dict):
            return web.json_response({"refused": "the order must be a JSON object"}, status=400)
        try:
            # A page that goes away takes its answer with it, not what it asked for.
            done = await asyncio.shield(asyncio.wrap_future(self.bench.ask(order)))
        except BenchRefused as refused:
            return web.json_response({"refused": str(refused)}, status=409)
        except SimulationFailed as failed:
            return web.json_response({"failed": str(failed)}, status=500)
        return web.json_response({"done": True, **done})

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        page = web.WebSocketResponse(heartbeat=20.0, max_msg_size=1024)
        await page.prepare(request)
        event = self._pages[page] = asyncio.Event()
        event.set()
        telling = asyncio.create_task(self._tell(page, event))
        try:
            async for message in page:  # pages only listen; what they ask for comes as /do
                if message.type is not WSMsgType.TEXT:
                    break
        finally:
            del self._pages[page]
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        return page

    async def _tell(self, page: web.WebSocketResponse, event: asyncio.Event) -> None:
        """Tell one page what changed, never faster than it takes it."""
        told = self.bench.told
        state, picture, timeline, journal = "", 0, 0, 0
        while not page.closed:
            await event.wait()
            event.clear()
            with told.lock:
                events, logged = told.timeline.after(timeline), told.journal.after(journal)
                timeline, journal = told.timeline.total, told.journal.total
                png, number = told.png, told.picture
            new = json.dumps(self._whole_state())
            try:
                if number != picture:
                    picture = number
                    await page.send_bytes(png)
                if new != state:
                    state = new
                    await page.send_str('{"state": ' + new + "}")
                if events or logged:
                    await page.send_json({"timeline": events, "journal": logged})
            except ConnectionError:
                return  # the page was closed; nobody else is concerned
            await asyncio.sleep(PAUSE_S)

    async def _ask_status(self) -> None:
        while True:
            bedside = self.bench.bedside
            if bedside is not None and bedside.on:
                try:
                    status = await asyncio.to_thread(read_status, bedside.status)
                    keys = ("heartbeats_age_s", "queue_depth", "clock", "faults", "models")
                    self._status = {key: status[key] for key in keys}
                except NotRunning as error:
                    self._status = {"not_running": str(error)}
            else:
                self._status = {"not_running": "no power"}
            self._wake()
            await asyncio.sleep(STATUS_EVERY_S)

    async def _read_journal(self) -> None:
        path, at, rest = None, 0, b""
        while True:
            bedside = self.bench.bedside
            if bedside is not None and bedside.log != path:
                path, at, rest = bedside.log, 0, b""
            if path is not None and path.exists():
                with path.open("rb") as log:
                    log.seek(at)
                    new = log.read(MOST_BYTES)
                at += len(new)
                *lines, rest = (rest + new).split(b"\n")
                for line in lines:
                    self.bench.told.log(line.decode("utf-8", "replace"))
            await asyncio.sleep(0.3)


async def serve(server: Server, ready: Callable[[str], None]) -> None:
    """Serve until cancelled.  ready: called with the address once a browser may come."""
    try:
        await server.start()
        ready(server.url)
        await asyncio.Event().wait()
    finally:
        await server.stop()
