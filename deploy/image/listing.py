"""Reads the build's plain lists: one entry a line, `#` begins a comment."""

from __future__ import annotations

from pathlib import Path


def listed(file: Path) -> tuple[str, ...]:
    """Return the lines of a file that are neither empty nor comments."""
    lines = (line.strip() for line in file.read_text("utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
