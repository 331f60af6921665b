"""Which settings the appliance uses: the technician's file, the last good ones, or the factory's.

A file is used whole or not at all.  What is wrong with it never keeps the appliance from
serving; it is told with line and key.  Pure but for reading the factory's file.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from appliance.card.form import Factory, check_card
from appliance.card.kept import unseal
from appliance.settings import SettingsRefused
from appliance.settings_fault import FILE, Fault
from appliance.settings_form import check_form
from appliance.settings_report import Served
from appliance.settings_text import (
    TextRefused,
    decode_text,
    parse_text,
    read_bytes,
    with_lines,
)

KEPT_DAMAGED = "The last good settings were damaged and could not be used."
KEPT_OLD = "The last good settings do not fit this version and could not be used."


@dataclass(frozen=True, slots=True)
class CardText:
    """A technician's file: its text, what it comes to with the factory's file, its faults.

    merged: of use only without faults.
    """

    text: str
    merged: dict[str, object]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is served, and why.  keep: text that is now the last good one, or None."""

    served: Served
    form: dict[str, object]
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    keep: str | None = None


def read_factory(path: Path, protocols: Collection[str]) -> Factory:
    """Read the factory's file; raise SettingsRefused if it has any fault."""
    try:
        text = decode_text(read_bytes(path))
        form = parse_text(text)
    except TextRefused as refused:
        raise SettingsRefused(path, (refused.fault,)) from refused
    faults = check_form(form, protocols).faults
    if faults:
        raise SettingsRefused(path, with_lines(faults, text))
    return Factory(form, path.parent)


def read_card(content: bytes, factory: Factory, protocols: Collection[str]) -> CardText:
    """Check a technician's file with what it comes to together with the factory's."""
    try:
        text = decode_text(content)
        if not text.strip():
            # Not "all as in the factory": more likely the laptop was pulled while it wrote.
            raise TextRefused(Fault(FILE, "empty", "settings, or a comment (#) to want none"))
        form = parse_text(text)
    except TextRefused as refused:
        return CardText("", {}, (refused.fault,))
    merged, faults = check_card(form, factory, protocols)
    return CardText(text, merged, with_lines(faults, text))


def choose(
    boot: bytes | Fault, kept: bytes | None, factory: Factory, protocols: Collection[str]
) -> Choice:
    """Choose what is served.

    boot: the technician's file, or why it could not be read.  kept: the last good settings
    as they are kept, None where there never were any.
    """
    faults: tuple[Fault, ...]
    if isinstance(boot, Fault):
        faults = (boot,)
    else:
        card = read_card(boot, factory, protocols)
        if not card.faults:
            return Choice(Served.FILE, card.merged, keep=card.text)
        faults = card.faults
    as_built = check_card({}, factory, protocols)[0]
    if kept is None:
        return Choice(Served.FACTORY, as_built, faults)
    text = unseal(kept)
    if text is None:
        return Choice(Served.FACTORY, as_built, faults, (KEPT_DAMAGED,))
    last = read_card(text.encode("utf-8"), factory, protocols)
    if last.faults:
        return Choice(Served.FACTORY, as_built, faults, (KEPT_OLD,))
    return Choice(Served.LAST_GOOD, last.merged, faults)
