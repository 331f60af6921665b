"""`appliance check-config`: every fault of a settings file, of either kind.

A file whose name begins with `bedside` is a technician's: it is checked as the card does it,
together with the factory's file.  Any other is a whole file of the factory's kind.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.exits import Exit
from appliance.instruments.protocols import PROTOCOLS
from appliance.settings import SettingsRefused, load_settings
from appliance.settings_fault import Fault

SHIPPED = Path(__file__).with_name("factory.toml")
"""The factory's file of this version."""
INSTALLED = Path("/etc/bedside/appliance.toml")
"""The factory's file of the card that this runs on."""


def check_config(path: Path, as_json: bool) -> int:
    """Print all faults of a file; return the exit code."""
    of_card = path.name.lower().startswith("bedside")
    try:
        faults = _faults_of_card(path) if of_card else _faults_of_whole(path)
    except SettingsRefused as refused:  # then no technician's file can be judged
        path, faults = refused.path, refused.faults
    if as_json:
        told = [
            {"line": f.line or None, "key": f.key, "value": f.value, "allowed": f.allowed}
            for f in faults
        ]
        print(json.dumps({"ok": not faults, "faults": told}))
    elif faults:
        tell_faults(path, faults)
    else:
        print("No fault.")
    return Exit.BAD_USAGE if faults else Exit.DONE


def tell_faults(path: Path, faults: Sequence[Fault]) -> int:
    """Print the faults for the person who wrote the file; return the exit code."""
    count = len(faults)
    print(f"{path}: {count} fault{'s' if count > 1 else ''}", file=sys.stderr)
    for fault in faults:
        print(f"  {fault}", file=sys.stderr)
    return Exit.BAD_USAGE


def _faults_of_whole(path: Path) -> tuple[Fault, ...]:
    try:
        load_settings(path, PROTOCOLS)
    except SettingsRefused as refused:
        return refused.faults
    return ()


def _faults_of_card(path: Path) -> tuple[Fault, ...]:
    """Return the faults of a technician's file; raise SettingsRefused for the factory's."""
    from appliance.card.choosing import read_card, read_factory
    from appliance.settings_text import TextRefused, read_bytes

    factory = read_factory(INSTALLED if INSTALLED.exists() else SHIPPED, PROTOCOLS)
    try:
        content = read_bytes(path)
    except TextRefused as refused:
        return (refused.fault,)
    return read_card(content, factory, PROTOCOLS).faults
