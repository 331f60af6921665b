"""Signs of life of the threads, read by the main loop before it pings the watchdog."""

from __future__ import annotations

import time


class Heartbeats:
    """The real monotonic time of each worker's last sign of life.

    Writing one key of a dict is atomic in CPython; there is one writer for each name.
    Real time, not the appliance's clock: a simulated clock must not hide a hung thread.
    """

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def beat(self, worker: str) -> None:
        """Record that the worker is alive now."""
        self._last[worker] = time.monotonic()

    def retire(self, worker: str) -> None:
        """Forget a worker that ended in good order."""
        self._last.pop(worker, None)

    def stale(self, older_than_s: float) -> tuple[str, ...]:
        """Return the workers whose last sign of life is older than this."""
        now = time.monotonic()
        return tuple(name for name, last in self._last.copy().items() if now - last > older_than_s)

    def ages_s(self) -> dict[str, float]:
        """Return the seconds since each worker's last sign of life."""
        now = time.monotonic()
        return {name: round(now - last, 2) for name, last in self._last.copy().items()}
