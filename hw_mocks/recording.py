"""What a simulation writes down: events, results and frames as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

from appliance.clinical.result import Result
from appliance.clinical.task import Task
from appliance.clock import Now
from appliance.events import Event
from appliance.states import State


def timeline_record(event: Event, now: Now, state: State) -> dict[str, object]:
    """Return one line of the timeline: the event, its moment, and where it led."""
    return {
        "mono_s": round(now.mono_s, 4),
        "utc_s": None if now.utc_s is None else round(now.utc_s, 3),
        "event": type(event).__name__,
        "fields": plain(event),
        "mode": state.mode.value,
        "encounter": None if state.encounter is None else state.encounter.tag,
        "selected": _selected(state),
    }


def result_record(result: Result) -> dict[str, object]:
    """Return a Result as it is written to result.json."""
    a, task = result.assessment, result.task
    category = None if a.category is None else task.category(a.category)
    return {
        "task": task.id,
        "version": task.version,
        "encounter": result.encounter,
        "outcome": a.outcome.value,
        "category": a.category,
        "label": None if category is None else category.label,
        "probability": a.probability,
        "raw_int8": a.raw_int8,
        "score": a.score,
        "points": {each.part: each.points for each in a.points},
        "reason": a.reason,
        "rule": a.floor.rule_category,
        "flags": [flag.id for flag in a.floor.flags],
        "unchecked": [flag.id for flag in a.floor.unchecked],
        "held": list(a.held),
        "contributions": [{"quantity": c.quantity, "change": c.change} for c in a.contributions],
        "used": {
            name: {
                "value": m.value,
                "unit": m.unit,
                "origin": m.source.origin.value,
                "source": m.source.name,
                "accepted": m.accepted,
                "age_s": round(m.age_s(result.given_mono_s), 2),
            }
            for name, m in result.used.items()
        },
        "valid_for_s": round(result.valid_until_mono_s - result.given_mono_s, 2),
    }


def plain(value: object) -> object:
    """Return any of our values as JSON can hold it; a Task only by its name."""
    if isinstance(value, Task):
        return value.id
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def _selected(state: State) -> str | None:
    served = state.served
    return None if served is None else served.task.inputs[state.selected].quantity
