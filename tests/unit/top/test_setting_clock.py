"""Typing date and time: the form, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clock import EARLIEST_UTC_S, LATEST_UTC_S
from appliance.setting_clock import DIGITS, FORM, ImpossibleTime, as_typed, utc_of


def test_digits_fall_into_their_places() -> None:
    assert as_typed("") == FORM
    assert as_typed("2027") == "2027-__-__ __:__"
    assert as_typed("202703091405") == "2027-03-09 14:05"


def test_local_time_becomes_utc() -> None:
    noon = int(datetime(2027, 3, 9, 12, 0, tzinfo=UTC).timestamp())
    assert utc_of("202703091200", 0) == noon
    assert utc_of("202703091730", 330) == noon
    assert utc_of("202703090400", -480) == noon


@given(st.datetimes(datetime(2027, 1, 1), datetime(2064, 12, 31)), st.integers(-720, 840))
def test_every_minute_goes_there_and_back(local: datetime, offset_min: int) -> None:
    utc_s = utc_of(local.strftime("%Y%m%d%H%M"), offset_min)
    assert (utc_s + offset_min * 60) // 60 == local.replace(tzinfo=UTC).timestamp() // 60


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("", "Type all"),
        ("20270309140", "Type all"),
        ("202702301200", "no such date"),
        ("202713011200", "no such date"),
        ("202703092400", "no such date"),
        ("202703091260", "no such date"),
        ("000003091200", "no such date"),
        ("000101010000", "No true clock"),
        ("197001010000", "No true clock"),
        ("209901010000", "No true clock"),
        ("999912312359", "No true clock"),
    ],
)
def test_what_is_no_moment_is_refused_in_words(digits: str, words: str) -> None:
    with pytest.raises(ImpossibleTime, match=words):
        utc_of(digits, 0)


def test_the_edges_of_what_is_believed() -> None:
    first = datetime.fromtimestamp(EARLIEST_UTC_S + 60, UTC).strftime("%Y%m%d%H%M")
    last = datetime.fromtimestamp(LATEST_UTC_S, UTC).strftime("%Y%m%d%H%M")
    assert utc_of(first, 0) >= EARLIEST_UTC_S
    assert utc_of(last, 0) <= LATEST_UTC_S
    assert len(first) == DIGITS
