"""What can happen to bytes between a device and its port: the faults of a line, seeded.

Whether a byte suffers depends on the seed and on how many bytes went before it, never on how
they were cut or when they came: the same device with the same seed suffers the same again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

SHARES = ("drop", "flip", "insert", "duplicate")
MOST_HELD = 65536


class DamageRefused(ValueError):
    """There is no such fault; the message says what there is."""


@dataclass(slots=True)
class Damage:
    """Faults of one line, from the device to the host.

    drop, flip, insert, duplicate: share of the bytes to which it happens (0 to 1).
    parity: bit 7 of every byte is its even parity, as of 7E1 that is read as 8N1.
    split: each byte comes by itself.  burst: bytes come only when so many wait.
    stall_s: all is held back for so long from now on, then comes at once.
    """

    drop: float = 0.0
    flip: float = 0.0
    insert: float = 0.0
    duplicate: float = 0.0
    parity: bool = False
    split: bool = False
    burst: int = 0
    stall_s: float = 0.0
    seed: int = 1
    _chance: Random = field(init=False)
    _held: bytearray = field(default_factory=bytearray, init=False)
    _stalls_until_s: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Begin the course of this seed."""
        self._chance = Random(self.seed)  # noqa: S311 - a course that can be repeated

    def pieces(self, data: bytes, now_mono_s: float) -> list[bytes]:
        """Return what reaches the port now, piece by piece."""
        for byte in data:
            self._held += self._suffer(byte)
        del self._held[:-MOST_HELD]
        if self.stall_s and self._stalls_until_s is None:
            self._stalls_until_s = now_mono_s + self.stall_s
        stalls = self._stalls_until_s is not None and now_mono_s < self._stalls_until_s
        if stalls or len(self._held) < self.burst or not self._held:
            return []
        through = bytes(self._held)
        self._held.clear()
        return [through[i : i + 1] for i in range(len(through))] if self.split else [through]

    def _suffer(self, byte: int) -> bytes:
        """Return what becomes of one byte; always as many draws, so that the course stays."""
        draws = [self._chance.random() for _ in SHARES]
        bit, stranger = self._chance.randrange(8), self._chance.randrange(256)
        if draws[1] < self.flip:
            byte ^= 1 << bit
        if self.parity:
            byte = byte & 0x7F | (byte & 0x7F).bit_count() % 2 << 7
        data = bytes((byte,))
        if draws[3] < self.duplicate:
            data *= 2
        if draws[0] < self.drop:
            data = b""
        return data + bytes((stranger,)) if draws[2] < self.insert else data


def damage_of(table: Mapping[str, object]) -> Damage | None:
    """Return the faults of a scenario's table; None for an empty one.  Raises DamageRefused."""
    if not table:
        return None
    known = (*SHARES, "parity", "split", "burst", "stall_s", "seed")
    for key, value in table.items():
        if key not in known:
            raise DamageRefused(f"damage {key!r} is not one of {', '.join(known)}")
        if key in ("parity", "split"):
            good = isinstance(value, bool)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            good = False
        elif key in SHARES:
            good = 0 <= value <= 1
        else:
            good = value >= 0 and (key == "stall_s" or isinstance(value, int))
        if not good:
            raise DamageRefused(f"damage {key} cannot be {value!r}")
    return Damage(**dict(table))  # type: ignore[arg-type]
