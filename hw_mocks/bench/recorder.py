"""What was done at the bench as steps of a scenario, and a scenario as TOML.  Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hw_mocks.bench.setup import Setup
from hw_mocks.scenario import Step

WORTH_A_WAIT_S = 1.0
"""Simulated seconds between two things done; less is no waiting."""
PLAYED_AT = 5.0
"""Speed of a saved scenario, unless it is faster already."""
MOST_STEPS = 2000
_OF_ONE = frozenset({"plug", "unplug", "quiet", "reboot"})
"""Steps that name their instrument by their value."""


class Recorder:
    """Collects what is done."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.lost = False
        """Whether so much was done that the beginning is not kept: nothing can be saved."""
        self._ended_s: float | None = None

    def add(self, step: Step, began_s: float, ended_s: float) -> None:
        """Note one thing that was done.  began_s, ended_s: simulated monotonic time."""
        waited_s = 0.0 if self._ended_s is None else began_s - self._ended_s
        self._ended_s = ended_s
        if waited_s >= WORTH_A_WAIT_S and step.kind not in ("wait_s", "power_cut_s"):
            self.steps.append(Step("wait_s", "", round(waited_s, 1)))
        last = self.steps[-1] if self.steps else None
        if last is not None and last.kind == step.kind == "keys":
            self.steps[-1] = Step("keys", "", f"{last.what} {step.what}")
        else:
            self.steps.append(step)
        if len(self.steps) > MOST_STEPS:
            self.lost = True
            del self.steps[: MOST_STEPS // 2]


def expectation(
    setup: Setup, screen: str, texts: Iterable[Mapping[str, Any]], result: Mapping[str, Any] | None
) -> dict[str, object]:
    """Return what a scenario may expect of what is shown now.

    Words that change with time alone are left out, and all words of a small panel, which
    scenarios are not played on.
    """
    expect: dict[str, object] = {}
    if setup.repeatable:
        expect["screen"] = screen
    if result is not None:
        expect["outcome"] = result["outcome"]
        expect |= {
            key: result[key] for key in ("category", "score", "rule") if result[key] is not None
        }
        expect["flags"] = sorted(result["flags"])
    if setup.repeatable:
        words = [str(t["text"]) for t in texts if not t.get("volatile") and t["text"]]
        expect["shows"] = list(dict.fromkeys(words))
    return expect


def scenario_text(
    setup: Setup, title: str, steps: Sequence[Step], expect: Mapping[str, object]
) -> str:
    """Return the TOML of a scenario."""
    scenario = setup.scenario
    moment = datetime.fromtimestamp(scenario.utc_s, UTC).isoformat().replace("+00:00", "Z")
    head: dict[str, object] = {
        "title": title,
        "task": scenario.task,
        "speed": max(scenario.speed, PLAYED_AT),
        "clock": moment,
    }
    if scenario.keypad != "matrix":
        head["keypad"] = scenario.keypad
    text = "# Saved at the bench.\n" + _lines(head)
    text += "\n[instruments]\n" + _lines(scenario.instruments)
    for name, table in setup.settings().items():
        if isinstance(table, Mapping):
            text += f"\n[settings.{name}]\n" + _lines(table)
    for step in steps:
        text += "\n[[steps]]\n" + _lines(_row(step))
    return text + ("\n[expect]\n" + _lines(expect) if expect else "")


def _row(step: Step) -> dict[str, object]:
    row: dict[str, object] = {"say": step.say} if step.say else {}
    if step.instrument and step.kind not in _OF_ONE:
        row["instrument"] = step.instrument
    row[step.kind] = step.what
    if step.status != "V":
        row["status"] = step.status
    return row


def _lines(table: Mapping[str, object]) -> str:
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in table.items())


def _key(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").isalnum() and name.isascii()
    return name if plain else json.dumps(name, ensure_ascii=False)


def _value(value: object) -> str:
    """Return a value as TOML: JSON's, but for tables and for the one character it may not hold."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
