"""The keypad port: what any keypad does for the appliance, and what is printed on a 4x4 pad.

A keypad turns fingers into KeyPressed events and says in words when it cannot be trusted
(KeypadFaulted).  It never decides what a key means on the present screen, never repeats a
held key and never guesses: what is not certain is not reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from appliance.events import Event, Key

Switch = tuple[int, int]
"""One contact of a matrix: row and column, both from 0, top left first."""

Post = Callable[[Event], None]
"""Puts one event on the appliance's queue; called on the keypad's own thread."""

PRINTED: Final = ("123A", "456B", "789C", "*0#D")
"""What is printed on a 4x4 pad, row by row from the top."""

ROWS: Final = len(PRINTED)
COLUMNS: Final = len(PRINTED[0])

STUCK_AFTER_S: Final = 10.0
"""No key here is ever meant to be held; nobody rests a finger on one for ten seconds, and
after ten seconds without an answer staff look for what is wrong."""


class KeypadError(Exception):
    """The keypad cannot be used as it is set up.  The words are for the technician."""


class Keypad(Protocol):
    """Any kind of keypad.  It is started once; a stopped keypad is not started again."""

    def start(self, post: Post) -> None:
        """Open the keypad and begin to post events.

        One that cannot be opened is a fault in words (KeypadFaulted), and is tried again.
        """
        ...

    def stop(self, timeout_s: float) -> bool:
        """Stop posting, release the hardware; return whether that ended within the time."""
        ...


def printed_at(switch: Switch) -> str:
    """Return what is printed on the key over a contact."""
    row, column = switch
    return PRINTED[row][column]


def key_at(switch: Switch) -> Key:
    """Return the key over a contact."""
    return Key(printed_at(switch))


def switch_of(printed: str) -> Switch:
    """Return the contact under the key with this print.

    Raises KeyError when no key bears it.
    """
    for row, line in enumerate(PRINTED):
        if len(printed) == 1 and printed in line:
            return row, line.index(printed)
    raise KeyError(printed)


def stuck_words(printed: Sequence[str]) -> str:
    """Return for staff that the keys with these prints are stuck; empty when there are none."""
    if not printed:
        return ""
    if len(printed) == 1:
        return f"key {printed[0]} is stuck; release it"
    return f"keys {', '.join(printed[:-1])} and {printed[-1]} are stuck; release them"
