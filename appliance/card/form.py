"""The technician's file `bedside.toml`: what may stand in it, and what it means.

It has fewer keys than the factory's file and friendlier words: tasks by name, ports by name,
`usb` for a number pad, `hdmi` for a screen.  What decides about safety (runtime, proofs,
simulation) is not in it.  `merge` lays it over the factory's file; the result is checked
again as a whole by `appliance.settings_form`.  Pure.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, cast

from appliance.card import header
from appliance.panel_kinds import PANELS, PanelKind
from appliance.settings_fault import FILE, Fault, shown
from appliance.settings_form import (
    INSTRUMENT,
    SECTIONS,
    check_form,
    check_instruments,
    check_tables,
)
from appliance.settings_rules import FLAG, MAX_BCM, Holds, Rule, is_list, is_text, one_of

PORTS = "/dev/bedside/"
"""Where the card's udev rules put devices under names that stay the same."""
KEYPAD_NAME = "keypad"
"""The name that the card's udev rules give to a number pad."""
KEYPADS = {"matrix": "matrix", "usb": "evdev", "none": "none"}
"""Kinds of keypads: the technician's word and the factory file's."""
DISPLAYS: Mapping[str, Mapping[str, object]] = {
    variant: {"kind": "framebuffer", "variant": variant} for variant in ("hdmi", "hdmi-800x480")
} | {kind: {"kind": kind, "variant": "hdmi"} for kind in PANELS}
"""Kinds of displays, and what each means in the factory's file.

variant: the set-up of the board for it, in `display/` on the boot partition.
"""
TIMEOUTS = ("idle_clear_s", "page_s", "cancel_s")
"""Those that are a clinic's to choose; the others guard the appliance itself."""
RESERVED_PINS = frozenset({0, 1, 14, 15})
"""BCM numbers that are taken: the HAT's EEPROM and the UART.  Source: Raspberry Pi
documentation, GPIO and the 40-pin header."""

_INSTALLED = ("bundles", "also_installed")
"""Keys of the factory's tasks that name folders of bundles."""

_NAMED = re.compile(r"[a-z0-9][a-z0-9.:_-]{0,39}")
_INDEX = re.compile(r"\[\d+\]")
_OTHER_KEY = re.compile(r"\b([a-z_]+(?:\[\d+\])?\.[a-z_]+)\b")
_PICTURES = {key: SECTIONS["display"][key] for key in ("size", "large_type")}
"""What a technician says of the pictures, in the factory's own words."""
_PINS_LEFT = f"BCM numbers from 2 to {MAX_BCM}, but not 14 and 15 (the serial port)"


@dataclass(frozen=True, slots=True)
class Factory:
    """The factory's file: its tables, and the folder to which its paths are relative."""

    form: Mapping[str, object]
    folder: PurePath

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks that are installed: those served as built, then the others."""
        return tuple(PurePath(each).name for each in self._folders(*_INSTALLED))

    @property
    def served_as_built(self) -> tuple[str, ...]:
        """Names of the tasks that are asked where the technician chooses none."""
        return tuple(PurePath(each).name for each in self._folders("bundles"))

    def folder_of(self, task: str) -> str:
        """Return the bundle's folder of an installed task."""
        return next(
            str(self.folder / f) for f in self._folders(*_INSTALLED) if PurePath(f).name == task
        )

    def kind_of(self, section: str) -> object:
        """Return the kind that a table of the factory's file names."""
        table = self.form.get(section)
        return table.get("kind") if isinstance(table, dict) else None

    def _folders(self, *keys: str) -> list[str]:
        tasks = _table(self.form, "tasks")
        lists = [tasks.get(key) for key in keys]
        return [f for each in lists if isinstance(each, list) for f in each if isinstance(f, str)]


def check_card(
    form: Mapping[str, object], factory: Factory, protocols: Collection[str]
) -> tuple[dict[str, object], tuple[Fault, ...]]:
    """Check the technician's tables; return them merged with the factory's, and all faults.

    protocols: the names an instrument may speak.  What was merged is of use only without
    faults.
    """
    faults: list[Fault] = []
    check_tables(form, card_rules(factory.tasks), faults)
    check_instruments(form.get("instruments", []), _INSTRUMENT, protocols, faults)
    faults += _keypad_faults(form, factory, faults)
    named = {fault.key for fault in faults}
    clean = _without(form, named)
    faults += header.collisions(_table(clean, "header"), clean, _panel(clean))
    named |= {fault.key for fault in faults}
    merged = merge(_without(form, named), factory)
    faults += [
        _where_it_was_written(fault, form)
        for fault in check_form(merged, protocols).faults
        if fault.key not in named
    ]
    return merged, tuple(faults)


def is_known_key(key: str) -> bool:
    """Whether it is a key or a table of ours, and no word that somebody happened to type."""
    rules = {**card_rules(()), "instruments": _INSTRUMENT}
    name, _, rest = _INDEX.sub("", key).partition(".")
    return key == FILE or (name in rules and (not rest or rest in rules[name]))


def merge(card: Mapping[str, object], factory: Factory) -> dict[str, object]:
    """Return the factory's tables with the technician's laid over them."""
    merged: dict[str, Any] = copy.deepcopy(dict(factory.form))
    tasks = merged.setdefault("tasks", {})
    tasks["bundles"] = [factory.folder_of(task) for task in factory.served_as_built]
    tasks.pop("also_installed", None)
    for name in ("clinic", "power", "timeouts", "maintenance"):
        merged.setdefault(name, {}).update(_table(card, name))
    if "serve" in _table(card, "tasks"):
        serve = _table(card, "tasks")["serve"]
        tasks["bundles"] = [factory.folder_of(task) for task in serve]
    if "instruments" in card:
        merged["instruments"] = [
            {**each, "port": _path_of(each.get("port"))} if "port" in each else dict(each)
            for each in cast(list[dict[str, object]], card["instruments"])
        ]
    merged["keypad"] = _merged_keypad(_table(card, "keypad"), merged.get("keypad", {}))
    display = _table(card, "display")
    if "kind" in display:
        merged["display"] = {**merged.get("display", {}), **DISPLAYS[display["kind"]]}
    if pictures := {key: display[key] for key in _PICTURES if key in display}:
        merged["display"] = {**merged.get("display", {}), **pictures}
    merged["header"] = {"variant": header.variant_of(_table(card, "header"), _panel(card))}
    lamps = _table(card, "lamps")
    if lamps.pop("fitted", True):
        merged["lamps"] = {**merged.get("lamps", {}), **lamps}
    else:
        merged["lamps"] = {}
    return merged


def _panel(card: Mapping[str, object]) -> PanelKind | None:
    """Return the small panel that the technician's tables name, if they name one."""
    return PANELS.get(str(_table(card, "display").get("kind")))


def _merged_keypad(card: dict[str, Any], factory: dict[str, Any]) -> dict[str, object]:
    """Return the keypad's table; wiring of one kind is of no use to another."""
    kind = KEYPADS[card.pop("kind")] if "kind" in card else factory.get("kind", "none")
    if "device" in card:
        card["device"] = _path_of(card["device"])
    base = factory if factory.get("kind", "none") == kind else {}
    if kind == "evdev":
        base = {"device": PORTS + KEYPAD_NAME, **base}
    return {**base, **card, "kind": kind}


def card_rules(tasks: Collection[str]) -> dict[str, Mapping[str, Rule]]:
    """Return the rules of every table but the instruments."""
    names = ", ".join(tasks)
    serve = Rule(f"a list of at least one of {names}, each once", _some_of(tasks), [])
    return {
        "clinic": SECTIONS["clinic"],
        "tasks": {"serve": serve},
        "keypad": {"kind": one_of(*KEYPADS), "rows": _PINS, "columns": _PINS, "device": _DEVICE},
        "display": {"kind": one_of(*DISPLAYS), **_PICTURES},
        "lamps": {"fitted": FLAG.otherwise(True), **dict.fromkeys(SECTIONS["lamps"], _PIN)},
        "power": {"button": _PIN},
        "header": header.RULES,
        "timeouts": {key: SECTIONS["timeouts"][key] for key in TIMEOUTS},
        "maintenance": SECTIONS["maintenance"],
    }


def _some_of(tasks: Collection[str]) -> Holds:
    return lambda v: (
        isinstance(v, list)
        and 0 < len(v) <= len(tasks)
        and all(each in tasks for each in v)
        and len(set(v)) == len(v)
    )


def _is_pin(value: object) -> bool:
    pins = range(MAX_BCM + 1)
    return type(value) is int and value in pins and value not in RESERVED_PINS


def _is_name_or_path(value: object) -> bool:
    if not isinstance(value, str) or not is_text(255)(value):
        return False
    return bool(_NAMED.fullmatch(value)) or (value.startswith("/dev/") and ".." not in value)


_PIN = Rule(f"one of the {_PINS_LEFT}", _is_pin, None)
_PINS = Rule(
    f"four different {_PINS_LEFT}",
    lambda v: is_list(_is_pin, 4)(v) and len(set(cast(list[int], v))) == 4,
    [],
)
_DEVICE = Rule("a name such as keypad, or a path that begins with /dev/", _is_name_or_path, "")
_INSTRUMENT = {
    **INSTRUMENT,
    "port": Rule(
        "a port's name such as uart or usb-1.2, or a path that begins with /dev/",
        _is_name_or_path,
        "",
    ),
}


def _keypad_faults(
    form: Mapping[str, object], factory: Factory, found: Collection[Fault]
) -> list[Fault]:
    """Find keys of the keypad's table that belong to another kind."""
    table, named = _table(form, "keypad"), {fault.key for fault in found}
    words = {ours: word for word, ours in KEYPADS.items()}
    kind = table.get("kind", words.get(str(factory.kind_of("keypad")), "none"))
    if "keypad.kind" in named:  # then nobody knows which keys belong to it
        return []
    owners = {"rows": "matrix", "columns": "matrix", "device": "usb"}
    return [
        Fault(f"keypad.{key}", shown(table[key]), f'absent, or keypad.kind "{owner}"')
        for key, owner in owners.items()
        if key in table and kind != owner and f"keypad.{key}" not in named
    ]


def _where_it_was_written(fault: Fault, form: Mapping[str, object]) -> Fault:
    """Return the fault by a key that the technician wrote, if one of its keys was.

    A pin that collides with one of the factory's is named with the factory's key; nobody
    would find that in the technician's file.
    """
    if _is_written(fault.key, form):
        return fault
    for other in _OTHER_KEY.findall(fault.allowed):
        if _is_written(other, form):
            return Fault(other, fault.value, f"different from {fault.key}")
    return fault


def _is_written(key: str, form: Mapping[str, object]) -> bool:
    name, _, rest = key.partition(".")
    if name.startswith("instruments"):
        return "instruments" in form
    return rest in _table(form, name)


def _without(form: Mapping[str, object], named: Collection[str]) -> dict[str, object]:
    """Return the tables without what is faulty, so that the rest can be checked together."""
    kept: dict[str, object] = {}
    for name, table in form.items():
        if name == "instruments" and name not in named and isinstance(table, list):
            kept[name] = [
                _clean(each, f"{name}[{index}]", named) for index, each in enumerate(table, start=1)
            ]
        elif isinstance(table, dict):
            kept[name] = _clean(table, name, named)
    return kept


def _clean(table: object, place: str, named: Collection[str]) -> dict[str, object]:
    """Return the table without the keys that are faulty."""
    given = table if isinstance(table, dict) else {}
    return {key: value for key, value in given.items() if f"{place}.{key}" not in named}


def _table(form: Mapping[str, object], name: str) -> dict[str, Any]:
    """Return a copy of a table; an empty one where there is none."""
    table = form.get(name)
    return dict(table) if isinstance(table, dict) else {}


def _path_of(port: object) -> object:
    """Return the device of a port's name; a path stays what it is."""
    return port if not isinstance(port, str) or port.startswith("/") else PORTS + port
