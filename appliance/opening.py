"""Which display the settings mean, and what the card's provisioning told of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from appliance.card.notes import read_notes
from appliance.panel.capture import CaptureDisplay
from appliance.panel.framebuffer import Framebuffer
from appliance.panel.late_display import LateDisplay
from appliance.panel.port import Display
from appliance.settings import Settings
from appliance.settings_report import MISSING, REPORT_FILE, SettingsReport, read_report

SCREEN_SIZE = (800, 480)
"""The panel that the screens are laid out for."""
_MAX_REPORT_BYTES = 256 * 1024


def open_display(settings: Settings) -> Display:
    """Open the display that the settings name; raise DisplayError unless it may be absent."""
    if settings.display.kind == "capture":
        return CaptureDisplay(Path(settings.display.folder), SCREEN_SIZE)
    device = Path(settings.display.device)
    if settings.display.may_be_absent:
        return LateDisplay(lambda: Framebuffer(device, SCREEN_SIZE), SCREEN_SIZE)
    return Framebuffer(device, SCREEN_SIZE)


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
