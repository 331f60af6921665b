"""A Nonin oximeter that sends data format 13: a spot check each time one ends, as on its sheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hw_mocks.instruments.board import Board

NO_RATE, NO_SPO2 = 511, 127


@dataclass(slots=True)
class NoninSpotBoard(Board):
    """One oximeter.  What is set on it is the next spot check, which is sent at once.

    from_memory: the checks come out of its memory.  clock_ahead_s: how far its clock is ahead.
    """

    from_memory: bool = False
    battery_low: bool = False
    no_reading: bool = False
    clock_ahead_s: float = 0.0
    _spo2_pct: int = 97
    _pulse_rate_bpm: int = 72
    _due: bool = False

    @property
    def spo2_pct(self) -> int:
        """The last spot check's; setting it ends another one."""
        return self._spo2_pct

    @spo2_pct.setter
    def spo2_pct(self, percent: float) -> None:
        with self._lock:
            self._spo2_pct, self._due = round(percent), True

    @property
    def pulse_rate_bpm(self) -> int:
        """The last spot check's; setting it ends another one."""
        return self._pulse_rate_bpm

    @pulse_rate_bpm.setter
    def pulse_rate_bpm(self, per_min: float) -> None:
        with self._lock:
            self._pulse_rate_bpm, self._due = round(per_min), True

    def _act(self, _now_mono_s: float) -> None:
        if self._due:
            self._due = False
            self._pace(self.frame())

    def frame(self) -> bytes:
        """Return the spot check as it goes on the line."""
        utc_s = (self.clock.now().utc_s or 0.0) + self.clock_ahead_s
        moment = datetime.fromtimestamp(utc_s, UTC)
        status = 0x0200 + 0x0100 * self.no_reading + 0x10 * self.from_memory + self.battery_low
        rate, spo2 = self._pulse_rate_bpm, self._spo2_pct
        if self.no_reading:
            rate, spo2 = NO_RATE, NO_SPO2
        data = bytes((*divmod(moment.year, 100), moment.month, moment.day))
        data += bytes((moment.hour, moment.minute, moment.second, 0))
        data += bytes((*divmod(status, 256), *divmod(rate, 256), 0, spo2))
        head = b"\x00\x02\x00\x0d" + len(data).to_bytes(2, "big")
        return head + data + bytes((sum(data) % 256, 0x03))
