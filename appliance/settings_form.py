"""The table of settings: every key, what it may be, and what it is when absent.

Checking collects all faults; it never stops at the first.  Key names carry units.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields

from appliance.commanded import COMMANDED
from appliance.panel_kinds import CHOSEN_SIZES, PANELS, TINY, size_of
from appliance.public_key import KINDS, is_public_key
from appliance.settings_fault import Fault, shown
from appliance.settings_rules import (
    FLAG,
    LANGUAGE,
    NAME,
    PATH,
    PIN,
    PINS,
    Rule,
    is_list,
    is_number,
    is_text,
    is_whole,
    one_of,
)
from appliance.settings_section import Section
from appliance.timeouts import Timeouts

_VARIANT = Rule("a name of at most 40 characters", is_text(40), "")
"""Of a set-up of the board; the card's provisioning sees to it."""

SECTIONS: Mapping[str, Mapping[str, Rule]] = {
    "clinic": {
        "name": Rule("text of at most 40 characters", is_text(40), ""),
        "language": LANGUAGE,
        "utc_offset_min": Rule("whole minutes from -720 to 840", is_whole(-720, 840), 0),
    },
    "tasks": {
        "bundles": Rule("a list of at most 9 folders", is_list(is_text(255), 9), []),
        # Folders that the technician's file may choose; on their own they are not served.
        "also_installed": Rule("a list of at most 9 folders", is_list(is_text(255), 9), []),
        "runtime": one_of("auto", "tflite-runtime", "ai-edge-litert", "reference"),
        "require_xnnpack": FLAG.otherwise(True),
    },
    "keypad": {
        "kind": one_of("none", "matrix", "evdev"),
        "rows": PINS,
        "columns": PINS,
        "device": PATH,
    },
    "display": {
        "kind": one_of("framebuffer", "capture", *PANELS),
        "device": PATH.otherwise("/dev/fb0"),
        "folder": PATH,
        "may_be_absent": FLAG,
        # Empty: the one size of the kind.
        "size": one_of("", *CHOSEN_SIZES),
        "large_type": FLAG,
        "variant": _VARIANT,
    },
    "lamps": dict.fromkeys(("green", "yellow", "red", "buzzer"), PIN),
    "power": {"button": PIN},
    "timeouts": {
        each.name: Rule("seconds from 1 to 3600", is_number(1, 3600), each.default)
        for each in fields(Timeouts)
    }
    | {
        # More than three minutes would leave a patient on an unattended screen (H-05).
        "idle_clear_s": Rule("seconds from 10 to 180", is_number(10, 180), Timeouts().idle_clear_s)
    },
    "maintenance": {
        "public_key": Rule(
            f"one public key ({', '.join(KINDS)}), never a private one",
            is_public_key,
            "",
            repeats=False,
        ),
    },
    "header": {"variant": _VARIANT},
    "status": {"socket": PATH},
    "provisioned": {"folder": PATH, "notes": PATH},
    "simulation": {"control": PATH},
}

INSTRUMENT: Mapping[str, Rule] = {
    "name": NAME,
    "protocol": Rule("the name of a protocol", lambda v: is_text(40)(v) and v != "", ""),
    "port": Rule("a path such as /dev/ttyUSB0", lambda v: is_text(255)(v) and v != "", ""),
}
MAX_INSTRUMENTS = 8
_MOVING_PORT = re.compile(r"/dev/tty(USB|ACM)\d+")
"""Names that the kernel gives anew at every plug."""


@dataclass(frozen=True, slots=True)
class CheckedForm:
    """The values with every absent one filled in, and all faults."""

    values: Section
    faults: tuple[Fault, ...]


def check_form(form: Mapping[str, object], protocols: Collection[str]) -> CheckedForm:
    """Check a whole file against the table.  protocols: the names an instrument may speak."""
    faults: list[Fault] = []
    checked = check_tables(form, SECTIONS, faults)
    instruments = form.get("instruments", [])
    checked = checked.including(
        "instruments", check_instruments(instruments, INSTRUMENT, protocols, faults)
    )
    named = {fault.key for fault in faults}
    found = _contradictions(checked)
    if "keypad.kind" not in named:  # else nobody knows which keys belong to it
        found += _keypad_faults(checked.section("keypad"))
    faults += [fault for fault in found if fault.key not in named]
    return CheckedForm(checked, tuple(faults))


def check_tables(
    form: Mapping[str, object], tables: Mapping[str, Mapping[str, Rule]], faults: list[Fault]
) -> Section:
    """Check every table but the instruments; note all faults, return values without any."""
    known = (*tables, "instruments")
    faults += [
        Fault(key, shown(form[key]), f"one of {', '.join(known)}")
        for key in form
        if key not in known
    ]
    return Section(
        {
            name: _check_table(name, form.get(name, {}), rules, faults)
            for name, rules in tables.items()
        }
    )


def _check_table(
    name: str, table: object, rules: Mapping[str, Rule], faults: list[Fault]
) -> Section:
    if not isinstance(table, dict):
        faults.append(Fault(name, shown(table), f"a table [{name}]"))
        table = {}
    for key in table:
        if key not in rules:
            faults.append(Fault(f"{name}.{key}", shown(table[key]), f"one of {', '.join(rules)}"))
    values = {}
    for key, rule in rules.items():
        values[key] = table.get(key, rule.absent)
        if key in table and not rule.holds(table[key]):
            value = shown(table[key]) if rule.repeats else "(not repeated here)"
            faults.append(Fault(f"{name}.{key}", value, rule.allowed))
            values[key] = rule.absent
    return Section(values)


def check_instruments(
    tables: object, rules: Mapping[str, Rule], protocols: Collection[str], faults: list[Fault]
) -> tuple[Section, ...]:
    """Check the list of instruments; note all faults."""
    if not isinstance(tables, list) or len(tables) > MAX_INSTRUMENTS:
        allowed = f"at most {MAX_INSTRUMENTS} tables [[instruments]]"
        faults.append(Fault("instruments", shown(tables), allowed))
        return ()
    checked = []
    for index, table in enumerate(tables, start=1):
        key = f"instruments[{index}]"
        section = _check_table(key, table, rules, faults)
        given = table if isinstance(table, dict) else {}
        faults += [
            Fault(f"{key}.{name}", "(absent)", rule.allowed)
            for name, rule in rules.items()
            if name not in given
        ]
        protocol = section.text("protocol")
        if protocol and protocol not in protocols:
            allowed = f"one of {', '.join(sorted(protocols))}"
            faults.append(Fault(f"{key}.protocol", shown(protocol), allowed))
        path = "/" + posixpath.normpath(section.text("port")).lstrip("/")
        if protocol in COMMANDED and _MOVING_PORT.fullmatch(path):
            # After the daemon's death only this name is known, and the cuff behind it (H-09).
            allowed = "a name that stays when it is plugged again, as in /dev/serial/by-path"
            faults.append(Fault(f"{key}.port", shown(section.text("port")), allowed))
        checked.append(section)
    return tuple(checked)


def _device(port: str) -> str:
    """Return the device that a path leads to here, however it is written.

    On a laptop the links of the card are not there: then the path itself, made plain.
    """
    return "/" + os.path.realpath(port).lstrip("/")


def _contradictions(values: Section) -> list[Fault]:
    """Find what is wrong only together."""
    faults = []
    for name in ("name", "port"):
        seen: set[str] = set()
        for index, each in enumerate(values.sections("instruments"), start=1):
            text = each.text(name)
            same = _device(text) if name == "port" and text else text
            if text and same in seen:
                key = f"instruments[{index}].{name}"
                faults.append(Fault(key, shown(text), "different from the other instruments'"))
            seen.add(same)
    display = values.section("display")
    if display.text("kind") == "capture" and not display.text("folder"):
        faults.append(Fault("display.folder", "(absent)", PATH.allowed))
    if display.text("kind") in PANELS and display.text("size"):
        allowed = f"absent: {display.text('kind')} has one size"
        faults.append(Fault("display.size", shown(display.text("size")), allowed))
    if display.flag("large_type") and size_of(display.text("kind")) == TINY:
        allowed = f"false: {display.text('kind')} has no room for larger letters"
        faults.append(Fault("display.large_type", "true", allowed))
    lamps = values.section("lamps")
    given = [key for key in SECTIONS["lamps"] if lamps.pin(key) is not None]
    if given:
        faults += [
            Fault(f"lamps.{key}", "(absent)", "given, or no lamp at all")
            for key in SECTIONS["lamps"]
            if key not in given
        ]
    return faults + _pins_used_twice(values)


def _keypad_faults(keypad: Section) -> list[Fault]:
    """Find keys that the kind of keypad needs, and those that belong to another kind."""
    faults, kind = [], keypad.text("kind")
    for key, owner, example in (
        ("rows", "matrix", PINS.allowed),
        ("columns", "matrix", PINS.allowed),
        ("device", "evdev", "a path such as /dev/input/by-id/usb-...-event-kbd"),
    ):
        value = keypad.values[key]
        if kind == owner and not value:
            faults.append(Fault(f"keypad.{key}", "(absent)", example))
        elif kind != owner and value:
            allowed = f'absent, or keypad.kind "{owner}"'
            faults.append(Fault(f"keypad.{key}", shown(value), allowed))
    return faults


def _pins_used_twice(values: Section) -> list[Fault]:
    keypad, lamps = values.section("keypad"), values.section("lamps")
    pins = [(f"keypad.{key}", pin) for key in ("rows", "columns") for pin in keypad.wholes(key)]
    single = [(f"lamps.{key}", lamps.pin(key)) for key in SECTIONS["lamps"]]
    single.append(("power.button", values.section("power").pin("button")))
    panel = PANELS.get(values.section("display").text("kind"))
    faults, used = [], dict[int, str]()
    if panel is not None:
        used = dict.fromkeys(panel.pins, "display.kind")
    for key, pin in (*pins, *((key, pin) for key, pin in single if pin is not None)):
        if pin in used:
            faults.append(Fault(key, str(pin), f"a pin that {used[pin]} does not use"))
        used.setdefault(pin, key)
    return faults
