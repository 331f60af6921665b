"""What speaks with an instrument that has to be asked, greeted or answered; pure.

Unlike a driver it takes no orders and moves nothing at a patient: it only keeps a stream
alive, asks for readings, or answers a hand-shake.  It opens nothing, reads no clock and
remembers.  The decoder beside it turns bytes into outputs; the talker says what is written
and which values are passed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.instruments.decoding import Decoded, Output


@dataclass(frozen=True, slots=True)
class Talk:
    """What follows from what happened.

    write: bytes for the instrument.  values: to be passed on; those that are marked as stored
    await a person's choice.  note: what staff should know; empty that all is well, None that
    there is nothing new.
    """

    write: bytes = b""
    values: tuple[Decoded, ...] = ()
    note: str | None = None


class Talker(Protocol):
    """Talks with one instrument over one port.  All times are monotonic seconds."""

    def opened(self, now_mono_s: float) -> Talk:
        """Say what comes first on a port that was just opened."""
        ...

    def heard(self, outputs: Sequence[Output], now_mono_s: float) -> Talk:
        """Take what the decoder made of the bytes that came, if any; say what is due."""
        ...

    def lost(self) -> None:
        """Take note that the port is gone."""
        ...

    def due_mono_s(self) -> float:
        """Return when `heard` is to be called again at the latest, with nothing if so."""
        ...

    def last_words(self) -> bytes:
        """Return what the instrument is told before the port is closed on purpose."""
        ...
