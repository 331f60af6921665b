"""The answer screen: category or the reason for none, with everything that qualifies it.

Red flags and the plain rule stand on it whatever the model says.
"""

from __future__ import annotations

from collections.abc import Callable

from appliance.clinical.assessment import Contribution, Outcome
from appliance.clinical.measurement import Origin
from appliance.clinical.quantities import QUANTITIES, Value
from appliance.clinical.result import Result
from appliance.clinical.scoring import rounded
from appliance.clinical.task import Category, Level
from appliance.clock import Now
from appliance.presenting_words import clearing_words
from appliance.states import State
from appliance.views import KeyHint, Lamp, ResultView, Shown
from appliance.wording import brief, staff_words, unit_words

_LAMPS = {Level.CALM: Lamp.CALM, Level.CAUTION: Lamp.CAUTION, Level.URGENT: Lamp.URGENT}
_MARKS = {Origin.TYPED: " (typed)", Origin.STORED: " (stored)"}
_NO_ANSWER = {"model": "NO MODEL ANSWER", "rule": "NO SCORE"}
MANY_VALUES = 6
"""More inputs than this are marked more briefly, or the answer has no room beside them."""
_BRIEF_TYPED = "*"
_ACCEPTED, _BRIEF_ACCEPTED = " (doubtful, accepted)", "!"


def lamp_of_result(result: Result) -> Lamp:
    """Return the lamp of an answer; a red flag is urgent whatever the model says."""
    if result.assessment.floor.flags:
        return Lamp.URGENT
    if result.assessment.category is None:
        return Lamp.NO_ANSWER
    return _LAMPS[result.task.category(result.assessment.category).level]


def result_view(state: State, now: Now, time_of_day: Callable[[float], str]) -> ResultView:
    """Return the answer screen of the state's result.

    time_of_day: local wall time so many seconds from now, empty while the clock is not set.
    """
    result = state.result
    if result is None:
        raise LookupError("no result to show")
    assessment, task = result.assessment, result.task
    category = None if assessment.category is None else task.category(assessment.category)

    def shown(text: str) -> Shown:
        return Shown(text, result.encounter)

    chance = _how_much(result)
    flags = assessment.floor.flags
    return ResultView(
        name="result" if category else "refusal",
        title=task.title,
        patient=shown(f"Patient {result.encounter}"),
        headline=shown(category.label if category else _NO_ANSWER[task.kind]),
        level=category.level if category else None,
        chance=shown(chance) if chance else None,
        chance_means=_means(result) if chance else "",
        bar=assessment.probability,
        reason=None if category else shown(_reason(result)),
        todo=shown(_todo(result, category)),
        moved=tuple(shown(each) for each in (*_moved(result), *_points(result))),
        flags=tuple(shown(flag.text) for flag in flags),
        unchecked=_unchecked(result),
        rule=None if task.rule is None else shown(_rule(result)),
        differs=_differs(result),
        against_rule=task.against_rule if category else "",
        caveat=task.caveat,
        used=shown(_used(result)),
        valid_until=shown(_validity(result, now, time_of_day)),
        notice=state.notice or clearing_words(state, now),
        keys=(KeyHint("A", "done"), KeyHint("B", "change values")),
    )


def _chance(probability: float) -> str:
    """Return the probability in people out of 100; never as a certainty."""
    if probability < 0.005:
        return "under 1 of 100"
    if probability >= 0.995:
        return "over 99 of 100"
    return f"{probability * 100:.0f} of 100"


def _reason(result: Result) -> str:
    reason = brief(staff_words(result.assessment.reason))
    return reason[:1].upper() + reason[1:] + "."


def _todo(result: Result, category: Category | None) -> str:
    """Return what to do: by the first red flag, else by the answer.

    A score's own response comes before a flag: the flags stand in it already, and it may
    ask for more than they do.
    """
    assessment, flags = result.assessment, result.assessment.floor.flags
    if category is not None and (result.task.score is not None or not flags):
        return category.advice
    if flags:
        return flags[0].action
    if assessment.action:
        return assessment.action
    plain = "" if result.task.rule is None else "rule and "
    if assessment.outcome is Outcome.REFUSED:
        return f"Get the missing values, or decide by {plain}judgement."
    plain = "" if result.task.rule is None else ", the rule"
    return f"Decide by the red flags{plain} and your judgement."


def _how_much(result: Result) -> str:
    """Return the probability, or the whole score; empty when there is neither."""
    assessment, score = result.assessment, result.task.score
    if assessment.probability is not None:
        return _chance(assessment.probability)
    if assessment.score is None or score is None:
        return ""
    return f"{score.name}: {assessment.score}"


def _means(result: Result) -> str:
    score = result.task.score
    if score is None:
        return result.task.probability_means
    return f"Of {score.most} points. A rule, no model: {score.source}"


def _moved(result: Result) -> tuple[str, ...]:
    return tuple(_moved_by(each) for each in result.assessment.contributions)


def _moved_by(each: Contribution) -> str:
    direction = "raised" if each.change > 0 else "lowered"
    points = round(abs(each.change) * 100)
    return f"{QUANTITIES[each.quantity].label} {direction} it by {points or 'under 1'} of 100"


def _points(result: Result) -> tuple[str, ...]:
    """Return every part of a score that has points, the most first, a line for each number."""
    given = result.assessment.points
    counts = sorted({each.points for each in given if each.points}, reverse=True)
    return tuple(
        f"{count} {'point' if count == 1 else 'points'} {'each ' if len(parts) > 1 else ''}for "
        + ", ".join(parts)
        for count in counts
        if (parts := [each.label.lower() for each in given if each.points == count])
    )


def _rule(result: Result) -> str:
    floor, task = result.assessment.floor, result.task
    if floor.rule_category is None:
        lacks = ", ".join(QUANTITIES[name].label.lower() for name in floor.rule_lacks)
        return f"Plain rule: open, needs {lacks}"
    return f"Plain rule: {task.category(floor.rule_category).label}"


def _differs(result: Result) -> bool:
    by_rule, by_model = result.assessment.floor.rule_category, result.assessment.category
    return by_rule is not None and by_model is not None and by_rule != by_model


def _unchecked(result: Result) -> Shown | None:
    left_open = result.assessment.floor.unchecked
    if not left_open:
        return None
    flags = "1 red flag" if len(left_open) == 1 else f"{len(left_open)} red flags"
    return Shown(f"{flags} not checked: values missing", result.encounter)


def _used(result: Result) -> str:
    """Return every value that was used, and which were typed: in brief where there are many."""
    parts: list[str] = []
    many, typed, accepted = len(result.task.inputs) > MANY_VALUES, False, False
    for name in result.task.quantities:
        m = result.used.get(name)
        if m is None or m.value is None:
            continue
        quantity = QUANTITIES[name]
        value = f"{quantity.label} {quantity.format(m.value)} {unit_words(quantity.unit)}".rstrip()
        by_hand = m.source.origin is Origin.TYPED
        mark = _BRIEF_TYPED if many and by_hand else _MARKS.get(m.source.origin, "")
        if m.accepted:
            mark += _BRIEF_ACCEPTED if many else _ACCEPTED
        typed, accepted = typed or by_hand, accepted or bool(m.accepted)
        parts.append(f"{value}{mark}{_judged_as(result, name, m.value)}")
    legend = [f"{_BRIEF_TYPED} typed"] if many and typed else []
    legend += [f"{_BRIEF_ACCEPTED} doubtful, accepted"] if many and accepted else []
    return " · ".join([*parts, *legend])


def _judged_as(result: Result, name: str, value: Value) -> str:
    """Say with which bound or rounded value it was computed in place of the value, if it was."""
    each = next(each for each in result.task.inputs if each.quantity == name)
    judged = QUANTITIES[name].format(rounded(value, each.round_to))
    if judged != QUANTITIES[name].format(value):
        return f", judged as {judged}"
    if name not in result.assessment.held or isinstance(value, str):
        return ""
    bound = each.trained_low if value < each.trained_low else each.trained_high
    return f", judged as {QUANTITIES[name].format(bound)}"


def _validity(result: Result, now: Now, time_of_day: Callable[[float], str]) -> str:
    left_s = max(0.0, result.valid_until_mono_s - now.mono_s)
    left = f"{int(left_s // 60)} min" if left_s >= 60 else f"{int(left_s)} s"
    until = time_of_day(left_s)
    return f"Valid until {until} ({left})" if until else f"Valid for {left}"
