"""What one key of a settings file may be, and the kinds of rules that there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

MAX_BCM = 27
"""Highest BCM number on the 40-pin header (Raspberry Pi documentation, GPIO)."""

Holds = Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one key may be.

    absent: its value when it is not given.  repeats: whether a fault may repeat what stands
    there; not where somebody might paste a secret by mistake.
    """

    allowed: str
    holds: Holds
    absent: object
    repeats: bool = True

    def otherwise(self, absent: object) -> Rule:
        """Return the same rule with another value for an absent key."""
        return replace(self, absent=absent)


def is_text(longest: int = 64) -> Holds:
    """Return a check for printable text of at most so many characters."""
    return lambda v: isinstance(v, str) and len(v) <= longest and v.isprintable()


def is_whole(low: int, high: int) -> Holds:
    """Return a check for a whole number between two bounds, both inclusive."""
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high


def is_number(low: float, high: float) -> Holds:
    """Return a check for a number between two bounds, both inclusive."""
    return lambda v: isinstance(v, int | float) and not isinstance(v, bool) and low <= v <= high


def is_list(check: Holds, most: int) -> Holds:
    """Return a check for a list of at most so many, each of which passes."""
    return lambda v: isinstance(v, list) and len(v) <= most and all(check(each) for each in v)


def is_flag(value: object) -> bool:
    """Whether it is true or false, and no number."""
    return isinstance(value, bool)


def one_of(*words: str) -> Rule:
    """Return the rule of a choice; the first word is meant when the key is absent."""
    return Rule(f"one of {', '.join(words)}", lambda v: v in words, words[0])


FLAG = Rule("true or false", is_flag, absent=False)
PIN = Rule(f"a BCM number from 0 to {MAX_BCM}", is_whole(0, MAX_BCM), None)
PINS = Rule(
    f"four BCM numbers from 0 to {MAX_BCM}, all different",
    lambda v: is_list(is_whole(0, MAX_BCM), 4)(v) and len(set(cast(list[int], v))) == 4,
    [],
)
PATH = Rule("a path of at most 255 characters", is_text(255), "")
LANGUAGE = Rule(
    "a language such as en, fr or bn",
    lambda v: isinstance(v, str) and re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", v) is not None,
    "en",
)
"""Any language: whether there are words for it is found out by reading its catalogue."""
NAME = Rule(
    'a name of 1 to 20 characters, not "keypad"',
    lambda v: is_text(20)(v) and v not in ("", "keypad"),
    "",
)
"""Typed values have the source "keypad": an instrument of that name could be taken for it."""
