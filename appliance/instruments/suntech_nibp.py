"""SunTech blood-pressure module (Advantage family): what it says, from bytes to values.

The tables stand in the order of the sheet (protocols/suntech_nibp).  The length frames, then
the check decides; a reading counts only when everything in it agrees.  What is said to the
module is in suntech_commands, when it is said in suntech_driver.

Source: the sheet (four sources agree on framing and result; the error texts are ours).
"""

from __future__ import annotations

from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import Decoded, Output, Reported, refusal_of
from appliance.instruments.framing import Framing
from appliance.instruments.suntech_commands import MODULE

LETTER, CUFF_PRESSURE, RETURN_CODE, RESULT, TEXTS = 0x04, 0x05, 0x06, 0x18, 0x43
"""Kinds of frame, by their length: the whole frame, start and check included."""
LENGTHS = frozenset({LETTER, CUFF_PRESSURE, RETURN_CODE, RESULT, TEXTS})

LETTERS = {
    "O": "accepted",
    "K": "measurement finished",
    "B": "busy",
    "A": "aborted",
    "E": "command refused: error",
    "S": "asleep",
}
"""Keys of `Reported.extra` are `letter`, `return_code` and `text`."""

SYSTOLIC, DIASTOLIC, BEATS, BP_STATUS = 2, 4, 6, 7
PULSE, SPARE, MEAN, ERROR = 16, 17, 18, 20
"""Offsets in the result frame; pressures are 16 bit, low byte first."""
VALUES = ("systolic_mmhg", "diastolic_mmhg", "map_mmhg", "pulse_rate_bpm")

NO_ERROR = 0
ERRORS = {
    1: "weak or no pulse at the cuff: check that the cuff fits and sits on the artery",
    2: "arm moved: keep the arm still and measure again",
    3: "no reading after several tries, or the pressure is out of range: measure by hand",
    4: "the measurement took too long: let the patient rest and measure again",
    85: "air hose blocked: look for a kink in the hose and at the cuff",
    86: "stopped before the end",
    87: "cuff did not fill: look for a leak, a loose cuff or a loose hose",
    88: "safety time-out of the module: wait and measure again",
    89: "cuff pressure was too high: keep the arm still and measure again",
    90: "fault of the module or its supply: do not use it and call a technician",
    91: "fault of the module at its zero point: do not use it and call a technician",
    97: "pressure sensor of the module out of range: do not use it and call a technician",
    99: "calibration of the module is damaged: do not use it and call a technician",
}

NO_FRAME = "no frame begins here"
BAD_CHECK = "check does not match the frame"
UNKNOWN_LETTER = "letter is not known"
BROKEN_OFF = "frame broken off at the end of the bytes"


class SuntechDecoder:
    """Decoder of the module's frames.

    While a length is pending, a byte 3E is data (62 mmHg).  A frame whose check fails is
    searched again from its second byte: a false beginning never costs the frame behind it.
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
            self._bytes.drop(BROKEN_OFF)
            given += self.feed(b"")
        return given + self._bytes.finish(BROKEN_OFF)

    def reset(self) -> None:
        """Forget half a frame: the link was opened again."""
        self._bytes.reset()

    def _step(self) -> bool:
        """Decide on what waits; whether there was enough of it."""
        if before := self._bytes.find(MODULE):
            self._bytes.skip(before)
        head = self._bytes.peek(0, 2)
        if len(head) < 2:
            return False
        length = head[1]
        if length not in LENGTHS:
            self._bytes.skip(1)
            return True
        frame = self._bytes.peek(0, length)
        if len(frame) < length:
            return False
        if sum(frame) & 0xFF:
            self._bytes.drop(BAD_CHECK)
        elif length == LETTER and chr(frame[2]) not in LETTERS:
            self._bytes.drop(UNKNOWN_LETTER, length)
        else:
            self._bytes.take(length)
            self._bytes.give(*self._outputs_of(frame))
        return True

    def _outputs_of(self, frame: bytes) -> tuple[Decoded | Reported, ...]:
        """Return what a good frame says."""
        match frame[1]:
            case 0x04:
                letter = chr(frame[2])
                return (_reported(LETTERS[letter], "letter", letter),)
            case 0x05:
                pressure = int.from_bytes(frame[2:4], "little", signed=True)
                return (_cuff_pressure(float(pressure)),)
            case 0x06:
                code = frame[4]
                words = f"return code {code}" if code else "last command was good"
                return (_reported(words, "return_code", code),)
            case 0x18:
                self._results += 1
                return _result(frame, f"reading {self._results}")
            case _:
                text = "".join(chr(b) if 0x20 <= b < 0x7F else " " for b in frame[2:-1])
                return (_reported("module data", "text", " ".join(text.split())),)


def error_words(code: int) -> str:
    """Return the module's error code in words for staff."""
    return f"{ERRORS.get(code, 'the module reports an error that is not known')} (code {code})"


def _reported(words: str, key: str, value: float | str) -> Reported:
    return Reported(words, MappingProxyType({key: value}))


def _cuff_pressure(mmhg: float) -> Decoded:
    if refusal := refusal_of("cuff_pressure_mmhg", mmhg):
        return Decoded("cuff_pressure_mmhg", None, Status.MISSING, refusal)
    return Decoded("cuff_pressure_mmhg", mmhg, Status.VALID)


def _result(frame: bytes, group: str) -> tuple[Decoded, ...]:
    """Return pressures and pulse of a result frame: all with one group, or all missing."""
    systolic, diastolic, mean = (
        float(int.from_bytes(frame[at : at + 2], "little")) for at in (SYSTOLIC, DIASTOLIC, MEAN)
    )
    extra = MappingProxyType({"error_code": frame[ERROR], "beats": frame[BEATS]})
    values = dict(zip(VALUES, (systolic, diastolic, mean, float(frame[PULSE])), strict=True))
    absent = _why_no_reading(frame, systolic, diastolic, mean)
    if absent:
        return tuple(
            Decoded(quantity, None, Status.MISSING, absent, extra=extra) for quantity in VALUES
        )
    no_pulse = _why_no_pulse(frame)
    return tuple(
        Decoded(quantity, None, Status.MISSING, no_pulse, group, extra)
        if quantity == "pulse_rate_bpm" and no_pulse
        else Decoded(quantity, value, Status.VALID, "", group, extra)
        for quantity, value in values.items()
    )


def _why_no_reading(frame: bytes, systolic: float, diastolic: float, mean: float) -> str:
    """Say why the frame holds no reading that may be stored; empty when it holds one."""
    if frame[ERROR] != NO_ERROR:
        return error_words(frame[ERROR])
    if not frame[BP_STATUS] or not systolic or not diastolic:
        return "nothing measured yet"
    if not systolic > mean > diastolic:
        return "the pressures contradict one another: measure again"
    pressures = zip(VALUES, (systolic, diastolic, mean), strict=False)
    return next((words for name, mmhg in pressures if (words := refusal_of(name, mmhg))), "")


def _why_no_pulse(frame: bytes) -> str:
    # Sources disagree whether the rate is one byte or two: the same while the second is 0.
    if frame[SPARE]:
        return "pulse rate of the cuff is not clear"
    if not frame[PULSE]:
        return "no pulse rate from the cuff"
    return refusal_of("pulse_rate_bpm", float(frame[PULSE]))
