"""A Nonin OEM III or Xpod oximeter that streams data format 2 or 7 as its sheet says.

75 frames a second, 25 to a packet, from power-up on.  It can be told to misbehave: finger
off, artefact, out of track, low perfusion, low battery, sensor unplugged, damaged or lost
frames.  Encoding here is written from the sheet and shares nothing with the appliance.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from hw_mocks.instruments.board import Board

FRAMES_PER_S = 75
FRAMES = 25
PACKETS_PER_S = 3
D_KEEPS_PACKETS = 10 * PACKETS_PER_S
"""The display averages keep the last number for about 10 s after the finger is gone."""
PULSE_FRAMES = 12
NO_RATE, NO_SPO2 = 511, 127
DOUBTED, ARTEFACT = 0x30, 0x20
"""Bits of STATUS: artefact, out of track; artefact alone."""
DISTURBS_PACKETS = 9
"""So long a disturbed pulse spoils the mean over four beats, unless a calm one comes: 3 s."""
RED, GREEN = 0x04, 0x02
"""Bits of STATUS: perfusion; red alone is a weak pulse."""
CATCHES_UP_PACKETS = 6
"""What is older when the clock jumps was streamed while nobody could have read it."""


class Finger(Enum):
    """What is in the sensor."""

    IN = "in"
    OUT = "out"
    NO_SENSOR = "no sensor"


class Perfusion(Enum):
    """How strong the pulse signal is; the value is the pair of bits RPRF, GPRF."""

    RED = (1, 0)
    YELLOW = (1, 1)
    GREEN = (0, 1)


@dataclass(slots=True)
class NoninBoard(Board):
    """One simulated oximeter.

    damage: so many of the next packets get one wrong byte.  lose: so many of the next
    packets lack one frame.  sent_packets: how many were sent whole and right.
    """

    data_format: str = "2"
    spo2_pct: int = 97
    pulse_rate_bpm: int = 72
    finger: Finger = Finger.IN
    perfusion: Perfusion = Perfusion.GREEN
    artefact: bool = False
    out_of_track: bool = False
    low_battery: bool = False
    silent: bool = False
    damage: int = 0
    lose: int = 0
    sent_packets: int = 0
    _packets: int = 0
    _began_mono_s: float | None = None
    _unsent: deque[bytes] = field(default_factory=deque)
    _sent_frames: int = 0
    _finger_gone_packets: int = 0
    _displayed: tuple[int, int] = (NO_RATE, NO_SPO2)
    _doubted: bool = False
    _disturbed: int = 0
    _whole: tuple[dict[str, float], bool] | None = None

    def _act(self, now_mono_s: float) -> None:
        if self._began_mono_s is None:
            self._began_mono_s = now_mono_s
        due = int((now_mono_s - self._began_mono_s) * FRAMES_PER_S)
        behind = (due - self._sent_frames) // FRAMES - CATCHES_UP_PACKETS
        if behind > 0:
            self._packets += behind
            self._sent_frames += behind * FRAMES
        lump = bytearray()
        while self._sent_frames < due:
            self._sent_frames += 1
            if not self._unsent:
                self._unsent.extend(self._next_packet())
            lump += self._unsent.popleft()
            if not self._unsent and self._whole is not None and not self.silent:
                self._say(self._whole[0], valid=self._whole[1])
        if not self.silent:
            self.port.write(bytes(lump))

    def _next_packet(self) -> list[bytes]:
        frames = self._frames()
        self._packets += 1
        self._whole = None
        if self.lose:
            self.lose -= 1
            frames[11] = b""
        elif self.damage:
            self.damage -= 1
            frames[7] = frames[7][:3] + bytes([frames[7][3] ^ 0x40]) + frames[7][4:]
        else:
            self.sent_packets += 1
            if self.finger is Finger.IN:
                values = {
                    "spo2_pct": float(self.spo2_pct),
                    "pulse_rate_bpm": float(self.pulse_rate_bpm),
                }
                self._whole = values, not self._doubted
        return frames

    def _frames(self) -> list[bytes]:
        floating = self._floating()
        pulse_every = max(PULSE_FRAMES, FRAMES_PER_S * 60 // max(1, self.pulse_rate_bpm))
        frames = []
        self._doubted, seen = False, 0
        for number in range(1, FRAMES + 1):
            at = self._packets * FRAMES + number
            in_pulse = at % pulse_every < PULSE_FRAMES
            status = self._status(in_pulse) | (number == 1)
            seen |= status
            self._doubted |= status & DOUBTED != 0 or status & (RED | GREEN) == RED
            wave = 0.5 - 0.5 * math.cos(2 * math.pi * at / pulse_every)
            frames.append(self._frame(status, wave, floating.get(number, 0)))
        self._doubted |= self._between_disturbed(seen)
        return frames

    def _between_disturbed(self, seen: int) -> bool:
        """Whether a packet with these bits follows a disturbed pulse, and no calm one yet."""
        if seen & ARTEFACT:
            self._disturbed = DISTURBS_PACKETS
        elif seen & (RED | GREEN) or self.finger is not Finger.IN:
            self._disturbed = 0
        else:
            self._disturbed = max(0, self._disturbed - 1)
        return self._disturbed > 0

    def _status(self, in_pulse: bool) -> int:
        status = 0x80
        if self.finger is Finger.NO_SENSOR:
            status |= 0x40
        if self.finger is Finger.OUT:
            status |= 0x08
        status |= 0x20 if self.artefact and in_pulse else 0
        status |= 0x10 if self.out_of_track else 0
        if in_pulse and self.finger is Finger.IN:
            red, green = self.perfusion.value
            status |= red << 2 | green << 1
        return status

    def _frame(self, status: int, wave: float, floating: int) -> bytes:
        if self.data_format == "2":
            head = [0x01, status, int(wave * 254)]
        else:
            pleth = int(wave * 65534)
            head = [status, pleth // 256, pleth % 256]
        body = [*head, floating]
        return bytes([*body, sum(body) % 256])

    def _floating(self) -> dict[int, int]:
        """Return what the frames carry by their number: the table of the sheet."""
        here = self.finger is Finger.IN
        rate, spo2 = (self.pulse_rate_bpm, self.spo2_pct) if here else (NO_RATE, NO_SPO2)
        self._finger_gone_packets = 0 if here else self._finger_gone_packets + 1
        if here or self._finger_gone_packets > D_KEEPS_PACKETS:
            self._displayed = rate, spo2
        shown_rate, shown_spo2 = self._displayed
        high, low = rate // 128, rate % 128
        shown_high, shown_low = shown_rate // 128, shown_rate % 128
        timer = self._packets % 16384
        return {
            1: high,
            2: low,
            3: spo2,
            4: 33,
            6: timer // 128,
            7: timer % 128,
            8: (0 if self.artefact or not here else 0x20) | int(self.low_battery),
            9: shown_spo2,
            10: spo2,
            11: spo2,
            14: high,
            15: low,
            16: spo2,
            17: shown_spo2,
            20: shown_high,
            21: shown_low,
            22: shown_high,
            23: shown_low,
        }
