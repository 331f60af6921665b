"""Faults of the technician's file on the screen: line and key, and never a blank screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.clock import Now
from appliance.events import LinkState, MeasuringPhase
from appliance.panel.screens import lay_out
from appliance.presenting import Place, lamp_of, present
from appliance.presenting_settings import settings_conditions
from appliance.settings_fault import FILE, Fault
from appliance.settings_report import MISSING, MOST_FAULTS, Served, SettingsReport, report_of
from appliance.states import Measuring, Mode, ServedTask, State
from appliance.views import Lamp, ReadyView
from tests.sample_task import TASK

NOW = Now(102.0, 1.8e9)
KIND = Fault("keypad.kind", "'touch'", "one of matrix, usb, none", 12)
NAME = Fault("clinic.name", "5", "text of at most 40 characters", 4)
IDLE = State(mode=Mode.IDLE, tasks=(ServedTask(TASK, "", "proven"),))
ABOUT = State(mode=Mode.ABOUT, tasks=IDLE.tasks)


def texts(state: State, report: SettingsReport) -> str:
    frame = lay_out(present(state, NOW, Place("Bhola", settings=report)))
    return "\n".join(text.text for text in frame.texts())


def ready(report: SettingsReport) -> list[tuple[str, str]]:
    view = present(IDLE, NOW, Place(settings=report))
    assert isinstance(view, ReadyView)
    return [(each.label, each.words) for each in view.conditions if not each.well]


def test_nothing_is_said_where_all_is_well_or_nobody_provisions() -> None:
    for report in (SettingsReport(), SettingsReport(Served.FILE), SettingsReport(Served.FACTORY)):
        assert ready(report) == []
    assert "Settings" not in texts(ABOUT, SettingsReport())
    assert "Settings: bedside.toml." in texts(ABOUT, SettingsReport(Served.FILE))


def test_the_ready_screen_names_line_and_key_and_what_is_served_instead() -> None:
    report = SettingsReport(Served.LAST_GOOD, (NAME, KIND))
    assert ready(report) == [
        ("Settings", "bedside.toml refused, 2 faults: the last good settings are used."),
        ("Line 4", "clinic.name must be text of at most 40 characters"),
        ("Line 12", "keypad.kind must be one of matrix, usb, none"),
    ]
    assert lamp_of(IDLE) is Lamp.READY


def test_a_file_that_cannot_be_read_says_why() -> None:
    fault = Fault(FILE, "No such file or directory", "a readable file")
    said = ready(SettingsReport(Served.FACTORY, (fault,)))
    assert said[0][1] == "bedside.toml refused, 1 fault: the factory settings are used."
    assert said[1] == ("Settings", "No such file or directory: must be a readable file")


def test_more_faults_than_rows_are_all_on_the_page_about() -> None:
    faults = tuple(Fault(f"timeouts.key_{n}", "0", "more", n) for n in range(1, 9))
    report = SettingsReport(Served.LAST_GOOD, faults)
    assert len(settings_conditions(report)) == 3
    assert "Press [#] for all." in settings_conditions(report)[0].words
    about = texts(ABOUT, report).replace("\n", " ")
    for number in range(1, 9):
        assert f"line {number} timeouts.key_{number}" in about


def test_more_faults_than_a_page_holds_are_counted() -> None:
    faults = tuple(Fault("k" * 20, "0", "more", n) for n in range(1, 500))
    report = report_of(Served.FACTORY, faults, ())
    assert len(report.faults) == MOST_FAULTS
    about = texts(ABOUT, report).replace("\n", " ")
    named = about.count("line ")
    assert named >= 5
    assert f"and {len(faults) - named} more." in about
    assert "499 faults" in ready(report)[0][1]


def test_notes_are_told_on_both_screens() -> None:
    report = SettingsReport(Served.FILE, notes=("The data partition was made again.",))
    assert ready(report) == [("Card", "The data partition was made again.")]
    assert "The data partition was made again." in texts(ABOUT, report)
    assert "not read" in ready(MISSING)[0][1]


FAULTS = st.builds(
    Fault,
    st.sampled_from([FILE, "keypad.kind", "W" * 60, "instruments[1].protocol", "a b " * 15]),
    st.sampled_from(["5", "W" * 60, "a value of words " * 3]),
    st.sampled_from(["one of en", "W" * 200, "one of many words " * 12]),
    st.integers(0, 99_999),
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(FAULTS, max_size=MOST_FAULTS),
    st.integers(0, 9999),
    st.lists(st.sampled_from(["short", "W" * 140, "words and words " * 9]), max_size=8),
    st.integers(0, 9),
    st.integers(0, 8),
    st.sampled_from(["", "wrong hash", "W" * 300, "words of a refusal " * 9]),
    st.booleans(),
)
def test_whatever_is_wrong_no_screen_is_blank_and_instruments_are_seen(
    faults: list[Fault],
    more: int,
    notes: list[str],
    tasks: int,
    links: int,
    refusal: str,
    urgent: bool,
) -> None:
    report = SettingsReport(Served.LAST_GOOD, tuple(faults), more, tuple(notes))
    state = State(
        tasks=tuple(ServedTask(TASK, refusal, "p" * 300) for _ in range(tasks)),
        links={f"WWWWWWWWWWWWWWWWWW{n}": LinkState.ABSENT for n in range(links)},
        keypad_fault="The key 5 is stuck: it was held for more than 60 s. Free it.",
        notice="No task is installed. Call a technician.",
    )
    if urgent:
        words = "The cuff does not empty: take it off the arm at once."
        failed = Measuring(MeasuringPhase.ABORTING, words, None, urgent=True)
        state = replace(state, measuring={"WWWWWWWWWWWWWWWWWWWW": failed})
    for mode in (Mode.IDLE, Mode.ABOUT):
        view = present(replace(state, mode=mode), NOW, Place("m" * 40, settings=report))
        shown = [text.text for text in lay_out(view).texts()]
        if mode is Mode.IDLE and links:
            # Beside words of the longest kind nothing but the call may find room; it says so.
            gives_way = "The rest of this screen comes back when this is done."
            assert LinkState.ABSENT.value in shown or (urgent and gives_way in shown)


@pytest.mark.parametrize("words", ["'" + "-" * 70, "\u0645\u0631\u062d\u0628\u0627"])
def test_what_the_technician_typed_is_not_drawn(words: str) -> None:
    """The font has no letters of other scripts; the status file tells the value."""
    fault = Fault("clinic.name", repr(words), "text of at most 40 characters", 4)
    report = SettingsReport(Served.LAST_GOOD, (fault,))
    assert words not in texts(IDLE, report)
    assert words not in texts(ABOUT, report)
