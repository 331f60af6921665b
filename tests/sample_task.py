"""A small task for tests: two numbers and a choice, a rule and two red flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from appliance.clinical.measurement import KEYPAD, Measurement, Origin, Source, Status
from appliance.clinical.quantities import Value
from appliance.clinical.task import (
    Beyond,
    Category,
    Condition,
    Input,
    Level,
    RedFlag,
    Rule,
    SidePolicy,
    Task,
    Tensor,
)

STOP = SidePolicy(Beyond.ABSTAIN, 0.0, "never seen in training")


def hold(until: float) -> SidePolicy:
    """A side that computes with the bound up to `until`."""
    return SidePolicy(Beyond.HOLD, until, "beyond any patient seen")


SYSTOLIC = Input("systolic_mmhg", 80, 160, STOP, hold(220), 120.0, how="Measure it.")
DIASTOLIC = Input("diastolic_mmhg", 50, 100, STOP, hold(140), 80.0, how="Measure it.")
GLUCOSE = Input("glucose_mmol_l", 6, 19, hold(3.9), hold(25), 7.0, how="Prick a finger.")
PREGNANT = Input(
    "pregnant", 0, 1, STOP, STOP, 0.0, codes=(("yes", 1.0), ("no", 0.0)), how="Ask her."
)

TASK = Task(
    id="sample",
    version="1.0.0",
    release=1,
    title="Sample task",
    question="Is it high?",
    probability_means="share of made-up patients",
    intended_use="tests",
    exclusions=("everybody",),
    caveat="Made up.",
    valid_for_s=900.0,
    inputs=(SYSTOLIC, DIASTOLIC, GLUCOSE, PREGNANT),
    input_tensor=Tensor(1 / 255, -128),
    output_tensor=Tensor(1 / 256, -128),
    categories=(
        Category("low", "NOT HIGH", Level.CALM, 0.0, "Fine.", "Go on."),
        Category("high", "HIGH", Level.URGENT, 0.5, "Not fine.", "Call for help."),
    ),
    undecided=None,
    rule=Rule(
        "Glucose 8 or systolic 140: high",
        (
            (Condition("glucose_mmol_l", at_least=8.0),),
            (Condition("systolic_mmhg", at_least=140.0),),
        ),
        "high",
        "low",
        "made up",
    ),
    red_flags=(
        RedFlag(
            "severe-hypertension", "Severe high blood pressure", "Treat now.",
            (
                (Condition("systolic_mmhg", at_least=160.0),),
                (Condition("diastolic_mmhg", at_least=110.0),),
            ),
            "made up",
        ),
        RedFlag(
            "low-sugar", "Low blood sugar", "Give sugar.",
            ((Condition("glucose_mmol_l", below=3.9),),), "made up",
        ),
    ),
    against_rule="As good as the rule.",
)  # fmt: skip

WELL = {"systolic_mmhg": 118.0, "diastolic_mmhg": 76.0, "glucose_mmol_l": 6.5, "pregnant": "yes"}
CUFF = Source(Origin.INSTRUMENT, "cuff", "line_nmea")


def infer_sum(quantised: Sequence[int]) -> int:
    """A model that can be computed by hand: the mean of its inputs."""
    return round(sum(quantised) / len(quantised))


def measured(
    quantity: str, value: Value | None, at_s: float, source: Source = CUFF, group: str = ""
) -> Measurement:
    """A valid measurement, or a missing one for None."""
    if value is None:
        return Measurement(quantity, None, Status.MISSING, source, at_s, reason="finger out")
    return Measurement(quantity, value, Status.VALID, source, at_s, group=group)


def typed(quantity: str, value: Value, at_s: float, group: str = "") -> Measurement:
    """A typed value."""
    return measured(quantity, value, at_s, KEYPAD, group)


def doubtful(quantity: str, value: Value, at_s: float) -> Measurement:
    """A doubtful reading of the cuff."""
    return replace(measured(quantity, value, at_s), status=Status.DOUBTFUL, reason="the arm moved")
