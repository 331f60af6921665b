"""Setting the board up for its display and its header: files that the firmware reads at its start.

The image brings a set-up for each kind; the chosen one is copied to where the firmware's
config.txt includes it.  A card without these leaves the board to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.card.header import PLAIN
from appliance.settings_text import TextRefused, read_bytes

DISPLAY_FILE = "bedside-display.txt"
HEADER_FILE = "bedside-hardware.txt"
CHANGES = "The set-up of the board changes at the next start: switch it off and on once more."


@dataclass(frozen=True, slots=True)
class Board:
    """Names of the set-ups for display and header; empty where the settings name none."""

    display: str = ""
    header: str = ""


def board_files(boot: Path, board: Board) -> dict[str, bytes]:
    """Return what is to stand on the boot partition for this board."""
    files = {}
    display = _read(boot / "display" / f"{board.display}.txt")
    if board.display and display is not None:
        files[DISPLAY_FILE] = display
    header = _read(boot / "dtb" / board.header / "choose.txt")
    if board.header == PLAIN and header is None and _read(boot / HEADER_FILE):
        header = b""
    if board.header and header is not None:
        files[HEADER_FILE] = header
    return files


def board_changes(boot: Path, board: Board) -> bool:
    """Whether the board is still set up otherwise."""
    wanted = board_files(boot, board)
    return any(_read(boot / name) != content for name, content in wanted.items())


def board_of(form: Mapping[str, object]) -> Board:
    """Return the set-ups that the tables of a settings file name."""
    names = []
    for section in ("display", "header"):
        table = form.get(section)
        name = table.get("variant") if isinstance(table, dict) else None
        names.append(name if isinstance(name, str) else "")
    return Board(*names)


def _read(path: Path) -> bytes | None:
    try:
        return read_bytes(path)
    except TextRefused:
        return None
