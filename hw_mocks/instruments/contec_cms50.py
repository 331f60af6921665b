"""Contec CMS50 oximeters of both generations, as their sheet says.

The old one streams by itself.  The V7 one streams after a command, and stops about 30 s after
the last keep-alive.  Encoding is written from the sheet and shares nothing with the appliance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hw_mocks.encoding.contec import encode_old, encode_v7, encode_v7_live
from hw_mocks.instruments.stream import StreamBoard

FRAMES_PER_S = 60.0
START, STOP, KEEP_ALIVE = 0xA1, 0xA2, 0xAF
STREAMS_ON_S = 30.0
"""Users report that the stream stops so long after the last keep-alive."""
FLAT = 64
"""The pleth while the finger is out."""


@dataclass(slots=True)
class OximeterBoard(StreamBoard):
    """What both generations have.

    zero_marks: send 0 for what is missing, as real devices do, not FF and 7F.
    """

    spo2_pct: int = 97
    pulse_rate_bpm: int = 72
    finger_out: bool = False
    searching: bool = False
    zero_marks: bool = True

    def _frames_per_s(self) -> float:
        return FRAMES_PER_S

    def _pleth(self, at: int) -> int:
        if self.finger_out:
            return FLAT
        every = FRAMES_PER_S * 60 / max(1, self.pulse_rate_bpm)
        return round(50 - 45 * math.cos(2 * math.pi * at / every))

    def _numbers(self) -> tuple[int, int]:
        if not (self.finger_out or self.searching):
            return self.pulse_rate_bpm, self.spo2_pct
        return (0, 0) if self.zero_marks else (255, 127)


@dataclass(slots=True)
class ContecBoard(OximeterBoard):
    """The first generation."""

    def _frame(self, at: int) -> bytes:
        pulse, spo2 = self._numbers()
        beep = 0x40 if at % 50 == 0 and not self.finger_out else 0
        first = beep | (0x10 if self.finger_out else 6)
        third = (0x20 if self.searching else 0) | (0x10 if self.finger_out else 5)
        return encode_old(pulse, spo2, self._pleth(at), first, third)


@dataclass(slots=True)
class ContecV7Board(OximeterBoard):
    """The V7 generation.

    deaf: answers nothing.  commands: what it was told, with the times.  index_100: perfusion
    in hundredths of a percent.
    """

    streaming: bool = False
    deaf: bool = False
    index_100: int = 124
    commands: list[tuple[float, int]] = field(default_factory=list)
    _received: bytearray = field(default_factory=bytearray)
    _alive_mono_s: float = 0.0

    def _obey(self, now_mono_s: float) -> None:
        self._received += self.port.read()
        while (at := self._received.find(0x7D)) >= 0 and len(self._received) >= at + 9:
            command = self._received[at + 2]
            del self._received[: at + 9]
            if not self.deaf:
                self._carry_out(command, now_mono_s)
        if self.streaming and now_mono_s - self._alive_mono_s > STREAMS_ON_S:
            self.streaming = False
            self.port.write(encode_v7(0x0D, b"\x01"))

    def _carry_out(self, command: int, now_mono_s: float) -> None:
        self.commands.append((now_mono_s, command))
        self._alive_mono_s = now_mono_s
        if command in (START, STOP):
            self.streaming = command == START
            self.port.write(encode_v7(0x0B, bytes([command, 0])))
        elif command != KEEP_ALIVE:
            self.port.write(encode_v7(0x0B, bytes([command, 5])))

    def _frame(self, at: int) -> bytes:
        pulse, spo2 = self._numbers()
        if self.finger_out:
            return encode_v7_live(pulse, spo2, None, FLAT, first=0x84, bar=0)
        index = None if self.searching else self.index_100
        pleth = self._pleth(at) | (0x80 if self.searching else 0)
        return encode_v7_live(pulse, spo2, index, pleth, first=0x46 if at % 50 == 0 else 0x06)
