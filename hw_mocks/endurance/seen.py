"""One frame as it stood on the panel: its words with their places, and its picture.

Read from the files that the capturing display leaves, not from the daemon's memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

WITH_PATIENT = frozenset(
    {
        "collect",
        "review",
        "entry",
        "pick-stored",
        "confirm-stored",
        "judge-doubtful",
        "result",
        "refusal",
    }
)
"""Frames that show a patient; no other may."""


@dataclass(frozen=True, slots=True)
class Word:
    """One text of the frame.  field: what it is.  tag: the patient that it stems from."""

    field: str
    text: str
    x: int
    y: int
    w: int
    h: int
    size_px: int
    tag: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame that stood from mono_s to until_mono_s.

    life: which run of the daemon showed it.  stalled_s: simulated seconds in which the machine
    let none of us run, so that much may be late.  stalls: when each began and ended, of the last
    quarter of an hour: what was heard behind one may have been said before it.
    """

    number: int
    name: str
    life: int
    mono_s: float
    until_mono_s: float
    words: tuple[Word, ...]
    picture: Path
    stalled_s: float = 0.0
    stalls: tuple[tuple[float, float], ...] = ()

    def word(self, field: str) -> Word | None:
        """Return the first text of this field."""
        return next((word for word in self.words if word.field == field), None)

    def text(self, field: str) -> str:
        """Return the first text of this field, or nothing."""
        word = self.word(field)
        return "" if word is None else word.text


@dataclass(slots=True)
class Row:
    """One input on the collect or review screen."""

    label: Word
    value: Word | None = None
    unit: Word | None = None
    state: Word | None = None
    detail: Word | None = None
    hint: Word | None = None


def read_words(path: Path) -> tuple[Word, ...]:
    """Read the text layer beside a picture."""
    return tuple(
        Word(
            each["name"],
            each["text"],
            each["x"],
            each["y"],
            each["w"],
            each["h"],
            each["size_px"],
            each["tag"],
        )
        for each in json.loads(path.read_text("utf-8"))
    )


def rows_of(words: Sequence[Word]) -> list[Row]:
    """Return the rows, which begin with their labels."""
    rows: list[Row] = []
    for word in words:
        if word.field == "label":
            rows.append(Row(word))
        elif rows and word.field in ("value", "unit", "state", "detail", "hint"):
            setattr(rows[-1], word.field, word)
    return rows


def pictures_after(folder: Path, number: int) -> list[tuple[int, Path]]:
    """Return the pictures with a higher number than this, in their order."""
    found = (_numbered(path) for path in folder.glob("[0-9]*.png"))
    return sorted((n, path) for n, path in found if n > number)


def _numbered(path: Path) -> tuple[int, Path]:
    match = re.match(r"(\d+)-", path.name)
    return (int(match[1]) if match else 0), path


def name_of(picture: Path) -> str:
    """Return the name of the frame that a picture is of."""
    return picture.stem.partition("-")[2]


def forget(pictures: Iterable[Path]) -> None:
    """Delete pictures that were looked at, with their text layers."""
    for picture in pictures:
        picture.unlink(missing_ok=True)
        picture.with_suffix(".json").unlink(missing_ok=True)
