"""Words for staff: code names become labels, and endless reasons end."""

from __future__ import annotations

import pytest

from appliance.clinical.quantities import QUANTITIES, ImpossibleValue
from appliance.wording import REASON_CHARS, brief, staff_words, unit_words


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("systolic_mmhg must be 40 to 300 mm[Hg]", "systolic pressure must be 40 to 300 mmHg"),
        ("missing: age_years, temp_degc.", "missing: age, body temperature."),
        ("temp_degc is below what it knows", "body temperature is below what it knows"),
        ("give her a pill, or call a clinician", "give her a pill, or call a clinician"),
    ],
)
def test_names_and_units_are_said_as_screens_say_them(reason: str, said: str) -> None:
    assert staff_words(reason) == said


@pytest.mark.parametrize("name", [q.name for q in QUANTITIES.values() if q.is_number])
def test_no_code_name_is_left_in_the_refusal_of_any_quantity(name: str) -> None:
    with pytest.raises(ImpossibleValue) as refused:
        QUANTITIES[name].check(1e9)
    said = staff_words(str(refused.value))
    assert name not in said
    assert "_" not in said
    assert "[" not in said


def test_a_reason_is_kept_whole_up_to_its_limit_and_then_ends_at_a_word() -> None:
    whole = ("ten chars " * 11).strip()
    assert len(whole) <= REASON_CHARS
    assert brief(whole) == whole
    assert brief("one two three four", 15) == "one two ..."
    assert len(brief(whole * 3)) <= REASON_CHARS


def test_a_word_wider_than_any_column_is_shortened() -> None:
    assert brief("no file " + "k" * 500) == "no file " + "k" * 21 + "..."


def test_units_without_other_words_are_left_alone() -> None:
    assert unit_words("mmol/L") == "mmol/L"
    assert unit_words("Cel") == "°C"
