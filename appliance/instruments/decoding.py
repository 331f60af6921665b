"""What every protocol decoder takes and gives; the seam between bytes and values.

A decoder is a pure function of the bytes of one link, with memory: it reads no clock,
opens nothing and knows no port, so that a file, a test and a live port give the same
answer.  What it gives depends on the bytes alone, never on how they were cut into chunks.

A frame that carries several values gives several `Decoded` with one `group`; one that
carries none (an acknowledgement) gives a `Reported`.  An instrument that measures on command
is decoded here like any other; the bytes that are to be written to it belong to a driver
beside the worker, never to a decoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from appliance.clinical.measurement import Status
from appliance.clinical.quantities import QUANTITIES, ImpossibleValue

RAW_LIMIT = 256
"""Rejected bytes are handed on in pieces of at most this many."""

LOST_LINES = "lost_lines"
"""Key in `Decoded.extra`: how many frames were lost just before this one."""

SIGN_OF_LIFE = "sign_of_life"
"""Key in `Decoded.extra`: the frame says that the instrument is there, and nothing of the
quantity it names.  It keeps the link alive and is not passed on: what was measured, or why
nothing was, stays as it is."""

UNCONFIRMED = "unconfirmed"
"""Key in `Decoded.extra`: the number of a frame that has no check of its own and that too few
others have confirmed yet.  For the service page; it is no value."""

BATTERY_LOW = "battery_low"
"""Key in `Decoded.extra`: the instrument says that its battery is low."""

FROM_HOST = "from_host"
"""Key in `Reported.extra`: only a host says this.  On a port of ours it is our own word that came
back, from a loop-back plug or a line of one wire, and no sign of an instrument."""

STORED = "stored"
"""Key in `Decoded.extra`: a result that the device kept, measured some time ago on somebody.
It never enters an encounter by itself: a person picks the one that belongs to the patient."""

DEVICE_TIME, DEVICE_CLOCK, DEVICE = "device_time", "device_clock", "device"
"""Keys in `Decoded.extra` of a stored result: when it was measured and what the device's clock
said when it was fetched (ISO, in no zone: the device's own wall clock), and which device."""

Extra = Mapping[str, float | str | bool]
_NOTHING: Extra = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decoded:
    """One value, or its stated absence, from a frame whose check was good.

    value: in the quantity's own unit; None exactly when status is MISSING.
    reason: why it is missing or doubtful, in words for staff; empty when valid.
    group: the same for what the instrument measured together; not used again on one link.
    extra: what else the protocol says, for the service page; never needed to judge the value.
    age_s: how long before it counted it was heard, where that waited for a proof.
    """

    quantity: str
    value: float | None
    status: Status
    reason: str = ""
    group: str = ""
    extra: Extra = field(default_factory=lambda: _NOTHING)
    age_s: float = 0.0

    @property
    def unit(self) -> str:
        """UCUM unit of the value: always the quantity's own."""
        return QUANTITIES[self.quantity].unit


@dataclass(frozen=True, slots=True)
class Reported:
    """A frame whose check was good and that carries no quantity: an answer, a code, a text.

    words: what it says, in words for staff.  extra: the same for a program.
    """

    words: str
    extra: Extra = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that gave no value.

    error: why, in words from a fixed list of the decoder's (so that they can be counted;
    nothing of the bytes is in them).  offset: where in the link's bytes, or in the file,
    they begin.  raw: the bytes, at most RAW_LIMIT.
    """

    error: str
    offset: int
    raw: bytes


Output = Decoded | Reported | Rejected


def is_from_instrument(output: Output) -> bool:
    """Whether this shows that an instrument of the protocol is there."""
    return not isinstance(output, Rejected) and not output.extra.get(FROM_HOST)


def refusal_of(quantity: str, value: float) -> str:
    """Say why this cannot be a reading of the quantity at all; empty when it can."""
    try:
        QUANTITIES[quantity].check(value)
    except ImpossibleValue as impossible:
        return f"reported value refused: {impossible}"
    return ""


class Decoder(Protocol):
    """Bytes of one link in, values and rejections out, in the order of the bytes."""

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        ...

    def finish(self) -> list[Output]:
        """Say what was left over when the bytes ended, as at the end of a file."""
        ...

    def reset(self) -> None:
        """Forget half-received bytes and what came before: the link was opened again."""
        ...
