"""What the card's provisioning and other root programs told of this boot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from appliance.card.notes import read_notes
from appliance.settings import Settings
from appliance.settings_report import MISSING, REPORT_FILE, SettingsReport, read_report

_MAX_REPORT_BYTES = 256 * 1024


def report_on_settings(settings: Settings) -> SettingsReport:
    """Return what the provisioning told; MISSING where it should have told something."""
    if not settings.provisioned:
        return SettingsReport()
    try:
        with (Path(settings.provisioned) / REPORT_FILE).open("rb") as file:
            report = read_report(file.read(_MAX_REPORT_BYTES))
    except OSError:
        report = MISSING
    notes = read_notes(Path(settings.notes)) if settings.notes else ()
    return replace(report, notes=(*report.notes, *notes))
