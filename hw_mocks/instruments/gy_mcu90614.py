"""A GY-MCU90614 infrared thermometer, as its sheet says: continuous, or one reading asked."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from hw_mocks.encoding.infrared import encode, encode_temperatures
from hw_mocks.instruments.stream import StreamBoard

FRAMES_PER_S = 12.0
CONTINUOUS, ONE_READING = b"\xa5\x45\xea", b"\xa5\x15\xba"


@dataclass(slots=True)
class InfraredBoard(StreamBoard):
    """One thermometer.

    noise_degc: largest deviation to either side.  module: number of an RS-485 relative.
    weather: it is a GY-39 weather board instead.
    """

    surface_temp_degc: float = 34.5
    ambient_degc: float = 24.0
    noise_degc: float = 0.0
    module: int | None = None
    weather: bool = False
    seed: int = 0
    commands: list[bytes] = field(default_factory=list)
    _received: bytearray = field(default_factory=bytearray)
    _chance: random.Random = field(default_factory=random.Random)

    def start(self) -> None:
        """Plug in and begin to speak."""
        self._chance.seed(self.seed)
        StreamBoard.start(self)

    def _frames_per_s(self) -> float:
        return FRAMES_PER_S

    def _obey(self, _now_mono_s: float) -> None:
        self._received += self.port.read()
        while len(self._received) >= 3:
            command = bytes(self._received[:3])
            if command[0] != 0xA5 or (command[0] + command[1]) % 256 != command[2]:
                del self._received[0]
                continue
            del self._received[:3]
            self.commands.append(command)
            if command == CONTINUOUS:
                self.streaming = True
            elif command == ONE_READING:
                self.streaming = False
                self.port.write(self._frame(0))

    def _frame(self, _at: int) -> bytes:
        degc = self.surface_temp_degc + self._chance.uniform(-self.noise_degc, self.noise_degc)
        frame = encode_temperatures(degc, self.ambient_degc)
        if self.weather:
            return encode(0x45, frame[4:8] + bytes(6))
        return frame if self.module is None else frame + bytes([self.module])
