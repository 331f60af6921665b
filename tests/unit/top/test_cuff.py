"""The cuff on command: started for this patient only, stopped at the first doubt."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from appliance.actions_cuff import AGE_FIRST, patient_of
from appliance.clinical.measurement import Measurement, Origin, Source
from appliance.clinical.task import Input
from appliance.clock import Now
from appliance.controller import step
from appliance.events import (
    Event,
    Key,
    KeyPressed,
    LinkChanged,
    LinkState,
    MeasurementReceived,
    MeasuringChanged,
    MeasuringPhase,
    ModelAdmitted,
    SelfTestFinished,
    StopRequested,
    TimePassed,
    WorkerDied,
)
from appliance.orders import AbortMeasuring, Order, Patient, StartMeasuring
from appliance.presenting import Place, present
from appliance.states import Mode, OrderInstrument, State
from appliance.views import InputsView, RowState
from tests.sample_task import STOP, TASK, measured, typed

AGE = Input("age_years", 10, 66, STOP, STOP, 30.0, how="Ask her.")
WITH_AGE = replace(TASK, inputs=(AGE, *TASK.inputs))
MODULE = Source(Origin.INSTRUMENT, "cuff", "suntech_nibp")
KEYS = {key.value: key for key in Key}


class Bedside:
    def __init__(self) -> None:
        self.now_s = 1000.0
        self.state = State(expected_bundles=1, commanded=("cuff",), last_key_mono_s=1000.0)
        self.orders: list[Order] = []
        for event in (ModelAdmitted(WITH_AGE), SelfTestFinished()):
            self.happen(event)
        self.happen(LinkChanged("cuff", LinkState.SPEAKING))
        self.press("A1")

    def happen(self, event: Event) -> None:
        self.state, commands = step(self.state, event, Now(self.now_s))
        self.orders += [c.order for c in commands if isinstance(c, OrderInstrument)]

    def press(self, printed: str) -> None:
        for each in printed:
            self.now_s += 0.1
            self.happen(KeyPressed(KEYS[each], self.now_s))

    def phase(self, phase: MeasuringPhase, words: str = "") -> None:
        self.now_s += 0.1
        self.happen(MeasuringChanged("cuff", phase, words))

    def reading(self) -> None:
        self.now_s += 0.1
        for name, value in (("systolic_mmhg", 150.0), ("diastolic_mmhg", 95.0)):
            m = measured(name, value, self.now_s, MODULE, group="7")
            self.happen(MeasurementReceived(m))

    def rows(self) -> dict[str, tuple[RowState, str]]:
        view = present(self.state, Now(self.now_s), Place())
        assert isinstance(view, InputsView)
        return {r.label: (r.state, r.detail.text if r.detail else r.hint) for r in view.rows}


@pytest.fixture
def bedside() -> Bedside:
    return Bedside()


@pytest.fixture
def measuring(bedside: Bedside) -> Bedside:
    bedside.press("31A*")
    bedside.phase(MeasuringPhase.STARTING)
    bedside.phase(MeasuringPhase.INFLATING)
    assert bedside.orders == [StartMeasuring(Patient.ADULT, 160)]
    return bedside


def test_the_cuff_is_not_started_before_the_age_is_known(bedside: Bedside) -> None:
    bedside.press("*")
    assert bedside.orders == []
    assert "age" in bedside.state.notice


@pytest.mark.parametrize(
    ("age", "patient", "mmhg"), [("12", Patient.CHILD, 120), ("13", Patient.ADULT, 160)]
)
def test_initial_inflation_is_ordered_for_each_patient(
    bedside: Bedside, age: str, patient: Patient, mmhg: int
) -> None:
    bedside.press(f"{age}A*")
    assert bedside.orders == [StartMeasuring(patient, mmhg)]
    bedside.phase(MeasuringPhase.DONE)
    bedside.press("BBA1")
    bedside.press("40A*")
    assert bedside.orders[1:] == [StartMeasuring(Patient.ADULT, 160)]


def test_a_newborn_is_not_measured(bedside: Bedside) -> None:
    bedside.press("0A*")
    bedside.press("A*" if bedside.state.mode is Mode.ENTRY else "")
    assert bedside.orders == []
    assert "under 1 year" in bedside.state.notice


def test_going_to_the_review_stops_a_cuff_that_measures(measuring: Bedside) -> None:
    measuring.press("##")
    assert measuring.state.mode is Mode.REVIEW
    assert measuring.orders[-1] == AbortMeasuring()
    view = cast(InputsView, present(measuring.state, Now(measuring.now_s), Place()))
    assert "told to stop" in view.notice


def test_a_typed_pressure_stands_while_a_cuff_is_emptied(bedside: Bedside) -> None:
    for name, value in (("systolic_mmhg", 122.0), ("diastolic_mmhg", 77.0)):
        m: Measurement = typed(name, value, bedside.now_s, "typed")
        bedside.happen(MeasurementReceived(m))
    bedside.phase(MeasuringPhase.ABORTING, "The module does not answer.")
    assert bedside.rows()["Systolic pressure"][0] is RowState.TYPED


def test_why_it_failed_outlives_a_link_that_flaps(measuring: Bedside) -> None:
    measuring.phase(MeasuringPhase.FAILED, "the module does not answer")
    for _ in range(3):
        measuring.phase(MeasuringPhase.IDLE)
        measuring.phase(MeasuringPhase.ABORTING)
    view = cast(InputsView, present(measuring.state, Now(measuring.now_s), Place()))
    assert view.notice == "cuff: the module does not answer"


def test_no_second_start_while_it_measures_or_empties(measuring: Bedside) -> None:
    measuring.press("*")
    assert measuring.orders[1:] == [AbortMeasuring()]
    measuring.phase(MeasuringPhase.ABORTING)
    measuring.press("**")
    assert measuring.orders[1:] == [AbortMeasuring()]
    measuring.phase(MeasuringPhase.IDLE)
    measuring.press("*")
    assert len(measuring.orders) == 3


def test_a_second_press_before_the_module_answered_is_a_stop_not_a_start(bedside: Bedside) -> None:
    bedside.press("31A**")
    assert bedside.orders == [StartMeasuring(Patient.ADULT, 160), AbortMeasuring()]


@pytest.mark.parametrize("link", [LinkState.ABSENT, LinkState.BUSY])
def test_a_module_that_is_not_there_is_not_ordered(bedside: Bedside, link: LinkState) -> None:
    bedside.happen(LinkChanged("cuff", link))
    bedside.press("31A*")
    assert bedside.orders == []
    assert "cable" in bedside.state.notice


def test_live_pressure_stands_in_the_rows_while_it_measures(measuring: Bedside) -> None:
    m = measured("cuff_pressure_mmhg", 143.0, measuring.now_s, MODULE)
    measuring.happen(MeasurementReceived(m))
    assert measuring.rows()["Systolic pressure"] == (RowState.MEASURING, "143 mmHg in the cuff")
    measuring.now_s += 2.1
    assert measuring.rows()["Systolic pressure"] == (RowState.MEASURING, "measuring")


def test_the_reading_is_taken(measuring: Bedside) -> None:
    measuring.reading()
    measuring.phase(MeasuringPhase.DONE)
    assert measuring.rows()["Systolic pressure"][0] is RowState.TAKEN
    assert measuring.orders[1:] == []


def test_a_failure_is_told_in_words(measuring: Bedside) -> None:
    measuring.phase(MeasuringPhase.FAILED, "the arm moved; keep it still")
    view = cast(InputsView, present(measuring.state, Now(measuring.now_s), Place()))
    assert view.notice == "cuff: the arm moved; keep it still"


@pytest.mark.parametrize("ending", ["B", "BB", "idle", "dead worker", "stop"])
def test_whatever_ends_the_encounter_stops_the_cuff(measuring: Bedside, ending: str) -> None:
    match ending:
        case "idle":
            measuring.now_s += 180.0
            measuring.happen(TimePassed())
        case "dead worker":
            measuring.happen(WorkerDied("inference", "MemoryError"))
        case "stop":
            measuring.happen(StopRequested())
        case keys:
            measuring.press(keys)
    assert AbortMeasuring() in measuring.orders


def test_a_reading_ordered_for_the_last_patient_is_not_the_next_ones(measuring: Bedside) -> None:
    measuring.press("BBA1")
    assert measuring.state.mode is Mode.COLLECT
    measuring.reading()
    encounter = measuring.state.encounter
    assert encounter is not None
    assert not encounter.newest


def test_a_reading_that_nobody_ordered_is_nobodys(bedside: Bedside) -> None:
    bedside.reading()
    encounter = bedside.state.encounter
    assert encounter is not None
    assert not encounter.newest


def test_a_task_that_asks_no_age_is_for_adults(bedside: Bedside) -> None:
    state = replace(bedside.state, tasks=())
    assert patient_of(state, Now(bedside.now_s)) == AGE_FIRST
    served = replace(bedside.state.tasks[0], task=replace(TASK, id=WITH_AGE.id))
    state = replace(bedside.state, tasks=(served,))
    assert patient_of(state, Now(bedside.now_s)) is Patient.ADULT


def test_without_a_commanded_instrument_the_key_does_nothing(bedside: Bedside) -> None:
    bedside.state = replace(bedside.state, commanded=())
    bedside.press("31A*")
    assert bedside.orders == []
    view = cast(InputsView, present(bedside.state, Now(bedside.now_s), Place()))
    assert "*" not in [hint.printed for hint in view.keys]


def test_a_typed_pressure_needs_no_order(bedside: Bedside) -> None:
    encounter = bedside.state.encounter
    assert encounter is not None
    m: Measurement = typed("systolic_mmhg", 150.0, bedside.now_s, "typed")
    bedside.happen(MeasurementReceived(m))
    assert bedside.state.encounter is not None
    assert bedside.state.encounter.latest("systolic_mmhg") is not None
