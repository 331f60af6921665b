"""Makes the card's file systems in files, without mounting anything; same input, same bytes."""

from __future__ import annotations

import os
from pathlib import Path

from deploy.image.errors import BuildError
from deploy.image.tools import run

ROOT_UUID = "bed51de0-0000-4000-8000-000000000002"
_HASH_SEED = "bed51de0-0000-4000-8000-0000000000ff"
BOOT_ID = "BED51DE0"
BOOT_LABEL = "BEDSIDE"


def make_boot(files: Path, target: Path, size_bytes: int, epoch_s: int) -> None:
    """Make the FAT boot partition from a folder.  Raises BuildError when it does not fit."""
    blank(target, size_bytes)
    when = {"SOURCE_DATE_EPOCH": str(epoch_s), "TZ": "UTC"}
    run(
        ["mkfs.vfat", "-F", "32", "-i", BOOT_ID, "-n", BOOT_LABEL, "--invariant", str(target)], when
    )
    for path in sorted(files.rglob("*")):
        os.utime(path, (epoch_s, epoch_s))
    for name in sorted(p.name for p in files.iterdir()):
        run(["mcopy", "-s", "-p", "-m", "-Q", "-i", str(target), str(files / name), "::"], when)


def make_root(tree: Path, target: Path, size_bytes: int, epoch_s: int) -> None:
    """Make the read-only root from a folder: ext4 without a journal.  Raises BuildError."""
    blank(target, size_bytes)
    run(
        ["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-m", "0", "-I", "256"]
        + ["-O", "^has_journal,^resize_inode", "-U", ROOT_UUID, "-L", "bedside-root"]
        + ["-E", f"hash_seed={_HASH_SEED},root_owner=0:0,lazy_itable_init=0"]
        + ["-d", str(tree), str(target)],
        {"E2FSPROGS_FAKE_TIME": str(epoch_s)},
    )


def blank(target: Path, size_bytes: int) -> None:
    """Make a file of zeros that takes no room yet.  Raises BuildError."""
    target.unlink(missing_ok=True)
    try:
        with target.open("wb") as file:
            file.truncate(size_bytes)
    except OSError as error:
        raise BuildError(f"{target} could not be made ({error.strerror}).") from error
