"""What a quantity is: its name, unit, limits, life times, and how a value of it is checked."""

from __future__ import annotations

import math
from dataclasses import dataclass

Value = float | str
"""A number for a numeric quantity, one of its choices for any other."""

NEVER_S = 0.0
"""usable_for_s of a quantity that is shown but never assessed."""


class UnitRefused(ValueError):
    """The unit is neither the quantity's own nor one it is accepted in."""


class ImpossibleValue(ValueError):
    """The value cannot be a reading of this quantity at all."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """`value in the quantity's unit = (value in this unit - offset) * factor / divisor`.

    divisor: what is known as a divisor is divided by, so that 71350 g are exactly 71.35 kg.
    """

    unit: str
    factor: float = 1.0
    offset: float = 0.0
    divisor: float = 1.0


@dataclass(frozen=True, slots=True)
class Quantity:
    """One measurable or askable thing.

    name: carries the unit.  unit: UCUM, empty for a choice.  loinc: empty where none fits.
    low, high: what can be a reading at all, inclusive (numbers only).
    choices: the permitted answers (choices only).
    live_for_s: how long a streamed value may be shown as live; None when not streamed.
    usable_for_s: how long it may be used for an assessment; None means the whole
    encounter, NEVER_S means not at all.  decimals: how many are shown and may be typed.
    likely: a typed value outside this asks again; it never refuses.
    """

    name: str
    label: str
    unit: str
    loinc: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    live_for_s: float | None = None
    usable_for_s: float | None = None
    decimals: int = 0
    likely: tuple[float, float] = (-math.inf, math.inf)
    accepted: tuple[Conversion, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether the value is a number; otherwise it is one of `choices`."""
        return not self.choices

    def check(self, value: Value) -> Value:
        """Return the value if it can be a reading; raise ImpossibleValue if not."""
        if self.choices:
            if value not in self.choices:
                raise ImpossibleValue(f"{self.name} must be one of {', '.join(self.choices)}")
            return value
        if isinstance(value, str) or not math.isfinite(value):
            raise ImpossibleValue(f"{self.name} must be a number")
        if not self.low <= value <= self.high:
            raise ImpossibleValue(
                f"{self.name} must be {self.low:g} to {self.high:g} {self.unit}".rstrip()
            )
        return value

    def in_own_unit(self, value: float, unit: str) -> float:
        """Convert once, at the edge, from an accepted unit; raise UnitRefused otherwise."""
        if unit == self.unit:
            return value
        for conversion in self.accepted:
            if conversion.unit == unit:
                return (value - conversion.offset) * conversion.factor / conversion.divisor
        known = ", ".join([self.unit, *(c.unit for c in self.accepted)])
        raise UnitRefused(f"{self.name} is taken in {known}, not in {unit or 'no unit'}")

    def is_likely(self, value: Value) -> bool:
        """Whether a typed value is taken without asking again."""
        return isinstance(value, str) or self.likely[0] <= value <= self.likely[1]

    def format(self, value: Value) -> str:
        """Return the value as every screen shows it, without its unit."""
        if isinstance(value, str):
            return value
        return f"{value:.{self.decimals}f}"
