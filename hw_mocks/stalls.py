"""Notices when the machine lets this process not run for a while.

On a busy machine a screen may be late through nobody's fault; whoever judges its lateness has
to know by how much.
"""

from __future__ import annotations

import threading
import time
from collections import deque

TICK_S = 0.02
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
