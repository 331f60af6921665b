"""Strict reading of a nested table, such as TOML gives: every fault found, none raised.

A `Table` hands out its entries by name and kind and notes what is wrong with them in a
list that all the tables of one form share.  An entry that is faulty comes back as a
harmless stand-in, so that reading goes on to the next fault; a form with any fault is
never used.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)
_NOTHING: Sequence[object] = ()
_NO_GROUPS: tuple[Sequence[object], ...] = ()
_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Table:
    """One table of the form, at a place such as `inputs[2]`; empty for the whole form."""

    def __init__(self, content: object, place: str, faults: list[str]) -> None:
        self.place = place
        self._faults = faults
        self._asked: set[str] = set()
        self._content: Mapping[str, object] = {}
        if isinstance(content, Mapping):
            self._content = content
        else:
            self.fault("", "must be a table")

    def fault(self, key: str, words: str) -> None:
        """Note what is wrong with one entry."""
        place = ".".join(part for part in (self.place, key) if part)
        self._faults.append(f"{place}: {words}" if place else words)

    @property
    def faults_so_far(self) -> int:
        """How many faults the whole form has shown by now."""
        return len(self._faults)

    def has(self, key: str) -> bool:
        """Whether there is such an entry; it counts as known from now on."""
        self._asked.add(key)
        return key in self._content

    def read(self, key: str, convert: Callable[[object], _T], default: _T, words: str) -> _T:
        """Return the converted entry; note a fault where `convert` raises ValueError."""
        if not self.has(key):
            self.fault(key, "is missing")
            return default
        try:
            return convert(self._content[key])
        except ValueError:
            self.fault(key, words)
            return default

    def text(self, key: str) -> str:
        """Return a text that says something."""
        return self.read(key, as_text, "", "must be a text that is not empty")

    def identifier(self, key: str) -> str:
        """Return a name that programs and files can carry."""
        words = "must be small letters, digits and hyphens, 40 at most"
        return self.read(key, _as_identifier, "", words)

    def one_of(self, key: str, kind: type[_E]) -> _E:
        """Return the member of the enumeration whose value stands here."""
        words = "must be one of " + ", ".join(kind)
        return self.read(key, lambda value: kind(str(value)), next(iter(kind)), words)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of such texts."""
        return self.read(key, _as_texts, (), "must be a list of texts that are not empty")

    def whole(self, key: str, low: int, high: int) -> int:
        """Return a whole number between two bounds, both inclusive."""

        def convert(value: object) -> int:
            number = as_number(value)
            if not isinstance(value, int) or not low <= number <= high:
                raise ValueError
            return value

        return self.read(key, convert, low, f"must be a whole number from {low} to {high}")

    def number(self, key: str, low: float = -math.inf, high: float = math.inf) -> float:
        """Return a finite number between two bounds, both inclusive."""
        bounds = "" if math.isinf(low) and math.isinf(high) else f" from {low:g} to {high:g}"

        def convert(value: object) -> float:
            number = as_number(value)
            if not low <= number <= high:
                raise ValueError
            return number

        return self.read(key, convert, 0.0, f"must be a number{bounds}")

    def pair(self, key: str, low: float = -math.inf, high: float = math.inf) -> tuple[float, float]:
        """Return two numbers, the smaller one first."""

        def convert(value: object) -> tuple[float, float]:
            first, second = (as_number(each) for each in _as_list(value))
            if not low <= first <= second <= high:
                raise ValueError
            return first, second

        bounds = "" if math.isinf(low) else f" from {low:g} to {high:g}"
        return self.read(key, convert, (0.0, 0.0), f"must be two numbers{bounds}, smaller first")

    def table(self, key: str) -> Table:
        """Return a table within this one."""
        place = ".".join(part for part in (self.place, key) if part)
        if not self.has(key):
            self.fault(key, "is missing")
            return Table({}, place, [])
        return Table(self._content[key], place, self._faults)

    def tables(self, key: str, at_least: int = 0) -> tuple[Table, ...]:
        """Return the tables of a list, in its order."""
        found = self.read(key, _as_list, _NOTHING, "must be a list of tables")
        if self.has(key) and isinstance(self._content[key], Sequence) and len(found) < at_least:
            self.fault(key, f"needs {at_least} or more")
        return self.within(key, found)

    def within(self, key: str, found: Sequence[object]) -> tuple[Table, ...]:
        """Return a table for each item of a list that stands in this entry."""
        place = ".".join(part for part in (self.place, key) if part)
        return tuple(
            Table(item, f"{place}[{index}]", self._faults) for index, item in enumerate(found)
        )

    def groups(self, key: str) -> tuple[tuple[Table, ...], ...]:
        """Return a list of lists of tables, none of them empty."""
        words = "must be a list of lists of tables, none empty"
        found = self.read(key, _as_groups, _NO_GROUPS, words)
        return tuple(self.within(f"{key}[{index}]", group) for index, group in enumerate(found))

    def known(self, *keys: str) -> None:
        """Count these entries as known although nobody reads them here."""
        self._asked.update(keys)

    def close(self) -> None:
        """Note every entry that nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                self.fault(key, "is not known")


def as_number(value: object) -> float:
    """Return a finite number; raise ValueError for anything else, true and false too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError from error
    if not math.isfinite(number):
        raise ValueError
    return number


def as_text(value: object) -> str:
    """Return a text that is not blank; raise ValueError for anything else."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def _as_identifier(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError
    return value


def _as_list(value: object) -> Sequence[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError
    return value


def _as_texts(value: object) -> tuple[str, ...]:
    return tuple(as_text(each) for each in _as_list(value))


def _as_groups(value: object) -> tuple[Sequence[object], ...]:
    groups = tuple(_as_list(each) for each in _as_list(value))
    if not groups or not all(groups):
        raise ValueError
    return groups
