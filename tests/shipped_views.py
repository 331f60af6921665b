"""Every screen of the appliance as it is shipped, walked through by keys and events.

The real controller, the real words of the bundles, the real engines: no text here is made up
but the names of instruments.  No person is behind any value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from appliance.clinical.assessment import Assessment, assess
from appliance.clinical.measurement import Measurement, Origin, Source, Status
from appliance.clinical.quantities import Value
from appliance.clinical.stored import StoredResult
from appliance.clinical.task import Task
from appliance.clock import Now
from appliance.controller import step
from appliance.events import (
    AssessmentFinished,
    Event,
    InstrumentNoted,
    Key,
    KeyPressed,
    LinkChanged,
    LinkState,
    MeasurementReceived,
    MeasuringChanged,
    MeasuringPhase,
    ModelAdmitted,
    PanelFaulted,
    SelfTestFinished,
    StoredResultsReceived,
    TimePassed,
)
from appliance.inference.bundle import read_bundle
from appliance.inference.engines import open_engine
from appliance.inference.rules import RuleEngine
from appliance.presenting import Place, out_of_service_view, present, switching_off_view
from appliance.states import Assess, State
from appliance.views import View

MODELS = Path(__file__).parents[1] / "models"
KEYS = {key.value: key for key in Key}
UTC_S = 1_800_000_000.0
PLACE = Place("Bhola", 360)
UNREVIEWED = "Machine-made translation: needs a native clinical reviewer."

HIGH: Mapping[str, Value] = {
    "age_years": 35.0, "systolic_mmhg": 145.0, "diastolic_mmhg": 95.0, "glucose_mmol_l": 11.0,
    "temp_degc": 36.8, "pulse_rate_bpm": 84.0,
}  # fmt: skip
LOW = {**HIGH, "age_years": 24.0, "systolic_mmhg": 112.0, "diastolic_mmhg": 72.0,
       "glucose_mmol_l": 6.4, "pulse_rate_bpm": 76.0}  # fmt: skip
FLAGS = {**HIGH, "systolic_mmhg": 175.0, "diastolic_mmhg": 115.0, "temp_degc": 39.0}
YOUNG = {**HIGH, "age_years": 9.0, "glucose_mmol_l": 3.0}
WARM = {**LOW, "temp_degc": 41.5}
LACKING = {name: value for name, value in LOW.items() if name != "glucose_mmol_l"}
NEWS: Mapping[str, Value] = {
    "age_years": 50.0, "pregnant": "no", "respiratory_rate_bpm": 16.0, "spo2_pct": 97.0,
    "spo2_scale": "1", "supplemental_oxygen": "no", "systolic_mmhg": 125.0,
    "pulse_rate_bpm": 72.0, "consciousness": "alert", "temp_degc": 37.0,
}  # fmt: skip
ANSWERS: Mapping[str, tuple[str, Mapping[str, Value]]] = {
    "answer-high": ("maternal-risk", HIGH),
    "answer-low": ("maternal-risk", LOW),
    "answer-flags": ("maternal-risk", FLAGS),
    "answer-abstained": ("maternal-risk", WARM),
    "answer-abstained-flag": ("maternal-risk", YOUNG),
    "answer-lacking": ("maternal-risk", LACKING),
    "news2-low": ("news2", NEWS),
    "news2-single-three": ("news2", {**NEWS, "consciousness": "voice"}),
    "news2-medium": ("news2", {**NEWS, "pulse_rate_bpm": 120.0, "supplemental_oxygen": "yes",
                               "respiratory_rate_bpm": 21.5}),
    "news2-high": ("news2", {**NEWS, "pulse_rate_bpm": 135.0, "spo2_pct": 90.0,
                             "respiratory_rate_bpm": 26.0, "temp_degc": 34.6}),
    "news2-pregnant": ("news2", {**NEWS, "pregnant": "unknown"}),
    "news2-child": ("news2", {**NEWS, "age_years": 12.0}),
}  # fmt: skip


@cache
def task(name: str) -> Task:
    """Return a shipped task."""
    return read_bundle(MODELS / name).task


class Walk:
    """One appliance with a cuff, an oximeter and a meter, and what its screen says."""

    def __init__(self) -> None:
        self.now_s = 5000.0
        names = ("maternal-risk", "news2")
        self.state = State(expected_bundles=2, last_key_mono_s=self.now_s, commanded=("cuff",))
        self.commands: list[object] = []
        self.starting = self.view()
        for name in names:
            self.happen(ModelAdmitted(task(name)))
        self.happen(SelfTestFinished())
        for name in ("cuff", "oximeter", "meter"):
            self.happen(LinkChanged(name, LinkState.SPEAKING))

    def clock(self) -> Now:
        """Return the moment."""
        return Now(self.now_s, UTC_S)

    def view(self, place: Place = PLACE) -> View:
        """Return what the screen says now."""
        return present(self.state, Now(self.now_s, UTC_S), place)

    def happen(self, event: Event) -> None:
        """Let the controller take an event."""
        self.state, self.commands = _stepped(self.state, event, Now(self.now_s, UTC_S))

    def press(self, printed: str) -> View:
        """Press keys one after the other; return what the screen says then."""
        for each in printed:
            self.now_s += 0.2
            self.happen(KeyPressed(KEYS[each], self.now_s))
        return self.view()

    def hear(self, name: str, **values: Value | None) -> None:
        """Let an instrument report values."""
        for quantity, value in values.items():
            status = Status.MISSING if value is None else Status.VALID
            source = Source(Origin.INSTRUMENT, name, "line_nmea")
            reason = "finger out of the sensor" if value is None else ""
            m = Measurement(quantity, value, status, source, self.now_s, reason=reason, group=name)
            self.happen(MeasurementReceived(m))

    def answer(self, values: Mapping[str, Value], assessment: Assessment) -> View:
        """Go from the collect screen to the answer, every value known."""
        encounter = self.state.encounter
        assert encounter is not None
        for quantity, value in values.items():
            origin = Origin.TYPED if quantity in _BY_HAND else Origin.INSTRUMENT
            source = Source(origin, "keypad" if origin is Origin.TYPED else "monitor", "line_nmea")
            m = Measurement(quantity, value, Status.VALID, source, self.now_s, group="one")
            encounter = encounter.accept(replace(m, encounter=encounter.tag))
        self.state = replace(self.state, encounter=encounter)
        self.press("A" if len(values) == len(self.state.served.task.inputs) else "##")  # type: ignore[union-attr]
        self.press("A")
        asked = next(each for each in self.commands if isinstance(each, Assess))
        self.now_s += 0.1
        self.happen(AssessmentFinished(asked.request, assessment))
        return self.view()


_BY_HAND = {"age_years", "glucose_mmol_l", "pregnant", "consciousness", "spo2_scale"}


def _stepped(state: State, event: Event, now: Now) -> tuple[State, list[object]]:
    after, commands = step(state, event, now)
    return after, list(commands)


@cache
def assessed(name: str) -> Assessment:
    """Return the answer of the shipped bundle to one of ANSWERS."""
    which, values = ANSWERS[name]
    if which == "news2":
        return assess(task(which), values, RuleEngine().invoke)
    engine = open_engine("auto", read_bundle(MODELS / which).model)
    try:
        return assess(task(which), values, engine.invoke)
    finally:
        engine.close()


def answers() -> dict[str, View]:
    """Return every kind of answer of the shipped bundles."""
    views: dict[str, View] = {}
    for name, (which, values) in ANSWERS.items():
        walk = Walk()
        walk.press("A1" if which == "maternal-risk" else "A2")
        views[name] = walk.answer(values, assessed(name))
    return views


def pages() -> dict[str, View]:
    """Return the screens without a patient."""
    walk = Walk()
    views = {"starting": walk.starting, "ready": walk.view()}
    views["about"] = present(
        walk.press("#") and walk.state,
        Now(walk.now_s, UTC_S),
        replace(PLACE, translation=UNREVIEWED),
    )
    views["set-clock"] = walk.press("C20261")
    views["set-clock-refused"] = walk.press("A")
    walk.press("BB#")
    views["switch-off"] = walk.press("D")
    views["choose"] = Walk().press("A")
    bad = Walk()
    for event in (
        LinkChanged("oximeter", LinkState.ABSENT),
        LinkChanged("meter", LinkState.GARBLED),
        InstrumentNoted("cuff", "Its battery is low: change it soon."),
        PanelFaulted("Language", "no words for xx are installed: English is used"),
    ):
        bad.happen(event)
    views["ready-bad"] = present(bad.state, Now(bad.now_s), PLACE)
    faulted = Walk()
    faulted.happen(SelfTestFinished(("A part of the appliance does not answer: display.",)))
    views["out-of-service"] = out_of_service_view()
    views["switching-off"] = switching_off_view()
    return views


def encounters() -> dict[str, View]:
    """Return the screens with a patient, before the answer."""
    views: dict[str, View] = {}
    walk = Walk()
    views["collect-empty"] = walk.press("A1")
    views["entry"] = walk.press("3")
    views["entry-unlikely"] = walk.press("A")
    views["collect-typed"] = walk.press("C35A")
    views["entry-refused"] = Walk().press("A15000A") and _refused()
    walk.hear("oximeter", pulse_rate_bpm=84.0)
    walk.press("*")
    walk.happen(MeasuringChanged("cuff", MeasuringPhase.INFLATING))
    walk.hear("cuff", cuff_pressure_mmhg=120.0)
    views["collect-measuring"] = walk.view()
    walk.happen(MeasuringChanged("cuff", MeasuringPhase.DONE))
    walk.hear("cuff", systolic_mmhg=145.0, diastolic_mmhg=95.0)
    walk.hear("oximeter", pulse_rate_bpm=None)
    walk.now_s += 20.0
    views["collect-filled"] = walk.view()
    walk.hear("oximeter", pulse_rate_bpm=None)
    meter = Source(Origin.INSTRUMENT, "meter", "onetouch_ultraeasy")
    results = tuple(
        StoredResult(
            Measurement("glucose_mmol_l", value, Status.VALID, meter, walk.now_s),
            "2027-01-15T08:12:00",
            age_s,
            ahead_s,
        )
        for value, age_s, ahead_s in ((6.5, 180.0, 21600.0), (11.2, 1200.0, 15900.0))
    )
    walk.happen(StoredResultsReceived("meter", results))
    views["collect-stored"] = walk.view()
    walk.press("DD")
    views["pick-stored"] = walk.press("C")
    views["confirm-stored"] = walk.press("A")
    views["collect-picked"] = walk.press("A")
    views["help-collect"] = walk.press("#")
    views["review-lacking"] = walk.press("#")
    views["review-again"] = walk.press("DC")
    views["cancel"] = walk.press("B")
    news = Walk()
    views["news2-collect"] = news.press("A2")
    news.press("D")
    views["entry-choice"] = news.press("1")
    urgent = Walk()
    urgent.press("A1")
    urgent.happen(
        MeasuringChanged(
            "cuff",
            MeasuringPhase.ABORTING,
            "The cuff does not empty. Take it off the arm now.",
            True,
        )
    )
    views["collect-urgent"] = urgent.view()
    failed = Walk()
    failed.press("A130A*")
    reason = "air hose blocked: look for a kink in the hose and at the cuff"
    failed.happen(MeasuringChanged("cuff", MeasuringPhase.FAILED, reason))
    failed.happen(TimePassed())
    views["collect-failed"] = failed.view()
    return views


def repeats() -> dict[str, View]:
    """Return the screens of a value that was measured three times, and those around it."""
    views: dict[str, View] = {}
    walk = Walk()
    walk.press("A135A")
    for systolic in (152.0, 148.0, 145.0):
        walk.press("*")
        walk.happen(MeasuringChanged("cuff", MeasuringPhase.INFLATING))
        walk.happen(MeasuringChanged("cuff", MeasuringPhase.DONE))
        walk.hear("cuff", systolic_mmhg=systolic, diastolic_mmhg=95.0)
        walk.now_s += 120.0
        walk.press("D")
        walk.happen(MeasuringChanged("cuff", MeasuringPhase.IDLE))
    views["review-repeats"] = walk.press("##")
    views["help-review"] = walk.press("#")
    walk.press("BB")
    views["collect-back"] = walk.press("D")
    while walk.state.selected:
        walk.press("D")
    views["entry-take-back"] = walk.press("C")
    views["help-entry"] = walk.press("#")
    views["taken-back"] = walk.press("BC")
    source = Source(Origin.INSTRUMENT, "oximeter", "line_nmea")
    doubt = Measurement(
        "pulse_rate_bpm", 91.0, Status.DOUBTFUL, source, walk.now_s, reason="movement or artefact"
    )
    walk.happen(MeasurementReceived(doubt))
    while walk.state.selected != 5:
        walk.press("D")
    views["collect-doubtful"] = walk.view()
    views["judge-doubtful"] = walk.press("C")
    views["collect-accepted"] = walk.press("A")
    views["help-answer"] = _help_on_answer()
    return views


def _help_on_answer() -> View:
    walk = Walk()
    walk.press("A1")
    walk.answer(HIGH, assessed("answer-high"))
    return walk.press("#")


def _refused() -> View:
    walk = Walk()
    walk.press("A1D")
    return walk.press("900A")


@cache
def shipped() -> Mapping[str, View]:
    """Return every screen by a name of its own."""
    return MappingProxyType({**pages(), **encounters(), **repeats(), **answers()})
