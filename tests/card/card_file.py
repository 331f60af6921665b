"""The technician's bedside.toml of the boot tests, as Notepad saves it."""

from __future__ import annotations

from collections.abc import Mapping

CLINIC = "Simulation"
"""The clinic of every simulation on the desktop too."""
HEAD = f"""[clinic]
name = "{CLINIC}"

[keypad]
kind = "{{keypad}}"

[lamps]
fitted = false
"""
INSTRUMENTS = {"cuff": "uart", "thermometer": "usb-4"}
"""Names to ports: the header's, and the fourth socket of the emulated USB host."""


def card_file(
    instruments: Mapping[str, str] = INSTRUMENTS, more: str = "", keypad: str = "usb"
) -> bytes:
    """Return the file: with a byte order mark, and lines that end as Windows ends them."""
    text = HEAD.format(keypad=keypad) + more
    for name, port in instruments.items():
        text += f'\n[[instruments]]\nname = "{name}"\nprotocol = "line_nmea"\nport = "{port}"\n'
    return text.replace("\n", "\r\n").encode("utf-8-sig")
