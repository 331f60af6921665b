"""A memory card held in this process, over an image that is only ever read.

It has a write cache as real cards have: what the machine wrote and did not flush is lost when
the power goes, in part and in any order, sector by sector.  So a power cut here is at least as
bad as a good card's, and the same seed tears the same sectors again.

Nothing is written to the image's file: what a machine changed stands beside it in memory.
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = 4096
SECTOR = 512
"""The least that a card writes at once.  Source: SD Physical Layer, block length."""
_NOTHING = bytes(BLOCK)
ARRIVES = 0.5
"""Share of the unflushed sectors that a cut leaves written."""


class PowerIsOff(Exception):
    """The card has no power: whatever is asked of it is not done and not answered."""


@dataclass(frozen=True, slots=True)
class _Write:
    """A write that is not flushed yet.  durable: the card promised to have it at once."""

    offset: int
    data: bytes
    durable: bool


class TornCard:
    """One card.  It may be cut, powered again, copied, and looked at from outside."""

    def __init__(self, image: Path, size_bytes: int) -> None:
        """Take an image; behind its end the card is empty."""
        if size_bytes % BLOCK:
            raise ValueError(f"a card of {size_bytes} bytes has no whole blocks")
        self.size_bytes = size_bytes
        self.lies = False
        """Whether it forgets flushes, as a bad card does."""
        self._image = image
        self._file = os.open(image, os.O_RDONLY | os.O_CLOEXEC)
        self._kept: dict[int, bytes] = {}
        self._seen: dict[int, bytes] = {}
        self._pending: list[_Write] = []
        self._lock = threading.RLock()
        self._powered = True
        self._cut_after = 0
        self._on_cut: Callable[[], None] = lambda: None
        self._random = random.Random(0)
        self.written: set[int] = set()
        """Numbers of all blocks that were written to since the power came."""
        self.writes = 0
        """How many writes there were since then."""

    def close(self) -> None:
        """Let the image's file go."""
        os.close(self._file)

    def copy(self) -> TornCard:
        """Return another card with the same content, powered."""
        with self._lock:
            other = TornCard(self._image, self.size_bytes)
            other._kept = dict(self._kept if not self._powered else self._seen)
            other._seen = dict(other._kept)
            return other

    def read(self, offset: int, length: int) -> bytes:
        """Return what the machine would read.  Raises PowerIsOff."""
        with self._lock:
            self._need_power()
            return self._read(self._seen, offset, length)

    def write(self, offset: int, data: bytes, durable: bool = False) -> None:
        """Take what the machine writes.  Raises PowerIsOff, also when this is the last write."""
        with self._lock:
            self._need_power()
            self.writes += 1
            self.written.update(_blocks(offset, len(data)))
            self._pending.append(_Write(offset, data, durable and not self.lies))
            self._lay(self._seen, offset, data)
            if self._cut_after:
                self._cut_after -= 1
                if not self._cut_after:
                    self._cut(last_arrives=False)
                    raise PowerIsOff

    def flush(self) -> None:
        """Make all that was written last.  Raises PowerIsOff."""
        with self._lock:
            self._need_power()
            if not self.lies:
                for each in self._pending:
                    self._lay(self._kept, each.offset, each.data)
                self._pending.clear()

    def cut_after(self, writes: int, seed: int, on_cut: Callable[[], None]) -> None:
        """Cut the power at that many writes from now; on_cut is called in that moment."""
        with self._lock:
            self._random = random.Random(seed)
            self._cut_after, self._on_cut = writes, on_cut

    def cut(self, seed: int, on_cut: Callable[[], None]) -> None:
        """Cut the power now; on_cut is called in that moment."""
        with self._lock:
            self._random, self._on_cut = random.Random(seed), on_cut
            self._cut(last_arrives=True)

    def power(self) -> None:
        """Give it power again, with what the last cut left; without a cut, with all."""
        with self._lock:
            if self._powered:
                self._kept = dict(self._seen)
            self._seen = dict(self._kept)
            self._pending.clear()
            self.written.clear()
            self.writes = 0
            self._cut_after = 0
            self._powered = True

    def put(self, offset: int, data: bytes) -> None:
        """Write from outside, as a card reader does: at once and for good."""
        with self._lock:
            self._lay(self._seen, offset, data)
            self._lay(self._kept, offset, data)

    def empty(self, offset: int, length: int) -> None:
        """Make a part of whole blocks zero from outside."""
        with self._lock:
            for number in range(offset // BLOCK, (offset + length) // BLOCK):
                self._seen[number] = self._kept[number] = _NOTHING

    def digest(self, offset: int, length: int) -> str:
        """Return the SHA-256 of a part of the card as it would be read now."""
        with self._lock:
            self._give_power()
            digest = hashlib.sha256()
            for start in range(offset, offset + length, 1024 * BLOCK):
                part = min(1024 * BLOCK, offset + length - start)
                digest.update(self._read(self._seen, start, part))
            return digest.hexdigest()

    def export(self, offset: int, length: int, path: Path) -> None:
        """Write a part of the card into a file, for programs that read one."""
        self._give_power()
        with path.open("wb") as file:
            for start in range(offset, offset + length, 1024 * BLOCK):
                data = self.read(start, min(1024 * BLOCK, offset + length - start))
                if data.count(0) == len(data):
                    file.seek(len(data), os.SEEK_CUR)
                else:
                    file.write(data)
            file.truncate(length)

    def _give_power(self) -> None:
        """As a card reader does, before it reads."""
        with self._lock:
            if not self._powered:
                self.power()

    def _need_power(self) -> None:
        if not self._powered:
            raise PowerIsOff

    def _cut(self, last_arrives: bool) -> None:
        self._powered = False
        pending, self._pending = self._pending, []
        kept = self._kept
        last = pending[-1] if pending and not last_arrives else None
        for each in pending:
            # A promise was not given yet for the write at which the power goes.
            must = each.durable and each is not last
            for start in range(0, len(each.data), SECTOR):
                if must or self._random.random() < ARRIVES:
                    self._lay(kept, each.offset + start, each.data[start : start + SECTOR])
        self._on_cut()

    def _read(self, blocks: dict[int, bytes], offset: int, length: int) -> bytes:
        parts = []
        end = offset + length
        while offset < end:
            number, within = divmod(offset, BLOCK)
            block = blocks.get(number)
            if block is None:
                # As much as the image holds in one piece.
                last = number + 1
                while last * BLOCK < end and last not in blocks:
                    last += 1
                take = min(last * BLOCK, end) - offset
                data = os.pread(self._file, take, offset)
                parts.append(data + bytes(take - len(data)))
            else:
                take = min(BLOCK - within, end - offset)
                parts.append(block[within : within + take])
            offset += take
        return b"".join(parts)

    def _lay(self, blocks: dict[int, bytes], offset: int, data: bytes) -> None:
        at = 0
        while at < len(data):
            number, within = divmod(offset + at, BLOCK)
            part = data[at : at + BLOCK - within]
            if len(part) < BLOCK:
                old = self._read(blocks, number * BLOCK, BLOCK)
                part = old[:within] + part + old[within + len(part) :]
                at += BLOCK - within
            else:
                at += BLOCK
            blocks[number] = part if part != _NOTHING else _NOTHING


def _blocks(offset: int, length: int) -> Iterator[int]:
    return iter(range(offset // BLOCK, (offset + length - 1) // BLOCK + 1))
