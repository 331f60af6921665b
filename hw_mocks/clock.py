"""A clock that can run faster than time, jump ahead and be set wrong, the same in two processes.

Both processes read the kernel's monotonic clock, which they share, so that one origin and
one rate make their simulated times equal.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from appliance.clock import EARLIEST_UTC_S, LATEST_UTC_S, Now


@dataclass(frozen=True, slots=True)
class Course:
    """How simulated time runs.

    origin_real_s: kernel monotonic time at which simulated time was zero.
    rate: simulated seconds for each real one.  utc_s: wall time at the origin.
    """

    origin_real_s: float
    rate: float
    utc_s: float


class SimulatedClock:
    """An appliance.clock.Clock that follows a Course and jumps when it is told."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._jumped_s = 0.0
        self._utc_off_s = 0.0
        self._lock = threading.Lock()

    def now(self) -> Now:
        """Return the simulated moment."""
        course = self._course
        with self._lock:
            mono_s = (time.monotonic() - course.origin_real_s) * course.rate + self._jumped_s
            utc_s = course.utc_s + self._utc_off_s + mono_s
        return Now(mono_s, utc_s if EARLIEST_UTC_S <= utc_s <= LATEST_UTC_S else None)

    @property
    def course(self) -> Course:
        """The course that a clock would have to follow from its origin to tell the same times."""
        course = self._course
        with self._lock:
            origin_real_s = course.origin_real_s - self._jumped_s / course.rate
            return Course(origin_real_s, course.rate, course.utc_s + self._utc_off_s)

    def real_s(self, seconds: float) -> float:
        """Return how many real seconds so many simulated ones take."""
        return seconds / self._course.rate

    def advance(self, seconds: float) -> None:
        """Jump ahead, on both clocks."""
        with self._lock:
            self._jumped_s += seconds

    def shift_utc(self, seconds: float) -> None:
        """Set the wall clock on or back by so much; the monotonic clock goes on as it was."""
        with self._lock:
            self._utc_off_s += seconds

    def set_utc(self, utc_s: float) -> None:
        """Set the wall clock alone, forwards or back."""
        with self._lock:
            course = self._course
            mono_s = (time.monotonic() - course.origin_real_s) * course.rate + self._jumped_s
            self._utc_off_s = utc_s - course.utc_s - mono_s
