"""How many keys each task takes, counted on the real controller, as docs/clinic publishes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from appliance.clinical.measurement import Measurement, Origin, Source, Status
from appliance.clinical.quantities import Value
from appliance.clinical.stored import StoredResult
from appliance.events import (
    AssessmentFinished,
    MeasuringChanged,
    MeasuringPhase,
    StoredResultsReceived,
)
from appliance.states import Assess, Mode
from appliance.views import ResultView
from tests.shipped_views import HIGH, NEWS, Walk, assessed

PAGE = Path(__file__).parents[3] / "docs" / "clinic" / "README.md"
METER = Source(Origin.INSTRUMENT, "meter", "onetouch_ultraeasy")


class Counted(Walk):
    """An appliance that counts the keys, digits and all."""

    def __init__(self) -> None:
        self.count = 0
        super().__init__()

    def press(self, printed: str) -> object:  # type: ignore[override]
        self.count += len(printed)
        return super().press(printed)

    def measure(self) -> None:
        """Let the cuff measure what was ordered."""
        self.happen(MeasuringChanged("cuff", MeasuringPhase.INFLATING))
        self.happen(MeasuringChanged("cuff", MeasuringPhase.DONE))
        self.hear("cuff", systolic_mmhg=145.0, diastolic_mmhg=95.0)

    def type_all(self, values: Mapping[str, Value]) -> None:
        """Type what is missing, as the mark moves on by itself."""
        served = self.state.served
        assert served is not None
        for each in served.task.inputs:
            value = values[each.quantity]
            if isinstance(value, str):
                choices = {"no": "2", "yes": "1", "alert": "1", "1": "1", "2": "2"}
                self.press(f"{choices[value]}A")
            else:
                self.press(f"{value:g}".replace(".", "*") + "A")

    def answer_it(self, name: str) -> None:
        """Let the model answer; the screen must be that of an answer."""
        asked = next(each for each in self.commands if isinstance(each, Assess))
        self.happen(AssessmentFinished(asked.request, assessed(name)))
        assert isinstance(self.view(), ResultView)


def by_instruments() -> int:
    walk = Counted()
    walk.press("A135A*")
    walk.measure()
    walk.hear("oximeter", pulse_rate_bpm=84.0)
    walk.hear("monitor", temp_degc=36.8, glucose_mmol_l=11.0)
    walk.press("AA")
    walk.answer_it("answer-high")
    return walk.count


def sugar_typed() -> int:
    walk = Counted()
    walk.press("A135A*")
    walk.measure()
    walk.hear("oximeter", pulse_rate_bpm=84.0)
    walk.hear("thermometer", temp_degc=36.8)
    walk.press("A11A")
    walk.press("AA")
    walk.answer_it("answer-high")
    return walk.count


def sugar_picked() -> int:
    walk = Counted()
    walk.press("A135A*")
    walk.measure()
    walk.hear("oximeter", pulse_rate_bpm=84.0)
    walk.hear("thermometer", temp_degc=36.8)
    m = Measurement("glucose_mmol_l", 11.0, Status.VALID, METER, walk.now_s)
    walk.happen(StoredResultsReceived("meter", (StoredResult(m, "", 60.0, None),)))
    walk.press("AAA")
    walk.press("AA")
    walk.answer_it("answer-high")
    return walk.count


def maternal_typed() -> int:
    walk = Counted()
    walk.press("A1")
    walk.type_all(HIGH)
    walk.press("AA")
    walk.answer_it("answer-high")
    return walk.count


def news_typed() -> int:
    walk = Counted()
    walk.press("A2")
    walk.type_all(NEWS)
    walk.press("AA")
    walk.answer_it("news2-low")
    return walk.count


def measured_again() -> int:
    """From the review to the answer, with the last value taken anew from its instrument."""
    walk = Counted()
    walk.press("A135A")
    walk.hear("monitor", **{k: v for k, v in HIGH.items() if k != "age_years"})
    walk.press("A")
    walk.count = 0
    walk.press("DDDDDC")
    walk.now_s += 1.0
    walk.hear("monitor", pulse_rate_bpm=84.0)
    walk.press("AA")
    walk.answer_it("answer-high")
    return walk.count


def finished() -> int:
    walk = Counted()
    walk.press("A1")
    walk.answer(HIGH, assessed("answer-high"))
    walk.count = 0
    walk.press("A")
    assert walk.state.mode is Mode.IDLE
    return walk.count


def undone() -> int:
    walk = Counted()
    walk.press("A135A")
    while walk.state.selected:
        Walk.press(walk, "D")
    walk.count = 0
    walk.press("CC")
    assert walk.state.encounter is not None
    assert not walk.state.encounter.newest
    return walk.count


def cancelled() -> int:
    walk = Counted()
    walk.press("A1")
    walk.count = 0
    walk.press("BB")
    assert walk.state.mode is Mode.IDLE
    return walk.count


def helped() -> int:
    walk = Counted()
    walk.press("A1")
    walk.count = 0
    walk.press("#")
    assert walk.state.helping
    return walk.count


def switched_off() -> int:
    walk = Counted()
    walk.press("#DA")
    assert walk.state.mode is Mode.SWITCHING_OFF
    return walk.count


TASKS: Mapping[str, Callable[[], int]] = {
    "Maternal risk: age typed, cuff, oximeter, and one instrument for the rest": by_instruments,
    "Maternal risk: the sugar typed too (two figures)": sugar_typed,
    "Maternal risk: the sugar picked from a meter": sugar_picked,
    "Maternal risk: all six values typed": maternal_typed,
    "NEWS2: all ten values typed": news_typed,
    "From the review: the last of six values measured again, to the answer": measured_again,
    "After the answer: finish": finished,
    "Undo a value that was typed (its row is marked)": undone,
    "Cancel a patient": cancelled,
    "Help with the keys of any screen": helped,
    "Switch off without a power key": switched_off,
}
MOST_FOR_MATERNAL_RISK = 8
"""The aim with three instruments attached."""


@pytest.mark.parametrize("task", TASKS)
def test_the_clinics_page_says_how_many_keys_a_task_takes(task: str) -> None:
    assert f"| {task} | {TASKS[task]()} |" in PAGE.read_text("utf-8")


def test_maternal_risk_with_three_instruments_takes_eight_keys() -> None:
    assert by_instruments() <= MOST_FOR_MATERNAL_RISK
