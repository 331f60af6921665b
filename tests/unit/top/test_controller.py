"""The controller, step by step: one encounter and everything that may go wrong in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.clinical.assessment import Outcome, assess
from appliance.clinical.quantities import Value
from appliance.clock import Now
from appliance.controller import step
from appliance.events import (
    AssessmentFinished,
    BundleRefused,
    Event,
    Key,
    KeyPressed,
    LinkChanged,
    LinkState,
    MeasurementReceived,
    ModelAdmitted,
    SelfTestFinished,
    StopRequested,
    TimePassed,
    WorkerDied,
)
from appliance.states import Assess, Command, EndDaemon, MakeSound, Mode, RunSelfTest, State
from appliance.views import Sound
from tests.sample_task import TASK, WELL, doubtful, infer_sum, measured

KEYS = {key.value: key for key in Key}


class Bedside:
    """A controller with a hand on its clock."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.state = State(
            expected_bundles=1, entered_mono_s=self.now_s, last_key_mono_s=self.now_s
        )
        self.commands: list[Command] = []

    def happen(self, event: Event) -> None:
        self.state, commands = step(self.state, event, Now(self.now_s, 1.8e9 + self.now_s))
        self.commands += commands

    def press(self, printed: str) -> None:
        for each in printed:
            self.now_s += 0.2
            self.happen(KeyPressed(KEYS[each], self.now_s))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.happen(TimePassed())

    def measure(self, **values: Value | None) -> None:
        self.now_s += 0.1
        for name, value in values.items():
            group = "1" if "olic" in name else ""
            self.happen(MeasurementReceived(measured(name, value, self.now_s, group=group)))

    def assess(self, **changes: object) -> None:
        asked = [c for c in self.commands if isinstance(c, Assess)][-1]
        finished = assess(TASK, asked.values, infer_sum)
        self.happen(AssessmentFinished(int(str(changes.get("request", asked.request))), finished))

    @property
    def mode(self) -> Mode:
        return self.state.mode


@pytest.fixture
def ready() -> Bedside:
    bedside = Bedside()
    bedside.happen(TimePassed())
    assert bedside.mode is Mode.SELF_TEST
    assert RunSelfTest() in bedside.commands
    bedside.happen(ModelAdmitted(TASK, proof="proven"))
    bedside.happen(SelfTestFinished())
    assert bedside.mode is Mode.IDLE
    return bedside


@pytest.fixture
def collecting(ready: Bedside) -> Bedside:
    ready.press("A1")
    assert ready.mode is Mode.COLLECT
    return ready


@pytest.fixture
def complete(collecting: Bedside) -> Bedside:
    collecting.measure(systolic_mmhg=118.0, diastolic_mmhg=76.0, glucose_mmol_l=6.5)
    collecting.press("A1A")
    assert collecting.mode is Mode.COLLECT
    return collecting


@pytest.fixture
def answered(complete: Bedside) -> Bedside:
    complete.press("AA")
    assert complete.mode is Mode.ASSESSING
    complete.assess()
    assert complete.mode is Mode.RESULT
    return complete


def test_ready_needs_the_self_test_and_every_bundle() -> None:
    bedside = Bedside()
    bedside.happen(SelfTestFinished())
    assert bedside.mode is Mode.SELF_TEST
    bedside.happen(BundleRefused("models/x", "no bundle.toml"))
    assert bedside.mode is Mode.IDLE


def test_a_failed_self_test_is_a_technical_fault_until_it_passes() -> None:
    bedside = Bedside()
    bedside.happen(ModelAdmitted(TASK))
    bedside.happen(SelfTestFinished(("The display does not answer.",)))
    assert bedside.mode is Mode.TECHNICAL_FAULT
    bedside.press("A")
    bedside.happen(SelfTestFinished())
    assert bedside.mode is Mode.IDLE


def test_a_self_test_that_never_ends_is_a_fault() -> None:
    bedside = Bedside()
    bedside.happen(TimePassed())
    bedside.wait(60.0)
    assert bedside.mode is Mode.TECHNICAL_FAULT


def test_whole_encounter(answered: Bedside) -> None:
    result = answered.state.result
    assert result is not None
    assert result.assessment == assess(TASK, WELL, infer_sum)
    assert result.encounter == 1
    answered.press("A")
    assert answered.mode is Mode.IDLE
    assert answered.state.encounter is None
    assert answered.state.result is None


def test_a_new_patient_starts_empty(answered: Bedside) -> None:
    answered.press("AA1")
    assert answered.mode is Mode.COLLECT
    encounter = answered.state.encounter
    assert encounter is not None
    assert encounter.tag == 2
    assert not encounter.newest
    assert not answered.state.reviewed


def test_readings_outside_an_encounter_are_nobodys(ready: Bedside) -> None:
    ready.measure(glucose_mmol_l=9.0)
    ready.press("A1")
    assert ready.state.encounter is not None
    assert not ready.state.encounter.newest


def test_a_reading_received_before_the_encounter_is_not_taken(collecting: Bedside) -> None:
    late = measured("glucose_mmol_l", 9.0, collecting.now_s - 60.0)
    collecting.happen(MeasurementReceived(late))
    assert collecting.state.encounter is not None
    assert not collecting.state.encounter.newest


def test_ok_with_something_missing_opens_its_entry(collecting: Bedside) -> None:
    collecting.measure(systolic_mmhg=118.0, diastolic_mmhg=76.0)
    collecting.press("A")
    assert collecting.mode is Mode.ENTRY
    assert collecting.state.entry is not None
    assert collecting.state.entry.input.quantity == "glucose_mmol_l"


def test_going_on_without_gives_flags_and_rule_but_no_model_answer(collecting: Bedside) -> None:
    collecting.measure(systolic_mmhg=175.0, diastolic_mmhg=115.0)
    collecting.press("##A")
    collecting.assess()
    assert collecting.state.result is not None
    a = collecting.state.result.assessment
    assert a.outcome is Outcome.REFUSED
    assert [flag.id for flag in a.floor.flags] == ["severe-hypertension"]
    assert a.floor.rule_category == "high"
    assert MakeSound(Sound.URGENT) in collecting.commands


def test_a_doubtful_reading_is_not_assessed(collecting: Bedside) -> None:
    collecting.happen(MeasurementReceived(doubtful("glucose_mmol_l", 9.0, collecting.now_s)))
    collecting.press("##A")
    asked = [c for c in collecting.commands if isinstance(c, Assess)][-1]
    assert asked.values == {}


def test_only_what_was_reviewed_is_assessed(complete: Bedside) -> None:
    complete.press("A")
    complete.measure(glucose_mmol_l=14.0)
    complete.press("A")
    asked = [c for c in complete.commands if isinstance(c, Assess)][-1]
    assert asked.values["glucose_mmol_l"] == 6.5


def test_a_value_that_expires_in_review_is_not_assessed(complete: Bedside) -> None:
    complete.press("A")
    assert complete.mode is Mode.REVIEW
    for _ in range(8):
        complete.wait(100.0)
        complete.press("D")  # somebody is there; D does nothing in review
    assert complete.mode is Mode.REVIEW
    complete.wait(100.0)
    assert complete.mode is Mode.COLLECT
    assert "Systolic pressure" in complete.state.notice
    assert not [c for c in complete.commands if isinstance(c, Assess)]


def test_a_key_at_the_moment_of_expiry_comes_too_late(complete: Bedside) -> None:
    complete.press("A")
    complete.state = replace(complete.state, last_key_mono_s=complete.now_s + 900.0)
    complete.now_s += 900.0
    complete.happen(KeyPressed(Key.OK, complete.now_s))
    assert not [c for c in complete.commands if isinstance(c, Assess)]


def test_an_answer_to_an_old_request_is_dropped(complete: Bedside) -> None:
    complete.press("AA")
    complete.assess(request=99)
    assert complete.mode is Mode.ASSESSING


def test_without_an_answer_in_time_the_floor_answers_alone(complete: Bedside) -> None:
    complete.press("AA")
    complete.wait(10.0)
    assert complete.mode is Mode.RESULT
    assert complete.state.result is not None
    assert complete.state.result.assessment.outcome is Outcome.NO_MODEL
    shown = complete.state.result
    complete.assess()  # the late answer
    assert complete.state.result is shown


def test_a_result_is_withdrawn_when_its_validity_ends(answered: Bedside) -> None:
    result = answered.state.result
    assert result is not None
    answered.state = replace(answered.state, last_key_mono_s=result.valid_until_mono_s)
    answered.now_s = result.valid_until_mono_s - 0.01
    answered.happen(TimePassed())
    assert answered.mode is Mode.RESULT
    answered.now_s = result.valid_until_mono_s
    answered.happen(TimePassed())
    assert answered.mode is Mode.COLLECT
    assert answered.state.result is None
    assert "withdrawn" in answered.state.notice


def test_validity_is_that_of_the_first_value_to_expire(complete: Bedside) -> None:
    complete.wait(120.0)
    complete.press("AA")
    complete.assess()
    result = complete.state.result
    assert result is not None
    pressure = result.used["systolic_mmhg"]
    assert result.valid_until_mono_s == pressure.received_mono_s + 900.0


@pytest.mark.parametrize("keys", ["", "1", "A", "AA"])
def test_three_minutes_without_a_key_leave_nothing_of_the_patient(
    complete: Bedside, keys: str
) -> None:
    complete.press(keys)
    complete.wait(179.0)
    assert complete.state.encounter is not None
    complete.measure(spo2_pct=97.0)
    complete.wait(1.0)
    assert complete.mode is Mode.IDLE
    state = complete.state
    assert (state.encounter, state.entry, state.result, dict(state.reviewed)) == (None,) * 3 + ({},)


def test_cancel_asks_once(collecting: Bedside) -> None:
    collecting.press("B")
    assert collecting.mode is Mode.COLLECT
    collecting.wait(5.0)
    collecting.press("B")
    assert collecting.mode is Mode.COLLECT
    collecting.press("B")
    assert collecting.mode is Mode.IDLE
    assert collecting.state.encounter is None


@pytest.mark.parametrize("between", ["D", "*", "4B"])
def test_another_key_between_takes_the_first_b_back(collecting: Bedside, between: str) -> None:
    collecting.measure(glucose_mmol_l=7.2)
    collecting.press("B" + between)
    assert "cancel" not in collecting.state.notice
    collecting.press("B")
    assert collecting.mode is Mode.COLLECT
    assert "Press [B] again" in collecting.state.notice


def test_a_dead_worker_is_a_technical_fault_and_forgets_the_patient(answered: Bedside) -> None:
    answered.happen(WorkerDied("inference", "MemoryError"))
    assert answered.mode is Mode.TECHNICAL_FAULT
    assert answered.state.result is None
    answered.wait(60.0)
    assert answered.mode is Mode.OUT_OF_SERVICE
    answered.wait(300.0)
    assert answered.mode is Mode.SELF_TEST


def test_no_self_test_makes_an_appliance_with_a_dead_part_ready_again(answered: Bedside) -> None:
    answered.happen(WorkerDied("inference", "MemoryError"))
    answered.press("A")
    assert answered.mode is Mode.SELF_TEST
    answered.happen(SelfTestFinished())
    assert answered.mode is Mode.TECHNICAL_FAULT
    assert len(answered.state.faults) == 1
    assert "inference" in answered.state.faults[0]


def test_stop_ends_the_daemon_from_anywhere(answered: Bedside) -> None:
    answered.happen(StopRequested())
    assert EndDaemon() in answered.commands
    assert answered.state.encounter is None


def test_links_are_remembered(ready: Bedside) -> None:
    ready.happen(LinkChanged("cuff", LinkState.SPEAKING))
    ready.happen(LinkChanged("cuff", LinkState.ABSENT))
    assert ready.state.links == {"cuff": LinkState.ABSENT}


def test_a_model_refused_later_is_told_and_the_task_stays(ready: Bedside) -> None:
    ready.happen(ModelAdmitted(TASK, refusal="died of SIGSEGV"))
    assert [s.refusal for s in ready.state.tasks] == ["died of SIGSEGV"]
    ready.press("A1")
    assert ready.mode is Mode.COLLECT


def test_without_any_task_ok_explains_itself() -> None:
    bedside = Bedside()
    bedside.happen(BundleRefused("models/x", "unreadable"))
    bedside.happen(SelfTestFinished())
    bedside.press("A")
    assert bedside.mode is Mode.IDLE
    assert "No task" in bedside.state.notice


def test_a_high_answer_without_any_flag_is_sounded_as_urgent(collecting: Bedside) -> None:
    collecting.measure(systolic_mmhg=159.0, diastolic_mmhg=99.0, glucose_mmol_l=12.0)
    collecting.press("A1AAA")
    collecting.assess()
    result = collecting.state.result
    assert result is not None
    assert (result.assessment.category, result.assessment.floor.flags) == ("high", ())
    assert collecting.commands[-1] == MakeSound(Sound.URGENT)


def test_going_back_forgets_what_was_reviewed(complete: Bedside) -> None:
    complete.press("AB")
    assert complete.mode is Mode.COLLECT
    assert not complete.state.reviewed


def test_only_what_is_too_old_is_named(complete: Bedside) -> None:
    complete.press("A")
    complete.state = replace(complete.state, last_key_mono_s=complete.now_s + 900.0)
    complete.wait(900.0)
    assert complete.mode is Mode.COLLECT
    assert complete.state.notice == (
        "Too old, measure again: Systolic pressure, Diastolic pressure."
    )


def test_two_pressures_typed_one_after_the_other_are_one_reading(collecting: Bedside) -> None:
    collecting.press("A120A")
    assert collecting.state.selected == 1
    collecting.press("A80A")
    collecting.press("##A")
    asked = [c for c in collecting.commands if isinstance(c, Assess)][-1]
    assert asked.values == {"systolic_mmhg": 120.0, "diastolic_mmhg": 80.0}


def test_the_digit_after_the_last_task_begins_nothing(ready: Bedside) -> None:
    ready.press("A2")
    assert ready.mode is Mode.CHOOSE_TASK
    assert ready.commands[-1] == MakeSound(Sound.KEY_REFUSED)


def test_a_page_stays_a_minute_from_its_opening(ready: Bedside) -> None:
    ready.wait(500.0)
    ready.press("#")
    assert ready.mode is Mode.ABOUT
    ready.wait(59.9)
    assert ready.mode is Mode.ABOUT
    ready.wait(0.1)
    assert ready.mode is Mode.IDLE
