"""An additive score: all of it or nothing, and judged by values rounded by a stated rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clinical.assessment import Outcome, assess
from appliance.clinical.quantities import Value
from appliance.clinical.scoring import points_of, rounded
from appliance.clinical.task import Task
from appliance.clinical.task_form import task_from_form
from tests.unit.inference.toy import RULE_CASES, rule_form

VALUES: dict[str, Value] = {"age_years": 30.0, "pulse_rate_bpm": 101.0, "chest_pain": "typical"}


@pytest.fixture(scope="module")
def task() -> Task:
    return task_from_form(rule_form())


def proven(_quantised: object) -> int:
    raise AssertionError("a rule must never ask for a graph's answer")


@pytest.mark.parametrize(
    ("value", "step", "judged"),
    [
        (38.05, 0.1, 38.1),
        (38.04999, 0.1, 38.0),
        (36.05, 0.1, 36.1),
        (35.05, 0.1, 35.1),
        (35.04, 0.1, 35.0),
        (39.05, 0.1, 39.1),
        (38.000000000000004, 0.1, 38.0),
        (90.5, 1.0, 91.0),
        (90.4999, 1.0, 90.0),
        (15.99, None, 15.99),
        ("voice", 1.0, "voice"),
    ],
)
def test_rounding_is_half_up_by_the_decimal_digits(
    value: Value, step: float | None, judged: Value
) -> None:
    assert rounded(value, step) == judged


@given(st.integers(250, 450))
def test_what_is_on_the_grid_already_is_left_alone(tenths: int) -> None:
    assert rounded(tenths / 10, 0.1) == tenths / 10


@given(st.integers(250, 449), st.integers(0, 999))
def test_thousandths_are_rounded_as_by_hand(tenths: int, rest: int) -> None:
    value = float(f"{tenths // 10}.{tenths % 10}{rest:03d}")
    assert rounded(value, 0.1) == (tenths + (1 if rest >= 500 else 0)) / 10


def test_the_answer_of_a_rule(task: Task) -> None:
    answer = assess(task, VALUES, proven)
    assert answer.outcome is Outcome.ANSWERED
    assert (answer.score, answer.category) == (5, "much")
    assert [(each.part, each.points) for each in answer.points] == [("pulse", 2), ("pain", 3)]
    assert (answer.probability, answer.raw_int8, answer.contributions) == (None, None, ())
    assert answer.floor.rule_category is None


def test_one_part_alone_has_an_answer_of_its_own(task: Task) -> None:
    answer = assess(task, VALUES | {"pulse_rate_bpm": 80.0}, proven)
    assert (answer.score, answer.category) == (3, "alone")


@pytest.mark.parametrize("name", VALUES)
def test_with_anything_missing_there_is_no_part_of_a_score(task: Task, name: str) -> None:
    answer = assess(task, {q: v for q, v in VALUES.items() if q != name}, proven)
    assert answer.outcome is Outcome.REFUSED
    assert answer.reason == f"missing: {name}"
    assert (answer.score, answer.category, answer.points) == (None, None, ())


def test_whom_it_is_not_made_for_is_refused_even_while_values_are_missing(task: Task) -> None:
    for values in (VALUES | {"age_years": 9.9}, {"age_years": 9.9}):
        answer = assess(task, values, proven)
        assert answer.outcome is Outcome.REFUSED
        assert answer.reason == "toys are not for the small"
        assert answer.action == "Use another toy."
        assert (answer.score, answer.category, answer.points) == (None, None, ())
    assert assess(task, VALUES | {"age_years": 10.0}, proven).score == 5


def test_impossible_values_are_refused(task: Task) -> None:
    answer = assess(task, VALUES | {"pulse_rate_bpm": 301.0}, proven)
    assert (answer.outcome, answer.score) == (Outcome.REFUSED, None)
    assert "pulse_rate_bpm must be 20 to 300" in answer.reason


def test_flags_stand_without_the_rule_and_by_the_rounded_value(task: Task) -> None:
    answer = assess(task, VALUES | {"pulse_rate_bpm": 159.5}, None)
    assert (answer.outcome, answer.reason) == (Outcome.NO_MODEL, "the rule is not available")
    assert [flag.id for flag in answer.floor.flags] == ["racing"]
    assert (answer.score, answer.category, answer.points) == (None, None, ())
    assert assess(task, VALUES | {"pulse_rate_bpm": 159.4}, None).floor.flags == ()


@pytest.mark.parametrize("case", RULE_CASES, ids=str)
def test_the_cases_of_the_toy(task: Task, case: list[Value | None]) -> None:
    values = {q: v for q, v in zip(task.quantities, case, strict=False) if v is not None}
    answer = assess(task, values, proven)
    assert [answer.score, answer.category] == case[-2:]


def test_a_part_without_a_value_has_no_points_at_all(task: Task) -> None:
    assert task.score is not None
    with pytest.raises(LookupError, match="no band of pulse holds"):
        points_of(task.score.parts[0], {})


@pytest.mark.parametrize(
    ("total", "largest", "category"),
    [(0, 0, "calm"), (4, 2, "calm"), (3, 3, "alone"), (5, 2, "much"), (5, 3, "much")],
)
def test_the_last_category_that_is_reached(
    task: Task, total: int, largest: int, category: str
) -> None:
    assert task.category_of_score(total, largest).id == category
