"""The judge before answer screens: each must follow from its own values, and not outlive them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.clinical.assessment import assess
from appliance.clinical.measurement import KEYPAD, Measurement, Origin, Source, Status
from appliance.clinical.result import give_result
from appliance.clock import Now
from appliance.inference.bundle import read_bundle
from appliance.inference.engines import open_engine
from appliance.presenting import Place
from appliance.presenting_result import result_view
from appliance.states import Mode, State
from appliance.views import ResultView, RowState, Shown
from hw_mocks.endurance.truth import Press
from tests.unit.endurance.forged import BUNDLE, NOW_S, TAG, WALL_S, Bench, inputs, row

BOARD = Source(Origin.INSTRUMENT, "board")
TYPED_S = NOW_S - 50.0
MEASURED_S = NOW_S - 20.0
VALUES = {
    "age_years": 31.0,
    "systolic_mmhg": 128.0,
    "diastolic_mmhg": 79.0,
    "glucose_mmol_l": 7.2,
    "temp_degc": 36.9,
    "pulse_rate_bpm": 84.0,
}
TYPED = ("age_years", "glucose_mmol_l")


@pytest.fixture(scope="module")
def loaded() -> Any:
    bundle = read_bundle(BUNDLE)
    return bundle.task, open_engine("auto", bundle.model)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path / "screens")
    for name in TYPED:
        made.typed(50.0, name, VALUES[name])
    made.said(20.0, "board", **{n: v for n, v in VALUES.items() if n not in TYPED})
    return made


@pytest.fixture
def answer(loaded: Any) -> ResultView:
    """Return the true answer screen of VALUES."""
    return answer_of(loaded, VALUES)


def answer_of(loaded: Any, values: dict[str, float]) -> ResultView:
    task, engine = loaded
    used = {
        name: Measurement(
            name,
            value,
            Status.VALID,
            KEYPAD if name in TYPED else BOARD,
            TYPED_S if name in TYPED else MEASURED_S,
        )
        for name, value in values.items()
    }
    result = give_result(TAG, task, assess(task, values, engine.invoke), used, NOW_S)
    state = State(mode=Mode.RESULT, result=result, last_key_mono_s=NOW_S)
    now = Now(NOW_S, WALL_S + NOW_S)
    return result_view(state, now, lambda later_s: Place().time_of_day(now, later_s))


def finds(faults: list[str], words: str) -> None:
    assert any(words in fault for fault in faults), faults


def test_a_true_answer_is_let_pass(bench: Bench, answer: ResultView) -> None:
    assert bench.verdict(answer) == []
    assert bench.judge.counts["numbers"] == len(VALUES)


def test_a_true_answer_without_the_model_is_let_pass(bench: Bench, loaded: Any) -> None:
    fewer = {name: value for name, value in VALUES.items() if name != "temp_degc"}
    assert bench.verdict(answer_of(loaded, fewer)) == []


def test_a_value_that_was_not_said(bench: Bench, answer: ResultView) -> None:
    for text, other in (("Pulse 84", "Pulse 85"), ("31 years (typed)", "32 years (typed)")):
        lie = replace(answer, used=Shown(answer.used.text.replace(text, other), TAG))
        finds(bench.verdict(lie), f"used {other.split(' years')[0].replace('32', 'Age 32')}")


def test_a_value_of_the_patient_before(bench: Bench, loaded: Any) -> None:
    bench.said(130.0, "board", temp_degc=39.1)
    lie = answer_of(loaded, VALUES | {"temp_degc": 39.1})
    finds(bench.verdict(lie), "said before this patient came")


def test_values_of_two_readings(bench: Bench, loaded: Any) -> None:
    bench.said(30.0, "board", systolic_mmhg=121.0, diastolic_mmhg=72.0)
    lie = answer_of(loaded, VALUES | {"diastolic_mmhg": 72.0})
    finds(bench.verdict(lie), "not of one reading")


def test_other_values_than_were_reviewed(bench: Bench, answer: ResultView) -> None:
    rows = [
        row("Age", "31", "50 s ago, typed", RowState.TYPED, unit="years"),
        row("Systolic pressure", "128", "20 s ago, board", RowState.TAKEN, unit="mmHg"),
        row("Diastolic pressure", "79", "20 s ago, board", RowState.TAKEN, unit="mmHg"),
        row("Blood glucose", "7.2", "50 s ago, typed", RowState.TYPED, unit="mmol/L"),
        row("Body temperature", "36.9", "20 s ago, board", RowState.TAKEN, unit="°C"),
    ]
    bench.said(40.5, "board", pulse_rate_bpm=91.0)
    reviewed = row("Pulse", "91", "40 s ago, board", RowState.TAKEN)
    assert bench.verdict(inputs(*rows, reviewed, name="review")) == []
    finds(bench.verdict(answer), "but 91 was reviewed")
    mine = row("Pulse", "84", "20 s ago, board", RowState.TAKEN)
    assert bench.verdict(inputs(*rows, mine, name="review")) == []
    assert bench.verdict(answer) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"headline": Shown("HIGH RISK", TAG)}, "'HIGH RISK', not"),
        ({"chance": Shown("64 of 100", TAG)}, "'64 of 100', not"),
        ({"rule": Shown("Plain rule: HIGH RISK", TAG)}, "'Plain rule: HIGH RISK', not"),
        ({"flags": (Shown("Low blood sugar", TAG),)}, "flags ['Low blood sugar'], not []"),
        ({"moved": (Shown("Pulse raised it by 33 of 100", TAG),)}, "is not what moved it"),
        ({"unchecked": Shown("2 red flags not checked: values missing", TAG)}, "not ''"),
        ({"todo": Shown("Give 2 litres", TAG)}, "nobody accounts for"),
        ({"used": Shown("Age 31 years (typed) and more", TAG)}, "cannot be read"),
        ({"valid_until": Shown("Valid for 2 h", TAG)}, "cannot be read"),
    ],
)
def test_an_answer_that_does_not_follow_from_its_values(
    bench: Bench, answer: ResultView, change: dict[str, Any], fault: str
) -> None:
    finds(bench.verdict(replace(answer, **change)), fault)


def test_a_red_flag_that_is_not_shown(bench: Bench, loaded: Any) -> None:
    bench.said(10.0, "board", systolic_mmhg=171.0, diastolic_mmhg=101.0)
    severe = VALUES | {"systolic_mmhg": 171.0, "diastolic_mmhg": 101.0}
    assert bench.verdict(answer_of(loaded, severe)) == []
    silent = replace(answer_of(loaded, severe), flags=())
    finds(bench.verdict(silent), "flags [], not ['Severe high blood pressure in pregnancy']")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("Valid for 14 min", ""),
        ("Valid for 15 min", "valid for 900 s more, its values are for 880"),
        ("Valid until 08:47 (14 min)", ""),
        ("Valid until 09:10 (14 min)", "09:10 is not when it ends"),
    ],
)
def test_how_long_an_answer_is_valid(
    bench: Bench, answer: ResultView, words: str, fault: str
) -> None:
    faults = bench.verdict(replace(answer, valid_until=Shown(words, TAG)))
    assert faults == [] if not fault else any(fault in each for each in faults), faults


def test_an_answer_that_outlives_its_values(bench: Bench, answer: ResultView) -> None:
    bench.truth.press(Press("D", NOW_S + 800.0, NOW_S + 800.1))
    assert bench.verdict(answer, until_mono_s=NOW_S + 880.5) == []
    finds(bench.verdict(answer, until_mono_s=NOW_S + 890.0), "910 s old, may be used for 900 s")


def test_an_answer_that_outlives_itself(bench: Bench, loaded: Any) -> None:
    bench.truth.press(Press("D", NOW_S + 800.0, NOW_S + 800.1))
    view = answer_of(loaded, {name: VALUES[name] for name in TYPED})
    assert bench.verdict(view, until_mono_s=NOW_S + 901.0) == []
    finds(bench.verdict(view, until_mono_s=NOW_S + 905.0), "stood 5 s longer than its values")
