"""A Nonin oximeter that sends data format 1 or 8, once a second, as its sheet says."""

from __future__ import annotations

from dataclasses import dataclass

from hw_mocks.instruments.stream import StreamBoard

NO_RATE, NO_SPO2 = 511, 127


@dataclass(slots=True)
class NoninSimpleBoard(StreamBoard):
    """One oximeter."""

    data_format: str = "1"
    spo2_pct: int = 97
    pulse_rate_bpm: int = 72
    finger_out: bool = False
    no_sensor: bool = False
    artefact: bool = False
    out_of_track: bool = False
    low_perfusion: bool = False

    def _frames_per_s(self) -> float:
        return 1.0

    def _frame(self, _at: int) -> bytes:
        off = self.finger_out or self.no_sensor
        rate, spo2 = (NO_RATE, NO_SPO2) if off else (self.pulse_rate_bpm, self.spo2_pct)
        bits = (
            (self.no_sensor, 0x40),
            (self.out_of_track, 0x20),
            (self.low_perfusion, 0x10),
            (self.artefact, 0x04),
        )
        first = 0x80 + sum(bit for said, bit in bits if said) + rate // 128
        frame = bytes([first, rate % 128, spo2])
        return frame if self.data_format == "1" else frame + bytes([8 if self.finger_out else 0x20])
