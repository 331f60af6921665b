"""The table of settings: every key, what it may be, and what it is when absent.

Checking collects all faults; it never stops at the first.  Key names carry units.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from typing import cast

from appliance.commanded import COMMANDED
from appliance.states import Timeouts

MAX_BCM = 27
"""Highest BCM number on the 40-pin header (Raspberry Pi documentation, GPIO)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the key, what stands there, and what may stand there."""

    key: str
    value: str
    allowed: str

    def __str__(self) -> str:
        """Return the fault as one line for the person who wrote the file."""
        return f"{self.key} = {self.value}: must be {self.allowed}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one key may be.  absent: its value when it is not given."""

    allowed: str
    holds: Callable[[object], bool]
    absent: object


def _text(longest: int = 64) -> Callable[[object], bool]:
    return lambda v: isinstance(v, str) and len(v) <= longest and v.isprintable()


def _whole(low: int, high: int) -> Callable[[object], bool]:
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high


def _number(low: float, high: float) -> Callable[[object], bool]:
    return lambda v: isinstance(v, int | float) and not isinstance(v, bool) and low <= v <= high


def _one_of(*words: str) -> Rule:
    return Rule(f"one of {', '.join(words)}", lambda v: v in words, words[0])


def _list_of(check: Callable[[object], bool], most: int) -> Callable[[object], bool]:
    return lambda v: isinstance(v, list) and len(v) <= most and all(check(each) for each in v)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


_PIN = Rule(f"a BCM number from 0 to {MAX_BCM}", _whole(0, MAX_BCM), None)
_PINS = Rule(
    f"four BCM numbers from 0 to {MAX_BCM}, all different",
    lambda v: _list_of(_whole(0, MAX_BCM), 4)(v) and len(set(cast(list[int], v))) == 4,
    [],
)
_PATH = Rule("a path of at most 255 characters", _text(255), "")
_NAME = Rule("a name of 1 to 20 characters", lambda v: _text(20)(v) and v != "", "")

SECTIONS: Mapping[str, Mapping[str, Rule]] = {
    "clinic": {
        "name": Rule("text of at most 40 characters", _text(40), ""),
        "utc_offset_min": Rule("whole minutes from -720 to 840", _whole(-720, 840), 0),
    },
    "tasks": {
        "bundles": Rule("a list of at most 9 folders", _list_of(_text(255), 9), []),
        "runtime": _one_of("auto", "tflite-runtime", "ai-edge-litert", "reference"),
        "require_xnnpack": Rule("true or false", _flag, True),
    },
    "keypad": {
        "kind": _one_of("none", "matrix", "evdev"),
        "rows": _PINS,
        "columns": _PINS,
        "device": _PATH,
    },
    "display": {
        "kind": _one_of("framebuffer", "capture"),
        "device": Rule(_PATH.allowed, _PATH.holds, "/dev/fb0"),
        "folder": _PATH,
    },
    "lamps": dict.fromkeys(("green", "yellow", "red", "buzzer"), _PIN),
    "power": {"button": _PIN},
    "timeouts": {
        each.name: Rule("seconds from 1 to 3600", _number(1, 3600), each.default)
        for each in fields(Timeouts)
    }
    | {
        # More than three minutes would leave a patient on an unattended screen (H-05).
        "idle_clear_s": Rule("seconds from 10 to 180", _number(10, 180), Timeouts().idle_clear_s)
    },
    "status": {"socket": _PATH},
    "simulation": {"control": _PATH},
}

INSTRUMENT: Mapping[str, Rule] = {
    "name": _NAME,
    "protocol": Rule("the name of a protocol", lambda v: _text(40)(v) and v != "", ""),
    "port": Rule("a path such as /dev/ttyUSB0", lambda v: _text(255)(v) and v != "", ""),
}
MAX_INSTRUMENTS = 8
_MOVING_PORT = re.compile(r"/dev/tty(USB|ACM)\d+")
"""Names that the kernel gives anew at every plug."""


@dataclass(frozen=True, slots=True)
class Section:
    """Checked values of one table; each accessor trusts that checking was done."""

    values: Mapping[str, object]

    def section(self, name: str) -> Section:
        """Return a table in this one."""
        return cast(Section, self.values[name])

    def sections(self, name: str) -> tuple[Section, ...]:
        """Return a list of tables."""
        return cast(tuple[Section, ...], self.values[name])

    def text(self, name: str) -> str:
        """Return a text."""
        return cast(str, self.values[name])

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(cast(list[str], self.values[name]))

    def whole(self, name: str) -> int:
        """Return a whole number."""
        return cast(int, self.values[name])

    def wholes(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        return tuple(cast(list[int], self.values[name]))

    def pin(self, name: str) -> int | None:
        """Return a BCM number, or None when there is no such part."""
        return cast(int | None, self.values[name])

    def flag(self, name: str) -> bool:
        """Return true or false."""
        return cast(bool, self.values[name])

    def numbers(self) -> dict[str, float]:
        """Return all values of a table of numbers."""
        return {name: float(cast(float, value)) for name, value in self.values.items()}


@dataclass(frozen=True, slots=True)
class CheckedForm:
    """The values with every absent one filled in, and all faults."""

    values: Section
    faults: tuple[Fault, ...]


def check_form(form: Mapping[str, object], protocols: Collection[str]) -> CheckedForm:
    """Check a whole file against the table.  protocols: the names an instrument may speak."""
    faults: list[Fault] = []
    known = (*SECTIONS, "instruments")
    for key in form:
        if key not in known:
            faults.append(Fault(key, _shown(form[key]), f"one of {', '.join(known)}"))
    values: dict[str, object] = {
        name: _check_table(name, form.get(name, {}), rules, faults)
        for name, rules in SECTIONS.items()
    }
    values["instruments"] = _check_instruments(form.get("instruments", []), protocols, faults)
    checked = Section(values)
    named = {fault.key for fault in faults}
    found = _contradictions(checked)
    if "keypad.kind" not in named:  # else nobody knows which keys belong to it
        found += _keypad_faults(checked.section("keypad"))
    faults += [fault for fault in found if fault.key not in named]
    return CheckedForm(checked, tuple(faults))


def _check_table(
    name: str, table: object, rules: Mapping[str, Rule], faults: list[Fault]
) -> Section:
    if not isinstance(table, dict):
        faults.append(Fault(name, _shown(table), f"a table [{name}]"))
        table = {}
    for key in table:
        if key not in rules:
            faults.append(Fault(f"{name}.{key}", _shown(table[key]), f"one of {', '.join(rules)}"))
    values = {}
    for key, rule in rules.items():
        values[key] = table.get(key, rule.absent)
        if key in table and not rule.holds(table[key]):
            faults.append(Fault(f"{name}.{key}", _shown(table[key]), rule.allowed))
            values[key] = rule.absent
    return Section(values)


def _check_instruments(
    tables: object, protocols: Collection[str], faults: list[Fault]
) -> tuple[Section, ...]:
    if not isinstance(tables, list) or len(tables) > MAX_INSTRUMENTS:
        allowed = f"at most {MAX_INSTRUMENTS} tables [[instruments]]"
        faults.append(Fault("instruments", _shown(tables), allowed))
        return ()
    checked = []
    for index, table in enumerate(tables, start=1):
        key = f"instruments[{index}]"
        section = _check_table(key, table, INSTRUMENT, faults)
        given = table if isinstance(table, dict) else {}
        faults += [
            Fault(f"{key}.{name}", "(absent)", rule.allowed)
            for name, rule in INSTRUMENT.items()
            if name not in given
        ]
        protocol = section.text("protocol")
        if protocol and protocol not in protocols:
            allowed = f"one of {', '.join(sorted(protocols))}"
            faults.append(Fault(f"{key}.protocol", _shown(protocol), allowed))
        if protocol in COMMANDED and _MOVING_PORT.fullmatch(section.text("port")):
            # After the daemon's death only this name is known, and the cuff behind it (H-09).
            allowed = "a name that stays when it is plugged again, as in /dev/serial/by-path"
            faults.append(Fault(f"{key}.port", _shown(section.text("port")), allowed))
        checked.append(section)
    return tuple(checked)


def _contradictions(values: Section) -> list[Fault]:
    """Find what is wrong only together."""
    faults = []
    for name in ("name", "port"):
        seen: set[str] = set()
        for index, each in enumerate(values.sections("instruments"), start=1):
            text = each.text(name)
            if text and text in seen:
                key = f"instruments[{index}].{name}"
                faults.append(Fault(key, _shown(text), "different from the other instruments'"))
            seen.add(text)
    display = values.section("display")
    if display.text("kind") == "capture" and not display.text("folder"):
        faults.append(Fault("display.folder", "(absent)", _PATH.allowed))
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
        ("rows", "matrix", _PINS.allowed),
        ("columns", "matrix", _PINS.allowed),
        ("device", "evdev", "a path such as /dev/input/by-id/usb-...-event-kbd"),
    ):
        value = keypad.values[key]
        if kind == owner and not value:
            faults.append(Fault(f"keypad.{key}", "(absent)", example))
        elif kind != owner and value:
            allowed = f'absent, or keypad.kind "{owner}"'
            faults.append(Fault(f"keypad.{key}", _shown(value), allowed))
    return faults


def _pins_used_twice(values: Section) -> list[Fault]:
    keypad, lamps = values.section("keypad"), values.section("lamps")
    pins = [(f"keypad.{key}", pin) for key in ("rows", "columns") for pin in keypad.wholes(key)]
    single = [(f"lamps.{key}", lamps.pin(key)) for key in SECTIONS["lamps"]]
    single.append(("power.button", values.section("power").pin("button")))
    faults, used = [], dict[int, str]()
    for key, pin in (*pins, *((key, pin) for key, pin in single if pin is not None)):
        if pin in used:
            faults.append(Fault(key, str(pin), f"a pin that {used[pin]} does not use"))
        used.setdefault(pin, key)
    return faults


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
