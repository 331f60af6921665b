"""What the card does before the daemon starts, at every boot: `python -m appliance.card.provision`.

A root program without any capability, run once by bedside-provision.service.  It makes the
device's identity where there is none, reads the technician's `bedside.toml`, keeps it if it
is good, and leaves two files for the daemon in a folder in memory:

    appliance.toml   the settings to serve with: the factory's, with the technician's over them
    report.json      which ones these are, and every fault with line and key

It never writes to the boot partition and never keeps the appliance from serving: where it
fails, the factory's settings stand in that folder already (bedside.tmpfiles).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.card.board_files import CHANGES, board_changes, board_of
from appliance.card.choosing import Choice, choose, read_factory
from appliance.card.form import is_known_key
from appliance.card.kept import seal
from appliance.card.toml_text import to_toml
from appliance.card.whole_file import PART, replace_whole
from appliance.instruments.protocols import PROTOCOLS
from appliance.settings import SettingsRefused
from appliance.settings_fault import Fault
from appliance.settings_report import REPORT_FILE, report_of, write_report
from appliance.settings_text import TextRefused, read_bytes

BOOT = Path("/boot/firmware")
FACTORY = Path("/etc/bedside/appliance.toml")
STATE = Path("/var/lib/bedside-settings")
RUN = Path("/run/bedside-settings")

CARD_FILE = "bedside.toml"
EFFECTIVE_FILE = "appliance.toml"
KEPT_FILE = "good.toml"
DEVICE_FILE = "device-id"

NOT_KEPT = "The settings are used but could not be kept: the data partition took no write."
NO_IDENTITY = "The device has no identity: the data partition took no write."

_DEVICE_ID = re.compile(rb"[0-9a-f]{32}\n")


@dataclass(frozen=True, slots=True)
class Places:
    """The folders: boot partition, what is kept, what is handed over."""

    boot: Path = BOOT
    factory: Path = FACTORY
    state: Path = STATE
    run: Path = RUN


def provision(places: Places) -> Choice:
    """Do all of it.  Raises SettingsRefused or OSError when nothing could be handed over."""
    notes: list[str] = []
    _take_away_parts(places.state)
    try:
        if make_identity(places.state / DEVICE_FILE):
            _tell("IDENTITY_MADE")
    except OSError as error:
        _tell(f"IDENTITY_FAILED errno={error.errno}")
        notes.append(NO_IDENTITY)
    factory = read_factory(places.factory, PROTOCOLS)
    kept_path = places.state / KEPT_FILE
    choice = choose(_read_boot(places.boot / CARD_FILE), _read_kept(kept_path), factory, PROTOCOLS)
    if choice.keep is not None:
        try:
            if replace_whole(kept_path, seal(choice.keep)):
                _tell("SETTINGS_KEPT")
        except OSError as error:
            _tell(f"SETTINGS_NOT_KEPT errno={error.errno}")
            notes.append(NOT_KEPT)
    notes += [*choice.notes, *_note_on_board(places.boot, choice)]
    # The report first: a daemon that has the settings must have their faults too.
    report = report_of(choice.served, choice.faults, tuple(notes))
    replace_whole(places.run / REPORT_FILE, write_report(report))
    replace_whole(places.run / EFFECTIVE_FILE, to_toml(choice.form).encode("utf-8"))
    return choice


def make_identity(path: Path) -> bool:
    """Make a random device id where there is no whole one; return whether one was made.

    Raises OSError.
    """
    with contextlib.suppress(OSError):
        if _DEVICE_ID.fullmatch(path.read_bytes()[:64]):
            return False
    return replace_whole(path, os.urandom(16).hex().encode("ascii") + b"\n")


def _note_on_board(boot: Path, choice: Choice) -> tuple[str, ...]:
    return (CHANGES,) if board_changes(boot, board_of(choice.form)) else ()


def _read_boot(path: Path) -> bytes | Fault:
    try:
        return read_bytes(path)
    except TextRefused as refused:
        return refused.fault


def _read_kept(path: Path) -> bytes | None:
    try:
        return read_bytes(path)
    except TextRefused:
        # Absent, or not to be read: an empty one counts as damaged and is told.
        return b"" if path.exists() else None


def _take_away_parts(folder: Path) -> None:
    for part in folder.glob(f"*{PART}"):
        with contextlib.suppress(OSError):
            part.unlink()
            _tell("PART_REMOVED")


def _journal_of(choice: Choice) -> Iterator[str]:
    """Return what the journal hears: lines and keys, never what stands there."""
    yield f"SETTINGS served={choice.served.name} faults={len(choice.faults)}"
    for fault in choice.faults[:20]:
        key = fault.key if is_known_key(fault.key) else "(not_known)"
        yield f"SETTINGS_FAULT line={fault.line} key={key}"


def _tell(code: str) -> None:
    print(f"provision event={code}", file=sys.stderr)  # noqa: T201 - the unit's journal


def main(argv: Sequence[str] | None = None) -> int:
    """Do all of it; return 0, or 1 when the factory's settings stay as they were put there."""
    parser = argparse.ArgumentParser(prog="python -m appliance.card.provision")
    default = Places()
    parser.add_argument("--boot", type=Path, default=default.boot)
    parser.add_argument("--factory", type=Path, default=default.factory)
    parser.add_argument("--state", type=Path, default=default.state)
    parser.add_argument("--run", type=Path, default=default.run)
    given = parser.parse_args(argv)
    places = Places(given.boot, given.factory, given.state, given.run)
    try:
        choice = provision(places)
    except SettingsRefused as refused:
        _tell(f"FACTORY_REFUSED faults={len(refused.faults)}")
        return 1
    except OSError as error:
        _tell(f"NOTHING_HANDED_OVER errno={error.errno}")
        return 1
    for line in _journal_of(choice):
        _tell(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
