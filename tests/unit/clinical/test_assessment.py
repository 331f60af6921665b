"""From values to an answer: policies, refusals, abstention, explanation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clinical.assessment import Outcome, assess, dequantise, quantise
from appliance.clinical.quantities import Value
from tests.sample_task import SYSTOLIC, TASK, WELL, infer_sum


def given_values(**changes: Value | None) -> dict[str, Value]:
    values = {**WELL, **{k: v for k, v in changes.items() if v is not None}}
    return {k: v for k, v in values.items() if changes.get(k, v) is not None}


def never(_quantised: Sequence[int]) -> int:
    raise AssertionError("the model must not be asked")


def test_an_answer_carries_probability_raw_output_and_category() -> None:
    a = assess(TASK, WELL, lambda _: 64)
    assert (a.outcome, a.raw_int8, a.category) == (Outcome.ANSWERED, 64, "high")
    assert a.probability == (64 + 128) / 256


@pytest.mark.parametrize(
    ("raw", "category"), [(-128, "low"), (-1, "low"), (0, "high"), (127, "high")]
)
def test_category_at_its_threshold(raw: int, category: str) -> None:
    assert assess(TASK, WELL, lambda _: raw).category == category


def test_inputs_are_scaled_over_the_trained_range_in_order() -> None:
    seen: list[tuple[int, ...]] = []
    assess(TASK, WELL, lambda q: seen.append(tuple(q)) or 0, explain=False)  # type: ignore[func-returns-value]
    expected = [
        (118 - 80) / 80,
        (76 - 50) / 50,
        (6.5 - 6) / 13,
        1.0,
    ]
    assert seen == [tuple(round(u * 255) - 128 for u in expected)]


@given(st.floats(80, 160))
def test_quantising_is_the_nearest_step(systolic: float) -> None:
    (step,) = quantise(replace(TASK, inputs=(SYSTOLIC,)), [systolic])
    assert -128 <= step <= 127
    assert abs((step + 128) / 255 * 80 + 80 - systolic) <= 80 / 255 / 2 + 1e-9


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ({"systolic_mmhg": 175.0, "diastolic_mmhg": 95.0}, ("systolic_mmhg",)),
        ({"systolic_mmhg": 220.0}, ("systolic_mmhg",)),
        ({"glucose_mmol_l": 4.8}, ("glucose_mmol_l",)),
        ({"glucose_mmol_l": 3.9}, ("glucose_mmol_l",)),
    ],
)
def test_beyond_the_range_is_held_at_the_bound_where_the_policy_says(
    values: dict[str, Value], held: tuple[str, ...]
) -> None:
    a = assess(TASK, given_values(**values), infer_sum)
    bounds = {"systolic_mmhg": 160.0, "glucose_mmol_l": 6.0}
    at_bound = assess(TASK, given_values(**{**values, held[0]: bounds[held[0]]}), infer_sum)
    assert a.outcome is Outcome.ANSWERED
    assert a.held == held
    assert a.raw_int8 == at_bound.raw_int8


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"systolic_mmhg": 79.0, "diastolic_mmhg": 50.0}, "systolic_mmhg is below"),
        ({"systolic_mmhg": 221.0}, "systolic_mmhg is above"),
        ({"glucose_mmol_l": 3.8}, "glucose_mmol_l is below"),
        ({"pregnant": "unknown"}, "pregnant = unknown"),
    ],
)
def test_beyond_the_policy_the_model_declines_and_the_floor_stands(
    values: dict[str, Value], words: str
) -> None:
    a = assess(TASK, given_values(**values), never)
    assert a.outcome is Outcome.ABSTAINED
    assert words in a.reason
    assert (a.probability, a.category, a.raw_int8, a.contributions) == (None, None, None, ())
    assert a.floor.rule_category is not None


def test_what_the_model_cannot_judge_may_still_raise_a_red_flag() -> None:
    a = assess(TASK, given_values(systolic_mmhg=230.0), never)
    assert a.outcome is Outcome.ABSTAINED
    assert [flag.id for flag in a.floor.flags] == ["severe-hypertension"]


def test_a_missing_input_is_refused_by_name_and_the_floor_stands() -> None:
    a = assess(TASK, given_values(glucose_mmol_l=None, systolic_mmhg=165.0), never)
    assert (a.outcome, a.reason) == (Outcome.REFUSED, "missing: glucose_mmol_l")
    assert [flag.id for flag in a.floor.flags] == ["severe-hypertension"]
    assert a.floor.rule_category == "high"


def test_an_input_with_a_substitute_may_be_missing() -> None:
    inputs = tuple(
        replace(i, impute=7.0) if i.quantity == "glucose_mmol_l" else i for i in TASK.inputs
    )
    a = assess(replace(TASK, inputs=inputs), given_values(glucose_mmol_l=None), infer_sum)
    assert a.raw_int8 == assess(TASK, given_values(glucose_mmol_l=7.0), infer_sum).raw_int8


@pytest.mark.parametrize(
    "values",
    [
        {"systolic_mmhg": 500.0},
        {"glucose_mmol_l": 0.0},
        {"pregnant": "perhaps"},
        {"systolic_mmhg": 90.0, "diastolic_mmhg": 90.0},
        {"diastolic_mmhg": float("nan")},
    ],
)
def test_impossible_values_reach_neither_model_nor_floor(values: dict[str, Value]) -> None:
    a = assess(TASK, given_values(**values), never)
    assert a.outcome is Outcome.REFUSED
    assert all(name in a.reason for name in values)
    assert a.floor.flags == ()


def test_without_a_model_the_floor_answers_alone() -> None:
    a = assess(TASK, given_values(systolic_mmhg=170.0), None)
    assert a.outcome is Outcome.NO_MODEL
    assert (a.category, a.probability) == (None, None)
    assert [flag.id for flag in a.floor.flags] == ["severe-hypertension"]


@pytest.mark.parametrize(
    ("raw", "outcome"), [(-30, "answered"), (-20, "abstained"), (0, "abstained"), (1, "answered")]
)
def test_in_the_undecided_band_the_model_declines(raw: int, outcome: str) -> None:
    band = ((-20 + 128) / 256, 0.5)
    assert assess(replace(TASK, undecided=band), WELL, lambda _: raw).outcome == outcome


def test_explanation_is_the_change_by_putting_the_usual_value_instead() -> None:
    a = assess(TASK, WELL, infer_sum)
    base = infer_sum(quantise(TASK, [118.0, 76.0, 6.5, 1.0]))
    expected = {}
    for index, (name, usual) in enumerate(
        zip(TASK.quantities, [120.0, 80.0, 7.0, 0.0], strict=True)
    ):
        real = [118.0, 76.0, 6.5, 1.0]
        real[index] = usual
        raw = infer_sum(quantise(TASK, real))
        if raw != base:
            expected[name] = dequantise(TASK.output_tensor, base) - dequantise(
                TASK.output_tensor, raw
            )
    given_ = {c.quantity: c.change for c in a.contributions}
    assert set(given_) <= set(expected)
    assert all(given_[name] == pytest.approx(expected[name]) for name in given_)
    changes = [abs(c.change) for c in a.contributions]
    assert changes == sorted(changes, reverse=True)
    assert len(changes) == min(3, len(expected))


def test_an_impossible_pressure_says_nothing_against_the_other_one() -> None:
    answer = assess(TASK, {"systolic_mmhg": 175.0, "diastolic_mmhg": 400.0}, None)
    assert answer.outcome is Outcome.REFUSED
    assert [flag.id for flag in answer.floor.flags] == ["severe-hypertension"]
    crossed = assess(TASK, {"systolic_mmhg": 175.0, "diastolic_mmhg": 180.0}, None)
    assert crossed.floor.flags == ()


def test_pressures_in_the_wrong_order_raise_no_flag_and_settle_no_rule() -> None:
    a = assess(TASK, given_values(systolic_mmhg=175.0, diastolic_mmhg=180.0), never)
    assert a.outcome is Outcome.REFUSED
    assert a.floor.flags == ()
    assert a.floor.rule_category is None


def test_a_substitute_is_what_the_bundle_says_not_what_is_usual() -> None:
    seen: list[Sequence[int]] = []

    def look(quantised: Sequence[int]) -> int:
        seen.append(quantised)
        return 0

    pregnant = replace(TASK.inputs[3], impute=1.0)
    assert pregnant.reference != pregnant.impute
    task = replace(TASK, inputs=(*TASK.inputs[:3], pregnant))
    assess(task, given_values(pregnant=None), look)
    assert seen[0][3] == 127


def test_the_largest_changes_are_told_first_whichever_way_and_none_that_is_nil() -> None:
    # Systolic lowers it a little, diastolic raises it less, sugar lowers it much.
    def weigh(quantised: Sequence[int]) -> int:
        systolic, diastolic, sugar, _ = quantised
        return round((2 * -systolic + diastolic - 5 * sugar) / 10)

    values = given_values(systolic_mmhg=140.0, diastolic_mmhg=90.0, glucose_mmol_l=15.0)
    a = assess(TASK, values, weigh)
    assert [c.quantity for c in a.contributions] == [
        "glucose_mmol_l",
        "systolic_mmhg",
        "diastolic_mmhg",
    ]
    assert [c.change > 0 for c in a.contributions] == [False, False, True]
    assert assess(TASK, values, lambda _: 0).contributions == ()
