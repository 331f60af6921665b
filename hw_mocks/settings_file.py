"""The settings file of a simulated appliance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from hw_mocks.scenario import Scenario

ROWS = (5, 6, 13, 19)
COLUMNS = (12, 16, 20, 21)
PAD = "/dev/input/by-id/usb-simulated-event-kbd"
LAMPS = {"green": 17, "yellow": 27, "red": 22, "buzzer": 18}


def settings_text(
    scenario: Scenario, control: str, ports: Path, screens: Path, models: Path
) -> str:
    """Return TOML for the daemon that plays this scenario."""
    tables: dict[str, dict[str, object]] = {
        "clinic": {"name": "Simulation"},
        "tasks": {"bundles": [str((models / scenario.task).resolve())]},
        "keypad": {"kind": "matrix", "rows": list(ROWS), "columns": list(COLUMNS)},
        "display": {"kind": "capture", "folder": str(screens.resolve())},
        "lamps": dict(LAMPS),
        "simulation": {"control": control},
    }
    if scenario.keypad != "matrix":
        tables["keypad"] = {"kind": "evdev", "device": PAD}
    for name, table in scenario.settings.items():
        if isinstance(table, Mapping):
            tables.setdefault(name, {}).update(table)
    text = "".join(f"[{name}]\n{_lines(table)}\n" for name, table in tables.items())
    for name, protocol in scenario.instruments.items():
        port = str((ports / name).absolute())
        table = {"name": name, "protocol": protocol, "port": port}
        text += f"[[instruments]]\n{_lines(table)}\n"
    return text


def _lines(table: Mapping[str, object]) -> str:
    # JSON's texts, numbers, lists and booleans are TOML's too.
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
