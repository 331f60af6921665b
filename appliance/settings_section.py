"""Checked values of a settings file, handed out by name and kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True, slots=True)
class Section:
    """Checked values of one table; each accessor trusts that checking was done."""

    values: Mapping[str, object]

    def section(self, name: str) -> Section:
        """Return a table in this one."""
        return cast(Section, self.values[name])

    def including(self, name: str, value: object) -> Section:
        """Return the same values and one more."""
        return Section({**self.values, name: value})

    def sections(self, name: str) -> tuple[Section, ...]:
        """Return a list of tables."""
        return cast(tuple[Section, ...], self.values[name])

    def text(self, name: str) -> str:
        """Return a text."""
        return cast(str, self.values[name])

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(cast(list[str], self.values[name]))

    def whole(self, name: str) -> int:
        """Return a whole number."""
        return cast(int, self.values[name])

    def wholes(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        return tuple(cast(list[int], self.values[name]))

    def pin(self, name: str) -> int | None:
        """Return a BCM number, or None when there is no such part."""
        return cast(int | None, self.values[name])

    def flag(self, name: str) -> bool:
        """Return true or false."""
        return cast(bool, self.values[name])

    def numbers(self) -> dict[str, float]:
        """Return all values of a table of numbers."""
        return {name: float(cast(float, value)) for name, value in self.values.items()}
