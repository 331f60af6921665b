"""From scans of a key matrix to keys: debouncing, ghosts, stuck keys.  Pure, no hardware.

A scan is the set of contacts that look closed.  It counts once it has stayed the same for the
debouncing time; shorter changes, bounces included, are never seen.

One key at a time.  A key counts when it is the only one newly down.  When a second key joins,
or several appear together, nobody can tell what was meant: nothing is reported until all are
released.  A lost key is seen at once (no click, nothing on the screen); a key that nobody
meant might pass as a digit of a value.

Ghosts.  A pad without diodes shows the fourth corner of a rectangle when three corners are
closed.  So three corners are already ambiguous, stuck keys included.

A stuck key is reported once, then ignored until it is released; other keys go on working as
long as they can be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appliance.panel.keypad import STUCK_AFTER_S, Switch, printed_at, stuck_words

SCAN_S: Final = 0.005
"""Time from one scan to the next while a key is down."""

SLOW_SCAN_S: Final = 0.025
"""The same while only stuck keys are down: a finger's press lasts 50 ms or more."""

STEADY_S: Final = 0.0149
"""A scan counts when its first and last equal sample lie so far apart: four samples at SCAN_S.
So 15 ms of contact never count too early and 20 ms are enough (a hair less, for rounding).
Contacts of such pads bounce for 5 ms, bad ones for 10 ms."""

STEADY_SCANS: Final = 3
"""And on at least so many samples, however late a busy machine took them."""

Scan = frozenset[Switch]
NOTHING: Final[Scan] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one scan told.

    pressed: the key that now counts as pressed, if any.
    fault: new words about stuck keys; empty when all is well again; None when unchanged.
    """

    pressed: Switch | None = None
    fault: str | None = None


def has_corner(scan: Scan) -> bool:
    """Return whether three corners of a rectangle are closed, so that the fourth may be a ghost."""
    return any(
        any(row == r and column != c for r, c in scan)
        and any(column == c and row != r for r, c in scan)
        for row, column in scan
    )


class MatrixLogic:
    """Follows the scans of one pad.  Times are monotonic seconds of any one clock."""

    def __init__(self) -> None:
        self._sampled: Scan = NOTHING
        self._sampled_since_s = 0.0
        self._samples = 0
        self._steady: Scan = NOTHING
        self._down_since_s: dict[Switch, float] = {}
        self._stuck: Scan = NOTHING
        self._counted: Switch | None = None
        self._ambiguous = False
        self._fault = ""

    @property
    def at_rest(self) -> bool:
        """Whether no key is down and none is bouncing: scanning may stop."""
        return not self._steady and not self._sampled

    @property
    def pause_s(self) -> float:
        """The time from this scan to the next."""
        only_stuck = bool(self._stuck) and self._sampled == self._steady == self._stuck
        return SLOW_SCAN_S if only_stuck else SCAN_S

    def feed(self, scan: Scan, now_s: float) -> Reading:
        """Take one scan and return what it told."""
        if scan != self._sampled:
            self._sampled, self._sampled_since_s, self._samples = scan, now_s, 0
        self._samples += 1
        pressed = None
        if scan != self._steady and self._is_steady(now_s):
            pressed = self._settle(scan, now_s)
        self._note_stuck(now_s)
        return Reading(pressed, self._changed_fault())

    def _is_steady(self, now_s: float) -> bool:
        return self._samples >= STEADY_SCANS and now_s - self._sampled_since_s >= STEADY_S

    def _settle(self, scan: Scan, now_s: float) -> Switch | None:
        """Accept a debounced scan; return the key that counts by it, if any."""
        self._steady = scan
        self._down_since_s = {key: self._down_since_s.get(key, now_s) for key in scan}
        self._stuck &= scan
        new = scan - self._stuck
        if not new:
            self._ambiguous, self._counted = False, None
            return None
        if self._ambiguous or len(new) > 1 or has_corner(scan):
            self._ambiguous = True
            return None
        (key,) = new
        if key == self._counted:
            return None
        self._counted = key
        return key

    def _note_stuck(self, now_s: float) -> None:
        """Take keys that are down for too long out of the game."""
        held = {
            key for key, since_s in self._down_since_s.items() if now_s - since_s > STUCK_AFTER_S
        }
        if held <= self._stuck:
            return
        self._stuck |= held
        if self._steady == self._stuck:
            self._ambiguous, self._counted = False, None

    def _changed_fault(self) -> str | None:
        fault = stuck_words([printed_at(key) for key in sorted(self._stuck)])
        if fault == self._fault:
            return None
        self._fault = fault
        return fault
