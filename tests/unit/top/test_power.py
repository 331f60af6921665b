"""Switching off and setting the clock from the keypad."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appliance.clock import Now
from appliance.events import (
    Asked,
    Event,
    Key,
    KeyPressed,
    MeasuringChanged,
    MeasuringPhase,
    ModelAdmitted,
    SelfTestFinished,
    StewardAnswered,
    StopRequested,
    TimePassed,
    WorkerDied,
)
from appliance.orders import AbortMeasuring
from appliance.panel.screens import lay_out
from appliance.presenting import Place, lamp_of, present
from appliance.states import (
    EndDaemon,
    Mode,
    OrderInstrument,
    RunSelfTest,
    SetClock,
    State,
    SwitchOff,
)
from appliance.views import Lamp
from tests.sample_task import TASK
from tests.unit.top.test_controller import KEYS, Bedside

REFUSED = StewardAnswered(Asked.POWER_OFF, "failed POWER", "It still runs.")


@pytest.fixture
def ready() -> Bedside:
    bedside = Bedside()
    bedside.state = State(
        expected_bundles=1, entered_mono_s=1000.0, last_key_mono_s=1000.0, commanded=("module",)
    )
    bedside.happen(TimePassed())
    bedside.happen(ModelAdmitted(TASK, proof="proven"))
    bedside.happen(SelfTestFinished())
    assert bedside.mode is Mode.IDLE
    return bedside


@pytest.fixture
def collecting(ready: Bedside) -> Bedside:
    ready.press("A1")
    assert ready.mode is Mode.COLLECT
    return ready


def power(bedside: Bedside, times: int = 1) -> None:
    for _ in range(times):
        bedside.now_s += 0.2
        bedside.happen(KeyPressed(Key.POWER, bedside.now_s))


def words(bedside: Bedside) -> str:
    view = present(bedside.state, Now(bedside.now_s, 1.8e9 + bedside.now_s), Place("Clinic"))
    return " ".join(text.text for text in lay_out(view).texts())


def test_the_page_about_the_appliance_leads_to_switching_off(ready: Bedside) -> None:
    ready.press("#D")
    assert ready.mode is Mode.SWITCH_OFF
    assert SwitchOff() not in ready.commands
    ready.press("A")
    assert ready.mode is Mode.SWITCHING_OFF
    assert ready.commands.count(SwitchOff()) == 1
    assert "Do not pull the plug yet" in words(ready)


def test_staying_on(ready: Bedside) -> None:
    ready.press("#DB")
    assert ready.mode is Mode.IDLE
    ready.press("#D")
    ready.wait(60.0)
    assert ready.mode is Mode.IDLE
    assert SwitchOff() not in ready.commands


def test_granted_it_waits_for_the_end_and_goes_on_saying_so(ready: Bedside) -> None:
    power(ready, 2)
    ready.happen(StewardAnswered(Asked.POWER_OFF))
    assert ready.mode is Mode.SWITCHING_OFF
    ready.press("AB1#")
    power(ready)
    assert ready.mode is Mode.SWITCHING_OFF
    ready.happen(StopRequested())
    assert ready.mode is Mode.SWITCHING_OFF, "the screen never says OUT OF SERVICE in between"
    assert ready.commands[-1] == EndDaemon()
    assert ready.commands.count(SwitchOff()) == 1


def test_refused_it_says_that_it_still_runs(ready: Bedside) -> None:
    power(ready, 2)
    ready.happen(REFUSED)
    assert ready.mode is Mode.IDLE
    assert "It still runs." in words(ready)


def test_granted_but_never_stopped_it_says_that_it_still_runs(ready: Bedside) -> None:
    power(ready, 2)
    ready.happen(StewardAnswered(Asked.POWER_OFF))
    ready.wait(59.0)
    assert ready.mode is Mode.SWITCHING_OFF
    ready.wait(2.0)
    assert ready.mode is Mode.IDLE
    assert "could not switch off" in words(ready)


@pytest.mark.parametrize("keys", ["", "3", "#"])
def test_with_a_patient_it_takes_two_presses(collecting: Bedside, keys: str) -> None:
    collecting.press(keys)
    before = collecting.mode
    power(collecting)
    assert collecting.mode is before
    assert collecting.state.encounter is not None
    assert "Press the power key again" in words(collecting)
    power(collecting)
    assert collecting.mode is Mode.SWITCHING_OFF
    assert collecting.state.encounter is None


@pytest.mark.parametrize("mode", ["assessing", "result"])
def test_also_while_it_works_and_on_the_answer(collecting: Bedside, mode: str) -> None:
    collecting.measure(systolic_mmhg=118.0, diastolic_mmhg=76.0, glucose_mmol_l=6.5)
    collecting.press("A1AAA")
    assert collecting.mode is Mode.ASSESSING
    if mode == "result":
        collecting.assess()
    power(collecting)
    assert collecting.mode.value == mode
    assert "Press the power key again" in words(collecting)
    power(collecting)
    assert collecting.mode is Mode.SWITCHING_OFF
    assert collecting.state.result is None


def test_the_first_press_lapses_and_another_key_takes_it_back(collecting: Bedside) -> None:
    power(collecting)
    collecting.wait(5.0)
    assert "power" not in words(collecting)
    power(collecting)
    assert collecting.mode is Mode.COLLECT
    collecting.press("D")
    assert "power key" not in words(collecting)
    power(collecting)
    assert collecting.mode is Mode.COLLECT


def test_b_after_power_asks_for_cancelling_and_power_after_b_for_power(collecting: Bedside) -> None:
    power(collecting)
    collecting.press("B")
    assert "Press [B] again" in words(collecting)
    power(collecting)
    assert "Press the power key again" in words(collecting)
    collecting.press("B")
    assert collecting.mode is Mode.COLLECT, "one B is not two"


def test_during_inflation_the_first_press_stops_the_cuff(collecting: Bedside) -> None:
    collecting.press("1A")
    collecting.happen(MeasuringChanged("module", MeasuringPhase.INFLATING))
    collecting.commands.clear()
    power(collecting)
    assert OrderInstrument("module", AbortMeasuring()) in collecting.commands
    assert "The cuff was told to stop" in words(collecting)
    assert SwitchOff() not in collecting.commands


def test_during_inflation_two_quick_presses_stop_the_cuff_first(collecting: Bedside) -> None:
    collecting.happen(MeasuringChanged("module", MeasuringPhase.INFLATING))
    collecting.commands.clear()
    power(collecting, 2)
    abort = OrderInstrument("module", AbortMeasuring())
    assert collecting.commands.index(abort) < collecting.commands.index(SwitchOff())


@pytest.mark.parametrize("fault", ["self-test", "technical fault", "out of service"])
def test_a_fault_is_not_forgotten_by_not_switching_off(fault: str) -> None:
    bedside = Bedside()
    bedside.happen(TimePassed())
    if fault != "self-test":
        bedside.happen(ModelAdmitted(TASK))
        bedside.happen(SelfTestFinished(("The display does not answer.",)))
    if fault == "out of service":
        bedside.wait(60.0)
    assert bedside.mode.value == fault
    power(bedside)
    assert bedside.mode is Mode.SWITCH_OFF
    assert lamp_of(bedside.state) is (Lamp.STARTING if fault == "self-test" else Lamp.FAULT)
    bedside.commands.clear()
    bedside.press("B")
    assert bedside.mode is Mode.SELF_TEST, "never ready without a self-test that passed"
    assert RunSelfTest() in bedside.commands


def test_a_dead_part_cannot_be_talked_away(ready: Bedside) -> None:
    ready.happen(WorkerDied("inference", "MemoryError"))
    power(ready, 2)
    ready.happen(REFUSED)
    ready.happen(SelfTestFinished())
    assert ready.mode is Mode.TECHNICAL_FAULT


def test_the_clock_is_set_in_local_time(ready: Bedside) -> None:
    ready.state = ready.state.__class__(
        **{f: getattr(ready.state, f) for f in ready.state.__slots__} | {"utc_offset_min": 330}
    )
    ready.press("#C202703091730A")
    assert ready.mode is Mode.SETTING_CLOCK
    noon = int(datetime(2027, 3, 9, 12, 0, tzinfo=UTC).timestamp())
    assert SetClock(noon) in ready.commands
    ready.happen(StewardAnswered(Asked.CLOCK))
    assert ready.mode is Mode.IDLE
    assert "The clock is set." in words(ready)


def test_a_wrong_date_is_said_and_can_be_corrected(ready: Bedside) -> None:
    ready.press("#C202713011200A")
    assert ready.mode is Mode.SET_CLOCK
    assert "no such date" in words(ready)
    ready.press("1")
    assert ready.state.clock_typed == "202713011200", "a thirteenth digit is refused"
    ready.press("CCCCCCCC" + "03011200" + "A")
    assert ready.mode is Mode.SETTING_CLOCK


@pytest.mark.parametrize(
    "answer", [StewardAnswered(Asked.CLOCK, "failed CLOCK", "It runs on."), None]
)
def test_a_clock_that_was_not_set_is_said(ready: Bedside, answer: Event | None) -> None:
    ready.press("#C202703091730A")
    if answer is not None:
        ready.happen(answer)
    else:
        ready.wait(10.0)
    assert ready.mode is Mode.IDLE
    said = words(ready)
    assert "It runs on." in said or "The clock was not set" in said


def test_a_late_answer_of_the_steward_changes_nothing(ready: Bedside) -> None:
    ready.press("#C202703091730A")
    ready.wait(10.0)
    ready.press("A1")
    ready.happen(StewardAnswered(Asked.CLOCK, "failed CLOCK", "It runs on."))
    assert ready.mode is Mode.COLLECT


def test_a_late_answer_about_the_clock_is_none_about_the_power(ready: Bedside) -> None:
    ready.press("#C202703091730A")
    power(ready, 2)
    assert ready.mode is Mode.SWITCHING_OFF
    ready.happen(StewardAnswered(Asked.CLOCK, "failed CLOCK", "It runs on."))
    assert ready.mode is Mode.SWITCHING_OFF


def test_a_refusal_is_said_where_a_fault_stands_too() -> None:
    bedside = Bedside()
    bedside.happen(TimePassed())
    bedside.happen(ModelAdmitted(TASK))
    bedside.happen(SelfTestFinished(("The display does not answer.",)))
    power(bedside, 2)
    bedside.happen(REFUSED)
    bedside.happen(SelfTestFinished(("The display does not answer.",)))
    assert bedside.mode is Mode.TECHNICAL_FAULT
    assert "It still runs." in words(bedside)


def test_every_key_of_the_pad_is_known_to_the_tests() -> None:
    assert set(KEYS) == {key.value for key in Key}
