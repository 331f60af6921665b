"""The map by which bmaptool writes: everything that a file system uses, zeros or not."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

from deploy.image.bmap import BLOCK, bmap_text, last_written, merged, used_ranges

LISTING = """\
Group 0: (Blocks 0-9)
  Free blocks: 3-5, 7-8
Group 1: (Blocks 10-19)
  Free blocks: 15-19
"""


def test_used_is_what_is_not_free() -> None:
    assert list(used_ranges(LISTING, 20)) == [(0, 2), (6, 6), (9, 14)]


def test_full_and_empty() -> None:
    assert list(used_ranges("  Free blocks: \n", 4)) == [(0, 3)]
    assert list(used_ranges("  Free blocks: 0-3\n", 4)) == []


def test_ranges_that_touch_are_one() -> None:
    assert merged([(8, 9), (0, 2), (3, 5), (4, 6)]) == ((0, 6), (8, 9))


def test_last_written_block_counts_from_the_start_of_the_part(tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.write_bytes(b"x" + bytes(BLOCK * 3) + b"x" + bytes(BLOCK * 4))
    assert last_written(card, BLOCK, 4 * BLOCK) == 2


def test_real_file_system_is_whole_without_its_free_blocks(tmp_path: Path) -> None:
    """What the map leaves out may hold anything: the file system is sound all the same."""
    image = tmp_path / "root"
    image.write_bytes(b"")
    with image.open("r+b") as file:
        file.truncate(16 * 1024 * 1024)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", image], check=True)
    listing = subprocess.run(["dumpe2fs", image], capture_output=True, text=True, check=True)
    blocks = image.stat().st_size // BLOCK
    used = {n for low, high in used_ranges(listing.stdout, blocks) for n in range(low, high + 1)}
    assert 0 < len(used) < blocks
    with image.open("r+b") as file:
        for number in range(blocks):
            if number not in used:
                file.seek(number * BLOCK)
                file.write(b"\xa5" * BLOCK)
    assert subprocess.run(["e2fsck", "-f", "-n", image], capture_output=True).returncode == 0


def test_file_carries_the_digests_that_bmaptool_checks(tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.write_bytes(b"a" * BLOCK + b"b" * BLOCK + bytes(2 * BLOCK))
    text = bmap_text(card, [(0, 1)])
    assert f'chksum="{hashlib.sha256(card.read_bytes()[: 2 * BLOCK]).hexdigest()}"> 0-1 <' in text
    assert "<MappedBlocksCount> 2 <" in text
    assert "<BlocksCount> 4 <" in text
    own = re.search(r"<BmapFileChecksum> (\w+) <", text)
    assert own is not None
    blank = text.replace(own[1], "0" * 64)
    assert hashlib.sha256(blank.encode()).hexdigest() == own[1]
