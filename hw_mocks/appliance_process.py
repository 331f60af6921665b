"""The real daemon as a child process, with the strings of its simulated hardware in hand."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hw_mocks.clock import Course, SimulatedClock

START_WITHIN_S = 60.0
"""Real seconds: a cold start on a loaded machine, model trial included."""
ANSWER_WITHIN_S = 20.0
STOP_WITHIN_S = 10.0


class SimulationFailed(Exception):
    """The appliance under simulation did not do what it must.  Its text says what."""


class ApplianceProcess:
    """One daemon.  Everything it tells is kept: events, frames, results, and what is lit now.

    listener: hears each thing told, on the reader's thread.  every_frame: whether frames that
    differ in ages alone are kept as pictures too.  After `kill` it can be started again.

    May be set before `start`: command, which runs the daemon; environment, beside our own;
    own_session, so that it has no terminal, as under systemd; live, so that the listener is
    told of the panel's pixels and no picture is kept.
    """

    def __init__(
        self,
        config: Path,
        log: Path,
        rate: float,
        utc_s: float,
        *,
        every_frame: bool = False,
        listener: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.results: list[dict[str, Any] | None] = []
        self.lit: set[str] = set()
        self.changed = threading.Condition()
        self.command: tuple[str, ...] = (sys.executable, "-m", "appliance")
        self.environment: dict[str, str] = {}
        self.own_session = self.live = False
        self._config, self._log = config, log
        self._every_frame, self._listener = every_frame, listener
        self._counted: Counter[str] = Counter()
        self.clock = SimulatedClock(Course(time.monotonic(), rate, utc_s))
        self._folder = tempfile.TemporaryDirectory(prefix="bedside-")
        self.control = str(Path(self._folder.name) / "rig")
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(self.control)
        self._listening.listen(1)
        self._connection: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._switched_off = False
        self._orders = 0
        self._done = 0
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """Process id of the daemon."""
        if self._process is None:
            raise SimulationFailed("the daemon was not started")
        return self._process.pid

    def start(self) -> None:
        """Start the daemon and connect to its rig; raise SimulationFailed if it ends at once."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.command, "run", "--config", str(self._config)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
                cwd=Path(__file__).parent.parent,
                start_new_session=self.own_session,
            )
        self._listening.settimeout(0.1)
        until = time.monotonic() + START_WITHIN_S
        while self._connection is None:
            try:
                self._connection, _ = self._listening.accept()
            except TimeoutError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise SimulationFailed(f"the daemon did not start: {self._tail()}") from None
        course = asdict(self.clock.course)
        first = {**course, "every_frame": self._every_frame, "live": self.live}
        self._connection.sendall(json.dumps(first).encode() + b"\n")
        self._reader = threading.Thread(target=self._read, name="rig reader", daemon=True)
        self._reader.start()

    def order(self, order: Mapping[str, object]) -> None:
        """Give one order to the rig and wait until it is carried out."""
        if self._connection is None:
            raise SimulationFailed("the daemon was not started")
        self._orders += 1
        number = self._orders
        data = json.dumps({**order, "order": number}).encode() + b"\n"
        self._connection.sendall(data)
        # Switched off, the rig is gone before it can say that it is done.
        self.wait_until(
            lambda: self._done >= number or self.switched_off,
            ANSWER_WITHIN_S,
            f"order {dict(order)}",
        )

    def press(self, printed: str) -> None:
        """Press one key and wait until the controller has answered it."""
        before = self._counted["KeyPressed"]
        self.order({"press": printed})
        self.wait_until(
            lambda: self._counted["KeyPressed"] > before, ANSWER_WITHIN_S, f"key {printed}"
        )

    def advance(self, seconds: float) -> None:
        """Let both clocks jump ahead."""
        self.clock.advance(seconds)
        self.order({"advance": seconds})

    def shift_utc(self, seconds: float) -> None:
        """Set the wall clock on or back; the monotonic clock goes on as it was."""
        self.clock.shift_utc(seconds)
        self.order({"shift_utc": seconds})

    def sync(self) -> None:
        """Wait until everything that was posted before has been answered."""
        if self._switched_off:
            return
        before = self._counted["TimePassed"]
        self.order({"sync": True})
        self.wait_until(
            lambda: self._counted["TimePassed"] > before, ANSWER_WITHIN_S, "the main loop"
        )

    def wait_until(self, holds: Callable[[], bool], within_s: float, what: str) -> None:
        """Wait for something the appliance tells; raise SimulationFailed if it does not come."""
        until = time.monotonic() + within_s
        with self.changed:
            while not holds():
                if self._process is None or self._process.poll() is not None:
                    if self._has_told_all() and holds():
                        return
                    raise SimulationFailed(f"the daemon ended: {self._tail()}")
                left_s = until - time.monotonic()
                if left_s <= 0:
                    raise SimulationFailed(f"waited {within_s:g} s in vain for {what}")
                self.changed.wait(min(left_s, 0.2))

    @property
    def switched_off(self) -> bool:
        """Whether the daemon had the machine switched off, and ended."""
        return self._switched_off and self._process is not None and self._process.poll() is not None

    @property
    def ended(self) -> bool:
        """Whether the daemon's process is over, whoever ended it."""
        return self._process is not None and self._process.poll() is not None

    @property
    def mode(self) -> str:
        """The controller's mode after the last event."""
        return str(self.events[-1]["mode"]) if self.events else "starting"

    @property
    def result(self) -> dict[str, Any] | None:
        """The result that stands now, or None."""
        return self.results[-1] if self.results else None

    @property
    def texts(self) -> list[str]:
        """The texts on the panel now."""
        return [t["text"] for t in self.frames[-1]["texts"]] if self.frames else []

    def forget(self) -> None:
        """Drop what was told, but for the newest of each kind: a long run must not fill memory."""
        with self.changed:
            del self.events[:-1], self.frames[:-1], self.results[:-1]

    def send(self, number: signal.Signals) -> None:
        """Send the daemon a signal."""
        os.kill(self.pid, number)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        """End the daemon at once, as a fault would, and return how it ended.

        Everything that it told before is read.  `start` may follow.
        """
        if self._process is None:
            raise SimulationFailed("the daemon was not started")
        self._process.send_signal(number)
        code = self._process.wait(STOP_WITHIN_S)
        self._hang_up()
        self.lit.clear()
        return code

    def stop(self) -> int:
        """End the daemon in good order; return its exit code.  Kills it if it will not end."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._hang_up()
        self._listening.close()
        self._folder.cleanup()
        return code

    def _hang_up(self) -> None:
        if self._reader is not None:
            self._reader.join(STOP_WITHIN_S)
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _read(self) -> None:
        if self._connection is None:
            return
        with self._connection.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                with self.changed:
                    told = json.loads(line)
                    self._keep(told)
                    self.changed.notify_all()
                if self._listener is not None:
                    self._listener(told)

    def _keep(self, told: dict[str, Any]) -> None:
        match told:
            case {"event": event}:
                self.events.append(event)
                self._counted[event["event"]] += 1
            case {"frame": frame}:
                self.frames.append(frame)
            case {"result": result}:
                self.results.append(result)
            case {"lamp": {"part": part, "on": on}}:
                (self.lit.add if on else self.lit.discard)(part)
            case {"steward": "poweroff"} if self._process is not None:
                # As systemd does on the way to poweroff.target.
                self._switched_off = True
                self._process.send_signal(signal.SIGTERM)
            case {"done": number}:
                self._done = number

    def _has_told_all(self) -> bool:
        """Let the reader take in the last that an ended daemon said; changed must be held."""
        reader = self._reader
        return reader is None or self.changed.wait_for(lambda: not reader.is_alive(), 1.0)

    def _tail(self) -> str:
        text = self._log.read_text("utf-8", errors="replace") if self._log.exists() else ""
        return text[-2000:].strip() or "(it said nothing)"
