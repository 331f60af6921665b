"""Contec CMS50 oximeters of the first generation: five bytes, sixty times a second.

The tables stand in the order of the sheet (protocols/contec_cms50).  Bit 7 marks the first
byte; there is no checksum, so a frame counts only when the next one begins right behind it,
and a number only when several frames agree (contec_readings).  Records of the device's own
store are told and never taken for a reading: nobody knows on whom they were measured.

Source: the sheet, old 5-byte frame (five projects agree).
"""

from __future__ import annotations

import re
from types import MappingProxyType

from appliance.instruments.contec_readings import (
    FINGER_OUT,
    PROBE_ERROR,
    SEARCHING,
    SEARCHING_TOO_LONG,
    LiveFrame,
    Readings,
    pulse_of,
    spo2_of,
)
from appliance.instruments.decoding import Output, Reported
from appliance.instruments.framing import Framing

FRAME = 5
SYNC = 0x80
BEEP, DROPPING, OUT, SIGNAL = 0x40, 0x20, 0x10, 0x0F
"""Bits of byte 0."""
PLETH = 0x7F
"""Bits of byte 1."""
PULSE_BIT_7, SEARCH, PROBE, BAR = 0x40, 0x20, 0x10, 0x0F
"""Bits of byte 2; the pulse's bits 6-0 are byte 3, the saturation is byte 4."""

STORE = re.compile(rb"(?:\xf2\x80\x00){3}([\x80-\xff])([\x80-\xff])([\x00-\x7f])")
STORE_HEAD, STORE_SIZE = b"\xf2\x80\x00" * 3, 12
"""What comes before a download: a mark three times and a length of three times seven bits."""
RECORD = re.compile(rb"([\xf0\xf1])([\x80-\xff])([\x00-\x7f])")
RECORD_SIZE = 3
STORED_WORDS = "reading from the device's own store: not taken, it may be another person's"
STORE_WORDS = "download of the device's own store begins"

NO_FRAME = "no frame begins here"
BAD_FRAME = "frame without its five bytes: a byte is missing, too many, or wrong"
BROKEN_OFF = "frame broken off at the end of the bytes"

_BEGINS = re.compile(rb"[\x80-\xff]")


class ContecDecoder:
    """Decoder of the old live stream."""

    def __init__(self) -> None:
        self._bytes = Framing(NO_FRAME)
        self._readings = Readings("spo2_pct", "pulse_rate_bpm")

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        self._bytes.add(chunk)
        while self._step():
            pass
        return self._bytes.collect()

    def finish(self) -> list[Output]:
        """Say what was left over; a whole last frame still counts."""
        given: list[Output] = []
        while len(self._bytes):
            frame = self._bytes.peek(0, FRAME + 1)
            if len(frame) == FRAME and _is_frame(frame):
                self._take_frame(frame)
            else:
                self._bytes.drop_unfinished(BROKEN_OFF)
                self._readings.break_off()
            given += self.feed(b"")
        return given + self._bytes.finish(BROKEN_OFF)

    def reset(self) -> None:
        """Forget half a frame and what came before: the link was opened again."""
        self._bytes.reset()
        self._readings.clear()

    def _step(self) -> bool:
        """Decide on what waits; whether there was enough of it."""
        if before := self._bytes.search(_BEGINS):
            self._bytes.skip(before)
            self._readings.break_off()
        head = self._bytes.peek(0, FRAME + 1)
        if len(head) < 2:
            return False
        if head[1] & SYNC:
            return self._step_in_store()
        if any(byte & SYNC for byte in head[1:FRAME]):
            self._drop()
        elif len(head) <= FRAME:
            return False
        elif head[FRAME] & SYNC:
            self._take_frame(head[:FRAME])
        else:
            self._drop()
        return True

    def _step_in_store(self) -> bool:
        """Decide on a first byte that is followed by another: a store, or nothing."""
        head = self._bytes.peek(0, STORE_SIZE)
        if head.startswith(STORE_HEAD[: len(head)]):
            if len(head) < len(STORE_HEAD):
                return False
        elif RECORD.match(head):
            self._readings.break_off()
            self._bytes.take(RECORD_SIZE)
            self._bytes.give(_stored(head))
            return True
        if head.startswith(STORE_HEAD):
            if len(head) < STORE_SIZE:
                return False
            if found := STORE.match(head):
                self._readings.break_off()
                self._bytes.take(STORE_SIZE)
                high, middle, low = (part[0] & 0x7F for part in found.groups())
                size = (high << 14 | middle << 7 | low) + 1
                self._bytes.give(Reported(STORE_WORDS, MappingProxyType({"stored_bytes": size})))
                return True
        elif head[0] in b"\xf0\xf1" and len(head) < RECORD_SIZE:
            return False
        self._bytes.skip(1)
        self._readings.break_off()
        return True

    def _drop(self) -> None:
        self._bytes.drop(BAD_FRAME)
        self._readings.break_off()

    def _take_frame(self, frame: bytes) -> None:
        self._bytes.take(FRAME)
        self._bytes.give(*self._readings.take(live_frame(frame)))


def live_frame(frame: bytes) -> LiveFrame:
    """Return what five good bytes say."""
    first, pleth, third, pulse, spo2 = frame
    absent = {
        f"{FINGER_OUT}, or {SEARCHING_TOO_LONG}": first & OUT,
        PROBE_ERROR: third & PROBE,
        SEARCHING: third & SEARCH,
    }
    return LiveFrame(
        {"spo2_pct": spo2_of(spo2), "pulse_rate_bpm": pulse_of((third & PULSE_BIT_7) << 1 | pulse)},
        tuple(words for words, said in absent.items() if said),
        pleth & PLETH,
        {
            "signal": first & SIGNAL,
            "beep": bool(first & BEEP),
            "spo2_dropping": bool(first & DROPPING),
            "bar": third & BAR,
        },
    )


def _is_frame(frame: bytes) -> bool:
    return bool(frame[0] & SYNC) and not any(byte & SYNC for byte in frame[1:])


def _stored(head: bytes) -> Reported:
    pulse, spo2 = pulse_of((head[0] & 1) << 7 | head[1] & 0x7F), spo2_of(head[2])
    said = {"stored_pulse_rate_bpm": pulse, "stored_spo2_pct": spo2}
    return Reported(
        STORED_WORDS, MappingProxyType({name: each for name, each in said.items() if each})
    )
