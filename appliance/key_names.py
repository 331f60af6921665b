"""What is printed on the keys of the attached keypad, in hints and in sentences.

The appliance's own words name a key by its print on the 4x4 matrix pad: a KeyHint holds it,
and a sentence holds it in brackets, as in "Press [B] again".  A number pad bears other prints;
here they take the place of the matrix pad's.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar, cast

from appliance.views import KeyHint, Shown, View

MATRIX: Mapping[str, str] = MappingProxyType({each: each for each in "ABCD*#"})
NUMBER_PAD: Mapping[str, str] = MappingProxyType(
    {"A": "Enter", "B": "-", "C": "Bksp", "D": "+", "*": ".", "#": "/"}
)
"""Several keys of a pad mean the same; each is named by the one that most pads have.
A test compares it with the codes in `appliance.panel.evdev_codes`."""

_NAMED = re.compile(r"\[([ABCD*#])\]")
_V = TypeVar("_V")


def with_key_names(view: View, names: Mapping[str, str]) -> View:
    """Return the view with every key named as it is printed on the attached keypad."""
    return view if names is MATRIX else _named(view, names)


def _named(value: _V, names: Mapping[str, str]) -> _V:
    changed: Any = value
    if isinstance(value, str) and not hasattr(value, "value"):
        changed = _NAMED.sub(lambda found: f"[{names[found[1]]}]", value)
    elif isinstance(value, KeyHint):
        changed = replace(value, printed=names.get(value.printed, value.printed))
    elif isinstance(value, tuple):
        changed = tuple(_named(each, names) for each in value)
    elif is_dataclass(value) and not isinstance(value, Shown | type):
        inside = {each.name: _named(getattr(value, each.name), names) for each in fields(value)}
        changed = replace(cast(Any, value), **inside)
    return cast(_V, changed)
