"""The boot partition: read-only but for the moment in which something is written to it.

FAT has no journal: every moment in which it may be written is one in which a power cut can
hurt it, and with it the next start.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from appliance.card.whole_file import replace_whole

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT = 1, 2, 4, 8, 32
"""Flags of mount(2).  Source: include/uapi/linux/mount.h."""
_KEPT = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC


def write_files(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Put files on the boot partition where they differ; return whether any was written.

    Raises OSError: the partition is not mounted, cannot be written, or is full.  Each file is
    then the old or the new one.
    """
    changed = {name: content for name, content in files.items() if _differs(folder / name, content)}
    if not changed:
        return False
    with writable(folder):
        for name, content in changed.items():
            replace_whole(folder / name, content)
    return True


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Let the partition be written within the block, and not after it.  Raises OSError."""
    if not is_partition(folder):
        # To remount a mere folder would make the root writable.
        raise OSError(errno.ENODEV, "the boot partition is not mounted", str(folder))
    if not os.statvfs(folder).f_flag & os.ST_RDONLY:
        yield
        return
    _remount(folder, _KEPT)
    try:
        yield
    finally:
        _remount(folder, _KEPT | _MS_RDONLY)


def is_partition(folder: Path) -> bool:
    """Whether a file system of its own is mounted there."""
    try:
        return folder.stat().st_dev != folder.parent.stat().st_dev
    except OSError:
        return False


def _remount(folder: Path, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    target = os.fsencode(folder)
    if libc.mount(None, target, None, ctypes.c_ulong(_MS_REMOUNT | flags), None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(folder))


def _differs(path: Path, content: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(content) + 1) != content
    except OSError:
        return True
