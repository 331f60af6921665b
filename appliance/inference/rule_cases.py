"""Golden cases of a rule: sets of values with the score and category that each must give.

golden.json of a rule bundle holds `quantities` (the inputs, in their order) and `cases`: one
list each, with the values (null where one is missing), then score and category (both null
where no score may be given).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.clinical.assessment import Infer, assess
from appliance.clinical.quantities import Value
from appliance.clinical.task import Task
from appliance.inference.golden import GoldenRefused

MOST_CASES = 5_000


@dataclass(frozen=True, slots=True)
class RuleCase:
    """Values by quantity, and what they must give; None and None where there is no score."""

    values: Mapping[str, Value]
    score: int | None
    category: str | None


def cases_from_form(form: Mapping[str, object], task: Task) -> tuple[RuleCase, ...]:
    """Make the cases of what golden.json holds; raise GoldenRefused.

    Cases that leave a category out prove nothing of it, so every one must occur, and a
    refusal too.
    """
    unknown = sorted(set(form) - {"quantities", "cases"})
    if unknown:
        raise GoldenRefused(f"golden.json: nothing is known of {', '.join(unknown)}")
    if form.get("quantities") != list(task.quantities):
        raise GoldenRefused("golden.json: quantities must be the inputs of bundle.toml, in order")
    rows = form.get("cases")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_CASES:
        raise GoldenRefused(f"golden.json: cases must be a list of 1 to {MOST_CASES} cases")
    cases = tuple(_case(row, task) for row in rows)
    wanted = {None, *(each.id for each in task.categories)}
    unproven = wanted - {case.category for case in cases}
    if unproven:
        raise GoldenRefused("golden.json: a category, or a refusal, has no case")
    return cases


def difference(task: Task, cases: tuple[RuleCase, ...], infer: Infer) -> str:
    """Say how many cases come out otherwise than they must; empty when none does."""
    wrong = 0
    for case in cases:
        given = assess(task, case.values, infer)
        wrong += (given.score, given.category) != (case.score, case.category)
    return f"{wrong} of {len(cases)} golden cases come out otherwise" if wrong else ""


def _case(row: object, task: Task) -> RuleCase:
    width = len(task.quantities)
    if not isinstance(row, list) or len(row) != width + 2:
        raise GoldenRefused(f"golden.json: a case must hold {width} values, score and category")
    values: dict[str, Value] = {}
    for name, value in zip(task.quantities, row, strict=False):
        if type(value) is int or type(value) is float:
            values[name] = float(value)
        elif isinstance(value, str):
            values[name] = value
        elif value is not None:
            raise GoldenRefused("golden.json: a value must be a number, a choice or null")
    score, category = row[width:]
    if score is None and category is None:
        return RuleCase(values, None, None)
    known = [each.id for each in task.categories]
    if type(score) is not int or not isinstance(category, str) or category not in known:
        raise GoldenRefused("golden.json: a case must end with score and category, or two nulls")
    return RuleCase(values, score, category)
