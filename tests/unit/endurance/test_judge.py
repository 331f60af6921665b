"""The judge of the long runs, judged: each lie that a screen can tell is told to it once.

A judge that finds nothing proves something only if it would have found it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from appliance.views import Condition, EntryView, PageView, ReadyView, RowState, Shown, Tone
from hw_mocks.endurance.truth import Press, Typing
from hw_mocks.instruments.board import Said
from tests.unit.endurance.forged import (
    BEGAN_S,
    NOW_S,
    TAG,
    WALL_S,
    Bench,
    inputs,
    pulse,
    row,
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "screens")


def finds(faults: list[str], words: str) -> None:
    assert any(words in fault for fault in faults), faults


def test_a_true_screen_is_let_pass(bench: Bench) -> None:
    bench.said(1.2, pulse_rate_bpm=84.0)
    bench.said(40.5, "board", systolic_mmhg=128.0, diastolic_mmhg=79.0)
    bench.typed(75.0, "age_years", 31.0)
    view = inputs(
        row("Age", "31", "75 s ago, typed", RowState.TYPED, unit="years"),
        row("Systolic pressure", "128", "40 s ago, board", RowState.TAKEN, unit="mmHg"),
        row("Diastolic pressure", "79", "40 s ago, board", RowState.TAKEN, unit="mmHg"),
        row("Blood glucose", None, "", RowState.MISSING, hint="measure again"),
        pulse(),
    )
    assert bench.verdict(view) == []
    assert bench.judge.counts["numbers"] == 4
    assert bench.judge.counts["row live"] == 1


def test_a_number_that_nobody_said(bench: Bench) -> None:
    bench.said(1.2, pulse_rate_bpm=84.0)
    finds(bench.verdict(inputs(pulse("85"))), "Pulse 85 (live): not said by oximeter")


def test_a_number_that_another_instrument_said(bench: Bench) -> None:
    bench.said(1.2, "board", pulse_rate_bpm=84.0)
    finds(bench.verdict(inputs(pulse())), "not said by oximeter")


def test_a_number_that_another_quantity_has(bench: Bench) -> None:
    bench.said(1.2, spo2_pct=84.0)
    finds(bench.verdict(inputs(pulse())), "not said by oximeter")


def test_a_live_number_that_is_too_old(bench: Bench) -> None:
    bench.said(8.5, pulse_rate_bpm=84.0)
    finds(bench.verdict(inputs(pulse(detail="8 s ago, oximeter"))), "s old, is live for 4 s")


def test_what_lay_in_a_stalled_line_was_said_before_its_age_tells(bench: Bench) -> None:
    bench.said(110.0, pulse_rate_bpm=83.0)
    bench.said(35.0, pulse_rate_bpm=84.0)
    shown = inputs(pulse(detail="20 s ago, oximeter", state=RowState.TAKEN))
    late = ((NOW_S - 35.0, NOW_S - 20.5),)
    elsewhere = ((NOW_S - 14.0, NOW_S - 2.0),)
    finds(bench.verdict(shown), "not said")
    finds(bench.verdict(shown, stalls=elsewhere), "not said")
    assert bench.verdict(shown, stalls=late) == []
    other = inputs(pulse(value="83", detail="20 s ago, oximeter", state=RowState.TAKEN))
    finds(bench.verdict(other, stalls=late), "not said")


def test_an_age_that_is_not_the_numbers_own(bench: Bench) -> None:
    bench.said(40.0, pulse_rate_bpm=84.0)
    finds(bench.verdict(inputs(pulse())), "not said by oximeter 1 to 2 s before")
    stale = pulse(detail="12 s ago, oximeter", state=RowState.TAKEN)
    finds(bench.verdict(inputs(stale)), "not said by oximeter 12 to 13 s before")


def test_a_screen_that_stands_still(bench: Bench) -> None:
    bench.said(1.2, pulse_rate_bpm=84.0)
    view = inputs(pulse(state=RowState.TAKEN))
    assert bench.verdict(view, until_mono_s=NOW_S + 2.0) == []
    finds(bench.verdict(view, until_mono_s=NOW_S + 9.0), "while the screen stood")


def test_a_number_that_may_no_longer_be_used(bench: Bench) -> None:
    bench.truth.in_front(1, None, 0.0)
    bench.truth.press(Press("1", -0.1, 0.1))
    bench.truth.in_front(1, 8, 0.0)
    bench.said(930.0, pulse_rate_bpm=84.0)
    old = pulse(detail="15 min ago, oximeter", state=RowState.TAKEN, tag=8)
    finds(bench.verdict(inputs(old, tag=8)), "may be used for 900 s")


def test_a_number_of_the_patient_before(bench: Bench) -> None:
    bench.said(NOW_S - BEGAN_S + 5.0, pulse_rate_bpm=84.0)
    old = pulse(detail="105 s ago, oximeter", state=RowState.TAKEN)
    finds(bench.verdict(inputs(old)), "said before this patient came")


def test_a_reading_that_was_ordered_for_the_patient_before(bench: Bench) -> None:
    pressures = {"systolic_mmhg": 128.0}
    bench.truth.hear(Said(NOW_S - 9.5, "cuff", pressures, measured_mono_s=BEGAN_S - 30.0))
    taken = row("Systolic pressure", "128", "9 s ago, cuff", RowState.TAKEN, unit="mmHg")
    finds(bench.verdict(inputs(taken)), "measured for another patient")


def test_a_number_that_its_instrument_doubts(bench: Bench) -> None:
    bench.truth.hear(Said(NOW_S - 1.2, "oximeter", {"pulse_rate_bpm": 84.0}, valid=False))
    finds(bench.verdict(inputs(pulse())), "said that it must not be used")
    doubted = pulse(state=RowState.DOUBTFUL, hint="not used: movement or artefact")
    assert bench.verdict(inputs(doubted)) == []


def test_pressures_of_two_readings(bench: Bench) -> None:
    bench.said(40.5, "board", systolic_mmhg=128.0, diastolic_mmhg=81.0)
    bench.said(30.5, "board", systolic_mmhg=126.0, diastolic_mmhg=79.0)
    mixed = (
        row("Systolic pressure", "128", "40 s ago, board", RowState.TAKEN, unit="mmHg"),
        row("Diastolic pressure", "79", "30 s ago, board", RowState.TAKEN, unit="mmHg"),
    )
    finds(bench.verdict(inputs(*mixed)), "not of one reading")


def test_a_typed_and_a_measured_pressure_are_not_one_reading(bench: Bench) -> None:
    bench.said(40.5, "board", systolic_mmhg=128.0, diastolic_mmhg=81.0)
    bench.typed(30.5, "diastolic_mmhg", 79.0)
    mixed = (
        row("Systolic pressure", "128", "40 s ago, board", RowState.TAKEN, unit="mmHg"),
        row("Diastolic pressure", "79", "30 s ago, typed", RowState.TYPED, unit="mmHg"),
    )
    finds(bench.verdict(inputs(*mixed)), "not of one reading")


def test_a_measured_number_that_is_called_typed(bench: Bench) -> None:
    bench.said(5.5, pulse_rate_bpm=84.0)
    typed = pulse(detail="5 s ago, oximeter", state=RowState.TYPED)
    finds(bench.verdict(inputs(typed)), "comes from oximeter")


def test_another_unit(bench: Bench) -> None:
    bench.said(1.2, "board", temp_degc=36.9)
    wrong = row("Body temperature", "36.9", "1 s ago, board", unit="°F")
    finds(bench.verdict(inputs(wrong)), "in °F, not °C")


def test_a_number_without_age_or_source(bench: Bench) -> None:
    bench.said(1.2, pulse_rate_bpm=84.0)
    finds(bench.verdict(inputs(pulse(detail=""))), "without age and source")


@pytest.mark.parametrize(
    ("said_ago_s", "text", "fault"),
    [
        (0.5, "112 mmHg in the cuff", ""),
        (0.5, "113 mmHg in the cuff", "not said in the last"),
        (9.0, "112 mmHg in the cuff", "not said in the last"),
        (0.5, "112 mmHg", "without a number"),
    ],
)
def test_the_pressure_in_the_cuff(bench: Bench, said_ago_s: float, text: str, fault: str) -> None:
    bench.said(said_ago_s, "cuff", cuff_pressure_mmhg=112.0)
    view = inputs(row("Systolic pressure", None, text, RowState.MEASURING, unit="mmHg"))
    faults = bench.verdict(view)
    assert faults == [] if not fault else any(fault in each for each in faults), faults


def test_another_patients_name_or_texts(bench: Bench) -> None:
    bench.said(1.2, pulse_rate_bpm=84.0)
    finds(bench.verdict(inputs(pulse(tag=6), tag=6)), "patient 6 was not in front")
    finds(bench.verdict(inputs(pulse(tag=6))), "texts of 2 patients")
    named = replace(inputs(pulse()), patient=Shown("Patient 6", TAG))
    finds(bench.verdict(named), "'Patient 6' on the screen of patient 7")


def test_a_patient_of_an_earlier_life_of_the_daemon(bench: Bench) -> None:
    bench.said(1.2, pulse_rate_bpm=84.0)
    finds(bench.verdict(inputs(pulse()), life=2), "was not in front")


def test_a_patient_who_is_gone(bench: Bench) -> None:
    bench.said(1.2, pulse_rate_bpm=84.0)
    view = inputs(pulse())
    bench.truth.in_front(1, None, NOW_S + 1.0)
    assert bench.verdict(view, until_mono_s=NOW_S + 2.0) == []
    finds(bench.verdict(view, until_mono_s=NOW_S + 3.0), "after the end")


def test_a_patient_who_was_left_alone(bench: Bench) -> None:
    bench.typed(20.0, "age_years", 31.0)
    view = inputs(row("Age", "31", "3 min ago, typed", RowState.TYPED, unit="years"))
    bench.typed(205.0, "age_years", 31.0)
    bench.truth.in_front(1, None, 0.0)
    bench.truth.press(Press("1", 799.9, 800.1))
    bench.truth.in_front(1, TAG, 800.0)
    later = {"mono_s": NOW_S + 122.0, "until_mono_s": NOW_S + 123.0}
    finds(bench.verdict(view, **later), "though no key was pressed for 183 s")


@pytest.mark.parametrize("text", ["Cuff 3 failed", "128/79 not used"])
def test_a_number_outside_of_the_numbers_place(bench: Bench, text: str) -> None:
    finds(bench.verdict(inputs(notice=text)), "nobody accounts for")
    hinted = row("Pulse", None, "", RowState.MISSING, hint=text)
    finds(bench.verdict(inputs(hinted)), "nobody accounts for")


def test_numbers_that_are_the_appliances_own(bench: Bench) -> None:
    words = "Nobody there? Cleared in 29 s. Press D to stay."
    assert bench.verdict(inputs(notice=words)) == []
    failed = "cuff: air hose blocked: look for a kink in the hose and at the cuff (code 85)"
    assert bench.verdict(inputs(notice=failed)) == []


def test_a_patients_text_where_no_patient_is(bench: Bench) -> None:
    seen = bench.picture(PageView("assessing", "Working", ("One moment.",), Tone.WAIT))
    leaked = tuple(replace(w, tag=TAG) if w.field == "lines" else w for w in seen.words)
    finds(bench.judge.judge(replace(seen, words=leaked)), "on a page without a patient")


def test_a_screen_of_no_known_name(bench: Bench) -> None:
    finds(bench.verdict(PageView("advert", "Buy", ("now",))), "no known name")


def test_the_wall_clock(bench: Bench) -> None:
    def ready(time: str) -> ReadyView:
        return ReadyView("Ready", time, (Condition("Clock", "set", True),), "", ())

    assert bench.verdict(ready("2026-12-01 08:33")) == []
    finds(bench.verdict(ready("2026-12-01 08:20")), "nobody accounts for")
    bench.truth.wall_clock(NOW_S - 50.0, WALL_S - 3600.0)
    finds(bench.verdict(ready("2026-12-01 08:33")), "nobody accounts for")
    assert bench.verdict(ready("2026-12-01 07:33")) == []


def entry(text: str) -> EntryView:
    limits = "Possible: 20 to 300"
    return EntryView("Pulse", "per min", Shown(text, TAG), limits, (), "", False, ())


def test_what_stands_in_an_entry_was_typed(bench: Bench) -> None:
    bench.truth.typing(Typing(NOW_S - 3.0, "pulse_rate_bpm", "8"))
    bench.truth.typing(Typing(NOW_S - 2.0, "pulse_rate_bpm", "84"))
    assert bench.verdict(entry("84")) == []
    finds(bench.verdict(entry("8")), "'8' was not typed so")
    finds(bench.verdict(entry("48")), "'48' was not typed so")
    bench.truth.typing(Typing(NOW_S - 1.0, "temp_degc", "84"))
    finds(bench.verdict(entry("84")), "was not typed so")


def test_a_black_screen_is_black(bench: Bench, tmp_path: Path) -> None:
    seen = bench.picture(PageView("assessing", "Working", ()))
    path = tmp_path / "009-blank.png"
    Image.new("RGB", (800, 480)).save(path)
    blank = replace(seen, name="blank", words=(), picture=path)
    assert bench.judge.judge(blank) == []
    finds(bench.judge.judge(replace(blank, picture=seen.picture)), "not black")


def test_pixels_that_say_another_number(bench: Bench) -> None:
    bench.said(1.2, pulse_rate_bpm=84.0)
    seen = bench.picture(inputs(pulse("84")))
    other = bench.picture(inputs(pulse("64")))
    assert bench.judge.judge(seen) == []
    finds(bench.judge.judge(replace(seen, picture=other.picture)), "do not say '84' (value)")


def test_ink_beside_a_number_or_in_the_place_of_none(bench: Bench) -> None:
    bench.said(1.2, pulse_rate_bpm=84.0)
    seen = bench.picture(inputs(pulse("84")))
    spoil(seen.picture, (200, 60))
    finds(bench.judge.judge(seen), "do not say '84' (value)")
    empty = bench.picture(inputs(row("Pulse", None, "", RowState.MISSING)))
    assert bench.judge.judge(empty) == []
    spoil(empty.picture, (280, 70))
    finds(bench.judge.judge(empty), "ink in the empty value cell of Pulse")


def spoil(picture: Path, at: tuple[int, int]) -> None:
    with Image.open(picture) as image:
        image.load()
    for dx in range(3):
        image.putpixel((at[0] + dx, at[1]), (0, 0, 0))
    image.save(picture)
