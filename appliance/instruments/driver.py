"""What drives an instrument that measures on command; the seam between orders and bytes.

A driver is pure: it opens nothing, reads no clock (the time is handed in) and remembers.
Every call returns a `Step`: what is to be written, and what is to be told.  The decoder
beside it turns bytes into outputs; which of these count is the driver's to say, because it
alone knows what was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.events import MeasuringPhase
from appliance.instruments.decoding import Decoded, Output
from appliance.orders import Order


@dataclass(frozen=True, slots=True)
class Told:
    """A phase of the measurement, and what staff should know of it.

    urgent: somebody must act at once, as on a cuff that does not empty.
    """

    phase: MeasuringPhase
    words: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from what happened.

    write: bytes for the instrument.  told: in this order.  values: those that answer what
    was asked; no other may be passed on.  unasked: how many answers belonged to nothing.
    """

    write: bytes = b""
    told: tuple[Told, ...] = ()
    values: tuple[Decoded, ...] = ()
    unasked: int = 0


class Driver(Protocol):
    """Drives one instrument over one port.  All times are monotonic seconds."""

    def opened(self, now_mono_s: float) -> Step:
        """Say what comes first on a port that was just opened."""
        ...

    def heard(self, outputs: Sequence[Output], now_mono_s: float) -> Step:
        """Take what the decoder made of the bytes that came."""
        ...

    def ordered(self, order: Order, now_mono_s: float) -> Step:
        """Take an order."""
        ...

    def passed(self, now_mono_s: float) -> Step:
        """Take note that time went on."""
        ...

    def lost(self) -> Step:
        """Take note that the port is gone.  Nothing can be written."""
        ...

    def due_mono_s(self, now_mono_s: float) -> float:
        """Return when `passed` is to be called at the latest."""
        ...

    def last_words(self) -> bytes:
        """Return what the instrument must be told before the port is closed on purpose."""
        ...
