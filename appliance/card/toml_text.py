"""Tables as TOML text: only what settings are made of.  Pure."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping


class NotWritable(ValueError):
    """The text would not read back as what it was made of: a defect of ours."""


def to_toml(form: Mapping[str, object]) -> str:
    """Return tables and lists of tables as TOML; raise NotWritable for anything else."""
    text = ""
    for name, table in form.items():
        if isinstance(table, Mapping):
            text += f"[{name}]\n{_lines(table)}\n"
        elif isinstance(table, list) and all(isinstance(each, Mapping) for each in table):
            text += "".join(f"[[{name}]]\n{_lines(each)}\n" for each in table)
        else:
            raise NotWritable(name)
    try:
        same = tomllib.loads(text) == {k: v for k, v in form.items() if v != []}
    except tomllib.TOMLDecodeError as error:
        raise NotWritable(str(error)) from error
    if not same:
        raise NotWritable("the text reads as something else")
    return text


def _lines(table: Mapping[str, object]) -> str:
    # Texts, numbers, lists and booleans of JSON are TOML's too; what is not is found above.
    return "".join(f"{key} = {json.dumps(v, ensure_ascii=False)}\n" for key, v in table.items())
