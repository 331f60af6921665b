"""What became of the technician's settings: told by the card's provisioning, shown by the daemon.

The form is JSON, read strictly: a report that is damaged says so itself.  Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from appliance.settings_fault import Fault

REPORT_FILE = "report.json"
FORM = 1
MOST_FAULTS = 60
"""Faults that a report names; a file with more is no settings file."""


class Served(StrEnum):
    """Which settings are used."""

    FILE = "bedside.toml"
    LAST_GOOD = "the last good settings"
    FACTORY = "the factory settings"


@dataclass(frozen=True, slots=True)
class SettingsReport:
    """served: None where nobody provisions, as on a desktop.

    faults: of the technician's file.  more_faults: how many of them are not in the list.
    notes: what else happened to the card in this boot, in plain words.
    """

    served: Served | None = None
    faults: tuple[Fault, ...] = ()
    more_faults: int = 0
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> str:
        """How many faults there are, in words."""
        count = len(self.faults) + self.more_faults
        return f"{count} fault{'' if count == 1 else 's'}"


MISSING = SettingsReport(
    Served.FACTORY, notes=("Settings: bedside.toml was not read. See the journal.",)
)
"""Stands where the provisioning left no report that makes sense."""


def report_of(served: Served, faults: tuple[Fault, ...], notes: tuple[str, ...]) -> SettingsReport:
    """Return a report with no more faults than anybody would read."""
    named = faults[:MOST_FAULTS]
    return SettingsReport(served, named, len(faults) - len(named), notes)


def write_report(report: SettingsReport) -> bytes:
    """Return the report as it is handed over."""
    return json.dumps({"form": FORM, **asdict(report)}).encode("utf-8")


def read_report(content: bytes) -> SettingsReport:
    """Return the report that was handed over, or MISSING if it makes no sense."""
    try:
        told = json.loads(content)
        if not isinstance(told, dict) or told["form"] != FORM:
            return MISSING
        return SettingsReport(
            Served(told["served"]),
            tuple(_fault(each) for each in told["faults"]),
            int(told["more_faults"]),
            tuple(str(note) for note in told["notes"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return MISSING


def _fault(told: Mapping[str, object]) -> Fault:
    line = told["line"]
    if not isinstance(line, int):
        raise TypeError
    return Fault(str(told["key"]), str(told["value"]), str(told["allowed"]), line)
