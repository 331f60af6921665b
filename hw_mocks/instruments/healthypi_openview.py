"""A HealthyPi board of version 4 or 5 that streams OpenView packets, as its sheet says."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hw_mocks.encoding.healthypi import encode_v4, encode_v5
from hw_mocks.instruments.stream import StreamBoard

PACKETS_PER_S = 125.0


@dataclass(slots=True)
class HealthyPiBoard(StreamBoard):
    """One board.

    frozen: repeats one packet for ever.  leads_off, finger_out: what is not connected; only
    version 4 has bits for it, version 5 sends its missing marks.
    """

    version: int = 5
    spo2_pct: int = 97
    heart_rate_bpm: int = 72
    respiratory_rate_bpm: int = 16
    temp_degc: float = 36.6
    leads_off: bool = False
    finger_out: bool = False
    frozen: bool = False

    def _frames_per_s(self) -> float:
        return PACKETS_PER_S

    def _frame(self, at: int) -> bytes:
        ecg = 0 if self.frozen else round(1000 * math.sin(at / 9))
        temp_100 = round(self.temp_degc * 100)
        if self.version == 4:
            state = int(self.leads_off) + 2 * int(self.finger_out)
            rates = self.heart_rate_bpm, self.respiratory_rate_bpm
            return encode_v4(temp_100, self.spo2_pct, *rates, state, ecg)
        spo2 = 25 if self.finger_out else self.spo2_pct
        rates = (0, 0) if self.leads_off else (self.heart_rate_bpm, self.respiratory_rate_bpm)
        return encode_v5(temp_100, spo2, *rates, ecg)
