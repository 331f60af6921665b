"""The bytes of a bundle's files: read once, bounded, and never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

CAPS_BYTES = {
    "bundle.toml": 256 * 1024,
    "model.tflite": 1024 * 1024,
    "golden.json": 2 * 1024 * 1024,
    "reference.json": 2 * 1024 * 1024,
    "MODEL_CARD.md": 256 * 1024,
}
"""The files of a bundle, all of them needed, and how large each may be."""

NOT_OF_A_RULE = frozenset({"model.tflite", "reference.json"})
"""Those that a rule has not: it was not trained, and nothing of it is run."""


class FileRefused(Exception):
    """One file cannot be taken; the message begins with its name."""


def read_file(folder_fd: int, name: str) -> bytes:
    """Return the file's bytes; raise FileRefused for what is no plain file of a fair size.

    O_NONBLOCK keeps a FIFO from holding us; it does nothing to a regular file.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(name, flags, dir_fd=folder_fd)
    except FileNotFoundError as error:
        raise FileRefused(f"{name} is missing") from error
    except OSError as error:
        raise FileRefused(f"{name} cannot be opened as a plain file") from error
    cap = CAPS_BYTES[name]
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise FileRefused(f"{name} is not a plain file")
        with os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(cap + 1)
    except OSError as error:
        raise FileRefused(f"{name} cannot be read") from error
    finally:
        os.close(fd)
    if len(content) > cap:
        raise FileRefused(f"{name} is larger than the {cap} bytes that are allowed")
    return content


def open_folder(folder: Path) -> int:
    """Return a descriptor of the folder, so that all its files come from one and the same."""
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def strangers(folder_fd: int, own: Collection[str]) -> tuple[str, ...]:
    """Return the names in the folder that are not a bundle's own, in order."""
    return tuple(sorted(name for name in os.listdir(folder_fd) if name not in own))
