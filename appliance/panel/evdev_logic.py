"""From the bytes of an input device to keys: reports, lost events, stuck keys.  Pure, no device.

A key counts when a report says that it went down; releases and the kernel's repeats never
count.  Nothing is made up: a report that did not arrive whole counts as nothing, and neither
does a second press of a key whose release was not seen.

One key a report.  Keys of one report went down at one time, so their order is unknown: 12 might
become 21.  Then none of them counts.  A lost key is seen at once (no click, nothing on the
screen).  A key that goes down later, beside one still held, is certain and does count.

A key held for too long is told as stuck until it is released; the others go on working.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appliance.events import Key
from appliance.panel.evdev_codes import (
    DOWN,
    EV_KEY,
    EV_SYN,
    EVENT,
    PAD_KEYS,
    SYN_DROPPED,
    SYN_REPORT,
    UP,
)
from appliance.panel.keypad import STUCK_AFTER_S, stuck_words

MOST_KEYS: Final = 64
"""No pad has so many keys to change in one report; what goes on for longer is noise."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What some bytes told.

    pressed: the keys that went down, in order.
    fault: new words about stuck keys; empty when all is well again; None when unchanged.
    """

    pressed: tuple[Key, ...] = ()
    fault: str | None = None


class PadLogic:
    """Follows one device from its opening on.  Times are monotonic seconds of any one clock."""

    def __init__(self) -> None:
        self._rest = b""
        self._report: list[tuple[int, int]] = []
        self._dropping = False
        self._down_since_s: dict[int, float] = {}
        self._fault = ""

    def feed(self, data: bytes, now_s: float) -> Reading:
        """Take what was read, cut anywhere; return what it told.

        Feed nothing from time to time: a key gets stuck by time alone.
        """
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        pressed: list[Key] = []
        for _s, _us, kind, code, value in EVENT.iter_unpack(data[:whole]):
            if kind == EV_KEY:
                self._collect(code, value)
            elif kind == EV_SYN and code == SYN_DROPPED:
                self._drop()
            elif kind == EV_SYN and code == SYN_REPORT:
                pressed += self._end_report(now_s)
        return Reading(tuple(pressed), self._changed_fault(now_s))

    def _collect(self, code: int, value: int) -> None:
        if self._dropping or code not in PAD_KEYS:
            return
        self._report.append((code, value))
        if len(self._report) > MOST_KEYS:
            self._drop()

    def _drop(self) -> None:
        """Forget this report, and which keys are down: a release may be among what was lost."""
        self._dropping = True
        self._report = []
        self._down_since_s = {}

    def _end_report(self, now_s: float) -> list[Key]:
        """Return the key that went down by this report, if it was one."""
        report, self._report = self._report, []
        self._dropping = False
        new = []
        for code, value in report:
            if value == UP:
                self._down_since_s.pop(code, None)
                continue
            if value == DOWN and code not in self._down_since_s:
                new.append(PAD_KEYS[code].key)
            # A repeat of a key that went down unseen is no press, yet the key is held.
            self._down_since_s.setdefault(code, now_s)
        return new if len(new) == 1 else []

    def _changed_fault(self, now_s: float) -> str | None:
        stuck = {
            PAD_KEYS[code].printed
            for code, since_s in self._down_since_s.items()
            if now_s - since_s > STUCK_AFTER_S
        }
        fault = stuck_words(sorted(stuck))
        if fault == self._fault:
            return None
        self._fault = fault
        return fault
