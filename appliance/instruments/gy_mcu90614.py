"""GY-MCU90614 and 90615 infrared thermometers: the temperature of a surface, never of a body.

The tables stand in the order of the sheet (protocols/gy_mcu90614).  A frame counts when its
sum is good; what lies outside the range that the sheet takes at a bedside is doubtful.  No
offset is added, and no frame is ever taken for a body temperature: what is read depends on
distance and skin.

Source: the sheet (seven programs agree).
"""

from __future__ import annotations

import re
from collections import deque
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.instruments.agreement import lower_median
from appliance.instruments.decoding import Decoded, Output, Reported, refusal_of
from appliance.instruments.framing import Framing

HEADER = 0x5A
TEMPERATURES, EMISSIVITY, OFFSET = 0x45, 0x25, 0x35
LENGTH = 0x04
"""Of the data of a frame of temperatures; a whole frame is five bytes longer."""
FRAME = LENGTH + 5
WEATHER_BOARD = (TEMPERATURES, 0x0A)
"""Type and length of the frames of a GY-39, which looks alike."""
SETTINGS = {EMISSIVITY: "emissivity", OFFSET: "offset"}
LONGEST_SETTING = 4
"""The sheet gives no length for these two; ours."""

OBJECT_DEGC, AMBIENT_DEGC = (-70.0, 380.0), (-40.0, 125.0)
"""What the sensor can measure; the module repeats nonsense outside of it."""
BEDSIDE_OBJECT_DEGC, BEDSIDE_AMBIENT_DEGC = (20.0, 45.0), (10.0, 40.0)
"""What is taken without doubt at a bedside."""
MEDIAN_OF = 5
"""Frames; at 10 to 14 a second they are less than a second."""

OUTSIDE_SENSOR = "outside of what the sensor can measure: it is not working"
NOT_SKIN = "not what skin can be: aim at the patient from the distance in the manual"
ROOM = "the sensor is too cold or too warm to be right: let it reach the room's temperature"

NO_FRAME = "no frame begins here"
BAD_CHECK = "check does not match the frame"
NOT_THIS = "frame of another device (GY-39 weather board): nothing is taken"
LOOK_ALIKE = "another device (CJMCU-90614 board?): its check is not known, nothing is taken"
OTHER_BOARD = "another device (GY-614V board?): nothing is taken"
BROKEN_OFF = "frame broken off at the end of the bytes"

_FRAME_BEGINS = re.compile(rb"\x5a|\x66\x66[\s\S]\x04|\xa4\x03\x07")


class InfraredDecoder:
    """Decoder of the module's frames.

    A frame whose sum fails is searched again from its second byte: 5A can stand in data.  An
    RS-485 relative adds the module's number behind each frame; that byte is passed over.
    """

    def __init__(self) -> None:
        self._bytes = Framing(NO_FRAME)
        self._behind_frame = False
        self._module: int | None = None
        self._recent: deque[int] = deque(maxlen=MEDIAN_OF)

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        self._bytes.add(chunk)
        while self._step():
            pass
        return self._bytes.collect()

    def finish(self) -> list[Output]:
        """Say what was left over; what hides behind an unfinished frame still counts."""
        given: list[Output] = []
        if self._behind_frame and len(self._bytes) == 1 and self._bytes.find(HEADER):
            self._bytes.take(1)  # the number of an RS-485 module behind the last frame
        while len(self._bytes):
            self._bytes.drop_unfinished(BROKEN_OFF)
            self._behind_frame = False
            given += self.feed(b"")
        return given + self._bytes.finish(BROKEN_OFF)

    def reset(self) -> None:
        """Forget half a frame and what came before: the link was opened again."""
        self._bytes.reset()
        self._behind_frame = False
        self._module = None
        self._recent.clear()

    def _step(self) -> bool:
        """Decide on what waits; whether there was enough of it."""
        if self._behind_frame and not self._pass_module():
            return False
        head = self._bytes.peek(0, 4)
        if len(head) < 4:
            return False
        if head[:2] != bytes((HEADER, HEADER)):
            return self._hunt(head)
        size = _size_of(head[2], head[3])
        if not size:
            self._skip(1)
            return True
        frame = self._bytes.peek(0, size)
        if len(frame) < size:
            return False
        if sum(frame[:-1]) & 0xFF != frame[-1]:
            self._drop(BAD_CHECK)
        elif (frame[2], frame[3]) == WEATHER_BOARD:
            self._drop(NOT_THIS, size)
        else:
            self._bytes.take(size)
            self._behind_frame = True
            self._bytes.give(self._decode(frame))
        return True

    def _hunt(self, head: bytes) -> bool:
        if head[:2] == b"\x66\x66" and head[3] == 0x04:
            self._drop(LOOK_ALIKE)
        elif head[:3] == b"\xa4\x03\x07":
            self._drop(OTHER_BOARD)
        else:
            # The last three bytes may be the first ones of what looks alike.
            found = self._bytes.search(_FRAME_BEGINS, 1)
            self._skip(max(1, min(found, len(self._bytes) - 3)))
        return True

    def _pass_module(self) -> bool:
        """Pass the module's number behind a frame, if there is one; whether that is known."""
        head = self._bytes.peek(0, 3)
        if head[:1] != bytes((HEADER,)):
            if len(head) < 3:
                return False
            if head[1] == head[2] == HEADER:
                self._bytes.take(1)
                self._module = head[0]
        self._behind_frame = False
        return True

    def _skip(self, size: int) -> None:
        self._bytes.skip(size)
        self._recent.clear()

    def _drop(self, words: str, size: int = 1) -> None:
        self._bytes.drop(words, size)
        self._behind_frame = False
        self._recent.clear()

    def _decode(self, frame: bytes) -> Decoded | Reported:
        """Return what a good frame says."""
        if frame[2] != TEMPERATURES:
            name = SETTINGS[frame[2]]
            setting = int.from_bytes(frame[4:-1], "big")
            return Reported(f"setting of the module: {name}", MappingProxyType({name: setting}))
        degc_100 = int.from_bytes(frame[4:6], "big", signed=True)
        ambient_degc = int.from_bytes(frame[6:8], "big", signed=True) / 100
        self._recent.append(degc_100)
        extra: dict[str, float | str | bool] = {"ambient_degc": ambient_degc}
        if len(self._recent) == MEDIAN_OF:
            extra["median_degc"] = lower_median(self._recent) / 100
        if self._module is not None:
            extra["module"] = self._module
        return _judge(degc_100 / 100, ambient_degc, extra)


def _size_of(kind: int, length: int) -> int:
    """Return the size of a whole frame of this type and length; 0 where there is none."""
    known = (kind, length) in ((TEMPERATURES, LENGTH), WEATHER_BOARD)
    if known or (kind in SETTINGS and 1 <= length <= LONGEST_SETTING):
        return length + 5
    return 0


def _judge(degc: float, ambient_degc: float, extra: dict[str, float | str | bool]) -> Decoded:
    said = MappingProxyType(extra)
    works = _within(degc, OBJECT_DEGC) and _within(ambient_degc, AMBIENT_DEGC)
    absent = refusal_of("surface_temp_degc", degc) if works else OUTSIDE_SENSOR
    if absent:
        return Decoded("surface_temp_degc", None, Status.MISSING, absent, extra=said)
    doubts = [] if _within(degc, BEDSIDE_OBJECT_DEGC) else [NOT_SKIN]
    doubts += [] if _within(ambient_degc, BEDSIDE_AMBIENT_DEGC) else [ROOM]
    status = Status.DOUBTFUL if doubts else Status.VALID
    return Decoded("surface_temp_degc", degc, status, ", ".join(doubts), extra=said)


def _within(degc: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= degc <= limits[1]
