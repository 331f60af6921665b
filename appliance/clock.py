"""Time: a monotonic clock for every age and deadline, and UTC with its quality.

Wall time is shown and recorded, never used to decide whether a value is fresh.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ClockQuality(StrEnum):
    """How far the wall clock may be believed."""

    SET = "set"
    NOT_SET = "not set"


@dataclass(frozen=True, slots=True)
class Now:
    """One moment on both clocks; utc_s is None while the wall clock is not believed."""

    mono_s: float
    utc_s: float | None = None

    @property
    def quality(self) -> ClockQuality:
        """Whether the wall clock is believed."""
        return ClockQuality.NOT_SET if self.utc_s is None else ClockQuality.SET


EARLIEST_UTC_S = 1_795_000_000.0
"""2026-11-18: no true clock reads earlier than this program was written."""
LATEST_UTC_S = 3_000_000_000.0
"""2065-01-24: nor later than any card of this version is in use."""


class Clock(Protocol):
    """Where the appliance reads the time and how it waits."""

    def now(self) -> Now:
        """Return the present moment."""
        ...

    def real_s(self, seconds: float) -> float:
        """Return how many real seconds this many seconds of this clock take."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> Now:
        """Return the present moment; UTC only if it can be true."""
        utc_s = time.time()
        believed = EARLIEST_UTC_S <= utc_s <= LATEST_UTC_S
        return Now(time.monotonic(), utc_s if believed else None)

    def real_s(self, seconds: float) -> float:
        """Return the argument: this clock runs at the speed of time."""
        return seconds
