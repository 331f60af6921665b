"""Setting the board up for the chosen display: one file that the firmware reads at its start.

The image brings a set-up for each kind of display; the chosen one is copied to where the
firmware's config.txt includes it.  A card without these leaves displays to somebody else.
"""

from __future__ import annotations

from pathlib import Path

from appliance.settings_text import TextRefused, read_bytes

CHOSEN = "bedside-display.txt"
FOLDER = "display"
CHANGES = "The set-up of the display changes at the next start."


def display_files(boot: Path, variant: str) -> dict[str, bytes]:
    """Return what is to stand on the boot partition for this kind of display."""
    try:
        return {CHOSEN: read_bytes(boot / FOLDER / f"{variant}.txt")} if variant else {}
    except TextRefused:
        return {}


def display_changes(boot: Path, variant: str) -> bool:
    """Whether the board is still set up for another display."""
    wanted = display_files(boot, variant)
    try:
        return bool(wanted) and read_bytes(boot / CHOSEN) != wanted[CHOSEN]
    except TextRefused:
        return True
