"""What both generations of Contec CMS50 oximeters measure, from live frame to values.

Neither has a checksum: a number counts once three frames in a row said the same, a missing
mark and a finger that is out count at once.  60 frames a second are too many to hand on: a
value is given when it changes, and three times a second while it does not.

Source: sheet protocols/contec_cms50; how many frames are "several" is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.instruments.agreement import Row, Standing
from appliance.instruments.decoding import UNCONFIRMED, Decoded, refusal_of

FRAMES_PER_S = 60
AGREE = 3
"""Frames in a row that must say the same: 1/20 s."""
PATIENCE = FRAMES_PER_S
"""What counted before stands so long while others are said."""
EVERY = FRAMES_PER_S // 3

FLAT = 64
"""The sheet: the pleth while the finger is out."""
FLAT_FOR = FRAMES_PER_S
"""A wave that stands there for a whole second is none, whatever flags and numbers say."""

SPO2_LOWEST, SPO2_HIGHEST = 1, 100
PULSE_LOWEST, PULSE_HIGHEST = 1, 254
"""Outside of these it is a missing mark: 0 and 255, 0 and 127 (0x7F)."""

FINGER_OUT = "finger out of the sensor"
SEARCHING_TOO_LONG = "searched too long for a pulse"
SEARCHING = "searching for a pulse"
PROBE_ERROR = "sensor fault"
NO_WAVE = "no pulse wave: look whether the finger is in the sensor"
NO_READING = "no reading yet"
NOT_CONFIRMED = "not confirmed: too few frames in a row say the same"

_Judged = tuple[float | None, Status, str]


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """One live frame.

    values: quantity to number, None for a missing mark.  absent: why the frame says that
    nothing counts; empty when it does not.  pleth: the wave.  extra: what else it says.
    """

    values: Mapping[str, float | None]
    absent: tuple[str, ...]
    pleth: int
    extra: Mapping[str, float | str | bool]


class Readings:
    """Follows the live frames of one link."""

    def __init__(self, *quantities: str) -> None:
        self._rows = {quantity: Row(AGREE, PATIENCE) for quantity in quantities}
        self._given: dict[str, _Judged] = {}
        self._since = 0
        self._groups = 0
        self._flat = 0

    def take(self, frame: LiveFrame) -> list[Decoded]:
        """Take one frame; return what is to be said now."""
        self._flat = self._flat + 1 if frame.pleth == FLAT else 0
        absent = frame.absent or ((NO_WAVE,) if self._flat >= FLAT_FOR else ())
        judged: dict[str, _Judged] = {}
        unconfirmed: dict[str, float] = {}
        for quantity, row in self._rows.items():
            number = frame.values[quantity]
            standing = row.take(None if absent else number)
            if standing is Standing.HELD:
                continue
            if standing is Standing.LOST and number is not None:
                unconfirmed[quantity] = number
            judged[quantity] = _judge(quantity, number, standing, absent)
        self._since += 1
        if self._since < EVERY and judged.items() <= self._given.items():
            return []
        self._since = 0
        self._groups += 1
        self._given |= judged
        group = f"reading {self._groups}"
        return [
            Decoded(quantity, *each, group, _extra(frame, unconfirmed.get(quantity)))
            for quantity, each in judged.items()
        ]

    def break_off(self) -> None:
        """Take note of bytes that belong to no frame."""
        for row in self._rows.values():
            row.break_off()

    def clear(self) -> None:
        """Forget all: the link was opened again."""
        for row in self._rows.values():
            row.clear()
        self._given.clear()
        self._since = self._flat = 0


def spo2_of(byte: int) -> float | None:
    """Return the saturation of a byte, None for a missing mark."""
    return float(byte) if SPO2_LOWEST <= byte <= SPO2_HIGHEST else None


def pulse_of(number: int) -> float | None:
    """Return the pulse rate of a number, None for a missing mark."""
    return float(number) if PULSE_LOWEST <= number <= PULSE_HIGHEST else None


def _extra(frame: LiveFrame, unconfirmed: float | None) -> Mapping[str, float | str | bool]:
    said = {} if unconfirmed is None else {UNCONFIRMED: unconfirmed}
    return MappingProxyType({**frame.extra, "pleth": frame.pleth, **said})


def _judge(
    quantity: str, number: float | None, standing: Standing, absent: tuple[str, ...]
) -> _Judged:
    reason = ", ".join(absent)
    if standing is Standing.AGREED and number is not None:
        reason = refusal_of(quantity, number)
        if not reason:
            return number, Status.VALID, ""
    elif standing is Standing.LOST:
        reason = NOT_CONFIRMED
    return None, Status.MISSING, reason or NO_READING
