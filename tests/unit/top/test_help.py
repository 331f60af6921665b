"""Help on one key, taking back, measuring again and repeats: nothing is lost or kept by them."""

from __future__ import annotations

from typing import cast

import pytest

from appliance.actions_help import HELPED
from appliance.clinical.measurement import KEYPAD, Measurement, Origin, Source, Status
from appliance.clinical.repeats import MOST, Repeats, earlier, with_repeat
from appliance.events import Key, MeasurementReceived, MeasuringChanged, MeasuringPhase, TimePassed
from appliance.orders import AbortMeasuring
from appliance.presenting_help import SENTENCES, help_view
from appliance.states import Mode, OrderInstrument
from appliance.views import InputsView, KeyHint, PageView, ResultView
from tests.shipped_views import HIGH, Walk, assessed, shipped

CUFF = Source(Origin.INSTRUMENT, "cuff", "suntech_nibp")
PULSE = "pulse_rate_bpm"


def rows(walk: Walk) -> dict[str, str | None]:
    view = cast(InputsView, walk.view())
    return {row.label: row.value.text if row.value else None for row in view.rows}


def on_review() -> Walk:
    walk = Walk()
    walk.press("A135A")
    walk.hear("monitor", systolic_mmhg=152.0, diastolic_mmhg=95.0, pulse_rate_bpm=84.0)
    walk.press("##")
    assert walk.state.mode is Mode.REVIEW
    return walk


@pytest.mark.parametrize(
    "keys", ["#", "#C", "#D", "A", "A1", "A13", "A135A##"], ids=lambda keys: f"after {keys}"
)
def test_one_key_explains_every_key_of_the_screen_and_another_closes_it(keys: str) -> None:
    walk = Walk()
    before = walk.press(keys)
    assert KeyHint("#", "help") in before.keys
    page = walk.press("#")
    assert isinstance(page, PageView)
    for key in before.keys:
        explained = [line for line in page.lines if line.startswith(f"[{key.printed}] ")]
        assert bool(explained) is (key.does != "help"), key
    mode, encounter = walk.state.mode, walk.state.encounter
    after = walk.press("A")
    assert (walk.state.mode, walk.state.encounter, walk.state.helping) == (mode, encounter, False)
    assert after.keys == before.keys


def test_every_key_of_every_shipped_screen_has_a_sentence() -> None:
    for name, view in shipped().items():
        for key in view.keys if view.name not in ("ready", "help", "out-of-service") else ():
            known = key.does in SENTENCES or key.does.startswith(("start ", "stop "))
            assert known or key.does == "help", (name, key)


def test_going_on_without_stands_on_the_help_page_alone() -> None:
    walk = Walk()
    assert "go on without" not in [key.does for key in walk.press("A1").keys]
    assert "go on without" in [key.does for key in walk.press("#").keys]
    walk.press("#")
    assert walk.state.mode is Mode.REVIEW
    assert not walk.state.helping


def test_a_cuff_is_stopped_from_the_help_page_too() -> None:
    walk = Walk()
    walk.press("A135A*")
    walk.happen(MeasuringChanged("cuff", MeasuringPhase.INFLATING))
    page = walk.press("#")
    assert KeyHint("*", "stop cuff") in page.keys
    walk.press("*")
    assert OrderInstrument("cuff", AbortMeasuring()) in walk.commands
    assert not walk.state.helping


def test_the_page_leaves_by_itself_and_time_goes_on_below_it() -> None:
    walk = Walk()
    walk.press("A1")
    walk.press("#")
    walk.now_s += walk.state.timeouts.page_s
    walk.happen(TimePassed())
    assert not walk.state.helping
    walk.press("#")
    walk.now_s += walk.state.timeouts.idle_clear_s
    walk.happen(TimePassed())
    assert walk.state.mode is Mode.IDLE
    assert walk.state.encounter is None
    assert not walk.state.helping


def test_the_power_key_works_on_the_help_page() -> None:
    walk = Walk()
    walk.press("A1#")
    walk.press([key.value for key in Key if key is Key.POWER])  # type: ignore[arg-type]
    assert not walk.state.helping
    assert "power key again" in cast(InputsView, walk.view()).notice


def test_no_text_of_a_patient_is_on_the_help_page() -> None:
    walk = Walk()
    walk.press("A1")
    answer = walk.answer(HIGH, assessed("answer-high"))
    assert isinstance(answer, ResultView)
    page = walk.press("#")
    assert isinstance(page, PageView)
    assert not any("145" in line or "Patient" in line for line in page.lines)


def test_help_is_where_keys_are() -> None:
    walk = Walk()
    assert walk.state.mode not in HELPED
    assert help_view(walk.state, walk.view(), walk.clock()).lines


def test_a_typed_value_is_taken_back_and_the_instruments_counts_again() -> None:
    walk = Walk()
    walk.press("A1")
    walk.hear("oximeter", pulse_rate_bpm=84.0)
    walk.now_s += 2.0
    while walk.state.selected != 5:
        walk.press("D")
    walk.press("90A")
    assert rows(walk)["Pulse"] == "90"
    while walk.state.selected != 5:
        walk.press("D")
    assert KeyHint("C", "take back") in walk.press("C").keys
    walk.press("C")
    assert (walk.state.mode, rows(walk)["Pulse"]) == (Mode.COLLECT, "84")
    assert walk.state.selected == 5


def test_with_nothing_given_by_a_person_the_key_only_corrects() -> None:
    walk = Walk()
    walk.press("A1")
    assert KeyHint("C", "correct") in walk.press("C").keys
    walk.press("C")
    assert walk.state.mode is Mode.ENTRY
    walk.press("35A")
    assert KeyHint("C", "correct") in walk.press("3").keys
    walk.press("C")
    assert walk.state.mode is Mode.ENTRY


def test_a_picked_or_accepted_value_is_taken_back_too() -> None:
    walk = Walk()
    walk.press("A1")
    source = Source(Origin.INSTRUMENT, "oximeter", "line_nmea")
    doubt = Measurement(PULSE, 91.0, Status.DOUBTFUL, source, walk.now_s, reason="movement")
    walk.happen(MeasurementReceived(doubt))
    while walk.state.selected != 5:
        walk.press("D")
    walk.press("CA")
    assert rows(walk)["Pulse"] == "91"
    while walk.state.selected != 5:
        walk.press("D")
    walk.press("CC")
    assert rows(walk)["Pulse"] is None


def test_one_value_is_measured_again_from_the_review() -> None:
    walk = on_review()
    walk.press("DDDDDC")
    assert walk.state.mode is Mode.COLLECT
    assert rows(walk) == {
        "Age": "35",
        "Systolic pressure": "152",
        "Diastolic pressure": "95",
        "Blood glucose": None,
        "Body temperature": None,
        "Pulse": None,
    }
    assert "Pulse" in cast(InputsView, walk.view()).notice
    walk.now_s += 1.0
    walk.hear("monitor", pulse_rate_bpm=88.0)
    assert rows(walk)["Pulse"] == "88"


def test_pressures_of_one_reading_go_together() -> None:
    walk = on_review()
    walk.press("DC")
    known = rows(walk)
    assert (known["Systolic pressure"], known["Diastolic pressure"]) == (None, None)
    assert known["Pulse"] == "84"


def test_a_value_that_was_taken_away_is_assessed_no_more() -> None:
    walk = on_review()
    walk.press("DDDDDC##")
    assert PULSE not in walk.state.reviewed


def reading(value: float, at_s: float, source: Source = CUFF) -> Measurement:
    return Measurement("systolic_mmhg", value, Status.VALID, source, at_s)


def kept(*readings: Measurement) -> Repeats:
    repeats: Repeats = ()
    for each in readings:
        repeats = with_repeat(repeats, each)
    return repeats


def values(repeats: Repeats) -> list[object]:
    return [each.value for each in repeats]


def test_repeats_are_readings_a_minute_apart_and_the_oldest_go_first() -> None:
    many = kept(*(reading(100.0 + n, 60.0 * n) for n in range(7)))
    assert values(many) == [103.0, 104.0, 105.0, 106.0]
    assert len(many) == MOST
    assert values(earlier(many, many[-1])) == [103.0, 104.0, 105.0]


def test_a_stream_is_kept_once_a_minute_and_a_mended_slip_not_at_all() -> None:
    assert values(kept(*(reading(100.0 + n, float(n)) for n in range(130)))) == [100, 160, 220]
    assert values(kept(reading(210.0, 0.0, KEYPAD), reading(121.0, 5.0, KEYPAD))) == [121.0]


def test_no_repeat_is_what_is_doubtful_missing_or_never_used() -> None:
    doubtful = Measurement("systolic_mmhg", 99.0, Status.DOUBTFUL, CUFF, 0.0, reason="moved")
    cuff = Measurement("cuff_pressure_mmhg", 120.0, Status.VALID, CUFF, 0.0)
    choice = Measurement("pregnant", "no", Status.VALID, KEYPAD, 0.0)
    assert kept(doubtful, cuff, choice) == ()


def test_repeats_are_shown_in_the_review_and_forgotten_with_the_patient() -> None:
    view = cast(InputsView, shipped()["review-repeats"])
    (row,) = [row for row in view.rows if row.label == "Systolic pressure"]
    assert row.earlier is not None
    assert row.earlier.text == "earlier: 152 (6 min), 148 (4 min)"
    assert row.value is not None
    assert row.value.text == "145"
    walk = on_review()
    walk.press("BBB")
    assert walk.state.encounter is None
    walk.press("A1")
    assert walk.state.encounter is not None
    assert walk.state.encounter.repeats == ()
