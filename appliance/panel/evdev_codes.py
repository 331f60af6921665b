"""What Linux says of an input event, and which key of a number pad means what.

Facts only, to be read beside the kernel's headers.  Source: linux/input.h (struct input_event,
EVIOCGRAB), linux/input-event-codes.h (all codes), Documentation/input/event-codes.rst.

A pad bears other prints than the 4x4 matrix whose prints the screens show.  It means:

    pad                     screens     meaning
    0 to 9                  0 to 9      the digit
    Enter                   A           OK
    - (or Esc)              B           back
    Backspace               C           clear
    +                       D           next
    . or ,                  *           decimal point
    * or /                  #           about, help
    Power                   -           asks to switch off

NumLock has no meaning here and no power: the kernel reports the same code for a key whatever
the lamp says.  Many pads send it around every key.  Every other code is ignored too.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from appliance.events import Key

EVENT: Final = struct.Struct("llHHi")
"""struct input_event: seconds, microseconds, type, code, value.  Native sizes: 24 bytes for a
64-bit program, 16 for a 32-bit one, whatever the kernel's own width."""

EV_SYN: Final = 0x00
EV_KEY: Final = 0x01
SYN_REPORT: Final = 0
"""Ends a report: everything since the last one happened at one time."""
SYN_DROPPED: Final = 3
"""The reader was too slow and events are lost: ignore all up to and with the next SYN_REPORT."""

UP: Final = 0
DOWN: Final = 1
REPEAT: Final = 2
"""The kernel's own repeating of a held key, 250 ms after it and then 30 times a second."""

EVIOCGRAB: Final = 0x40044590
"""_IOW('E', 0x90, int) as encoded on x86 and ARM: events go to this reader alone."""

KEY_NUMLOCK: Final = 69


@dataclass(frozen=True, slots=True)
class PadKey:
    """What is printed on a key of a number pad, and what it means."""

    printed: str
    key: Key


_MAIN_DIGITS = {11: "0", 2: "1", 3: "2", 4: "3", 5: "4", 6: "5", 7: "6", 8: "7", 9: "8", 10: "9"}
"""KEY_0 to KEY_9: some pads pretend to be the top row of a keyboard."""
_PAD_DIGITS = {
    82: "0", 79: "1", 80: "2", 81: "3", 75: "4", 76: "5", 77: "6", 71: "7", 72: "8", 73: "9",
}  # fmt: skip
"""KEY_KP0 to KEY_KP9."""

PAD_KEYS: Final[Mapping[int, PadKey]] = MappingProxyType(
    {code: PadKey(digit, Key(digit)) for code, digit in (_MAIN_DIGITS | _PAD_DIGITS).items()}
    | {
        96: PadKey("Enter", Key.OK),  # KEY_KPENTER
        28: PadKey("Enter", Key.OK),  # KEY_ENTER
        14: PadKey("Backspace", Key.CLEAR),  # KEY_BACKSPACE
        83: PadKey(".", Key.POINT),  # KEY_KPDOT; a comma is printed on it in some countries
        121: PadKey(",", Key.POINT),  # KEY_KPCOMMA
        52: PadKey(".", Key.POINT),  # KEY_DOT
        78: PadKey("+", Key.NEXT),  # KEY_KPPLUS
        74: PadKey("-", Key.BACK),  # KEY_KPMINUS
        1: PadKey("Esc", Key.BACK),  # KEY_ESC
        55: PadKey("*", Key.INFO),  # KEY_KPASTERISK
        98: PadKey("/", Key.INFO),  # KEY_KPSLASH
        116: PadKey("Power", Key.POWER),  # KEY_POWER
    }
)
"""Every code that means something, and nothing else."""
