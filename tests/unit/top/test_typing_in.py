"""Typing a value: correction, limits, asking again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clinical.quantities import QUANTITIES
from appliance.events import Key
from appliance.states import Entry
from appliance.typing_in import MAX_DIGITS, accept, limits_in_words, type_key
from tests.sample_task import DIASTOLIC, GLUCOSE, PREGNANT, SYSTOLIC

KEYS = {key.value: key for key in Key}


def type_all(entry: Entry, printed: str) -> Entry:
    for each in printed:
        entry = type_key(entry, KEYS[each])
    return entry


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("12*5", "12.5"),
        ("*5", "0.5"),
        ("12*57", "12.5"),
        ("1**2", "1.2"),
        ("12CC7", "7"),
        ("CCC", ""),
        ("007", "7"),
        ("1234567", "123456"),
    ],
)
def test_digits_point_and_correction(typed: str, text: str) -> None:
    assert type_all(Entry(GLUCOSE), typed).text == text


def test_a_whole_quantity_takes_no_point() -> None:
    assert type_all(Entry(SYSTOLIC), "12*0").text == "120"


@pytest.mark.parametrize("typed", ["39", "301", "0"])
def test_the_impossible_is_refused_with_the_limits(typed: str) -> None:
    refused = accept(type_all(Entry(SYSTOLIC), typed))
    assert isinstance(refused, Entry)
    assert refused.text == typed
    assert "40 to 300" in refused.message
    assert isinstance(accept(refused), Entry)


def test_the_unlikely_is_asked_again_and_then_taken() -> None:
    asked = accept(type_all(Entry(SYSTOLIC), "250"))
    assert isinstance(asked, Entry)
    assert asked.asks_again
    assert accept(asked) == 250.0


def test_changing_an_unlikely_value_forgets_that_it_was_asked() -> None:
    asked = accept(type_all(Entry(SYSTOLIC), "250"))
    assert isinstance(asked, Entry)
    assert isinstance(accept(type_all(asked, "C1")), Entry)


def test_the_bundle_may_narrow_what_is_likely() -> None:
    narrow = replace(DIASTOLIC, likely=(60.0, 90.0))
    assert isinstance(accept(type_all(Entry(narrow), "95")), Entry)
    assert accept(type_all(Entry(DIASTOLIC), "95")) == 95.0


def test_nothing_typed_is_no_value() -> None:
    refused = accept(Entry(SYSTOLIC))
    assert isinstance(refused, Entry)
    assert refused.message


@pytest.mark.parametrize(
    ("typed", "choice"),
    [("1", "yes"), ("3", "unknown"), ("4", ""), ("D", "yes"), ("DDDD", "yes"), ("2C", "")],
)
def test_choices_by_digit_and_by_next(typed: str, choice: str) -> None:
    assert type_all(Entry(PREGNANT), typed).text == choice


@given(
    st.lists(
        st.sampled_from(
            [k for k in Key if k.digit is not None or k in (Key.POINT, Key.CLEAR, Key.NEXT)]
        ),
        max_size=30,
    )
)
def test_whatever_is_typed_is_taken_only_if_it_can_be_a_reading(keys: list[Key]) -> None:
    entry = Entry(GLUCOSE)
    for key in keys:
        entry = type_key(entry, key)
    assert len(entry.text.replace(".", "")) <= MAX_DIGITS
    taken = accept(replace(entry, asks_again=True))
    if not isinstance(taken, Entry):
        assert QUANTITIES["glucose_mmol_l"].check(taken) == float(entry.text)


def test_limits_are_told_in_the_quantitys_own_decimals() -> None:
    assert limits_in_words(QUANTITIES["glucose_mmol_l"]) == "Possible: 0.5 to 50.0"
