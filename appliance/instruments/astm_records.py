"""Records of laboratory devices (ASTM E1394, CLSI LIS02): from the text of a session to results.

Pure.  The header says which characters part the fields.  Every result is marked as stored:
the sample's number is often wrong or empty, so a person picks what belongs to the patient.
Only tests of the map become a quantity; of all others the text is told.

Source: sheet protocols/astm_lis01, records; escape sequences and end codes: LIS02-A2 (from
memory).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.clinical.quantities import QUANTITIES
from appliance.instruments.decoding import (
    DEVICE,
    DEVICE_CLOCK,
    DEVICE_TIME,
    STORED,
    Decoded,
    Extra,
    Reported,
    refusal_of,
)

TESTS: Mapping[str, str] = MappingProxyType(
    {
        "glucose": "glucose_mmol_l",
        "gluc": "glucose_mmol_l",
        "glu": "glucose_mmol_l",
        "cholesterol": "cholesterol_mmol_l",
        "chol": "cholesterol_mmol_l",
    }
)
"""Test id in small letters to quantity.  A device with other codes needs a map of its own."""
UNITS = {"mmol/l": "mmol/L", "mg/dl": "mg/dL"}
"""As devices write them, in small letters, to UCUM."""
HEADER_UNITS = {"U=0": "mg/dL", "U=1": "mmol/L"}
"""Contour meters: in field 6 of the header."""

SEQUENCE, TEST, VALUE, UNIT, RANGE, FLAGS, STATE, STARTED, COMPLETED = 2, 3, 4, 5, 6, 7, 9, 12, 13
"""Fields of a result, from 1.  Contour meters have the time in STATE."""
HEADER_SENDER, HEADER_SETTINGS, HEADER_TIME = 5, 6, 14
ORDER_SAMPLE, ORDER_ACTION, END_CODE = 3, 12, 3

OUT_OF_RANGE, CONTROL = frozenset("<>"), "C"
"""Flags with which no number counts, and the mark of a control solution."""
QUALITY_CONTROL = "Q"
"""Action code of an order whose sample is a control, not a patient's (LIS02-A2, from memory)."""
FINAL, CORRECTED = frozenset(("", "F", "C")), "C"
DOUBT = {"P": "preliminary result", "S": "part of a result", "W": "the device doubts its result"}
NO_RESULT = {"X": "the test could not be done", "I": "the result is still pending"}
ENDED_WELL = frozenset(("", "N", "F"))

TIMES = ("%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d")
TEXT_LIMIT = 80
"""Texts of a device are handed on up to this many characters."""

NO_VALUE = "no value in the result"
NOT_A_NUMBER = "the result is a text, not a number"
BEYOND = "outside of what the device can measure"
BAD_UNIT = "unit is missing or not taken for this test"
CONTROL_WORDS = "control solution: not a result of a patient"
NOT_MAPPED = "result of a test that has no quantity here"
UNKNOWN_STATE = "state of the result is not known"
NOT_ENDED = "the device did not end its message"
BROKEN_BY_DEVICE = "the device broke its message off"
NO_HEADER = "unknown device: no header record, nothing is kept"
BAD_HEADER = "unknown device: its header is not understood, nothing is kept"
QUESTION = "the device asks for orders: this appliance has none"
UNKNOWN_RECORD = "record of a type that is not known"

Said = Decoded | Reported
"""What a record can say."""

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DIGITS = re.compile(r"[0-9]{8}|[0-9]{12}|[0-9]{14}")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The four characters of a header."""

    field: str
    repeat: str
    component: str
    escape: str

    def fields(self, record: str) -> list[str]:
        """Return the fields of a record; the first is its letter."""
        return record.split(self.field)

    def plain(self, text: str) -> str:
        """Return a text with its escape sequences undone."""
        if self.escape not in text:
            return text
        names = {"F": self.field, "S": self.component, "R": self.repeat, "E": self.escape}
        escape = re.escape(self.escape)
        return re.sub(f"{escape}([FSRE]){escape}", lambda found: names[found.group(1)], text)


@dataclass(slots=True)
class _Message:
    """From one header to its end."""

    marks: Delimiters
    unit: str = ""
    sample: str = ""
    control: bool = False
    patient: int = 0
    ended: str | None = None
    results: list[Said] = field(default_factory=list)


def read_records(
    text: str, session: str, tests: Mapping[str, str] = TESTS, doubt: str = ""
) -> list[Said]:
    """Return what the joined text of a whole session says, in the order of its records.

    session: becomes part of the groups.  doubt: why every result is doubtful; empty when none
    is but those of a message without its end.
    """
    outputs: list[Said] = []
    message: _Message | None = None
    for record in _records(text):
        if record[0] == "H":
            outputs += _closed(message)
            message = _header(record)
            outputs.append(Reported(BAD_HEADER) if message is None else _sender(record, message))
        elif message is None:
            continue
        else:
            _take(record, message, session, tests)
    outputs += _closed(message)
    if doubt:
        outputs = [_doubted(each, doubt) for each in outputs]
    if not any(isinstance(each, Reported) for each in outputs):
        return [Reported(NO_HEADER)]
    return outputs


def _records(text: str) -> Iterator[str]:
    # CR ends a record; some devices add LF, or send it alone.
    for record in re.split("[\r\n]+", text):
        if stripped := record.strip("\0 "):
            yield stripped


def _closed(message: _Message | None) -> list[Said]:
    """Return the results of a message, doubtful unless it ended as it should."""
    if message is None:
        return []
    doubt = NOT_ENDED if message.ended is None else ""
    if message.ended is not None and message.ended not in ENDED_WELL:
        doubt = BROKEN_BY_DEVICE
    return [_doubted(each, doubt) if doubt else each for each in message.results]


def _doubted(result: Said, doubt: str) -> Said:
    if isinstance(result, Reported) or result.value is None:
        return result
    words = ", ".join(each for each in (result.reason, doubt) if each)
    return Decoded(
        result.quantity, result.value, Status.DOUBTFUL, words, result.group, result.extra
    )


def _header(record: str) -> _Message | None:
    marks = record[1:5]
    if len(set(marks)) < 4 or any(mark.isalnum() or mark.isspace() for mark in marks):
        return None
    message = _Message(Delimiters(*marks))
    settings = _field(message.marks.fields(record), HEADER_SETTINGS)
    for each in settings.split(message.marks.component):
        message.unit = HEADER_UNITS.get(each, message.unit)
    return message


def _sender(record: str, message: _Message) -> Reported:
    fields = message.marks.fields(record)
    said = {DEVICE: _shown(message.marks.plain(_field(fields, HEADER_SENDER)))}
    if moment := _time(_field(fields, HEADER_TIME)):
        said[DEVICE_CLOCK] = moment
    return Reported("header of a message", MappingProxyType(dict(said)))


def _take(record: str, message: _Message, session: str, tests: Mapping[str, str]) -> None:
    """Take one record behind the header."""
    fields = message.marks.fields(record)
    match fields[0].strip():
        case "P":
            message.patient += 1
            message.sample, message.control = "", False
        case "O":
            message.sample = message.marks.plain(_field(fields, ORDER_SAMPLE))
            message.control = _field(fields, ORDER_ACTION).strip() == QUALITY_CONTROL
        case "R":
            group = f"{session} patient {message.patient}"
            message.results.append(_result(fields, message, group, tests))
        case "Q":
            message.results.append(Reported(QUESTION))
        case "L":
            message.ended = _field(fields, END_CODE).strip()
        case "C" | "M" | "S":
            pass  # comments, and what is only for the maker: nothing of a value
        case _:
            message.results.append(Reported(UNKNOWN_RECORD))


def _result(fields: list[str], message: _Message, group: str, tests: Mapping[str, str]) -> Said:
    marks = message.marks
    test = _test(_field(fields, TEST), marks)
    text = marks.plain(_field(fields, VALUE).rstrip(marks.component)).strip()
    unit = _field(fields, UNIT).split(marks.component)[0].strip() or message.unit
    state = _field(fields, STATE).strip()
    moment = _time(_field(fields, COMPLETED)) or _time(_field(fields, STARTED))
    if _DIGITS.fullmatch(state):  # Contour meters
        moment, state = moment or _time(state), ""
    parts = "[/" + re.escape(marks.repeat + marks.component) + "]"
    flags = [each for each in re.split(parts, _field(fields, FLAGS).strip()) if each]
    said = {
        "test": test,
        "reported_value": text,
        "reported_unit": unit,
        "range": _field(fields, RANGE).strip(),
        "flags": "/".join(flags),
        "result_status": state,
        "sample": message.sample.strip(),
        "sequence": _field(fields, SEQUENCE).strip(),
        DEVICE_TIME: moment,
    }
    extra = MappingProxyType({name: _shown(each) for name, each in said.items() if each})
    if CONTROL in flags or message.control:
        return Reported(CONTROL_WORDS, extra)
    quantity = tests.get(test.lower())
    if quantity is None:
        return Reported(NOT_MAPPED, extra)
    stored: Extra = MappingProxyType({**extra, STORED: True})
    absent = NO_RESULT.get(state, "")
    if OUT_OF_RANGE & set(flags):
        absent = BEYOND
    value, refusal = _value(quantity, text, unit)
    if value is None or absent:
        return Decoded(quantity, None, Status.MISSING, absent or refusal, group, stored)
    doubt = "" if state in FINAL else DOUBT.get(state, UNKNOWN_STATE)
    status = Status.DOUBTFUL if doubt else Status.VALID
    return Decoded(quantity, value, status, doubt, group, stored)


def _value(quantity: str, text: str, unit: str) -> tuple[float | None, str]:
    """Return the value in the quantity's unit, or why there is none."""
    if not text:
        return None, NO_VALUE
    if not _NUMBER.fullmatch(text):
        return None, NOT_A_NUMBER
    known = UNITS.get(unit.lower())
    if known is None:
        return None, BAD_UNIT
    value = QUANTITIES[quantity].in_own_unit(float(text), known)
    refusal = refusal_of(quantity, value)
    return (None, refusal) if refusal else (value, "")


def _test(text: str, marks: Delimiters) -> str:
    """Return the code of a test: the fourth component, or a bare name."""
    parts = [marks.plain(part).strip() for part in text.split(marks.component)]
    if len(parts) > 3 and parts[3]:
        return parts[3]
    return next((part for part in parts if part), "")


def _field(fields: list[str], number: int) -> str:
    return fields[number - 1] if len(fields) >= number else ""


def _time(text: str) -> str:
    """Return a moment of the device's clock, in no zone; empty when it is none."""
    text = text.strip()
    if not _DIGITS.fullmatch(text):
        return ""
    try:
        form = next(
            form for form, size in zip(TIMES, (14, 12, 8), strict=True) if size == len(text)
        )
        return datetime.strptime(text, form).isoformat()
    except ValueError:
        return ""


def _shown(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 3] + "..."
