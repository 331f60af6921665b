"""Notices when the machine lets this process not run for a while.

On a busy machine a screen may be late through nobody's fault; whoever judges its lateness has
to know by how much.
"""

from __future__ import annotations

import math
import os
import threading
import time
import tty
from collections import deque
from collections.abc import Iterable

TICK_S = 0.02
LINES = 4
WORTH_TELLING_S = 0.05


class StallWatch:
    """Sleeps in short ticks and notes each that took much longer.  Real seconds."""

    def __init__(self) -> None:
        self._found: deque[tuple[float, float]] = deque(maxlen=1000)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stall watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    def take(self) -> list[tuple[float, float]]:
        """Return the stalls since the last call: when each ended, and how long it was."""
        taken = []
        while self._found:
            taken.append(self._found.popleft())
        return taken

    def _run(self) -> None:
        last_s = time.monotonic()
        while not self._stop.wait(TICK_S):
            now_s = time.monotonic()
            if now_s - last_s - TICK_S > WORTH_TELLING_S:
                self._found.append((now_s, now_s - last_s - TICK_S))
            last_s = now_s


class LineWatch:
    """Notices when the kernel hands bytes of pseudo-terminals on late.

    Its own workers do that, and a busy machine lets them wait like anybody: then an
    instrument's words lie there with no process to blame.  Several lines are watched, because
    each worker has its own.
    """

    def __init__(self) -> None:
        self._found: deque[tuple[float, float]] = deque(maxlen=1000)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name="line watch", daemon=True) for _ in range(LINES)
        ]

    def start(self) -> None:
        """Begin to watch."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def take(self) -> list[tuple[float, float]]:
        """Return the delays since the last call: when each ended, and how long it was."""
        taken = []
        while self._found:
            taken.append(self._found.popleft())
        return taken

    def _run(self) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        try:
            while not self._stop.wait(TICK_S):
                began_s = time.monotonic()
                os.write(master, b".")
                os.read(slave, 1)
                now_s = time.monotonic()
                if now_s - began_s > WORTH_TELLING_S:
                    self._found.append((now_s, now_s - began_s))
        finally:
            os.close(master)
            os.close(slave)


def together_s(stalls: Iterable[tuple[float, float]]) -> float:
    """Return how long there was any stall: what several noticed at once counts once."""
    lost, until_s = 0.0, -math.inf
    for began_s, ended_s in sorted((end - length, end) for end, length in stalls):
        lost += max(0.0, ended_s - max(began_s, until_s))
        until_s = max(until_s, ended_s)
    return lost
