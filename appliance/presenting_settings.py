"""What screens say of the technician's settings: every fault with its line and key.  Pure.

The appliance goes on with settings that were good before, so a fault here is a condition of
the ready screen and never keeps it from serving.
"""

from __future__ import annotations

from appliance.settings_fault import FILE, Fault
from appliance.settings_report import Served, SettingsReport
from appliance.views import Condition
from appliance.wording import brief

ROWS = 2
"""Faults, and notes, that the ready screen gives a row; instruments need the others."""
LONGEST_KEY = 40


def settings_conditions(report: SettingsReport) -> tuple[Condition, ...]:
    """Return what the ready screen reports; nothing when all is well."""
    conditions = [Condition("Card", note, well=False) for note in report.notes[:ROWS]]
    if report.faults:
        words = f"{Served.FILE} refused, {report.count}: {_instead(report)}."
        if len(report.faults) > ROWS:
            words += " Press [#] for all."
        conditions.append(Condition("Settings", words, well=False))
        conditions += [_condition(fault) for fault in report.faults[:ROWS]]
    return tuple(conditions)


def settings_lines(report: SettingsReport, most: int) -> tuple[str, ...]:
    """Return what the page about the appliance says: which settings, and where the faults are.

    most: characters of all faults together; notes have half as many.
    """
    if report.served is None:
        return ()
    used = f"Settings: {report.served}."
    if report.faults:
        places = _as_fit([_place(fault) for fault in report.faults], report.more_faults, most)
        used = f"Settings: {_instead(report)}. {Served.FILE} refused: {places}."
    notes = brief(" ".join(report.notes), max(40, most // 2))
    return (used, notes) if notes else (used,)


def _as_fit(places: list[str], more: int, most: int) -> str:
    """Return the places that there is room for, and how many more there are."""
    fitting, left = list[str](), most
    for place in places:
        left -= len(place) + 2
        if left < 0:
            break
        fitting.append(place)
    more += len(places) - len(fitting)
    return ", ".join([*fitting, f"and {more} more"] if more else fitting)


def _condition(fault: Fault) -> Condition:
    label = f"Line {fault.line}" if fault.line else "Settings"
    return Condition(label, f"{_key(fault)} must be {fault.allowed}", well=False)


def _place(fault: Fault) -> str:
    return f"line {fault.line} {_key(fault)}" if fault.line else _key(fault)


def _key(fault: Fault) -> str:
    """Return the key; for the file as a whole, what is wrong with it."""
    return brief(f"{fault.value}:" if fault.key == FILE else fault.key, LONGEST_KEY)


def _instead(report: SettingsReport) -> str:
    return f"{report.served} are used"
