"""Who speaks on a line: every protocol of the line listens, and the clearest one is named.  Pure.

Nothing is written here, and what is heard is never used: a name is for people, who then look
at cables and settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.instruments.decoding import FROM_HOST, Decoder, Rejected
from appliance.instruments.protocols import PROTOCOLS, LineSettings, SerialProtocol

CLEAR = 0.8
"""Share of the bytes that must belong to good frames: an opening in mid-frame costs some."""
UNCHECKED = frozenset({"nonin_oem3:1", "nonin_oem3:8", "contec_cms50:old", "contec_cms50:v7"})
"""Without a check of their own, other streams fit them by chance: they are named only when no
protocol with a check is, after FRAMES frames, with nearly every byte in one of them."""
FRAMES = 2
ALL_BUT_CLEAR = 0.95


@dataclass(slots=True)
class _Ear:
    protocol: SerialProtocol
    decoder: Decoder
    frames: int = 0
    lost: int = 0

    def hear(self, data: bytes) -> None:
        for output in self.decoder.feed(data):
            if isinstance(output, Rejected):
                self.lost += len(output.raw)
            elif not output.extra.get(FROM_HOST):
                self.frames += 1

    def share(self, heard: int) -> float:
        return 1.0 - self.lost / heard if self.frames else 0.0


class Ears:
    """Listens to one line with many decoders."""

    def __init__(self, protocols: Iterable[SerialProtocol]) -> None:
        self._ears = [_Ear(each, each.decoder()) for each in protocols]
        self.heard = 0
        """Bytes heard so far."""

    def hear(self, data: bytes) -> None:
        """Take the next bytes."""
        self.heard += len(data)
        for ear in self._ears:
            ear.hear(data)

    def verdict(self) -> SerialProtocol | None:
        """Return who speaks; None while it is not clear."""
        clear = [each for each in self._ears if self._is_clear(each)]
        checked = [each for each in clear if each.protocol.name not in UNCHECKED]
        best = sorted(checked or clear, key=self._rank, reverse=True)
        if not best or (len(best) > 1 and self._rank(best[0]) == self._rank(best[1])):
            return None
        return best[0].protocol

    def _is_clear(self, ear: _Ear) -> bool:
        if ear.protocol.name in UNCHECKED:
            return ear.frames >= FRAMES and ear.share(self.heard) >= ALL_BUT_CLEAR
        return ear.frames > 0 and ear.share(self.heard) >= CLEAR

    def _rank(self, ear: _Ear) -> tuple[float, int]:
        return ear.share(self.heard), ear.frames


def on_line(line: LineSettings) -> tuple[SerialProtocol, ...]:
    """Return every protocol that is spoken on a line like this; DTR does not matter."""
    wanted = (line.baud, line.data_bits, line.parity, line.stop_bits)
    return tuple(
        each
        for each in PROTOCOLS.values()
        if (each.line.baud, each.line.data_bits, each.line.parity, each.line.stop_bits) == wanted
    )
