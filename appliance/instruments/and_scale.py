"""Weight scales: text lines of the A&D standard format, and Mettler's MT-SICS answers.

The tables stand in the order of the sheet (protocols/and_scale).  A line has no checksum, so
all of it must be understood, and a weight counts only once three stable lines in a row are
equal.  The next person's weight counts only after the scale was seen empty.  A line that the
parity of the port has spoiled is refused, never stripped and guessed.

Source: the sheet; which letters are what, from five manuals of A&D.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.clinical.quantities import QUANTITIES
from appliance.instruments.decoding import (
    RAW_LIMIT,
    Decoded,
    Extra,
    Output,
    Rejected,
    Reported,
    refusal_of,
)

AGREE = 3
"""Equal stable lines in a row."""
CAPACITY_KG = 350.0
"""Of the scale; the quantity's own limit unless the settings say less."""

STABLE, MOVING, OVERLOAD, COUNT = frozenset({"ST", "WT"}), "US", "OL", "QT"
WEIGHT_MODES = frozenset({"", "GS", "NT"})
OTHER_MODES = {
    "TR": "the line is a tare, not a weight",
    "PT": "the line is a preset tare, not a weight",
    "LO": "the line is a comparison, not known to be gross or net",
    "OK": "the line is a comparison, not known to be gross or net",
    "HI": "the line is a comparison, not known to be gross or net",
    "--": "the line is a comparison, not known to be gross or net",
}
UNITS = {"kg": "kg", "g": "g", "lb": "[lb_av]"}
"""As a scale says it, to UCUM."""

UNSTABLE = "unstable: wait until the scale is still"
NOT_CONFIRMED = "not confirmed yet: three equal lines are needed"
NOT_EMPTY = "the scale was not seen empty since the last weight"
IN_GRAMS = "in grams: a kitchen balance is no scale for a person"
EMPTY = "scale is empty"
BELOW_ZERO = "below zero: empty the scale and set it to zero"
TOO_HEAVY = "out of range: too much on the scale"
TOO_LIGHT = "out of range: the scale is not loaded as it should be"
NOT_NOW = "the scale cannot weigh now: it moves or is busy"
OVER_CAPACITY = "not below the capacity of the scale"
NOT_A_WEIGHT = "a count or percentage, not a weight"
OTHER_UNIT = "unit is not taken for a weight"
ANSWERS = {
    "S I": (NOT_NOW, True),
    "S +": (TOO_HEAVY, True),
    "S -": (TOO_LIGHT, True),
    "ES": ("the scale did not understand the command", False),
    "ET": ("the scale heard a damaged command", False),
    "EL": ("the scale cannot carry out the command", False),
    "?": ("the scale did not understand the command", False),
}
"""Whole lines without a number, and whether they tell of a weight that there is none."""
REFUSALS = frozenset(words for words, of_a_weight in ANSWERS.values() if not of_a_weight)
"""Words of `Reported` by which a scale says that it does not know a command."""
ERROR_CODE = re.compile(r"EC,E[0-9A-Za-z]{1,4}")

PARITY = "characters with bit 7 set: look at data bits and parity of the line (7E1)"
NOT_TEXT = "a character that may not stand in a line"
NOT_A_LINE = "not a line of a scale, or cut off"
TOO_LONG = "no end of line"
BROKEN_OFF = "line broken off at the end of the bytes"

_NUMBER = r"([+-]?) *([0-9]+(?:[.,][0-9]*)?|[.,][0-9]+) *([A-Za-z%]{1,3}) *"
_LINE = re.compile(r"(ST|US|QT|WT)(?:, *(GS|NT|TR|PT|LO|OK|HI|--) *)?, *" + _NUMBER)
_OVERLOAD = re.compile(r"OL(?:,[ -~]*)?")
_SICS = re.compile(r"S ([SD]) +" + _NUMBER)
_PIECE = re.compile(rb"[^\n]{0,%d}\n|[^\n]{%d}" % (RAW_LIMIT - 1, RAW_LIMIT))
_BIT_7 = re.compile(rb"[\x80-\xff]")
_NOT_PRINTED = re.compile(rb"[^\x20-\x7e]")


class _Kind(Enum):
    STABLE = auto()
    MOVING = auto()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with a number.  unit: as the scale says it, in small letters.  text: all of it."""

    kind: _Kind
    mode: str
    number: float
    unit: str
    text: str

    @property
    def weight(self) -> tuple[float, str]:
        """What is on the scale."""
        return self.number, self.unit


class _RefusedError(Exception):
    """These bytes are no line of a scale; the words are the whole message."""


class ScaleDecoder:
    """Decoder of both kinds of line.

    The bytes are cut behind each LF and at RAW_LIMIT, so memory stays bounded.  The first
    line after the opening may be cut off: it is refused like any that is not whole.
    """

    def __init__(self, capacity_kg: float = CAPACITY_KG) -> None:
        self._capacity_kg = capacity_kg
        self._pending = b""
        self._offset = 0
        self._equal: _Line | None = None
        self._row = 0
        # The weight that counted last, until the scale is empty.
        self._last: tuple[float, str] | None = None
        self._weights = 0

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        data = self._pending + chunk
        start = 0
        outputs: list[Output] = []
        for match in _PIECE.finditer(data):
            outputs += self._take(match.group())
            start = match.end()
        self._pending = data[start:]
        return outputs

    def finish(self) -> list[Output]:
        """Say what was left over; a whole line that only lacks its line end still counts."""
        piece, self._pending = self._pending, b""
        return self._take(piece, BROKEN_OFF) if piece else []

    def reset(self) -> None:
        """Forget half a line and the row: the link was opened again, or was silent for long.

        Who was weighed last is not forgotten: whoever comes now may not be that person.
        """
        self._offset += len(self._pending)
        self._pending = b""
        self._break_off()

    def _break_off(self) -> None:
        self._equal, self._row = None, 0

    def _take(self, piece: bytes, otherwise: str = NOT_A_LINE) -> list[Output]:
        offset = self._offset
        self._offset += len(piece)
        if not piece.strip(b"\r\n"):
            return []
        try:
            text = _text_of(piece)
            if words := _answer_of(text):
                return [self._absent(words[0]) if words[1] else Reported(words[0])]
            return [self._judge(_parse(text, otherwise))]
        except _RefusedError as refused:
            self._break_off()
            return [Rejected(str(refused), offset, piece)]

    def _absent(self, words: str) -> Decoded:
        """Return that the scale weighs nothing now, and why."""
        self._break_off()
        return Decoded("weight_kg", None, Status.MISSING, words)

    def _judge(self, line: _Line) -> Output:
        """Return what a line with a number says: the worst thing decides."""
        if line.mode in OTHER_MODES:
            return self._aside(OTHER_MODES[line.mode], line)
        if line.mode == COUNT or line.unit in ("%", "pc", "pcs"):
            return self._aside(NOT_A_WEIGHT, line)
        if line.unit not in UNITS:
            return self._aside(OTHER_UNIT, line)
        if line.number == 0:
            self._last = None if line.kind is _Kind.STABLE else self._last
            return self._absent(EMPTY)
        weight_kg = QUANTITIES["weight_kg"].in_own_unit(line.number, UNITS[line.unit])
        if absent := self._why_no_weight(weight_kg):
            return replace(self._absent(absent), extra=_extra(line))
        doubts = self._doubts(line)
        if not doubts:
            if self._last != line.weight:
                self._weights += 1
            self._last = line.weight
        status = Status.DOUBTFUL if doubts else Status.VALID
        group = f"weight {self._weights}" if not doubts else ""
        return Decoded("weight_kg", weight_kg, status, ", ".join(doubts), group, _extra(line))

    def _aside(self, words: str, line: _Line) -> Reported:
        """Return a good line that is no weight."""
        self._break_off()
        return Reported(words, _extra(line))

    def _why_no_weight(self, weight_kg: float) -> str:
        if weight_kg < 0:
            return BELOW_ZERO
        if weight_kg >= self._capacity_kg:
            return OVER_CAPACITY
        return refusal_of("weight_kg", weight_kg)

    def _doubts(self, line: _Line) -> list[str]:
        """Say why the weight does not count (yet), and take note of the line."""
        grams = [IN_GRAMS] if line.unit == "g" else []
        if line.kind is _Kind.MOVING:
            self._break_off()
            return [UNSTABLE, *grams]
        self._row = self._row + 1 if line == self._equal else 1
        self._equal = line
        unequal = [NOT_CONFIRMED] if self._row < AGREE else []
        occupied = [NOT_EMPTY] if self._last not in (None, line.weight) else []
        return unequal + occupied + grams


def _text_of(piece: bytes) -> str:
    line = piece.removesuffix(b"\n").removesuffix(b"\r")
    if _BIT_7.search(line):
        raise _RefusedError(PARITY)
    if len(piece) == RAW_LIMIT and not piece.endswith(b"\n"):
        raise _RefusedError(TOO_LONG)
    if _NOT_PRINTED.search(line):
        raise _RefusedError(NOT_TEXT)
    return line.decode("ascii")


def _answer_of(text: str) -> tuple[str, bool] | None:
    """Return what a line without a number says, and whether it is of a weight."""
    if _OVERLOAD.fullmatch(text):
        return TOO_HEAVY, True
    if ERROR_CODE.fullmatch(text):
        return ANSWERS["EL"]
    return ANSWERS.get(text.rstrip())


def _parse(text: str, otherwise: str) -> _Line:
    """Return a line with a number.  Raises _RefusedError."""
    if found := _LINE.fullmatch(text):
        header, mode, sign, digits, unit = found.groups()
        kind = _Kind.STABLE if header in STABLE else _Kind.MOVING
        mode = COUNT if header == COUNT else mode or ""
    elif found := _SICS.fullmatch(text):
        letter, sign, digits, unit = found.groups()
        kind, mode = (_Kind.STABLE if letter == "S" else _Kind.MOVING), ""
    else:
        raise _RefusedError(otherwise)
    return _Line(kind, mode, float(sign + digits.replace(",", ".")), unit.lower(), text)


def _extra(line: _Line) -> Extra:
    said: dict[str, float | str | bool] = {}
    if line.unit != "kg":
        said |= {"reported_value": line.number, "reported_unit": line.unit}
    if line.mode:
        said["mode"] = line.mode
    return MappingProxyType(said)
