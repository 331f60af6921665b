"""LifeScan OneTouch UltraEasy and UltraMini: stored blood glucose, from bytes to results.

The tables stand in the order of the sheet (protocols/onetouch_ultraeasy).  The length frames,
then end mark and CRC decide.  A result says neither on whom nor when it was truly measured:
each is marked as stored, with the time of the meter's own clock, and a person picks the one
that belongs.  Answers carry no name; they are told apart by their form.

Source: the sheet (three to four implementations agree; one for the mark of HI).
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.clinical.quantities import GLUCOSE_MG_DL_PER_MMOL_L, QUANTITIES
from appliance.instruments.decoding import (
    DEVICE_CLOCK,
    DEVICE_TIME,
    FROM_HOST,
    STORED,
    Decoded,
    Extra,
    Output,
    Reported,
    refusal_of,
)
from appliance.instruments.framing import Framing
from appliance.instruments.ultraeasy_link import (
    CLOCK,
    GOOD,
    LINK_BITS,
    LONGEST,
    MESSAGE,
    NO_SUCH_RECORD,
    OVERHEAD,
    RECORD,
    SERIAL,
    STX,
    UNIT,
    VERSION,
    crc_of,
    decode_link,
)
from appliance.instruments.ultraeasy_link import ETX as END

HIGHEST_MG_DL, LOWEST_MG_DL = 600, 20
"""Above and below the meter says HI and LO, and no number counts."""
HIGH = "HI: above 600 mg/dL, the meter gives no number"
LOW = "LO: below 20 mg/dL, the meter gives no number"

UNITS = {0: "mg/dL", 1: "mmol/L"}
"""What the meter shows; its records are always mg/dL."""
REQUESTS = {
    VERSION: "request: version",
    SERIAL: "request: serial number",
    CLOCK: "request: clock",
    UNIT: "request: unit",
}

ANSWER = "answer"
"""Key of `extra`: what kind of answer it is."""

NO_FRAME = "no frame begins here"
BAD_END = "frame without its end mark"
BAD_CHECK = "check does not match the frame"
BROKEN_OFF = "frame broken off at the end of the bytes"

_RECORD_SIZE, _TIME_SIZE, _UNIT_SIZE = 8, 4, 4


class UltraEasyDecoder:
    """Decoder of frames of both directions.

    A frame that fails is searched again from its second byte: a false beginning never costs
    the frame behind it.
    """

    def __init__(self) -> None:
        self._bytes = Framing(NO_FRAME)
        self._results = 0

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        self._bytes.add(chunk)
        while self._step():
            pass
        return self._bytes.collect()

    def finish(self) -> list[Output]:
        """Say what was left over; what hides behind an unfinished frame still counts."""
        given: list[Output] = []
        while len(self._bytes):
            self._bytes.drop_unfinished(BROKEN_OFF)
            given += self.feed(b"")
        return given + self._bytes.finish(BROKEN_OFF)

    def reset(self) -> None:
        """Forget half a frame: the link was opened again."""
        self._bytes.reset()

    def _step(self) -> bool:
        """Decide on what waits; whether there was enough of it."""
        if before := self._bytes.find(STX):
            self._bytes.skip(before)
        head = self._bytes.peek(0, 4)
        if not _may_begin(head):
            self._bytes.skip(1)
            return True
        if len(head) < 4 or len(self._bytes) < head[1]:
            return False
        frame = self._bytes.peek(0, head[1])
        if frame[-3] != END:
            self._bytes.drop(BAD_END)
        elif crc_of(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
            self._bytes.drop(BAD_CHECK)
        else:
            self._bytes.take(len(frame))
            self._bytes.give(self._decode(frame))
        return True

    def _decode(self, frame: bytes) -> Decoded | Reported:
        """Return what a good frame says."""
        link, message = decode_link(frame[2]), frame[3:-3]
        said: Extra = {
            "sequence": link.sequence,
            "expects": link.expects,
            "ack": link.ack,
            "disconnect": link.disconnect,
        }
        if not message:
            words = "disconnect" if link.disconnect else "acknowledged"
            if link.ack:
                return _reported(words, said, words)
            return _reported(words, {**said, FROM_HOST: True}, f"{words} request")
        code, data = message[1] if len(message) > 1 else None, message[2:]
        if message in REQUESTS:
            return _reported("request", {**said, FROM_HOST: True}, REQUESTS[message])
        if message.startswith(RECORD) and len(data) == 2:
            number = int.from_bytes(data, "little")
            asked = {**said, FROM_HOST: True, "record": number}
            return _reported("request", asked, "request: record")
        if code == NO_SUCH_RECORD and len(data) == 2:
            count = int.from_bytes(data, "little")
            return _reported("count", {**said, "records": count}, "no such record: the count")
        if code != GOOD:
            failed = {**said, "code": -1 if code is None else code}
            return _reported("failed", failed, "the meter could not do it")
        if len(data) == _RECORD_SIZE and not _is_text(data):
            self._results += 1
            return _result(data, said, f"record {self._results}")
        return _answer(data, said)


def _may_begin(head: bytes) -> bool:
    """Whether these first bytes, as far as they are there, can be those of a frame."""
    if len(head) > 1 and not OVERHEAD <= head[1] <= LONGEST:
        return False
    if len(head) > 2 and head[2] & ~LINK_BITS:
        return False
    first = END if len(head) > 1 and head[1] == OVERHEAD else MESSAGE
    return len(head) < 4 or head[3] == first


def _answer(data: bytes, said: Extra) -> Reported:
    """Return a good answer that is no result, by its form."""
    number = int.from_bytes(data, "little")
    if len(data) == _UNIT_SIZE and number in UNITS:
        return _reported("unit", {**said, "unit": UNITS[number]}, "unit that the meter shows")
    if len(data) == _TIME_SIZE:
        return _reported("clock", {**said, DEVICE_CLOCK: _time(data)}, "clock of the meter")
    if data and data[0] == len(data) - 1 and _is_text(data[1:]):
        return _reported("version", {**said, "text": _text(data[1:])}, "version of the meter")
    if data and _is_text(data):
        return _reported("serial", {**said, "text": _text(data)}, "serial number of the meter")
    return _reported("other", {**said, "data_hex": data.hex()}, "an answer that is not known")


def _result(data: bytes, said: Extra, group: str) -> Decoded:
    """Return one stored result: a number, or HI or LO without one."""
    mg_dl = int.from_bytes(data[4:], "little")
    extra: dict[str, float | str | bool] = {
        **said,
        ANSWER: "record",
        STORED: True,
        DEVICE_TIME: _time(data[:4]),
        "mg_dl_per_mmol_l": GLUCOSE_MG_DL_PER_MMOL_L,
    }
    flag = "HI" if mg_dl > HIGHEST_MG_DL else "LO" if mg_dl < LOWEST_MG_DL else ""
    if flag:
        words = HIGH if flag == "HI" else LOW
        extra["flag"] = flag
        return _missing(words, group, extra)
    extra |= {"reported_value": mg_dl, "reported_unit": "mg/dL"}
    mmol_l = QUANTITIES["glucose_mmol_l"].in_own_unit(float(mg_dl), "mg/dL")
    if refusal := refusal_of("glucose_mmol_l", mmol_l):
        return _missing(refusal, group, extra)
    said = MappingProxyType(extra)
    return Decoded("glucose_mmol_l", mmol_l, Status.VALID, "", group, said)


def _missing(words: str, group: str, extra: Extra) -> Decoded:
    said = MappingProxyType(dict(extra))
    return Decoded("glucose_mmol_l", None, Status.MISSING, words, group, said)


def _reported(kind: str, said: Extra, words: str) -> Reported:
    return Reported(words, MappingProxyType({**said, ANSWER: kind}))


def _time(data: bytes) -> str:
    """Return the wall clock of the meter: seconds since 1970-01-01 00:00, in no zone."""
    moment = datetime.fromtimestamp(int.from_bytes(data, "little"), UTC)
    return moment.replace(tzinfo=None).isoformat()


def _is_text(data: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in data)


def _text(data: bytes) -> str:
    return data.decode("ascii").strip()
