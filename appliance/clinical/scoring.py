"""An additive score: points for bands of values, added up; or the reason why there is none.

All or nothing: a score from which anything is missing is not computed, and no part of it is
given.  Values are rounded first, as the bundle says, and everything is judged by the rounded
value.  Hazard: H-01 wrong and confident.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from appliance.clinical.floor import any_group
from appliance.clinical.quantities import Value
from appliance.clinical.task import Exclusion, Part, Score, Task


@dataclass(frozen=True, slots=True)
class Points:
    """What one part of the score contributed."""

    part: str
    label: str
    points: int


@dataclass(frozen=True, slots=True)
class NoScore:
    """Why there is no score, in words for staff, and what to do instead (may be empty)."""

    reason: str
    action: str = ""


def as_judged(task: Task, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values rounded as the task says, each to its own step, halves upwards."""
    steps = {each.quantity: each.round_to for each in task.inputs}
    return {name: rounded(value, steps.get(name)) for name, value in values.items()}


def rounded(value: Value, step: float | None) -> Value:
    """Round half up to a multiple of the step, by the value's decimal digits.

    38.05 in steps of 0.1 is 38.1, although its binary form is a little less than that half.
    """
    if step is None or isinstance(value, str):
        return value
    exact_step = Decimal(str(step))
    count = (Decimal(str(value)) / exact_step).quantize(Decimal(1), ROUND_HALF_UP)
    return float(count * exact_step)


def score_of(task: Task, score: Score, values: Mapping[str, Value]) -> tuple[Points, ...] | NoScore:
    """Return the points of every part, or why there is no score.

    values: as `as_judged` returns them.  Somebody for whom the score is not made is refused
    even while values are missing.
    """
    excluded = _exclusion(score, values)
    if excluded is not None:
        return NoScore(excluded.why, excluded.action)
    missing = [name for name in task.quantities if name not in values]
    if missing:
        return NoScore("missing: " + ", ".join(missing))
    return tuple(Points(part.id, part.label, points_of(part, values)) for part in score.parts)


def points_of(part: Part, values: Mapping[str, Value]) -> int:
    """Return the points of the band that holds; raise LookupError if none does.

    None does only where a value is missing: the form of a score with a gap is refused.
    """
    for band in part.bands:
        if any_group(band.when, values):
            return band.points
    raise LookupError(f"no band of {part.id} holds")


def _exclusion(score: Score, values: Mapping[str, Value]) -> Exclusion | None:
    return next((each for each in score.exclusions if any_group(each.when, values)), None)
