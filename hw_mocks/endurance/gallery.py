"""The frames of a run in their order: what the daemon told of each, and its picture.

A frame is handed on once the next one has come, so that it is known how long it stood.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hw_mocks.endurance.rules import FIFTEEN_MIN_S
from hw_mocks.endurance.seen import Seen, Word, name_of, pictures_after, read_words
from hw_mocks.stalls import together_s

LOOKS_BACK_REAL_S = 1.5
"""A stall up to this long before a frame may have made it late."""
MISSING = "a frame was told of and no picture of it was kept"
UNTOLD = "a picture was kept of a frame that nobody told of"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the daemon told of one frame.  real_s, mono_s: when its pixels changed."""

    name: str
    real_s: float
    mono_s: float
    texts: tuple[tuple[str, int, int, int | None], ...]


def shown_of(told: Mapping[str, Any]) -> Shown:
    """Read what the rig tells of a frame."""
    texts = tuple((t["text"], t["x"], t["y"], t["tag"]) for t in told["texts"])
    return Shown(told["name"], told["real_s"], told["mono_s"], texts)


class Gallery:
    """Puts pictures and what was told of them together.

    rate: simulated seconds for each real one.
    """

    def __init__(self, folder: Path, rate: float) -> None:
        self._folder, self._rate = folder, rate
        self._number = 0
        self._last: tuple[Seen, float] | None = None
        self._stalls: deque[tuple[float, float]] = deque(maxlen=2000)
        self.faults: list[str] = []

    def stalled(self, stalls: Sequence[tuple[float, float]]) -> None:
        """Take when the machine did not let us run: the end of each stall and its length."""
        self._stalls.extend(stalls)

    def shown(self, shown: Shown, life: int) -> list[Seen]:
        """Take one frame that was told of; return those whose standing is over."""
        over: list[Seen] = []
        for number, picture in pictures_after(self._folder, self._number):
            words = _words_of(picture)
            self._number = number
            seen = Seen(number, name_of(picture), life, shown.mono_s, 0.0, words, picture)
            over += self._next(seen, shown.real_s)
            if _same(words, shown):
                return over
            if seen.name != "blank":
                self.faults.append(f"{UNTOLD}: {picture.name}")
        self.faults.append(f"{MISSING}: {shown.name}")
        return over

    def ended(self, life: int, mono_s: float, real_s: float, newest: int) -> list[Seen]:
        """Take the end of a daemon's life; return every frame that is left.

        newest: number of the last picture then.  A daemon that was killed may have shown one
        more frame than it could tell of.
        """
        over: list[Seen] = []
        for number, picture in pictures_after(self._folder, self._number):
            if number > newest:
                break
            self._number = number
            words = _words_of(picture)
            seen = Seen(number, name_of(picture), life, mono_s, 0.0, words, picture)
            over += self._next(seen, real_s)
        if self._last is not None:
            over.append(self._finish(*self._last, mono_s, real_s))
            self._last = None
        return over

    def _next(self, seen: Seen, real_s: float) -> list[Seen]:
        before, self._last = self._last, (seen, real_s)
        return [] if before is None else [self._finish(*before, seen.mono_s, real_s)]

    def _finish(self, seen: Seen, real_s: float, until_mono_s: float, until_real_s: float) -> Seen:
        since, until = real_s - LOOKS_BACK_REAL_S, until_real_s + 0.05
        lost_s = together_s(each for each in self._stalls if since <= each[0] <= until)
        stalls = tuple(
            (at - length * self._rate, at)
            for end, length in self._stalls
            if (at := seen.mono_s + (end - real_s) * self._rate) > seen.mono_s - FIFTEEN_MIN_S
        )
        stalled_s = lost_s * self._rate
        return replace(seen, until_mono_s=until_mono_s, stalled_s=stalled_s, stalls=stalls)


def _words_of(picture: Path) -> tuple[Word, ...]:
    return read_words(picture.with_suffix(".json"))


def _same(words: Sequence[Word], shown: Shown) -> bool:
    return tuple((w.text, w.x, w.y, w.tag) for w in words) == shown.texts
