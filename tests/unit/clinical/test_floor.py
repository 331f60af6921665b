"""Red flags and rule: unknown is never false, and no model is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.clinical.floor import compute_floor
from appliance.clinical.quantities import Value
from appliance.clinical.task import Condition, RedFlag
from tests.sample_task import TASK, WELL


def flags(**values: Value) -> list[str]:
    return [flag.id for flag in compute_floor(TASK, values).flags]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"systolic_mmhg": 159.9, "diastolic_mmhg": 109.9}, []),
        ({"systolic_mmhg": 160.0}, ["severe-hypertension"]),
        ({"diastolic_mmhg": 110.0}, ["severe-hypertension"]),
        ({"systolic_mmhg": 160.0, "glucose_mmol_l": 3.8}, ["severe-hypertension", "low-sugar"]),
        ({"glucose_mmol_l": 3.9}, []),
    ],
)
def test_flags_at_their_edges(values: dict[str, Value], expected: list[str]) -> None:
    assert flags(**values) == expected


def test_a_flag_that_a_missing_value_leaves_open_is_unchecked_not_down() -> None:
    floor = compute_floor(TASK, {"systolic_mmhg": 120.0})
    assert [flag.id for flag in floor.unchecked] == ["severe-hypertension", "low-sugar"]
    assert floor.flags == ()


def test_a_flag_that_is_up_is_not_also_unchecked() -> None:
    floor = compute_floor(TASK, {"systolic_mmhg": 170.0})
    assert [flag.id for flag in floor.unchecked] == ["low-sugar"]


@pytest.mark.parametrize(
    ("values", "category", "lacks"),
    [
        (WELL, "low", ()),
        ({"glucose_mmol_l": 8.0}, "high", ()),
        ({"systolic_mmhg": 140.0}, "high", ()),
        ({"glucose_mmol_l": 7.9}, None, ("systolic_mmhg",)),
        ({}, None, ("glucose_mmol_l", "systolic_mmhg")),
    ],
)
def test_rule(values: dict[str, Value], category: str | None, lacks: tuple[str, ...]) -> None:
    floor = compute_floor(TASK, values)
    assert floor.rule_category == category
    assert floor.rule_lacks == lacks


def test_a_group_needs_all_of_its_conditions() -> None:
    from dataclasses import replace

    both = RedFlag(
        "both", "Both", "Act.",
        ((Condition("pregnant", equals="yes"), Condition("spo2_pct", at_most=94.0, above=30.0)),),
        "made up",
    )  # fmt: skip
    task = replace(TASK, red_flags=(both,))
    assert compute_floor(task, {"pregnant": "yes", "spo2_pct": 94.0}).flags == (both,)
    assert compute_floor(task, {"pregnant": "no", "spo2_pct": 94.0}).flags == ()
    assert compute_floor(task, {"pregnant": "yes", "spo2_pct": 30.0}).flags == ()
    assert compute_floor(task, {"pregnant": "yes"}).unchecked == (both,)
    # One condition is false already: the missing other cannot raise the flag any more.
    assert compute_floor(task, {"pregnant": "no"}).unchecked == ()


def test_a_number_that_must_be_equal_is_compared() -> None:
    flag = replace(TASK.red_flags[0], when=((Condition("glucose_mmol_l", equals=7.0),),))
    task = replace(TASK, red_flags=(flag,))
    assert compute_floor(task, {"glucose_mmol_l": 7.0}).flags == (flag,)
    assert compute_floor(task, {"glucose_mmol_l": 7.1}).flags == ()
