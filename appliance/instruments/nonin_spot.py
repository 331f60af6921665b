"""Nonin oximeters, data format 13: one spot check with its own time and a checksum.

The table stands in the order of the sheet (protocols/nonin_oem3).  One from the device's
memory is marked as stored: it may be another person's.

Source: the sheet, format 13 (low confidence: one implementation).
"""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import STORED, Decoded, Output, refusal_of
from appliance.instruments.framing import Framing

START, TYPE = b"\x00\x02", b"\x00\x0d"
HEAD = 6
"""Start, type and length of the data, high byte first."""
SHORTEST, LONGEST = 14, 64
"""Bytes of data.  The longest is ours: newer devices send more than 14."""
END = 0x03
STATUS, RATE, SPO2 = 8, 10, 13
"""Offsets in the data; century, year, month, day, hour, minute, second, 1/100 s before them."""
SMARTPOINT, NOTHING_MEASURED, FROM_MEMORY, LOW_BATTERY = 0x0200, 0x0100, 0x0010, 0x0001
RATE_MISSING, SPO2_MISSING = 0x01FF, 0x7F

NO_READING = "no reading in this spot check"
NO_FRAME = "no frame begins here"
BAD_END = "frame without its end mark"
BAD_CHECK = "check does not match the frame"
BROKEN_OFF = "frame broken off at the end of the bytes"


class NoninSpotDecoder:
    """Decoder of spot checks."""

    def __init__(self) -> None:
        self._bytes = Framing(NO_FRAME)
        self._checks = 0

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
        if before := self._bytes.find(START[0]):
            self._bytes.skip(before)
        head = self._bytes.peek(0, HEAD)
        known = START + TYPE
        size = int.from_bytes(head[4:6], "big")
        if not known.startswith(head[:4]) or head[4:5] not in (b"", b"\x00"):
            self._bytes.skip(1)
            return True
        if len(head) < HEAD:
            return False
        if not SHORTEST <= size <= LONGEST:
            self._bytes.skip(1)
            return True
        frame = self._bytes.peek(0, HEAD + size + 2)
        if len(frame) < HEAD + size + 2:
            return False
        data = frame[HEAD:-2]
        if frame[-1] != END:
            self._bytes.drop(BAD_END)
        elif sum(data) & 0xFF != frame[-2]:
            self._bytes.drop(BAD_CHECK)
        else:
            self._bytes.take(len(frame))
            self._checks += 1
            self._bytes.give(*_decode(data, f"spot check {self._checks}"))
        return True


def _decode(data: bytes, group: str) -> list[Decoded]:
    """Return both values of a good frame, or why there are none."""
    status = int.from_bytes(data[STATUS : STATUS + 2], "big")
    rate, spo2 = int.from_bytes(data[RATE : RATE + 2], "big"), data[SPO2]
    extra: dict[str, float | str | bool] = {
        "smartpoint": bool(status & SMARTPOINT),
        "battery_low": bool(status & LOW_BATTERY),
    }
    if status & FROM_MEMORY:
        extra[STORED] = True
    if moment := _time(data):
        extra["device_time"] = moment
    said = MappingProxyType(extra)
    numbers = {
        "spo2_pct": None if spo2 == SPO2_MISSING else float(spo2),
        "pulse_rate_bpm": None if rate == RATE_MISSING else float(rate),
    }
    if status & NOTHING_MEASURED:
        numbers = dict.fromkeys(numbers, None)
    found = []
    for quantity, number in numbers.items():
        absent = NO_READING if number is None else refusal_of(quantity, number)
        value = None if absent else number
        state = Status.MISSING if absent else Status.VALID
        found.append(Decoded(quantity, value, state, absent, group, said))
    return found


def _time(data: bytes) -> str:
    """Return the moment of the device's clock, in no zone; empty when it is none."""
    century, year, month, day, hour, minute, second = data[:7]
    try:
        moment = datetime(century * 100 + year, month, day, hour, minute, second)
        return moment.isoformat()
    except ValueError:
        return ""
