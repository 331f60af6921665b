"""Words from outside never blank a screen: however long they are, the screen is laid out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.clinical.assessment import Outcome, assess
from appliance.clinical.encounter import Encounter
from appliance.clinical.measurement import KEYPAD, Measurement, Status
from appliance.clinical.result import give_result
from appliance.clock import Now
from appliance.events import LinkState
from appliance.inference.bundle import read_bundle
from appliance.panel.screens import SIZES, lay_out
from appliance.presenting import Place, present
from appliance.states import Mode, ServedTask, State
from appliance.wording import brief, some_of
from tests.scenario.worlds import SEVERE, SHIPPED

PATH = "/srv/" + "w" * 250
LIST = "; ".join(f"tflite-runtime 2.{n}.0 delegated x86_64" for n in range(20))
REASONS = ("", "wrong hash", PATH, LIST, f"{PATH} {LIST} {PATH}", "W" * 3000)
TASK = read_bundle(SHIPPED).task
NOW = Now(102.0, 1.8e9)


def test_short_words_stay_and_long_ones_are_cut_visibly() -> None:
    assert brief("all is well", 40) == "all is well"
    assert brief("all is well", 11) == "all is well"
    assert brief("all is well", 10) == "all ..."
    assert brief("x" * 30, 40) == "x" * 21 + "..."
    assert some_of(("a", "b"), 2) == ("a", "b")
    assert some_of(("a", "b", "c"), 2) == ("a", "And 2 more.")


@given(st.text(max_size=300), st.integers(8, 200))
def test_it_is_never_longer_than_asked(text: str, most: int) -> None:
    short = brief(text, most)
    assert len(short) <= most
    assert all(len(word) <= 24 for word in short.split())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(list(LinkState)), max_size=8),
    st.lists(st.sampled_from(REASONS), max_size=9),
    st.lists(st.sampled_from(REASONS), max_size=9),
    st.sampled_from(("", "The key 5 is stuck: it was held for more than 60 s. Free it.")),
)
def test_the_ready_screen_fits_whatever_is_wrong(
    links: list[LinkState], tasks: list[str], folders: list[str], keypad: str
) -> None:
    tasks, folders = tasks[: 9 - len(folders)], folders[:9]
    state = State(
        mode=Mode.IDLE,
        links={f"WWWWWWWWWWWWWWWWWW{n}": link for n, link in enumerate(links)},
        tasks=tuple(ServedTask(TASK, reason) for reason in tasks),
        refused_bundles=tuple(("maternal-risk", reason) for reason in folders),
        keypad_fault=keypad,
        panel_faults={"Lamps": keypad, "Power button": keypad},
        notice="No task is installed. Call a technician.",
    )
    texts = [text.text for text in lay_out(present(state, NOW, Place("m" * 40))).texts()]
    bad = [link.value for link in links if link is not LinkState.SPEAKING]
    if len(links) + len(tasks) + len(folders) <= 6:
        assert all(words in texts for words in bad)
    for size in SIZES:
        for mode in (Mode.IDLE, Mode.ABOUT):
            lay_out(present(replace(state, mode=mode), NOW, Place("m" * 40)), size)


@pytest.mark.parametrize("mode", [Mode.TECHNICAL_FAULT, Mode.OUT_OF_SERVICE])
def test_a_fault_page_fits_however_many_parts_stopped(mode: Mode) -> None:
    faults = tuple(
        f"A part of the appliance stopped working: port:WWWWWWWWWWWWWWWWWW{n}." for n in range(12)
    )
    texts = [
        t.text for t in lay_out(present(State(mode=mode, faults=faults), NOW, Place())).texts()
    ]
    assert "And 9 more." in texts


@pytest.mark.parametrize("reason", REASONS)
def test_an_answer_without_a_model_fits_whatever_the_reason(reason: str) -> None:
    values = SEVERE | {"glucose_mmol_l": 30.0, "pulse_rate_bpm": 130.0, "temp_degc": 39.0}
    answer = replace(assess(TASK, values, None), reason=f"the model is not available: {reason}")
    used = {
        q: Measurement(q, v, Status.VALID, KEYPAD, 100.0, encounter=1) for q, v in values.items()
    }
    state = State(
        mode=Mode.RESULT,
        tasks=(ServedTask(TASK),),
        encounter=Encounter(1, TASK.id, 90.0),
        result=give_result(1, TASK, answer, used, 101.0),
    )
    texts = {text.text for text in lay_out(present(state, NOW, Place())).texts()}
    assert answer.outcome is Outcome.NO_MODEL
    assert len(answer.floor.flags) >= 3
    assert {flag.text for flag in answer.floor.flags} <= texts
