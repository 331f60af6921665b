"""Notes that root programs leave about this boot: one file each, one line of plain words."""

from __future__ import annotations

from pathlib import Path

from appliance.card.whole_file import replace_whole

NOTES = Path("/run/bedside-notes")
MOST = 8
LONGEST = 140
"""Characters of a note that the screen has room for."""


def read_notes(folder: Path) -> tuple[str, ...]:
    """Return the notes in the order of their names; none where the folder is not there."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.isascii())
    except OSError:
        return ()
    notes = (_first_line(path) for path in paths if not path.name.endswith(".part"))
    return tuple(note for note in notes if note)[:MOST]


def leave_note(folder: Path, name: str, words: str) -> None:
    """Leave a note; one of the same name is replaced.  Raises OSError."""
    replace_whole(folder / name, words.encode("utf-8") + b"\n")


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(4 * LONGEST)
    except OSError:
        return ""
    line = content.decode("utf-8", "replace").partition("\n")[0]
    return "".join(c if c.isprintable() else " " for c in line).strip()[:LONGEST]
