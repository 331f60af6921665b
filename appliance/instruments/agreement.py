"""When a number of a protocol without a checksum counts: once others have said the same.

Pure, and without a clock: it counts frames, so that a file and a live port give the same.
A byte that belongs to no frame breaks the row; the number before it proves nothing behind it.

Source: the sheets' rule for all protocols without a checksum (protocols/README, rule 3).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from enum import Enum, auto


class Standing(Enum):
    """What follows from one more frame."""

    AGREED = auto()
    """The number counts."""
    ABSENT = auto()
    """The frame says that there is none."""
    HELD = auto()
    """Too few have said it yet; what counted before stands for this short time."""
    LOST = auto()
    """Too few have said it, and nothing stands."""


class Row:
    """Equal numbers in a row, for devices that repeat a number many times a second.

    needed: how many equal ones.  patience: for how many frames what counted before stands
    while others are said.
    """

    def __init__(self, needed: int, patience: int) -> None:
        self._needed = needed
        self._patience = patience
        self._number: float | None = None
        self._row = 0
        self._since = patience

    def take(self, number: float | None) -> Standing:
        """Take what one frame says; None is its missing mark."""
        if number is None:
            self.clear()
            return Standing.ABSENT
        self._row = self._row + 1 if number == self._number else 1
        self._number = number
        if self._row >= self._needed:
            self._since = 0
            return Standing.AGREED
        self._since += 1
        return Standing.HELD if self._since < self._patience else Standing.LOST

    def break_off(self) -> None:
        """Take note of bytes that belong to no frame."""
        self._row, self._number = 0, None

    def clear(self) -> None:
        """Forget all: nothing stands."""
        self.break_off()
        self._since = self._patience


class Window:
    """Numbers close to one another in a row, for devices that say a new one each second.

    size: how many.  spread: how far apart the lowest and the highest may be.  What counts is
    the median, so that a single wrong one among them never counts.
    """

    def __init__(self, size: int, spread: float) -> None:
        self._spread = spread
        self._numbers: deque[float] = deque(maxlen=size)

    def take(self, number: float | None) -> float | None:
        """Take what one frame says; return what counts now, or None."""
        if number is None:
            self.clear()
            return None
        self._numbers.append(number)
        if len(self._numbers) < (self._numbers.maxlen or 0):
            return None
        if max(self._numbers) - min(self._numbers) > self._spread:
            return None
        return lower_median(self._numbers)

    def clear(self) -> None:
        """Forget all."""
        self._numbers.clear()


def lower_median(numbers: Iterable[float]) -> float:
    """Return the number in the middle, the lower of two: always one that was said.

    Written out, because importing `statistics` costs the daemon's start more than it saves.
    """
    ordered = sorted(numbers)
    return ordered[(len(ordered) - 1) // 2]
