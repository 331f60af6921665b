"""Reads the hazard table of docs/safety/hazards.md."""

from __future__ import annotations

import re
from pathlib import Path

TABLE = Path(__file__).parent.parent / "docs" / "safety" / "hazards.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py::\w+(?:::\w+)?)`")


def named_tests() -> set[str]:
    """Return every test that the table names as proof of a control."""
    return set(_TEST.findall(TABLE.read_text("utf-8")))
