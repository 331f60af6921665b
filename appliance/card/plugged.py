"""What is plugged in, by the names that `bedside.toml` uses for ports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from serial.tools import list_ports

from appliance.card.form import KEYPAD_NAME, PORTS

MOST = 32


class PortInfo(Protocol):
    """What pyserial says of a port that is present."""

    device: str
    description: str


@dataclass(frozen=True, slots=True)
class Plugged:
    """Names, each with what the device says of itself; a keypad's are apart."""

    ports: tuple[tuple[str, str], ...] = ()
    keypads: tuple[tuple[str, str], ...] = ()


def system_ports() -> Iterable[PortInfo]:
    """Return the serial ports of this machine; none if one vanished meanwhile."""
    try:
        return list(list_ports.comports())
    except (OSError, TypeError, ValueError):
        return ()


def find_plugged(
    folder: Path = Path(PORTS), comports: Callable[[], Iterable[PortInfo]] = system_ports
) -> Plugged:
    """Return what the card's udev rules have given a name."""
    said = {port.device: port.description for port in comports()}
    try:
        links = sorted(path for path in folder.iterdir() if path.exists())[:MOST]
    except OSError:
        return Plugged()
    named = [(link.name, _words(said.get(str(link.resolve()), ""))) for link in links]
    pads = tuple(each for each in named if each[0].partition("-")[0] == KEYPAD_NAME)
    return Plugged(tuple(each for each in named if each not in pads), pads)


def _words(description: str) -> str:
    # pyserial says "n/a" of what says nothing; a device may say anything.
    words = "" if description == "n/a" else description
    return "".join(c for c in words if c.isprintable())[:60]
