"""The truth of a simulated day: what was said, typed and pressed, when, and for whom.

Instruments tell what they put on their lines, the keypad's presses are those that were made,
and whose turn it was follows from the presses.  Nothing here asks the appliance what it
believes, except when an encounter began, which must fall into a press of a key.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf

from hw_mocks.endurance.rules import SIXTY_MIN_S
from hw_mocks.instruments.board import Said

TYPED = "typed"
"""Stands for the keypad where an instrument's port would be named."""
KEPT_S = SIXTY_MIN_S + 600.0
"""Nothing older can be shown rightly; whatever it was."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One number of the truth.  by: port or TYPED.  group: what was measured together.

    took_s: how long it took to say it, from mono_s on; when in that time is not known.
    """

    mono_s: float
    quantity: str
    value: float
    by: str
    valid: bool
    group: str
    measured_mono_s: float | None
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a key, and when it began and was answered."""

    printed: str
    began_mono_s: float
    ended_mono_s: float


@dataclass(frozen=True, slots=True)
class Stay:
    """One patient.  life: which run of the daemon.  tag: its number in that life."""

    life: int
    tag: int
    began_mono_s: float
    ended_mono_s: float = inf


@dataclass(frozen=True, slots=True)
class Typing:
    """What was typed of one value so far, from this moment on; quantity empty: nothing."""

    mono_s: float
    quantity: str
    text: str


class Truth:
    """Everything that the judge may hold against a screen.  Any thread may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[tuple[str, str], deque[Heard]] = defaultdict(deque)
        self._presses: deque[Press] = deque(maxlen=400)
        self._stays: deque[Stay] = deque(maxlen=50)
        self._typing: deque[Typing] = deque([Typing(0.0, "", "")], maxlen=200)
        self._wall: deque[tuple[float, float]] = deque(maxlen=50)
        self.numbers_said = 0

    def hear(self, said: Said) -> None:
        """Take what an instrument says."""
        group = f"{said.port} {said.group or said.mono_s}"
        with self._lock:
            for quantity, value in said.values.items():
                self._add(
                    Heard(
                        said.mono_s,
                        quantity,
                        value,
                        said.port,
                        said.valid,
                        group,
                        said.measured_mono_s,
                    )
                )

    def accept_typed(self, quantity: str, value: float, mono_s: float, took_s: float) -> None:
        """Take a typed value, accepted by a key whose press began then and took so long."""
        with self._lock:
            self._add(Heard(mono_s, quantity, value, TYPED, True, TYPED, None, took_s))

    def press(self, press: Press) -> None:
        """Take one press of a key."""
        with self._lock:
            self._presses.append(press)

    def typing(self, typing: Typing) -> None:
        """Take what is typed from this moment on."""
        with self._lock:
            self._typing.append(typing)

    def in_front(self, life: int, tag: int | None, mono_s: float) -> None:
        """Take who is in front of the appliance from this moment on; None is nobody."""
        with self._lock:
            last = self._stays[-1] if self._stays else None
            open_ = last is not None and last.ended_mono_s == inf
            if last is not None and open_:
                if (last.life, last.tag) == (life, tag):
                    return
                self._stays[-1] = replace(last, ended_mono_s=mono_s)
            if tag is not None:
                self._stays.append(Stay(life, tag, mono_s))

    def wall_clock(self, mono_s: float, minus_mono_s: float) -> None:
        """Take how far the wall clock is ahead of the monotonic one from this moment on."""
        with self._lock:
            self._wall.append((mono_s, minus_mono_s))

    def numbers(
        self, quantity: str, by: str | None, since_mono_s: float, until_mono_s: float
    ) -> list[Heard]:
        """Return what was said of a quantity in this time, by this source or by any."""
        with self._lock:
            found: list[Heard] = []
            for (each, source), heard in self._heard.items():
                if each == quantity and by in (None, source):
                    found += _within(heard, since_mono_s, until_mono_s)
            return found

    def lately(self, since_mono_s: float, until_mono_s: float) -> list[Heard]:
        """Return everything said or typed in this time, the oldest first: for evidence."""
        with self._lock:
            found: list[Heard] = []
            for heard in self._heard.values():
                found += _within(heard, since_mono_s, until_mono_s)
            return sorted(found, key=_when)

    def stay_at(self, life: int, since_mono_s: float, until_mono_s: float) -> list[Stay]:
        """Return who was in front of the appliance at any moment of this time."""
        with self._lock:
            return [
                stay
                for stay in self._stays
                if stay.life == life
                and stay.began_mono_s <= until_mono_s
                and stay.ended_mono_s >= since_mono_s
            ]

    def stay(self, life: int, tag: int) -> Stay | None:
        """Return this patient's stay, or None when there was none."""
        with self._lock:
            return next((s for s in self._stays if (s.life, s.tag) == (life, tag)), None)

    def pressed(self, since_mono_s: float, until_mono_s: float) -> list[Press]:
        """Return the presses under way at any moment of this time."""
        with self._lock:
            return [
                press
                for press in self._presses
                if press.began_mono_s <= until_mono_s and press.ended_mono_s >= since_mono_s
            ]

    def last_press_s(self, until_mono_s: float) -> float:
        """Return when the last press before this moment ended; minus infinity if none did."""
        with self._lock:
            ended = (p.ended_mono_s for p in self._presses if p.began_mono_s <= until_mono_s)
            return max(ended, default=-inf)

    def typed(self, since_mono_s: float, until_mono_s: float) -> list[Typing]:
        """Return every state of the typing that held at any moment of this time."""
        with self._lock:
            return list(_held(self._typing, since_mono_s, until_mono_s))

    def wall_at(self, since_mono_s: float, until_mono_s: float) -> list[float]:
        """Return how far the wall clock was ahead of the monotonic one at any such moment."""
        with self._lock:
            changes = list(self._wall)
        starts = [at for at, _ in changes[1:]] + [inf]
        return [
            ahead
            for (at, ahead), end in zip(changes, starts, strict=True)
            if at <= until_mono_s and end >= since_mono_s
        ]

    def _add(self, heard: Heard) -> None:
        kept = self._heard[(heard.quantity, heard.by)]
        kept.append(heard)
        if len(kept) > 1 and kept[-2].mono_s > heard.mono_s:  # threads told in another order
            kept = self._heard[(heard.quantity, heard.by)] = deque(sorted(kept, key=_when))
        self.numbers_said += 1
        while heard.mono_s - kept[0].mono_s > KEPT_S:
            kept.popleft()


def _when(heard: Heard) -> float:
    return heard.mono_s


def _within(heard: deque[Heard], since_mono_s: float, until_mono_s: float) -> Iterable[Heard]:
    """Return the newest first, and stop looking where all is older."""
    for each in reversed(heard):
        if each.mono_s + each.took_s < since_mono_s:
            return
        if each.mono_s <= until_mono_s:
            yield each


def _held(states: Iterable[Typing], since_mono_s: float, until_mono_s: float) -> Iterable[Typing]:
    before: Typing | None = None
    for state in states:
        if before is not None and before.mono_s <= until_mono_s and state.mono_s >= since_mono_s:
            yield before
        before = state
    if before is not None and before.mono_s <= until_mono_s:
        yield before
