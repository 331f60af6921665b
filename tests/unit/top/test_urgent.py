"""A cuff that does not empty is said on every screen, whatever else it says (H-09)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.clinical.assessment import assess
from appliance.clinical.measurement import Origin, Source
from appliance.clinical.stored import StoredResult
from appliance.clock import Now
from appliance.controller import step
from appliance.events import (
    AssessmentFinished,
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
    StoredResultsReceived,
    TimePassed,
    WorkerDied,
)
from appliance.panel.screens import lay_out
from appliance.presenting import Place, lamp_of, present
from appliance.states import Assess, Command, MakeSound, Mode, State
from appliance.views import Lamp, Sound
from tests.sample_task import TASK, doubtful, infer_sum, measured

METER = Source(Origin.INSTRUMENT, "meter", "line_nmea")
FULL = "The cuff does not empty. Take it off the arm now."
KEYS = {key.value: key for key in Key}
TO_MODE = {
    Mode.IDLE: "",
    Mode.ABOUT: "#",
    Mode.SET_CLOCK: "#C",
    Mode.SWITCH_OFF: "#D",
    Mode.SWITCHING_OFF: "#DA",
    Mode.CHOOSE_TASK: "A",
    Mode.COLLECT: "A1",
    Mode.ENTRY: "A1C",
    Mode.PICK: "A1DDC",
    Mode.CONFIRM: "A1DDC1",
    Mode.JUDGE: "A1DD",
    Mode.REVIEW: "A1##",
    Mode.ASSESSING: "A1##A",
    Mode.RESULT: "A1##A",
    Mode.TECHNICAL_FAULT: "",
}


class Bedside:
    def __init__(self) -> None:
        self.now_s = 1000.0
        self.state = State(expected_bundles=1, commanded=("cuff",), last_key_mono_s=1000.0)
        self.commands: list[Command] = []
        for event in (ModelAdmitted(TASK), SelfTestFinished()):
            self.happen(event)
        self.happen(LinkChanged("cuff", LinkState.SPEAKING))

    def happen(self, event: Event) -> None:
        self.state, commands = step(self.state, event, Now(self.now_s))
        self.commands += commands

    def press(self, printed: str) -> None:
        for each in printed:
            self.now_s += 0.1
            self.happen(KeyPressed(KEYS[each], self.now_s))

    def words(self) -> str:
        view = present(self.state, Now(self.now_s), Place())
        return " ".join(t.text for t in lay_out(view).texts())


@pytest.mark.parametrize("mode", TO_MODE)
def test_it_is_said_on_every_screen(mode: Mode) -> None:
    bedside = Bedside()
    if mode in (Mode.PICK, Mode.CONFIRM):
        kept = StoredResult(measured("glucose_mmol_l", 6.5, bedside.now_s))
        bedside.happen(StoredResultsReceived("meter", (kept,)))
    bedside.press(TO_MODE[mode])
    if mode is Mode.JUDGE:
        bedside.happen(
            MeasurementReceived(
                replace(doubtful("glucose_mmol_l", 6.5, bedside.now_s), source=METER)
            )
        )
        bedside.press("C")
    if mode is Mode.RESULT:
        request = next(c for c in bedside.commands if isinstance(c, Assess))
        bedside.happen(AssessmentFinished(request.request, assess(TASK, {}, infer_sum)))
    if mode is Mode.TECHNICAL_FAULT:
        bedside.happen(WorkerDied("inference", "MemoryError"))
    assert bedside.state.mode is mode
    bedside.commands.clear()
    bedside.happen(MeasuringChanged("cuff", MeasuringPhase.ABORTING, FULL, urgent=True))
    assert bedside.state.mode is mode
    assert FULL in bedside.words()
    assert bedside.commands == [MakeSound(Sound.FAULT)]
    assert lamp_of(bedside.state) is Lamp.FAULT
    bedside.happen(MeasuringChanged("cuff", MeasuringPhase.IDLE))
    assert FULL not in bedside.words()


def test_the_buzzer_calls_until_the_cuff_is_empty() -> None:
    bedside = Bedside()

    def sounds_in(seconds: int) -> int:
        bedside.commands.clear()
        for _ in range(seconds):
            bedside.now_s += 1.0
            bedside.happen(TimePassed())
        return bedside.commands.count(MakeSound(Sound.FAULT))

    assert sounds_in(60) == 0
    bedside.happen(MeasuringChanged("cuff", MeasuringPhase.ABORTING, FULL, urgent=True))
    assert sounds_in(60) == 6
    bedside.happen(MeasuringChanged("cuff", MeasuringPhase.IDLE))
    assert sounds_in(60) == 0
    bedside.happen(MeasuringChanged("cuff", MeasuringPhase.ABORTING, "Emptying the cuff."))
    assert sounds_in(60) == 0


def test_every_mode_that_stays_is_tried() -> None:
    passing = {Mode.STARTING, Mode.SELF_TEST, Mode.SETTING_CLOCK, Mode.OUT_OF_SERVICE}
    assert set(TO_MODE) == set(Mode) - passing


def test_a_lost_link_is_said_in_its_encounter_and_until_the_next_begins() -> None:
    bedside = Bedside()
    bedside.press("A1*")
    assert bedside.state.measuring["cuff"].encounter == 1
    lost = "The connection to the module was lost. Take the cuff off the arm."
    bedside.happen(MeasuringChanged("cuff", MeasuringPhase.FAILED, lost, urgent=True))
    assert lost in bedside.words()
    bedside.press("BB")
    assert bedside.state.mode is Mode.IDLE
    assert lost in bedside.words()
    bedside.press("A1")
    assert lost not in bedside.words()


def test_the_ordinary_way_to_an_empty_cuff_alarms_nobody() -> None:
    bedside = Bedside()
    bedside.press("A1")
    bedside.commands.clear()
    bedside.happen(MeasuringChanged("cuff", MeasuringPhase.ABORTING, "Emptying the cuff."))
    assert bedside.commands == []
    assert lamp_of(bedside.state) is Lamp.WORKING
    assert "Emptying the cuff" in bedside.words()
    assert "measuring" not in bedside.words()
