"""From values to one honest answer: the only path from inputs to a category.

The daemon and `appliance predict` both call `assess`.  The model comes in as a function
from quantised inputs to one int8 output, so that this module stays pure; None means that
there is no model to be had, and the safety floor answers alone.  A rule needs no such
function: for it, any that is not None says that the rule was proven.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.clinical.floor import Floor, compute_floor
from appliance.clinical.quantities import QUANTITIES, ImpossibleValue, Value
from appliance.clinical.scoring import NoScore, Points, as_judged, score_of
from appliance.clinical.task import Beyond, Input, Score, Task, Tensor

Infer = Callable[[Sequence[int]], int]
"""Quantised inputs, in the graph's order, to the raw int8 output."""

_PAIR = ("systolic_mmhg", "diastolic_mmhg")
SHOWN_CONTRIBUTIONS = 3


class Outcome(StrEnum):
    """How an assessment ended.  Only ANSWERED carries probability or score, and category."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    REFUSED = "refused"
    NO_MODEL = "no model"


@dataclass(frozen=True, slots=True)
class Contribution:
    """How far one input moved the probability from what its usual value would give.

    change: probability with the value minus probability with the reference value.
    """

    quantity: str
    change: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer to one set of values, the floor always with it.

    probability: 0 to 1, calibrated as the bundle says.  category: id, from the model.
    reason: why there is no answer, in words for staff; empty when answered.
    held: inputs computed with the bound of the trained range, not with their own value.
    score, points: a rule's whole score and the points of every part of it; never some of
    them.  action: what to do instead of an answer, where the bundle says so.
    """

    outcome: Outcome
    floor: Floor
    reason: str = ""
    probability: float | None = None
    raw_int8: int | None = None
    category: str | None = None
    held: tuple[str, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    score: int | None = None
    points: tuple[Points, ...] = ()
    action: str = ""


@dataclass(frozen=True, slots=True)
class _Prepared:
    quantised: tuple[int, ...]
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Declined:
    outcome: Outcome
    reason: str


def assess(
    task: Task, values: Mapping[str, Value], infer: Infer | None, *, explain: bool = True
) -> Assessment:
    """Assess one set of values (quantity name to value in the quantity's own unit).

    A quantity that is not in `values` is missing.  Impossible values are refused and never
    reach floor or model.  An exception of `infer` is not caught here: a model that fails is
    its owner's to report.
    """
    possible, impossible = _sift(values)
    if task.score is not None:
        possible = as_judged(task, possible)
    floor = compute_floor(task, possible)
    if impossible:
        return Assessment(Outcome.REFUSED, floor, reason=impossible)
    if infer is None:
        return Assessment(Outcome.NO_MODEL, floor, reason=f"the {task.kind} is not available")
    if task.score is not None:
        return _by_score(task, task.score, possible, floor)
    prepared = _prepare(task, possible)
    if isinstance(prepared, _Declined):
        return Assessment(prepared.outcome, floor, reason=prepared.reason)
    raw = infer(prepared.quantised)
    probability = dequantise(task.output_tensor, raw)
    if task.undecided and task.undecided[0] <= probability <= task.undecided[1]:
        return Assessment(
            Outcome.ABSTAINED, floor, reason="the model cannot tell the categories apart here"
        )
    return Assessment(
        Outcome.ANSWERED,
        floor,
        probability=probability,
        raw_int8=raw,
        category=task.category_of(probability).id,
        held=prepared.held,
        contributions=_explain(task, prepared.quantised, probability, infer) if explain else (),
    )


def _by_score(task: Task, score: Score, values: Mapping[str, Value], floor: Floor) -> Assessment:
    found = score_of(task, score, values)
    if isinstance(found, NoScore):
        return Assessment(Outcome.REFUSED, floor, reason=found.reason, action=found.action)
    total = sum(each.points for each in found)
    largest = max(each.points for each in found)
    return Assessment(
        Outcome.ANSWERED,
        floor,
        category=task.category_of_score(total, largest).id,
        score=total,
        points=found,
    )


def quantise(task: Task, real: Sequence[float]) -> tuple[int, ...]:
    """Scale each input over its trained range to 0..1 and round half up to int8.

    `real` is in the graph's order and already inside the trained ranges.
    """
    scale, zero_point = task.input_tensor.scale, task.input_tensor.zero_point
    quantised = []
    for each, value in zip(task.inputs, real, strict=True):
        unit = (value - each.trained_low) / (each.trained_high - each.trained_low)
        step = int(unit / scale + zero_point + 128.5) - 128
        quantised.append(-128 if step < -128 else 127 if step > 127 else step)
    return tuple(quantised)


def dequantise(tensor: Tensor, raw: int) -> float:
    """Return the real number that a raw int8 of this tensor stands for."""
    return (raw - tensor.zero_point) * tensor.scale


def _sift(values: Mapping[str, Value]) -> tuple[Mapping[str, Value], str]:
    """Part the possible values from the impossible; words for the latter, or empty."""
    refused = []
    for name, value in values.items():
        try:
            QUANTITIES[name].check(value)
        except ImpossibleValue as error:
            refused.append((name, str(error)))
    systolic, diastolic = values.get("systolic_mmhg"), values.get("diastolic_mmhg")
    both = isinstance(systolic, float | int) and isinstance(diastolic, float | int)
    bad = {name for name, _ in refused}
    # A pressure that no reading can be says nothing against the other one: its flag stands.
    if both and not diastolic < systolic and bad.isdisjoint(_PAIR):  # type: ignore[operator]
        refused += [(name, "diastolic_mmhg must be below systolic_mmhg") for name in _PAIR]
        bad.update(_PAIR)
    if not refused:
        return values, ""
    possible = {name: value for name, value in values.items() if name not in bad}
    return possible, "; ".join(dict.fromkeys(words for _, words in refused))


def _prepare(task: Task, values: Mapping[str, Value]) -> _Prepared | _Declined:
    real: list[float] = []
    held: list[str] = []
    missing: list[str] = []
    for each in task.inputs:
        value = values.get(each.quantity)
        if value is None:
            if each.impute is None:
                missing.append(each.quantity)
                continue
            value = each.impute
        number = _number(each, value)
        if number is None:
            return _Declined(
                Outcome.ABSTAINED, f"the model knows no answer for {each.quantity} = {value}"
            )
        if each.trained_low <= number <= each.trained_high:
            real.append(number)
            continue
        side, bound, end = (
            (each.below, each.trained_low, "below")
            if number < each.trained_low
            else (each.above, each.trained_high, "above")
        )
        inside = number >= side.until if end == "below" else number <= side.until
        if side.beyond is Beyond.ABSTAIN or not inside:
            return _Declined(
                Outcome.ABSTAINED, f"{each.quantity} is {end} what the model can judge: {side.why}"
            )
        real.append(bound)
        held.append(each.quantity)
    if missing:
        return _Declined(Outcome.REFUSED, "missing: " + ", ".join(missing))
    return _Prepared(quantise(task, real), tuple(held))


def _number(each: Input, value: Value) -> float | None:
    if not isinstance(value, str):
        return value
    return dict(each.codes).get(value)


def _explain(
    task: Task, quantised: tuple[int, ...], probability: float, infer: Infer
) -> tuple[Contribution, ...]:
    """Occlude each input in turn by its reference value; keep the largest changes.

    An input that changes nothing is not named.
    """
    usual = quantise(task, [each.reference for each in task.inputs])
    changes = []
    for index, each in enumerate(task.inputs):
        occluded = (*quantised[:index], usual[index], *quantised[index + 1 :])
        change = probability - dequantise(task.output_tensor, infer(occluded))
        if change:
            changes.append(Contribution(each.quantity, change))
    changes.sort(key=lambda c: -abs(c.change))
    return tuple(changes[:SHOWN_CONTRIBUTIONS])
