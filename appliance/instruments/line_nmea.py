"""Checked text line of maker-built sensors: `$PBVS,1,seq,kind,value,unit,status*HH`.

The tables stand in the order of the sheet (protocols/line_nmea).  A line counts only when
all of it is understood and its check is right; nothing is ever repaired or guessed.

Source: envelope, NMEA 0183; sentence PBVS version 1, this project's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.clinical.quantities import PRESSURES, QUANTITIES, RISING_PRESSURES
from appliance.instruments.decoding import (
    LOST_LINES,
    RAW_LIMIT,
    SIGN_OF_LIFE,
    Decoded,
    Output,
    Rejected,
    refusal_of,
)

SENTENCE = "PBVS"
VERSION = "1"
FIELDS = 7
LINE_LIMIT = 82
"""Characters from `$` to CR LF, both included."""
SEQ_MODULUS = 1000

KINDS = {
    "TMP": ("temp_degc", ("Cel",)),
    "SPO2": ("spo2_pct", ("%",)),
    "PR": ("pulse_rate_bpm", ("/min",)),
    "RR": ("respiratory_rate_bpm", ("/min",)),
    "SBP": ("systolic_mmhg", ("mm[Hg]",)),
    "DBP": ("diastolic_mmhg", ("mm[Hg]",)),
    "MAP": ("map_mmhg", ("mm[Hg]",)),
    "GLU": ("glucose_mmol_l", ("mmol/L", "mg/dL")),
    "WGT": ("weight_kg", ("kg",)),
    "HGT": ("height_cm", ("cm",)),
}
"""Kind: quantity, and the units it may be sent in."""

VALID, BATTERY_LOW = "V", "B"
NO_VALUE = {"F": "probe or finger off", "O": "out of range", "E": "sensor fault"}
"""Status letters with which no value counts, even if one was sent."""
DOUBT = {"L": "low signal", "M": "motion", "U": "unstable"}
"""Status letters with which a value is shown with its reason and not used."""

NO_READING = "sign of life: no reading"
"""An empty value that is marked valid: the sheet's line of every five seconds."""

_LETTERS = frozenset({VALID, BATTERY_LOW, *NO_VALUE, *DOUBT})
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_SEQ = re.compile(r"[0-9]{3}")
_CHECK = re.compile(rb"[0-9A-Fa-f]{2}")
_NOT_IN_BODY = re.compile(rb"[^\x20-\x7e]|[*!]")
_PIECE = re.compile(rb"[^\n][^$\n]{0,%d}\n?|\n" % (RAW_LIMIT - 2))


class _RefusedError(Exception):
    """This line gives no value; the words are the whole message."""


@dataclass(slots=True)
class _Reading:
    """What came so far with one sequence number: one finished reading of the sensor."""

    seq: int
    number: int
    kinds: set[str] = field(default_factory=set)
    pressures: dict[str, float] = field(default_factory=dict)


class LineNmeaDecoder:
    """Decoder of the checked text line.

    The bytes are cut behind each LF, before each `$`, and at RAW_LIMIT: so a damaged line
    costs only itself, and memory stays bounded on an endless one.
    """

    def __init__(self) -> None:
        self._pending = b""
        self._offset = 0
        self._readings = 0
        self._reading: _Reading | None = None
        self._lost = 0

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        data = self._pending + chunk
        start = 0
        output: list[Output] = []
        for match in _PIECE.finditer(data):
            piece = match.group()
            if match.end() == len(data) and not piece.endswith(b"\n"):
                break
            self._take(piece, output)
            start = match.end()
        self._pending = data[start:]
        return output

    def finish(self) -> list[Output]:
        """Say what was left over; a whole line that only lacks its line end still counts."""
        piece, self._pending = self._pending, b""
        output: list[Output] = []
        if piece:
            self._take(piece, output, at_end=True)
        return output

    def reset(self) -> None:
        """Forget half a line and the last sequence number: the link was opened again."""
        self._offset += len(self._pending)
        self._pending = b""
        self._reading = None
        self._lost = 0

    def _take(self, piece: bytes, output: list[Output], *, at_end: bool = False) -> None:
        offset = self._offset
        self._offset += len(piece)
        if not piece.strip(b"\r\n"):
            return
        try:
            output.append(self._decode(_body_of(piece, at_end=at_end)))
        except _RefusedError as refused:
            output.append(Rejected(str(refused), offset, piece))

    def _decode(self, body: str) -> Decoded:
        fields = body.split(",")
        seq = _seq_of(fields)
        reading = self._reading_of(seq)
        kind = fields[3]
        value, unit, letters = _parse(*fields[3:])
        if kind in reading.kinds:
            raise _RefusedError("duplicate line: this sequence number came before")
        reading.kinds.add(kind)
        quantity = KINDS[kind][0]
        extra: dict[str, float | str | bool] = {"seq": seq}
        if value is not None and unit != QUANTITIES[quantity].unit:
            extra |= {"reported_value": value, "reported_unit": unit}
            value = QUANTITIES[quantity].in_own_unit(value, unit)
        if BATTERY_LOW in letters:
            extra["battery_low"] = True
        if self._lost:
            extra[LOST_LINES], self._lost = self._lost, 0
        value, status, reason = _judge(quantity, value, letters, reading.pressures)
        if reason == NO_READING:
            extra[SIGN_OF_LIFE] = True
        group = f"{seq:03d}#{reading.number}"
        return Decoded(quantity, value, status, reason, group, MappingProxyType(extra))

    def _reading_of(self, seq: int) -> _Reading:
        """Return the reading this sequence number belongs to; count the lines lost before it."""
        last = self._reading
        if last is not None and last.seq == seq:
            return last
        if last is not None:
            self._lost += (seq - last.seq - 1) % SEQ_MODULUS
        self._readings += 1
        self._reading = _Reading(seq, self._readings)
        return self._reading


def _body_of(piece: bytes, *, at_end: bool) -> str:
    """Check the envelope and return what stands between `$` and `*`."""
    if not piece.startswith(b"$"):
        raise _RefusedError("not a line: no $ before it")
    line = piece.removesuffix(b"\n").removesuffix(b"\r")
    if len(line) > LINE_LIMIT - 2:
        raise _RefusedError(f"line longer than {LINE_LIMIT} characters")
    body, star, check = line[1:-3], line[-3:-2], line[-2:]
    if not piece.endswith(b"\n") and not (at_end and star == b"*"):
        raise _RefusedError("line broken off before its end")
    if len(line) < 4 or star != b"*":
        raise _RefusedError("no check at the end of the line")
    if _NOT_IN_BODY.search(body):
        raise _RefusedError("a character that may not stand in a line")
    if not _CHECK.fullmatch(check):
        raise _RefusedError("check is not two hex digits")
    total = 0
    for byte in body:
        total ^= byte
    if total != int(check, 16):
        raise _RefusedError("check does not match the line")
    return body.decode("ascii")


def _seq_of(fields: list[str]) -> int:
    """Check what comes before the reading itself and return the sequence number."""
    if fields[0] != SENTENCE:
        raise _RefusedError(f"sentence is not {SENTENCE}")
    if len(fields) < 2 or fields[1] != VERSION:
        raise _RefusedError("version of the format is not known")
    if len(fields) != FIELDS:
        raise _RefusedError("wrong number of fields")
    if not _SEQ.fullmatch(fields[2]):
        raise _RefusedError("sequence number is not three digits")
    return int(fields[2])


def _parse(
    kind: str, number: str, unit: str, status: str
) -> tuple[float | None, str, frozenset[str]]:
    """Check the fields of the reading; return value, unit and status letters."""
    if kind not in KINDS:
        raise _RefusedError("kind of reading is not known")
    if unit not in KINDS[kind][1]:
        raise _RefusedError("unit is not the one of this kind")
    if number and not _NUMBER.fullmatch(number):
        raise _RefusedError("value is not a plain decimal number")
    letters = frozenset(status)
    if not letters:
        raise _RefusedError("status is empty")
    if not letters <= _LETTERS or len(letters) != len(status):
        raise _RefusedError("status is not understood")
    return (float(number) if number else None), unit, letters


def _judge(
    quantity: str, value: float | None, letters: frozenset[str], pressures: dict[str, float]
) -> tuple[float | None, Status, str]:
    """Return value, status and reason: the worst thing that is said of the value decides.

    `pressures` holds those of the same reading that came before, and takes this one up.
    """
    absent = [words for letter, words in NO_VALUE.items() if letter in letters]
    doubts = [words for letter, words in DOUBT.items() if letter in letters]
    if not absent and not doubts and VALID not in letters:
        absent = ["not marked valid by the sensor"]
    if value is None and not absent:
        absent = doubts or [NO_READING]
    if value is not None and not absent and (refusal := refusal_of(quantity, value)):
        absent = [refusal]
    if value is None or absent:
        return None, Status.MISSING, ", ".join(absent)
    if quantity in PRESSURES:
        doubts += _contradictions(quantity, value, pressures)
        pressures[quantity] = value
    return value, Status.DOUBTFUL if doubts else Status.VALID, ", ".join(doubts)


def _contradictions(quantity: str, value: float, others: dict[str, float]) -> list[str]:
    """Say which pressures of one reading stand in the wrong order."""
    both = {**others, quantity: value}
    rising = [name for name in RISING_PRESSURES if name in both]
    return [
        f"{QUANTITIES[low].label} is not below {QUANTITIES[high].label}".lower()
        for low, high in combinations(rising, 2)
        if quantity in (low, high) and not both[low] < both[high]
    ]
