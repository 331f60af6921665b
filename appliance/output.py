"""How commands write and fail: files whole or not at all, one sentence for whoever ran them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from appliance.exits import Exit


def write_whole(path: Path, write: Callable[[TextIO], object]) -> None:
    """Write a file whole or not at all: what stood there before stays until the end."""
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as out:
            write(out)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def drop_output() -> None:
    """Let what is left of standard output go nowhere.

    Python would try it again at its end, and a broken pipe then is an error of its own.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def unread(error: OSError) -> int:
    """Say which file could not be read or written; return the exit code."""
    if isinstance(error, BrokenPipeError):
        raise error  # that is the output, not the input
    return fail(Exit.INPUT_REFUSED, f"{error.filename}: {error.strerror}")


def fail(code: Exit, words: str) -> int:
    """Say why a command ends badly; return its exit code."""
    print(words, file=sys.stderr)
    return code
