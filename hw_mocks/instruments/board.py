"""What every simulated instrument is: something on a port that acts as its clock runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from appliance.clock import Clock
from hw_mocks.ports import SimulatedPort

BYTE_S = 10 / 9600
"""One byte at 9600 8N1: a start bit, eight data bits, a stop bit."""
LUMP = 16
TURN_S = 0.02


@dataclass(frozen=True, slots=True)
class Said:
    """Numbers that an instrument put on its line together, in one whole frame.

    mono_s: when the last byte was given to the line.  port: name of the port it is plugged
    into.  valid: whether the frame itself says that they may be used.  measured_mono_s: when
    the measurement began that they are the result of, for one that was ordered.  group: what
    frames have in common that tell of one reading.
    """

    mono_s: float
    port: str
    values: Mapping[str, float]
    valid: bool = True
    measured_mono_s: float | None = None
    group: str = ""


@dataclass(slots=True)
class Board:
    """One simulated instrument on one port; `start` it, tell it things, `stop` it.

    listener: hears of all numbers just before they are on the line.
    """

    name: str
    port: SimulatedPort
    clock: Clock
    listener: Callable[[Said], None] | None = field(default=None, init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)

    def start(self) -> None:
        """Plug in and begin to act."""
        self.port.plug()
        self._thread = threading.Thread(target=self._run, name=f"board {self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Fall silent and pull the cable."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            self.port.unplug()

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are: noise, a broken frame, another device's words."""
        with self._lock:
            self._pace(data)

    def unplug(self) -> None:
        """Pull the cable."""
        with self._lock:
            self.port.unplug()

    def plug(self) -> None:
        """Put the cable back; a new pty behind the same name."""
        with self._lock:
            self.port.plug()

    def _say(
        self,
        values: Mapping[str, float],
        *,
        valid: bool = True,
        measured_mono_s: float | None = None,
        group: str = "",
    ) -> None:
        if self.listener is not None:
            now_mono_s, port = self.clock.now().mono_s, self.port.path.name
            self.listener(Said(now_mono_s, port, values, valid, measured_mono_s, group))

    def _act(self, now_mono_s: float) -> None:
        """Do what is due; called a few times in each simulated second, with the lock held."""
        raise NotImplementedError

    def _run(self) -> None:
        while not self._stop.wait(min(TURN_S, self.clock.real_s(0.1))):
            with self._lock:
                self._act(self.clock.now().mono_s)

    def _pace(self, data: bytes) -> None:
        """Send no faster than the line does, in lumps as a USB adapter makes them."""
        for start in range(0, len(data), LUMP):
            lump = data[start : start + LUMP]
            self.port.write(lump)
            time.sleep(self.clock.real_s(len(lump) * BYTE_S))
