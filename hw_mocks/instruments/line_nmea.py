"""A sensor board that speaks checked text lines (protocol line_nmea) as its sheet says.

It sends one line for each reading, a sign of life every five seconds, and can be told to
misbehave: wrong checksum, noise, silence, another status.  Encoding here is written from
the sheet and shares nothing with the appliance's decoder.
"""

from __future__ import annotations

import functools
import operator
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from hw_mocks.instruments.board import Board

SIGN_OF_LIFE_S = 5.0

KINDS: Mapping[str, tuple[str, str, int]] = {
    "temp_degc": ("TMP", "Cel", 1),
    "spo2_pct": ("SPO2", "%", 0),
    "pulse_rate_bpm": ("PR", "/min", 0),
    "respiratory_rate_bpm": ("RR", "/min", 0),
    "systolic_mmhg": ("SBP", "mm[Hg]", 0),
    "diastolic_mmhg": ("DBP", "mm[Hg]", 0),
    "map_mmhg": ("MAP", "mm[Hg]", 0),
    "glucose_mmol_l": ("GLU", "mmol/L", 1),
    "weight_kg": ("WGT", "kg", 2),
    "height_cm": ("HGT", "cm", 0),
}
"""Quantity to kind, unit and decimals sent."""

USABLE = ("V", "VB")
"""Status of the sheet with which a value may be used: valid, and battery low beside it."""

PRESSURES = ("systolic_mmhg", "diastolic_mmhg", "map_mmhg")


def encode_line(seq: int, kind: str, value: str, unit: str, status: str) -> bytes:
    """Return one sentence with its checksum and line end."""
    body = f"PBVS,1,{seq % 1000:03d},{kind},{value},{unit},{status}".encode("ascii")
    check = functools.reduce(operator.xor, body, 0)
    return b"$%s*%02X\r\n" % (body, check)


@dataclass(slots=True)
class Stream:
    """A value sent again and again.  noise: largest deviation to either side."""

    value: float
    every_s: float
    noise: float = 0.0
    status: str = "V"
    next_mono_s: float = 0.0


@dataclass(slots=True)
class LineBoard(Board):
    """One simulated board on one port.  seed: makes the noise repeatable."""

    seed: int = 0
    streams: dict[str, Stream] = field(default_factory=dict)
    signs_of_life: bool = True
    _seq: int = 0
    _life_mono_s: float = 0.0
    _random: random.Random = field(default_factory=random.Random)

    def start(self) -> None:
        """Plug in and begin to speak."""
        self._random.seed(self.seed)
        Board.start(self)

    def send(self, values: Mapping[str, float | None], status: str = "V") -> None:
        """Send one reading of these quantities; None sends the empty value.

        Pressures of one reading share a sequence number, as the sheet says.
        """
        with self._lock:
            pressures = [name for name in PRESSURES if name in values]
            others = [name for name in values if name not in PRESSURES]
            for group in ([pressures] if pressures else []) + [[name] for name in others]:
                self._seq += 1
                for name in group:
                    self._send_line(name, values[name], status)

    def _act(self, now_mono_s: float) -> None:
        for name, stream in list(self.streams.items()):  # others set and clear them
            if now_mono_s >= stream.next_mono_s:
                stream.next_mono_s = now_mono_s + stream.every_s
                noise = self._random.uniform(-stream.noise, stream.noise)
                self.send({name: stream.value + noise}, stream.status)
        if self.signs_of_life and now_mono_s >= self._life_mono_s:
            self._life_mono_s = now_mono_s + SIGN_OF_LIFE_S
            self._seq += 1
            self._send_line("temp_degc", None, "V")

    def _send_line(self, name: str, value: float | None, status: str) -> None:
        kind, unit, decimals = KINDS[name]
        text = "" if value is None else f"{value:.{decimals}f}"
        if text:
            self._say({name: float(text)}, valid=status in USABLE, group=f"{self._seq}")
        self._pace(encode_line(self._seq, kind, text, unit, status))
