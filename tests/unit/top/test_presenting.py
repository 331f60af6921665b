"""What screens and lamps say of a state: words, ages, warnings, and never more than is so."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from appliance.clinical.assessment import Assessment, Outcome, assess
from appliance.clinical.encounter import Encounter
from appliance.clinical.measurement import Measurement
from appliance.clinical.quantities import Value
from appliance.clinical.result import give_result
from appliance.clock import Now
from appliance.controller import step
from appliance.events import LinkState, MeasuringPhase, PanelFaulted
from appliance.presenting import Place, lamp_of, present
from appliance.presenting_words import age_words
from appliance.states import Entry, Measuring, Mode, ServedTask, State
from appliance.views import (
    EntryView,
    InputRow,
    InputsView,
    KeyHint,
    Lamp,
    ReadyView,
    ResultView,
    RowState,
)
from tests.sample_task import CUFF, TASK, WELL, doubtful, infer_sum, measured, typed

LOW = {**WELL, "pregnant": "no"}
START_S = 100.0
UTC_S = 1_800_000_000.0
"""2027-01-15 08:00:00."""
TEMPERATURE = replace(TASK.inputs[2], quantity="temp_degc", trained_low=36.0, trained_high=40.0)
WARM = replace(TASK, inputs=(*TASK.inputs, TEMPERATURE))


def bedside(*measurements: Measurement, **changes: object) -> State:
    encounter = Encounter(1, TASK.id, START_S)
    for each in measurements:
        encounter = encounter.accept(each)
    state = State(
        Mode.COLLECT, tasks=(ServedTask(WARM),), encounter=encounter, last_key_mono_s=START_S
    )
    return replace(state, **changes)  # type: ignore[arg-type]


def inputs(state: State, now_s: float = START_S + 10.0) -> InputsView:
    view = present(state, Now(now_s, UTC_S), Place())
    assert isinstance(view, InputsView)
    return view


def row(state: State, label: str, now_s: float = START_S + 10.0) -> InputRow:
    return next(each for each in inputs(state, now_s).rows if each.label == label)


def answered(
    values: dict[str, Value] | None = None, *, assessment: Assessment | None = None
) -> State:
    values = WELL if values is None else values
    used = {q: replace(typed(q, v, START_S), encounter=1) for q, v in values.items()}
    answer = assessment or assess(TASK, values, infer_sum)
    result = give_result(1, TASK, answer, used, START_S)
    return replace(bedside(tasks=(ServedTask(TASK),)), mode=Mode.RESULT, result=result)


def answer_screen(state: State, now_s: float = START_S + 1.0, utc: bool = True) -> ResultView:
    view = present(state, Now(now_s, UTC_S if utc else None), Place(utc_offset_min=90))
    assert isinstance(view, ResultView)
    return view


def test_a_streamed_value_is_live_while_its_instrument_stands_by_it() -> None:
    warm = measured("temp_degc", 37.2, START_S + 8.0)
    assert row(bedside(warm), "Body temperature").state is RowState.LIVE
    assert row(bedside(warm), "Body temperature", START_S + 19.0).state is RowState.TAKEN


def test_a_value_whose_instrument_is_gone_is_not_live() -> None:
    gone = bedside(
        measured("temp_degc", 37.2, START_S + 8.0),
        links=MappingProxyType({CUFF.name: LinkState.ABSENT}),
    )
    assert row(gone, "Body temperature").state is RowState.TAKEN
    assert inputs(gone).notice == f"Not heard: {CUFF.name}"


def test_a_value_after_which_the_sensor_came_off_is_not_live_and_says_so() -> None:
    off = bedside(
        measured("temp_degc", 37.2, START_S + 7.0), measured("temp_degc", None, START_S + 8.0)
    )
    shown = row(off, "Body temperature")
    assert shown.value is not None
    assert (shown.value.text, shown.state) == ("37.2", RowState.TAKEN)
    assert shown.hint.startswith("since then: ")


def test_a_newer_doubtful_reading_is_told_beside_the_value_that_is_used() -> None:
    state = bedside(
        measured("temp_degc", 36.8, START_S + 1.0), doubtful("temp_degc", 39.9, START_S + 2.0)
    )
    shown = row(state, "Body temperature")
    assert shown.value is not None
    assert shown.value.text == "36.8"
    assert shown.hint.startswith("newer one not used: ")


@pytest.mark.parametrize(("ordered_for", "told"), [(1, True), (None, True), (9, False)])
def test_what_a_measurement_wants_is_told_to_those_who_ordered_it(
    ordered_for: int | None, told: bool
) -> None:
    words = "keep the arm still"
    failed = Measuring(MeasuringPhase.FAILED, words, ordered_for, failure=words)
    state = bedside(commanded=("cuff",), measuring=MappingProxyType({"cuff": failed}))
    assert ("keep the arm still" in inputs(state).notice) is told


def test_an_absence_told_by_an_instrument_says_nothing_against_a_typed_value() -> None:
    state = bedside(
        typed("temp_degc", 36.8, START_S + 1.0), measured("temp_degc", None, START_S + 2.0)
    )
    shown = row(state, "Body temperature")
    assert (shown.state, shown.hint) == (RowState.TYPED, "")


def test_a_row_says_who_and_how_long_ago() -> None:
    by_hand = row(bedside(typed("glucose_mmol_l", 6.0, START_S)), "Blood glucose")
    by_cuff = row(bedside(measured("glucose_mmol_l", 6.0, START_S)), "Blood glucose")
    assert by_hand.detail is not None
    assert by_cuff.detail is not None
    assert by_hand.detail.text == "10 s ago, typed"
    assert by_cuff.detail.text == f"10 s ago, {CUFF.name}"


def test_a_missing_row_says_how_to_get_the_value() -> None:
    shown = row(bedside(), "Blood glucose")
    assert (shown.value, shown.state, shown.hint) == (None, RowState.MISSING, "Prick a finger.")


def test_an_expired_value_is_not_shown() -> None:
    old = typed("glucose_mmol_l", 6.0, START_S)
    shown = row(bedside(old), "Blood glucose", START_S + 3600.0)
    assert (shown.value, shown.state, shown.hint) == (None, RowState.EXPIRED, "measure again")


def test_a_doubtful_value_is_shown_as_such_and_no_longer_than_a_good_one() -> None:
    state = bedside(doubtful("glucose_mmol_l", 9.9, START_S))
    shown = row(state, "Blood glucose")
    assert shown.state is RowState.DOUBTFUL
    assert shown.hint.startswith("not used: ")
    assert row(state, "Blood glucose", START_S + 3600.0).value is None


def test_a_pressure_of_another_reading_says_what_to_do() -> None:
    state = bedside(
        measured("systolic_mmhg", 150.0, START_S, group="1"),
        measured("diastolic_mmhg", 95.0, START_S, group="1"),
        typed("systolic_mmhg", 125.0, START_S + 1.0, "typed"),
    )
    shown = row(state, "Diastolic pressure")
    assert (shown.value, shown.state) == (None, RowState.MISSING)
    assert "type it, or measure both again" in shown.hint


def test_pressures_in_the_wrong_order_are_both_shown_as_doubtful() -> None:
    state = bedside(
        typed("systolic_mmhg", 125.0, START_S, "typed"),
        typed("diastolic_mmhg", 130.0, START_S + 1.0, "typed"),
    )
    for label, value in (("Systolic pressure", "125"), ("Diastolic pressure", "130")):
        shown = row(state, label)
        assert shown.value is not None
        assert (shown.value.text, shown.state) == (value, RowState.DOUBTFUL)
        assert "wrong order" in shown.hint


@pytest.mark.parametrize(
    ("age_s", "words"),
    [(0.9, "0 s ago"), (119.9, "119 s ago"), (120.0, "2 min ago"), (779.0, "12 min ago")],
)
def test_ages_are_in_seconds_up_to_two_minutes(age_s: float, words: str) -> None:
    assert age_words(age_s) == words


def test_keys_are_offered_as_long_as_they_do_something() -> None:
    def offered(state: State) -> dict[str, str]:
        return {key.printed: key.does for key in inputs(state).keys}

    missing = offered(bedside())
    assert (missing["A"], missing["#"]) == ("type the missing", "help")
    everything = [typed(q, v, START_S, "t" if "olic" in q else "") for q, v in WELL.items()]
    complete = offered(bedside(*everything, typed("temp_degc", 37.0, START_S)))
    assert complete["A"] == "review"
    assert complete["#"] == "help"
    reading = present(replace(bedside(), helping=True), Now(START_S), Place())
    assert KeyHint("#", "go on without") in reading.keys
    whole = replace(bedside(*everything, typed("temp_degc", 37.0, START_S)), helping=True)
    assert [key.does for key in present(whole, Now(START_S), Place()).keys] == ["back"]


def test_a_reviewed_value_is_held_and_therefore_never_live() -> None:
    warm = measured("temp_degc", 37.2, START_S + 9.0)
    state = bedside(warm)
    assert state.encounter is not None
    held = MappingProxyType({"temp_degc": replace(warm, encounter=1)})
    shown = row(replace(state, mode=Mode.REVIEW, reviewed=held), "Body temperature")
    assert shown.state is RowState.TAKEN


def test_a_value_of_another_encounter_is_never_reviewed() -> None:
    foreign = MappingProxyType({"temp_degc": replace(typed("temp_degc", 37.2, 105.0), encounter=9)})
    shown = row(bedside(mode=Mode.REVIEW, reviewed=foreign), "Body temperature")
    assert shown.value is None


@pytest.mark.parametrize(("newer", "told"), [(37.2, False), (39.0, True)])
def test_the_review_tells_of_a_newer_reading_that_differs(newer: float, told: bool) -> None:
    first = replace(measured("temp_degc", 37.2, START_S + 1.0), encounter=1)
    state = bedside(first, measured("temp_degc", newer, START_S + 5.0))
    view = inputs(replace(state, mode=Mode.REVIEW, reviewed=MappingProxyType({"temp_degc": first})))
    assert ("Newer reading: Body temperature" in view.notice) is told


@pytest.mark.parametrize("mode", [Mode.COLLECT, Mode.ENTRY, Mode.REVIEW, Mode.RESULT])
def test_every_screen_warns_before_the_patient_is_forgotten(mode: Mode) -> None:
    state = replace(answered(), mode=mode, entry=Entry(TASK.inputs[0]))

    def warns(now_s: float) -> bool:
        view = present(state, Now(now_s), Place())
        assert isinstance(view, InputsView | EntryView | ResultView)
        words = view.message if isinstance(view, EntryView) else view.notice
        return "Cleared in" in words

    assert not warns(START_S + 149.0)
    assert warns(START_S + 150.0)


def test_the_answer_says_what_was_typed_and_what_was_held_at_a_bound() -> None:
    used = answer_screen(answered({**WELL, "systolic_mmhg": 200.0})).used.text
    assert "Systolic pressure 200 mmHg (typed), judged as 160" in used
    assert "Diastolic pressure 76 mmHg (typed) ·" in used
    assert used.endswith("Pregnant yes (typed)")


def test_what_to_do_about_a_red_flag_comes_before_what_the_model_advises() -> None:
    view = answer_screen(answered({**WELL, "systolic_mmhg": 175.0, "diastolic_mmhg": 80.0}))
    flag = next(f for f in TASK.red_flags if f.id == "severe-hypertension")
    assert view.todo.text == flag.action
    assert view.flags[0].text == flag.text


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "under 1 of 100"),
        (0.0049, "under 1 of 100"),
        (0.005, "0 of 100"),
        (0.5, "50 of 100"),
        (0.9949, "99 of 100"),
        (0.995, "over 99 of 100"),
        (1.0, "over 99 of 100"),
    ],
)
def test_a_chance_is_never_a_certainty(probability: float, words: str) -> None:
    answer = replace(assess(TASK, WELL, infer_sum), probability=probability)
    chance = answer_screen(answered(assessment=answer)).chance
    assert chance is not None
    assert chance.text == words


def test_the_answer_says_in_which_direction_an_input_moved_it() -> None:
    answer = assess(TASK, {**WELL, "systolic_mmhg": 150.0, "glucose_mmol_l": 6.0}, infer_sum)
    moved = [each.text for each in answer_screen(answered(assessment=answer)).moved]
    for each, text in zip(answer.contributions, moved, strict=True):
        assert ("raised" in text) is (each.change > 0)
    assert {each.change > 0 for each in answer.contributions} == {True, False}


def test_rule_and_model_that_differ_are_marked() -> None:
    agree = assess(TASK, LOW, infer_sum)
    assert not answer_screen(answered(assessment=agree)).differs
    view = answer_screen(answered(assessment=replace(agree, category="high")))
    assert view.differs
    assert view.against_rule == TASK.against_rule


def test_flags_that_could_not_be_checked_are_counted() -> None:
    everything = answer_screen(answered(WELL))
    assert everything.unchecked is None
    nothing = answer_screen(answered({}))
    assert nothing.unchecked is not None
    count = len(TASK.red_flags)
    assert nothing.unchecked.text == f"{count} red flags not checked: values missing"
    one = answer_screen(answered({"systolic_mmhg": 120.0, "diastolic_mmhg": 80.0}))
    assert one.unchecked is not None
    assert one.unchecked.text == "1 red flag not checked: values missing"


def test_validity_is_told_in_local_time_or_without_any() -> None:
    state = answered()
    assert answer_screen(state).valid_until.text == "Valid until 09:44 (14 min)"
    assert answer_screen(state, utc=False).valid_until.text == "Valid for 14 min"
    assert answer_screen(state, START_S + 841.0).valid_until.text.endswith("(59 s)")


def test_why_there_is_no_answer_is_told_in_labels() -> None:
    view = answer_screen(answered({"systolic_mmhg": 120.0}))
    assert view.reason is not None
    assert "diastolic pressure" in view.reason.text.lower()
    assert "_" not in view.reason.text


def test_the_lamp_of_an_answer_is_that_of_its_worst_part() -> None:
    calm = assess(TASK, LOW, infer_sum)
    assert calm.category == "low"
    assert lamp_of(answered(assessment=calm)) is Lamp.CALM
    flagged = assess(TASK, {**WELL, "systolic_mmhg": 175.0}, None)
    assert flagged.outcome is Outcome.NO_MODEL
    assert lamp_of(answered(assessment=flagged)) is Lamp.URGENT
    assert lamp_of(answered(assessment=assess(TASK, WELL, None))) is Lamp.NO_ANSWER


def test_a_display_that_failed_is_told_by_the_lamps() -> None:
    assert lamp_of(answered()) is not Lamp.FAULT
    assert lamp_of(replace(answered(), display_fault="It does not answer.")) is Lamp.FAULT


def test_the_ready_screen_tells_clock_keypad_links_and_models() -> None:
    state = State(
        Mode.IDLE,
        tasks=(ServedTask(TASK, refusal="it died"),),
        links=MappingProxyType({"cuff": LinkState.SILENT, "oximeter": LinkState.SPEAKING}),
        keypad_fault="Key A is stuck.",
    )
    for event in (PanelFaulted("Lamps", "they do not work"), PanelFaulted("Power button", "")):
        state, _ = step(state, event, Now(START_S))
    view = present(state, Now(START_S), Place("Clinic", 60))
    assert isinstance(view, ReadyView)
    well = {each.label: each.well for each in view.conditions}
    assert well == {
        "cuff": False,
        "oximeter": True,
        TASK.title: False,
        "Clock": False,
        "Keypad": False,
        "Lamps": False,
    }
    assert view.wall_time == "clock not set"
    view = present(state, Now(START_S, UTC_S), Place("Clinic", -60))
    assert isinstance(view, ReadyView)
    assert view.wall_time == "2027-01-15 07:00"
