"""Makes the card's file systems in files, without mounting anything; same input, same bytes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from deploy.image.errors import BuildError
from deploy.image.tools import output_of, run

ROOT_UUID = "bed51de0-0000-4000-8000-000000000002"
_HASH_SEED = "bed51de0-0000-4000-8000-0000000000ff"
BOOT_ID = "BED51DE0"
BOOT_LABEL = "BEDSIDE"
_ROOT_INODE = 2
_FIRST_INODE = 11
"""Of those that files may have; the earlier are the file system's own (ext4, special inodes)."""
_COUNT = re.compile(r"^(Inode count|Free inodes): +(\d+)$", re.MULTILINE)


def make_boot(files: Path, target: Path, size_bytes: int, epoch_s: int) -> None:
    """Make the FAT boot partition from a folder.  Raises BuildError when it does not fit."""
    blank(target, size_bytes)
    when = {"SOURCE_DATE_EPOCH": str(epoch_s), "TZ": "UTC"}
    name = ["-i", BOOT_ID, "-n", BOOT_LABEL]
    run(["mkfs.vfat", "-F", "32", *name, "--invariant", str(target)], when)
    for path in sorted(files.rglob("*")):
        os.utime(path, (epoch_s, epoch_s))
    # One by one: the order in a folder is the order on the partition.
    for path in sorted(files.rglob("*")):
        place = f"::{path.relative_to(files).as_posix()}"
        how = ["mmd"] if path.is_dir() else ["mcopy", "-m", "-Q"]
        what = [] if path.is_dir() else [str(path)]
        run([*how, "-i", str(target), *what, place], when)


def make_root(tree: Path, target: Path, size_bytes: int, epoch_s: int) -> None:
    """Make the read-only root from a folder: ext4 without a journal.  Raises BuildError."""
    blank(target, size_bytes)
    features = ["-O", "^has_journal,^resize_inode", "-U", ROOT_UUID, "-L", "bedside-root"]
    extended = ["-E", f"hash_seed={_HASH_SEED},root_owner=0:0,lazy_itable_init=0"]
    when = {"E2FSPROGS_FAKE_TIME": str(epoch_s)}
    run(
        ["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-m", "0", "-I", "256"]
        + [*features, *extended, "-d", str(tree), str(target)],
        when,
    )
    _settle_times(target, epoch_s)


def _settle_times(target: Path, epoch_s: int) -> None:
    """Set the times that mke2fs has taken over from the folder: of change and of access.

    Raises BuildError when one cannot be set.
    """
    header = output_of(["dumpe2fs", "-h", str(target)])
    counts = {name: int(number) for name, number in _COUNT.findall(header)}
    used = counts["Inode count"] - counts["Free inodes"]
    commands = [
        f"set_inode_field <{inode}> {field} @{epoch_s}"
        for inode in (_ROOT_INODE, *range(_FIRST_INODE, used + 1))
        for field in ("ctime", "atime")
    ]
    # And the file system's own time of the last write.
    commands.append(f"set_super_value wtime @{epoch_s}")
    when = {"E2FSPROGS_FAKE_TIME": str(epoch_s)}
    said = output_of(["debugfs", "-w", "-f", "-", str(target)], "\n".join([*commands, ""]), when)
    # It repeats each command and says nothing else, unless one fails.
    if said.splitlines() != [f"debugfs: {command}" for command in commands]:
        raise BuildError(f"The times of {target} could not be set.")


def blank(target: Path, size_bytes: int) -> None:
    """Make a file of zeros that takes no room yet.  Raises BuildError."""
    target.unlink(missing_ok=True)
    try:
        with target.open("wb") as file:
            file.truncate(size_bytes)
    except OSError as error:
        raise BuildError(f"{target} could not be made ({error.strerror}).") from error
