"""One measured or typed value, or the reason why there is none.

Absence is never zero: a Measurement whose status is MISSING has no value at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from appliance.clinical.quantities import QUANTITIES, Value


class Status(StrEnum):
    """How far a measurement may be trusted.  Only VALID is ever assessed."""

    VALID = "valid"
    DOUBTFUL = "doubtful"
    MISSING = "missing"


class Origin(StrEnum):
    """Who says so."""

    INSTRUMENT = "instrument"
    TYPED = "typed"
    STORED = "stored"
    """A device kept it, and a person picked it as this patient's."""


class Dating(StrEnum):
    """Who says when it was measured, in words for staff."""

    RECEIVED = "received"
    DEVICE_CLOCK = "by its own clock"
    UNKNOWN = "age not known"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a measurement comes from: the instrument's name in the settings, or the keypad."""

    origin: Origin
    name: str
    protocol: str = ""


KEYPAD = Source(Origin.TYPED, "keypad")


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value of one quantity in its own unit, or its absence, with everything that dates it.

    reason: why the value is missing or doubtful, in words for staff; empty when valid.
    encounter: tag of the encounter it belongs to; None until the controller accepts it.
    received_mono_s: receipt on the monotonic clock; every age is computed from it.
    received_utc_s: receipt in UTC; None while the clock is not trusted.  dating: of a result
    that a device kept, both are the moment of its measurement if that is known.
    accepted: why its instrument doubts a value that a person took all the same; it is valid by
    that person's judgement alone, and every screen and record says so.  Empty for any other.
    group: what was measured together by one source (one cuff reading); empty if nothing.

    Raises ValueError when status, value and limits contradict one another.
    """

    quantity: str
    value: Value | None
    status: Status
    source: Source
    received_mono_s: float
    received_utc_s: float | None = None
    reason: str = ""
    encounter: int | None = None
    group: str = ""
    dating: Dating = Dating.RECEIVED
    accepted: str = ""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself: absence with a value, a value without one."""
        quantity = QUANTITIES.get(self.quantity)
        if quantity is None:
            raise ValueError(f"unknown quantity {self.quantity!r}")
        if (self.value is None) != (self.status is Status.MISSING):
            raise ValueError("a measurement has a value exactly when it is not missing")
        if (self.status is Status.VALID) == bool(self.reason):
            raise ValueError("a measurement has a reason exactly when it is not valid")
        if self.accepted and self.status is not Status.VALID:
            raise ValueError("what a person accepted is valid by that")
        if self.value is not None:
            quantity.check(self.value)

    @property
    def unit(self) -> str:
        """UCUM unit of the value: always the quantity's own."""
        return QUANTITIES[self.quantity].unit

    def accepted_by_person(self) -> Measurement:
        """Return the doubtful value as one that a person takes all the same.

        Raises ValueError unless it is doubtful.
        """
        if self.status is not Status.DOUBTFUL:
            raise ValueError("only a doubtful value is accepted by a person")
        return replace(self, status=Status.VALID, reason="", accepted=self.reason)

    def age_s(self, now_mono_s: float) -> float:
        """Seconds since receipt; never negative."""
        return max(0.0, now_mono_s - self.received_mono_s)

    def is_live(self, now_mono_s: float) -> bool:
        """Whether a streamed value may still be shown as live."""
        live_for_s = QUANTITIES[self.quantity].live_for_s
        return (
            self.status is Status.VALID
            and not self.accepted
            and self.source.origin is Origin.INSTRUMENT
            and live_for_s is not None
            and self.age_s(now_mono_s) <= live_for_s
        )

    def usable_until_mono_s(self) -> float:
        """Until when it may be used for an assessment; infinite for the whole encounter."""
        if self.status is not Status.VALID:
            return self.received_mono_s
        usable_for_s = QUANTITIES[self.quantity].usable_for_s
        return float("inf") if usable_for_s is None else self.received_mono_s + usable_for_s

    def is_usable(self, now_mono_s: float) -> bool:
        """Whether it may be used for an assessment now."""
        return self.status is Status.VALID and now_mono_s < self.usable_until_mono_s()
