"""Which settings are served: never half a file, never none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.card.choosing import (
    KEPT_DAMAGED,
    KEPT_OLD,
    Choice,
    choose,
    read_factory,
)
from appliance.card.kept import seal, unseal
from appliance.card.toml_text import NotWritable, to_toml
from appliance.instruments.protocols import PROTOCOLS
from appliance.settings_fault import FILE, Fault
from appliance.settings_form import check_form
from appliance.settings_report import Served

FACTORY = read_factory(Path(__file__).parents[3] / "appliance" / "factory.toml", PROTOCOLS)
GOOD = "[clinic]\nname = 'new'\n"
LAST = "[clinic]\nname = 'last'\n"
BAD = b"[clinic]\nname = 5\n"
MISSING = Fault(FILE, "No such file or directory", "a readable file")


def chosen(boot: bytes | Fault, kept: bytes | None) -> Choice:
    return choose(boot, kept, FACTORY, PROTOCOLS)


def name(choice: Choice) -> object:
    clinic = choice.form["clinic"]
    assert isinstance(clinic, dict)
    return clinic.get("name")


def test_a_good_file_is_served_and_kept() -> None:
    choice = chosen(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(), seal(LAST))
    assert (choice.served, name(choice), choice.faults) == (Served.FILE, "new", ())
    assert choice.keep == GOOD


@pytest.mark.parametrize("boot", [BAD, MISSING, b"", b"\0" * 500])
def test_with_a_bad_file_the_last_good_one_is_served_and_stays(boot: bytes | Fault) -> None:
    choice = chosen(boot, seal(LAST))
    assert (choice.served, name(choice), choice.keep) == (Served.LAST_GOOD, "last", None)
    assert choice.faults
    assert choice.notes == ()


@pytest.mark.parametrize("boot", [BAD, MISSING])
def test_with_none_before_the_factorys_are_served(boot: bytes | Fault) -> None:
    choice = chosen(boot, None)
    assert (choice.served, name(choice), choice.keep) == (Served.FACTORY, None, None)
    assert choice.faults
    assert choice.notes == ()


@pytest.mark.parametrize(
    "kept",
    [b"", seal(LAST)[:-1], seal(LAST) + b"x", seal(LAST)[:40], b"\0" * 200, LAST.encode(),
     seal(LAST).replace(b"last", b"lost")],
)  # fmt: skip
def test_damaged_last_settings_are_told_and_not_used(kept: bytes) -> None:
    choice = chosen(BAD, kept)
    assert (choice.served, choice.notes) == (Served.FACTORY, (KEPT_DAMAGED,))
    assert chosen(GOOD.encode(), kept).served is Served.FILE


def test_last_settings_that_this_version_does_not_know_are_told_and_not_used() -> None:
    choice = chosen(BAD, seal("[tasks]\nserve = ['gone']\n"))
    assert (choice.served, choice.notes) == (Served.FACTORY, (KEPT_OLD,))


@given(st.text(max_size=200))
def test_what_was_sealed_is_what_comes_back_and_nothing_else_does(text: str) -> None:
    kept = seal(text)
    assert unseal(kept) == text
    for cut in range(len(kept)):
        assert unseal(kept[:cut]) is None


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_any_bytes_leave_settings_that_can_be_served(content: bytes) -> None:
    choice = chosen(content, seal(LAST))
    assert bool(choice.faults) is (choice.served is not Served.FILE)
    assert check_form(choice.form, PROTOCOLS).faults == ()
    to_toml(choice.form)


@pytest.mark.parametrize("form", [{"a": 1}, {"a": {"b": None}}, {"a": {"b c": 1}}, {"a": [1]}])
def test_what_is_not_made_of_settings_is_not_written(form: dict[str, object]) -> None:
    with pytest.raises(NotWritable):
        to_toml(form)
