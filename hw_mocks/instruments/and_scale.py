"""A weight scale with A&D text lines or MT-SICS answers, as its sheet says.

It streams, or speaks when it is asked (Q, S, SI).  Whoever steps on it sways for a while.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from hw_mocks.encoding.scale import OVERLOAD, encode_line, encode_sics, spoil_parity
from hw_mocks.instruments.stream import StreamBoard

LINES_PER_S = 8.0
SETTLES_S = 1.5
ASKS = (b"Q", b"S", b"SI")


@dataclass(slots=True)
class ScaleBoard(StreamBoard):
    """One scale.

    weight_kg: what stands on it.  never_still: it never settles.  sics: answers as Mettler's.
    grams: it is a kitchen balance.  parity_spoiled: it sends 7E1 and is read at 8N1.
    asked: how often it was asked.
    """

    weight_kg: float = 0.0
    never_still: bool = False
    overload: bool = False
    sics: bool = False
    grams: bool = False
    parity_spoiled: bool = False
    asked: int = 0
    seed: int = 0
    _on_it: float = 0.0
    _settled_mono_s: float = 0.0
    _now_mono_s: float = 0.0
    _received: bytearray = field(default_factory=bytearray)
    _chance: random.Random = field(default_factory=random.Random)

    def start(self) -> None:
        """Plug in and begin to speak."""
        self._chance.seed(self.seed)
        StreamBoard.start(self)

    def _frames_per_s(self) -> float:
        return LINES_PER_S

    def _obey(self, now_mono_s: float) -> None:
        self._now_mono_s = now_mono_s
        if self.weight_kg != self._on_it:
            self._on_it = self.weight_kg
            self._settled_mono_s = now_mono_s + SETTLES_S
        self._received += self.port.read()
        while (end := self._received.find(b"\r\n")) >= 0:
            command = bytes(self._received[:end])
            del self._received[: end + 2]
            known = command in ASKS
            self.asked += known
            if not self.silent:
                self.port.write(self._frame(0) if known else b"?\r\n")

    def _frame(self, _at: int) -> bytes:
        line = self._line()
        return spoil_parity(line) if self.parity_spoiled else line

    def _line(self) -> bytes:
        still = self._now_mono_s >= self._settled_mono_s and not self.never_still
        weight_kg = self._on_it + (0.0 if still else self._chance.uniform(-0.5, 0.5))
        if self.overload:
            return b"S +\r\n" if self.sics else OVERLOAD
        if self.sics:
            return encode_sics(weight_kg, still)
        header = "ST" if still else "US"
        if self.grams:
            return encode_line(weight_kg * 1000, header, unit="g", decimals=1)
        return encode_line(weight_kg, header)
