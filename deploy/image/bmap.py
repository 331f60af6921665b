"""Writes the map by which bmaptool leaves out what need not be written on a card.

Zeros that mean something are in it: all of a file system's own tables and every block of a
file.  A map of what is merely not zero would leave an earlier card's bytes standing there.
Form: bmap 2.0 (bmap-tools, "bmap file format").
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from deploy.image.layout import BOOT, DATA, ROOT
from deploy.image.tools import output_of

BLOCK = 4096
Range = tuple[int, int]
"""First and last block, both in it."""

_FREE = re.compile(r"^ +Free blocks: (.*)$", re.MULTILINE)


def bmap_of_card(root_file_system: Path, card: Path) -> str:
    """Return the map of a card's image.  root_file_system: the root alone, in a file."""
    first = ROOT.start_bytes // BLOCK
    listing = output_of(["dumpe2fs", str(root_file_system)])
    used = (
        (first + low, first + high) for low, high in used_ranges(listing, ROOT.size_bytes // BLOCK)
    )
    boot = BOOT.start_bytes // BLOCK
    ranges = [
        (0, 0),  # the partition table
        (boot, boot + last_written(card, BOOT.start_bytes, BOOT.size_bytes)),
        *used,
    ]
    if card.stat().st_size > DATA.start_bytes:
        ranges.append((DATA.start_bytes // BLOCK, DATA.end_bytes // BLOCK - 1))
    return bmap_text(card, merged(ranges))


def used_ranges(listing: str, blocks: int) -> Iterator[Range]:
    """Yield what a file system of so many blocks uses, from the output of dumpe2fs."""
    free = [
        (int(low), int(high or low))
        for line in _FREE.findall(listing)
        for low, _, high in (part.partition("-") for part in line.split(", ") if part)
    ]
    for (_, before), (after, _) in pairwise([(-1, -1), *sorted(free), (blocks, blocks)]):
        if before + 1 <= after - 1:
            yield before + 1, after - 1


def last_written(card: Path, start: int, size: int) -> int:
    """Return the last block of a part of the card, counted from its start, that is not zero."""
    last = 0
    with card.open("rb") as file:
        file.seek(start)
        for number in range(size // BLOCK):
            if any(file.read(BLOCK)):
                last = number
    return last


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return ranges in order, those that touch put together."""
    done: list[Range] = []
    for low, high in sorted(ranges):
        if done and low <= done[-1][1] + 1:
            done[-1] = (done[-1][0], max(done[-1][1], high))
        else:
            done.append((low, high))
    return tuple(done)


def bmap_text(card: Path, ranges: Iterable[Range]) -> str:
    """Return the map's file, with the digest of every range and of itself."""
    size_bytes = card.stat().st_size
    ranges = tuple(ranges)
    lines = []
    with card.open("rb") as file:
        for low, high in ranges:
            file.seek(low * BLOCK)
            digest = hashlib.sha256(file.read((high - low + 1) * BLOCK)).hexdigest()
            where = str(low) if low == high else f"{low}-{high}"
            lines.append(f'        <Range chksum="{digest}"> {where} </Range>')
    text = _FORM.format(
        size=size_bytes,
        block=BLOCK,
        blocks=size_bytes // BLOCK,
        mapped=sum(high - low + 1 for low, high in ranges),
        own="0" * 64,
        ranges="\n".join(lines),
    )
    return text.replace("0" * 64, hashlib.sha256(text.encode()).hexdigest(), 1)


_FORM = """\
<?xml version="1.0" ?>
<bmap version="2.0">
    <ImageSize> {size} </ImageSize>
    <BlockSize> {block} </BlockSize>
    <BlocksCount> {blocks} </BlocksCount>
    <MappedBlocksCount> {mapped} </MappedBlocksCount>
    <ChecksumType> sha256 </ChecksumType>
    <BmapFileChecksum> {own} </BmapFileChecksum>
    <BlockMap>
{ranges}
    </BlockMap>
</bmap>
"""
