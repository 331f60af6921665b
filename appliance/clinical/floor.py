"""The safety floor: red flags and the plain rule, computed without any model.

A condition on a quantity that has no value is unknown, never false: what could not be
checked is reported as such.  Hazards: H-01 wrong and confident, H-02 silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.clinical.quantities import Value
from appliance.clinical.task import Condition, RedFlag, Task

Group = tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """What stands without the model.

    flags: red flags that are up.  unchecked: red flags that some missing value left open.
    rule_category: id of the category by the plain rule; None when missing values left it
    open, with the quantities it lacks in rule_lacks, or when the task has no plain rule.
    """

    flags: tuple[RedFlag, ...]
    unchecked: tuple[RedFlag, ...]
    rule_category: str | None
    rule_lacks: tuple[str, ...]


def compute_floor(task: Task, values: Mapping[str, Value]) -> Floor:
    """Compute red flags and rule from the values there are (quantity to value)."""
    up, open_ = [], []
    for flag in task.red_flags:
        holds = any_group(flag.when, values)
        if holds:
            up.append(flag)
        elif holds is None:
            open_.append(flag)
    lacks: tuple[str, ...] = ()
    category = None
    if task.rule is None:
        return Floor(tuple(up), tuple(open_), category, lacks)
    by_rule = any_group(task.rule.when, values)
    if by_rule is None:
        needed = dict.fromkeys(c.quantity for group in task.rule.when for c in group)
        lacks = tuple(name for name in needed if name not in values)
    else:
        category = task.rule.category if by_rule else task.rule.otherwise
    return Floor(tuple(up), tuple(open_), category, lacks)


def any_group(groups: tuple[Group, ...], values: Mapping[str, Value]) -> bool | None:
    """Whether any group holds; None when none does but a missing value leaves one open."""
    answer: bool | None = False
    for group in groups:
        holds = _whole_group(group, values)
        if holds:
            return True
        if holds is None:
            answer = None
    return answer


def _whole_group(group: Group, values: Mapping[str, Value]) -> bool | None:
    answer: bool | None = True
    for condition in group:
        value = values.get(condition.quantity)
        if value is None:
            answer = None
        elif not _holds(condition, value):
            return False
    return answer


def _holds(condition: Condition, value: Value) -> bool:
    if isinstance(value, str):
        return condition.equals == value
    c = condition
    return (
        (c.at_least is None or value >= c.at_least)
        and (c.above is None or value > c.above)
        and (c.at_most is None or value <= c.at_most)
        and (c.below is None or value < c.below)
        and (c.equals is None or value == c.equals)
    )
