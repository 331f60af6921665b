"""Nonin oximeters, data formats 1 and 8: three or four bytes, once a second, no checksum.

The tables stand in the order of the sheet (protocols/nonin_oem3).  Bit 7 marks the first
byte and nothing else proves a frame, so a number counts only as the median of three frames
in a row that lie close together.  The order of the bits is another one than in formats 2
and 7.

Source: the sheet, formats 1 (medium confidence) and 8 (low: one implementation).
"""

from __future__ import annotations

import re
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.instruments.agreement import Window
from appliance.instruments.decoding import UNCONFIRMED, Decoded, Output, refusal_of
from appliance.instruments.framing import Framing

ALWAYS = 0x80
SNSD, OOT, LPRF, MPRF, ARTF, RATE_HIGH = 0x40, 0x20, 0x10, 0x08, 0x04, 0x03
"""Bits of byte 1."""
DOUBT = {
    OOT: "out of track: no run of good pulses",
    LPRF: "low perfusion: weak pulse at the sensor",
    ARTF: "movement or artefact",
}
SMARTPOINT, SENSOR_ALARM, LOW_BATTERY = 0x20, 0x08, 0x01
"""Bits of byte 4 of format 8."""
LENGTHS = MappingProxyType({"1": 3, "8": 4})
"""Bytes of a frame, by format."""

RATE_MISSING, SPO2_MISSING = 511, 127
AGREE = 3
SPREAD = MappingProxyType({"spo2_pct": 4.0, "pulse_rate_bpm": 10.0})
"""How far three frames in a row may lie apart.  Ours: twice and about three times the accuracy
that makers of oximeters state (2 % and 3 /min), and less than one wrong high bit."""

NO_SENSOR = "sensor disconnected or unusable"
FINGER_OUT = "finger out of the sensor"
NO_READING = "no reading yet"
NOT_CONFIRMED = "not confirmed: three frames in a row must agree"
NO_FRAME = "no frame begins here"
BAD_FRAME = "frame without its bytes: one is missing or wrong"
BROKEN_OFF = "frame broken off at the end of the bytes"

_BEGINS = re.compile(rb"[\x80-\xff]")


class NoninSimpleDecoder:
    """Decoder of one of the two formats."""

    def __init__(self, data_format: str) -> None:
        self._size = LENGTHS[data_format]
        self._bytes = Framing(NO_FRAME)
        self._windows = {quantity: Window(AGREE, spread) for quantity, spread in SPREAD.items()}
        self._doubts: list[int] = []
        self._frames = 0

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        self._bytes.add(chunk)
        while self._step():
            pass
        return self._bytes.collect()

    def finish(self) -> list[Output]:
        """Say what was left over."""
        return self._bytes.finish(BROKEN_OFF)

    def reset(self) -> None:
        """Forget half a frame and what came before: the link was opened again."""
        self._bytes.reset()
        self._break_off()

    def _step(self) -> bool:
        """Decide on what waits; whether there was enough of it."""
        if before := self._bytes.search(_BEGINS):
            self._bytes.skip(before)
            self._break_off()
        frame = self._bytes.peek(0, self._size)
        if any(byte & ALWAYS for byte in frame[1:2]):
            self._bytes.skip(1)
            self._break_off()
        elif any(byte & ALWAYS for byte in frame[2:]):
            self._bytes.drop(BAD_FRAME)
            self._break_off()
        elif len(frame) < self._size:
            return False
        else:
            self._bytes.take(self._size)
            self._frames += 1
            self._bytes.give(*self._decode(frame))
        return True

    def _break_off(self) -> None:
        for window in self._windows.values():
            window.clear()
        self._doubts.clear()

    def _decode(self, frame: bytes) -> list[Decoded]:
        status, more = frame[0], frame[3] if self._size > 3 else 0
        rate, spo2 = (status & RATE_HIGH) << 7 | frame[1], frame[2]
        numbers = {
            "spo2_pct": None if spo2 == SPO2_MISSING else float(spo2),
            "pulse_rate_bpm": None if rate == RATE_MISSING else float(rate),
        }
        absent = NO_SENSOR if status & SNSD else FINGER_OUT if more & SENSOR_ALARM else ""
        if absent:
            self._break_off()
        else:
            self._doubts = [*self._doubts[1 - AGREE :], status]
        extra: dict[str, float | str | bool] = {"marginal_perfusion": bool(status & MPRF)}
        if self._size > 3:
            extra |= {
                "smartpoint": bool(more & SMARTPOINT),
                "battery_low": bool(more & LOW_BATTERY),
            }
        return [self._judge(quantity, each, absent, extra) for quantity, each in numbers.items()]

    def _judge(
        self,
        quantity: str,
        number: float | None,
        absent: str,
        extra: dict[str, float | str | bool],
    ) -> Decoded:
        """Return one value: the worst thing that is said of it decides."""
        group = f"frame {self._frames}"
        counts = self._windows[quantity].take(None if absent else number)
        doubts = [words for bit, words in DOUBT.items() if any(each & bit for each in self._doubts)]
        reason = absent
        if not absent and number is None:
            reason = ", ".join(doubts) or NO_READING
        elif not absent and counts is None and number is not None:
            reason, extra = NOT_CONFIRMED, extra | {UNCONFIRMED: number}
        elif counts is not None:
            reason = refusal_of(quantity, counts)
        said = MappingProxyType(extra)
        if counts is None or reason:
            return Decoded(quantity, None, Status.MISSING, reason, group, said)
        status = Status.DOUBTFUL if doubts else Status.VALID
        return Decoded(quantity, counts, status, ", ".join(doubts), group, said)
