"""Whatever happens in whatever order: no wrong patient, no stale answer, no dead end.

Random events drive the real controller; after every one the real screen is laid out, and
what is asserted is read from its text layer as well as from the state.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from appliance.clinical.assessment import Outcome, assess
from appliance.clinical.measurement import Measurement, Origin, Source, Status
from appliance.clinical.quantities import QUANTITIES
from appliance.clinical.stored import StoredResult
from appliance.clock import Now
from appliance.controller import step
from appliance.events import (
    AssessmentFinished,
    DisplayFaulted,
    Event,
    InstrumentNoted,
    Key,
    KeyPressed,
    LinkChanged,
    LinkState,
    MeasurementReceived,
    ModelAdmitted,
    SelfTestFinished,
    StoredResultsReceived,
    TimePassed,
    WorkerDied,
)
from appliance.panel.frame import Frame
from appliance.panel.screens import lay_out
from appliance.panel.small_looks import SMALL
from appliance.presenting import Place, lamp_of, present
from appliance.states import HELD_S, WITH_PATIENT, Assess, Mode, State
from appliance.views import Lamp, ResultView
from tests.sample_task import CUFF, TASK, infer_sum

NUMBERS = {"systolic_mmhg": (80, 240), "diastolic_mmhg": (40, 79), "glucose_mmol_l": (3, 20)}
METER = Source(Origin.INSTRUMENT, "meter", "onetouch_ultraeasy")
KEYS = {key.value: key for key in Key}


class Appliance(RuleBasedStateMachine):
    """The controller, its screen, and a world that does what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 500.0
        self.state = State(expected_bundles=1, entered_mono_s=500.0, last_key_mono_s=500.0)
        self.asked: list[Assess] = []
        self.frame: Frame | None = None
        self.confirmed: set[object] = set()
        self.accepted: set[object] = set()

    def happen(self, event: Event) -> None:
        now = Now(self.now_s, 1.8e9 + self.now_s)
        self.state, commands = step(self.state, event, now)
        self.asked += [c for c in commands if isinstance(c, Assess)]
        view = present(self.state, now, Place("Clinic", 60))
        self.frame = lay_out(view)
        lay_out(view, SMALL.size)

    @initialize()
    def start(self) -> None:
        self.happen(TimePassed())
        self.happen(ModelAdmitted(TASK, proof="proven"))
        self.happen(SelfTestFinished())
        self.press(Key.OK)
        self.press(Key.DIGIT_1)

    @rule(key=st.sampled_from(Key))
    def press(self, key: Key) -> None:
        asked = self.state
        self.happen(KeyPressed(key, self.now_s))
        if key is Key.OK and asked.mode is Mode.CONFIRM and asked.picking is not None:
            offer = asked.picking.offers[asked.picking.selected]
            self.confirmed |= {r.measurement.value for r in offer.results}
        if key is Key.OK and asked.mode is Mode.JUDGE and asked.judging is not None:
            self.accepted.add(asked.judging)

    @rule(
        keys=st.sampled_from(
            ["A1", "CA", "AA", "1A", "120A", "BB", "#A", "##A", "*#", "DDD1A", "A1A"]
        )
    )
    def press_some(self, keys: str) -> None:
        for each in keys:
            self.now_s += 0.1
            self.press(KEYS[each])

    @rule(
        quantity=st.sampled_from(sorted(NUMBERS)),
        status=st.sampled_from([Status.VALID, Status.VALID, Status.MISSING, Status.DOUBTFUL]),
        share=st.floats(0, 1),
        delay_s=st.sampled_from([0.0, 0.0, 0.0, 3.0, 400.0]),
        group=st.sampled_from(["1", "2"]),
    )
    def measure(
        self, quantity: str, status: Status, share: float, delay_s: float, group: str
    ) -> None:
        low, high = NUMBERS[quantity]
        value = None if status is Status.MISSING else round(low + share * (high - low), 1)
        reason = "" if status is Status.VALID else "the arm moved"
        own_group = group if "olic" in quantity else ""
        at_s = self.now_s - delay_s
        m = Measurement(quantity, value, status, CUFF, at_s, reason=reason, group=own_group)
        self.happen(MeasurementReceived(m))

    @rule(
        value=st.one_of(st.none(), st.floats(3, 20)),
        ages_s=st.lists(st.sampled_from([None, -5.0, 0.0, 100.0, 3000.0, 4000.0]), max_size=8),
        status=st.sampled_from([Status.VALID, Status.VALID, Status.DOUBTFUL]),
    )
    def hand_over(self, value: float | None, ages_s: list[float | None], status: Status) -> None:
        """A meter hands over what it has stored, of whomever."""
        results = []
        for age_s in ages_s:
            number = None if value is None else round(value, 1)
            state = Status.MISSING if value is None else status
            reason = "" if state is Status.VALID else "the meter doubts it"
            m = Measurement("glucose_mmol_l", number, state, METER, self.now_s, reason=reason)
            results.append(StoredResult(m, "2026-11-18T03:12:00", age_s, 120.0))
        self.happen(StoredResultsReceived("meter", tuple(results)))
        self.noted("")

    @rule(words=st.sampled_from(["", "The battery of the meter is low."]))
    def noted(self, words: str) -> None:
        self.happen(InstrumentNoted("meter", words))

    @rule()
    def measure_well(self) -> None:
        values = {"systolic_mmhg": 130.0, "diastolic_mmhg": 70.0, "glucose_mmol_l": 7.0}
        for quantity, value in values.items():
            group = "w" if "olic" in quantity else ""
            m = Measurement(quantity, value, Status.VALID, CUFF, self.now_s, group=group)
            self.happen(MeasurementReceived(m))

    @rule(seconds=st.sampled_from([0.5, 4.0, 11.0, 60.0, 150.0, 179.0, 600.0]))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.happen(TimePassed())

    @rule(seconds=st.sampled_from([100.0, 170.0]), times=st.integers(1, 10))
    def stay(self, seconds: float, times: int) -> None:
        """Somebody is there and presses a key that means little."""
        for _ in range(times):
            self.now_s += seconds
            self.press(Key.POINT)

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 3))
    def answer(self, which: int) -> None:
        asked = self.asked[max(0, len(self.asked) - 1 - which)]
        finished = assess(TASK, asked.values, infer_sum)
        self.happen(AssessmentFinished(asked.request, finished))

    @rule(state=st.sampled_from(LinkState))
    def link(self, state: LinkState) -> None:
        self.happen(LinkChanged("cuff", state))

    @rule(words=st.sampled_from(["", "no signal"]))
    def display(self, words: str) -> None:
        self.happen(DisplayFaulted(words))

    @rule(refusal=st.sampled_from(["", "died of SIGSEGV"]))
    def model(self, refusal: str) -> None:
        self.happen(ModelAdmitted(TASK, refusal=refusal))

    @rule()
    def worker_dies(self) -> None:
        self.happen(WorkerDied("inference", "MemoryError"))
        assert self.state.mode is Mode.TECHNICAL_FAULT
        self.press(Key.OK)
        self.happen(SelfTestFinished())

    @invariant()
    def every_text_of_a_patient_is_of_the_present_one(self) -> None:
        if self.frame is None:
            return
        tags = {text.tag for text in self.frame.texts()} - {None}
        encounter = self.state.encounter
        assert tags <= (set() if encounter is None else {encounter.tag})

    @invariant()
    def outside_an_encounter_nothing_of_a_patient_is_kept(self) -> None:
        state = self.state
        if state.mode in WITH_PATIENT:
            assert state.encounter is not None
            assert state.encounter.tag == state.last_tag
            return
        assert state.encounter is None
        assert state.entry is None
        assert state.result is None
        assert state.picking is None
        assert state.judging is None
        assert not state.reviewed
        assert all(r.measurement.age_s(self.now_s) <= HELD_S for r in state.stored)

    @invariant()
    def nothing_stored_counts_that_nobody_confirmed(self) -> None:
        encounter = self.state.encounter
        if encounter is None:
            self.confirmed.clear()
            return
        for m in encounter.newest.values():
            if m.source.name == METER.name:
                assert m.source.origin is Origin.STORED
                assert m.value in self.confirmed

    @invariant()
    def nothing_doubtful_counts_that_nobody_accepted(self) -> None:
        encounter = self.state.encounter
        if encounter is None:
            self.accepted.clear()
            return
        for m in (*encounter.newest_valid.values(), *self.state.reviewed.values()):
            if m.accepted:
                doubted = replace(m, status=Status.DOUBTFUL, reason=m.accepted, accepted="")
                assert doubted in self.accepted

    @invariant()
    def every_number_of_an_input_is_a_value_of_this_encounter(self) -> None:
        state, frame = self.state, self.frame
        if frame is None or state.encounter is None:
            return
        if state.mode not in (Mode.COLLECT, Mode.REVIEW):
            return
        known = (state.encounter.newest, state.encounter.newest_valid, state.reviewed)
        own = {
            QUANTITIES[m.quantity].format(m.value)
            for each in known
            for m in each.values()
            if m.value is not None
        }
        numbers = {t for t in frame.texts() if t.text.replace(".", "", 1).isdigit() and t.bold}
        assert {t.text for t in numbers if t.tag is not None} <= own
        assert {t.text for t in numbers if t.tag is None} <= {"0"}

    @invariant()
    def a_result_rests_on_reviewed_valid_and_fresh_values_only(self) -> None:
        result = self.state.result
        if self.state.mode is not Mode.RESULT or result is None:
            assert result is None
            return
        assert self.now_s < result.valid_until_mono_s
        for name, m in result.used.items():
            assert m.quantity == name
            assert m.encounter == self.state.last_tag
            assert m.is_usable(self.now_s)
        if result.assessment.outcome is Outcome.ANSWERED:
            asked = next(a for a in self.asked if a.request == self.state.request)
            assert set(result.used) == set(TASK.quantities)
            assert {q: m.value for q, m in result.used.items()} == dict(asked.values)
            assert result.assessment == assess(TASK, asked.values, infer_sum)

    @invariant()
    def the_answer_screen_says_what_the_result_says(self) -> None:
        result = self.state.result
        if result is None:
            return
        view = present(self.state, Now(self.now_s), Place())
        assert isinstance(view, ResultView)
        texts = " ".join(t.text for t in lay_out(view).texts())
        for flag in result.assessment.floor.flags:
            assert flag.text in texts
        if result.assessment.floor.flags:
            assert lamp_of(self.state) in (Lamp.URGENT, Lamp.FAULT)
        assert (result.assessment.category is None) == (view.bar is None)

    def teardown(self) -> None:
        """Every mode is left when nobody does anything any more."""
        for _ in range(8):
            before = self.state.mode
            self.now_s += 301.0
            self.happen(TimePassed())
            assert self.state.mode not in WITH_PATIENT
            assert self.state.mode is not before or before in (Mode.IDLE, Mode.TECHNICAL_FAULT)


TestAppliance = Appliance.TestCase
TestAppliance.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
