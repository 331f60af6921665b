"""Keys are named as the attached keypad bears them, everywhere on the screen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.actions_collect import cancel
from appliance.boots import held_words
from appliance.clock import Now
from appliance.events import Key
from appliance.key_names import MATRIX, NUMBER_PAD, with_key_names
from appliance.panel.evdev_codes import PAD_KEYS
from appliance.panel.screens import lay_out
from appliance.presenting import Place, out_of_service_view, present
from appliance.states import Mode, State
from appliance.views import KeyHint, PageView, Shown
from tests.unit.panel.sample_views import VIEWS

SHORT = {"Backspace": "Bksp"}


def test_each_name_is_printed_on_a_key_that_means_it() -> None:
    printed = {(SHORT.get(each.printed, each.printed), each.key) for each in PAD_KEYS.values()}
    assert set(NUMBER_PAD) == set(MATRIX) == {k.value for k in Key if k.digit is None} - {"power"}
    for of_matrix, of_pad in NUMBER_PAD.items():
        assert (of_pad, Key(of_matrix)) in printed


def test_hints_and_sentences_name_the_pads_keys() -> None:
    page = PageView("x", "T", ("Press [A], then [*] or [7]. Grade A.",), keys=(KeyHint("B", "b"),))
    named = with_key_names(page, NUMBER_PAD)
    assert isinstance(named, PageView)
    assert named.lines == ("Press [Enter], then [.] or [7]. Grade A.",)
    assert named.keys == (KeyHint("-", "b"),)
    assert with_key_names(page, MATRIX) is page


def test_what_stems_from_a_patient_is_never_touched() -> None:
    view = next(v for v in VIEWS.values() if v.name == "result")
    marked = replace(view, headline=Shown("[A] high", 3))  # type: ignore[call-arg]
    named = with_key_names(marked, NUMBER_PAD)
    assert named.headline == Shown("[A] high", 3)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", VIEWS)
def test_every_screen_fits_with_the_pads_names(name: str) -> None:
    frame = lay_out(with_key_names(VIEWS[name], NUMBER_PAD))
    keys = {t.text for t in frame.texts() if t.key}
    assert not keys & {"A", "C", "D", "#"}


def test_sentences_that_ask_for_a_key_name_it_in_brackets() -> None:
    state = State(mode=Mode.TECHNICAL_FAULT, faults=("x",))
    page = present(state, Now(0.0), Place(keys=NUMBER_PAD))
    assert isinstance(page, PageView)
    assert any("Press [Enter] to test again" in line for line in page.lines)
    held = with_key_names(out_of_service_view(held_words(3)), NUMBER_PAD)
    assert isinstance(held, PageView)
    assert any("press [Enter]." in line for line in held.lines)
    asked = cancel(State(mode=Mode.COLLECT), None, Now(0.0)).state.notice
    assert "[B]" in asked
