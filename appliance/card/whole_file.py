"""Files that a power cut leaves old or new, never in between.

Written beside, flushed, renamed, and the folder flushed: of what was tried, only this kept
the newest content in every cut.  What is left of an interrupted writing ends in `.part` and
is taken away by the next one.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

PART = ".part"


def replace_whole(path: Path, content: bytes, mode: int = 0o644) -> bool:
    """Put the content in place of the file; return whether anything had to be written.

    Raises OSError, and then the old file is still there and no part of the new one.
    """
    if _holds(path, content):
        return False
    part = path.with_name(path.name + PART)
    try:
        _write(part, content, mode)
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    flush_folder(path.parent)
    return True


def remove_whole(path: Path) -> None:
    """Remove a file so that a power cut cannot bring it back.  Raises OSError."""
    path.unlink()
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Let what was renamed or removed in the folder reach the medium.  Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file is what is to be written: cards wear by writing."""
    try:
        with path.open("rb") as file:
            return file.read(len(content) + 1) == content
    except OSError:
        return False


def _write(path: Path, content: bytes, mode: int) -> None:
    # No chmod: FAT refuses it.  A part left over would keep its own mode.
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
