"""Contec CMS50 oximeters of the V7 generation: packages of two to nine bytes.

The tables stand in the order of the sheet (protocols/contec_cms50).  Bit 7 is clear in the
first byte alone; the true bit 7 of the others is collected in the second.  There is no
checksum: a live package counts only with its whole length and the next one right behind it,
and a number only when several packages agree (contec_readings).

Source: the sheet, V7 (the vendor's document V7.0 and four projects).
"""

from __future__ import annotations

import re
from types import MappingProxyType

from appliance.instruments.contec_readings import (
    FINGER_OUT,
    SEARCHING,
    SEARCHING_TOO_LONG,
    LiveFrame,
    Readings,
    pulse_of,
    spo2_of,
)
from appliance.instruments.contec_v7_commands import COMMAND, NAMES
from appliance.instruments.decoding import FROM_HOST, Extra, Output, Reported
from appliance.instruments.framing import Framing

SYNC = 0x80
LONGEST = 9
LIVE, RECORD_WITH_PI, RESULT, FREE, GOODBYE, RECORDS = 0x01, 0x09, 0x0B, 0x0C, 0x0D, 0x0F
TYPES = {
    LIVE: "live",
    0x04: "device id",
    0x05: "user",
    0x07: "start date of a store",
    0x08: "length of a store",
    RECORD_WITH_PI: "stored reading: not taken, it may be another person's",
    0x0A: "segment count",
    RESULT: "result of a command",
    FREE: "free",
    GOODBYE: "the device ends the connection",
    0x0E: "PI support",
    RECORDS: "stored readings: not taken, they may be another person's",
    0x10: "user count",
    0x11: "notice",
    0x12: "start time of a store",
    0x15: "store id",
    COMMAND: "command to the device",
}
LENGTHS = {LIVE: 9, RECORD_WITH_PI: 6, RESULT: 4, FREE: 2, GOODBYE: 3, RECORDS: 8, COMMAND: 9}
"""Of the whole package, where the sheet tells it."""
ANSWERS = frozenset({RESULT, FREE, GOODBYE})
"""Nothing may follow them for long: they count as soon as they have their length."""
STORE_LENGTH, DEVICE_ID = 0x08, 0x04

REASONS = {
    0: "done",
    1: "shut down",
    2: "user changed",
    3: "recording",
    4: "delete failed",
    5: "not supported",
    0xFF: "unknown",
}

PROBE, BEEP, LOW, TOO_LONG, SIGNAL = 0x80, 0x40, 0x20, 0x10, 0x0F
"""Bits of data 0."""
SEARCH, PLETH = 0x80, 0x7F
"""Bits of data 1."""
ZERO, NO_PI, BAR = 0xE0, 0x10, 0x0F
"""Bits of data 2.  NO_PI set means that the perfusion index is not valid."""
PI_LOWEST, PI_HIGHEST = 1, 2200
"""Hundredths; outside of these it is a missing mark (0xFFFF) or nonsense."""

NO_FRAME = "no package begins here"
TOO_MANY = "package longer than nine bytes"
WRONG_LENGTH = "package without the length of its type"
UNKNOWN_TYPE = "type of package is not known"
NOT_ZERO = "package with bits set that are always clear"
BROKEN_OFF = "package broken off at the end of the bytes"

_FIRST = re.compile(rb"[\x00-\x7f]")


class ContecV7Decoder:
    """Decoder of the V7 packages."""

    def __init__(self) -> None:
        self._bytes = Framing(NO_FRAME)
        self._readings = Readings("spo2_pct", "pulse_rate_bpm", "perfusion_index_pct")

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        self._bytes.add(chunk)
        while self._step():
            pass
        return self._bytes.collect()

    def finish(self) -> list[Output]:
        """Say what was left over; a whole last package still counts."""
        given: list[Output] = []
        while len(self._bytes):
            package = self._bytes.peek(0, LONGEST)
            if LENGTHS.get(package[0]) in (None, len(package)) and len(package) > 1:
                self._take(package)
            else:
                self._bytes.drop_unfinished(BROKEN_OFF)
                self._readings.break_off()
            given += self.feed(b"")
        return given + self._bytes.finish(BROKEN_OFF)

    def reset(self) -> None:
        """Forget half a package and what came before: the link was opened again."""
        self._bytes.reset()
        self._readings.clear()

    def _step(self) -> bool:
        """Decide on what waits; whether there was enough of it."""
        if before := self._bytes.search(_FIRST):
            self._bytes.skip(before)
            self._readings.break_off()
        if not len(self._bytes):
            return False
        length = self._bytes.search(_FIRST, 1)
        kind = self._bytes.peek(0, 1)[0]
        if kind in ANSWERS and length >= LENGTHS[kind]:
            length = LENGTHS[kind]
        elif length > LONGEST:
            self._drop(TOO_MANY, 1)
            return True
        elif length == len(self._bytes):
            return False
        if length == 1:
            self._drop(WRONG_LENGTH, 1)
        else:
            self._take(self._bytes.peek(0, length))
        return True

    def _drop(self, words: str, size: int) -> None:
        self._bytes.drop(words, size)
        self._readings.break_off()

    def _take(self, package: bytes) -> None:
        """Take a package from the front, or refuse it."""
        if refusal := _refusal_of(package):
            self._drop(refusal, len(package))
            return
        self._bytes.take(len(package))
        data = restore(package)
        if package[0] == LIVE:
            self._bytes.give(*self._readings.take(live_frame(data)))
        else:
            # It may have been a live one before a bit flipped: the row is broken.
            self._readings.break_off()
            self._bytes.give(_reported(package[0], data))


def restore(package: bytes) -> bytes:
    """Return the data of a package, each byte with its true bit 7."""
    high = package[1]
    return bytes(
        byte & 0x7F | ((high >> number & 1) << 7) for number, byte in enumerate(package[2:])
    )


def live_frame(data: bytes) -> LiveFrame:
    """Return what the seven bytes of a live package say."""
    first, second, third, pulse, spo2 = data[:5]
    index = int.from_bytes(data[5:7], "little")
    valid_index = not third & NO_PI and PI_LOWEST <= index <= PI_HIGHEST
    absent = {FINGER_OUT: first & PROBE, SEARCHING_TOO_LONG: first & TOO_LONG}
    absent[SEARCHING] = second & SEARCH
    return LiveFrame(
        {
            "spo2_pct": spo2_of(spo2),
            "pulse_rate_bpm": pulse_of(pulse),
            "perfusion_index_pct": index / 100 if valid_index else None,
        },
        tuple(words for words, said in absent.items() if said),
        second & PLETH,
        {
            "signal": first & SIGNAL,
            "beep": bool(first & BEEP),
            "spo2_low": bool(first & LOW),
            "bar": third & BAR,
        },
    )


def _refusal_of(package: bytes) -> str:
    """Say why these bytes are no package; empty when they are one."""
    kind = package[0]
    if kind not in TYPES:
        return UNKNOWN_TYPE
    if LENGTHS.get(kind, len(package)) != len(package):
        return WRONG_LENGTH
    if kind == LIVE and restore(package)[2] & ZERO:
        return NOT_ZERO
    return ""


def _reported(kind: int, data: bytes) -> Reported:
    """Return what a package says that is no reading."""
    words = TYPES[kind]
    said: Extra = {"type": kind, "data_hex": data.hex()}
    match kind:
        case 0x0B:
            command = NAMES.get(data[0], f"command {data[0]:02X}")
            words = f"{words}: {command}, {REASONS.get(data[1], REASONS[0xFF])}"
            said = {**said, "command": data[0], "reason": data[1]}
        case 0x0D:
            words = f"{words}: {REASONS.get(data[0], REASONS[0xFF])}"
            said = {**said, "reason": data[0]}
        case 0x08 if len(data) >= 4:
            said = {**said, "stored_bytes": int.from_bytes(data[-4:], "little")}
        case 0x04:
            said = {**said, "text": _text(data)}
        case 0x09:
            said = {**said, **_stored("", data), **_stored_index(data)}
        case 0x0F:
            for number in range(3):
                said = {**said, **_stored(f"_{number + 1}", data[2 * number :])}
        case 0x7D:
            words = f"{words}: {NAMES.get(data[0], 'not known')}"
            said = {**said, "command": data[0], FROM_HOST: True}
    return Reported(words, MappingProxyType(said))


def _stored(suffix: str, data: bytes) -> Extra:
    said = {
        f"stored_spo2_pct{suffix}": spo2_of(data[0]),
        f"stored_pulse_rate_bpm{suffix}": pulse_of(data[1]),
    }
    return {name: each for name, each in said.items() if each is not None}


def _stored_index(data: bytes) -> Extra:
    index = int.from_bytes(data[2:4], "little")
    return {"stored_perfusion_index_pct": index / 100} if PI_LOWEST <= index <= PI_HIGHEST else {}


def _text(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else " " for byte in data).strip()
