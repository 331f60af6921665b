"""What is noted of one instrument: one text of all that stands."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from appliance.clinical.measurement import Status
from appliance.events import InstrumentNoted
from appliance.instruments.decoding import BATTERY_LOW, Decoded
from appliance.instruments.line_nmea import LineNmeaDecoder
from appliance.instruments.notes import BATTERY_WORDS, About, Notes
from hw_mocks.instruments.line_nmea import encode_line


def reading(quantity: str, *, low: bool) -> Decoded:
    extra = MappingProxyType({BATTERY_LOW: True} if low else {})
    return Decoded(quantity, 80.0, Status.VALID, "", "", extra)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def notes(told: list[str]) -> Notes:
    def post(noted: InstrumentNoted) -> None:
        assert noted.instrument == "oximeter"
        told.append(noted.words)

    return Notes("oximeter", post)


def test_a_low_battery_is_noted_once_and_taken_back(notes: Notes, told: list[str]) -> None:
    for low in (False, True, True, False, False):
        notes.heard([reading("spo2_pct", low=low)])
    assert told == [BATTERY_WORDS, ""]


def test_one_of_two_sensors_is_enough(notes: Notes, told: list[str]) -> None:
    notes.heard([reading("spo2_pct", low=True)])
    notes.heard([reading("temp_degc", low=False)])
    notes.heard([])
    assert told == [BATTERY_WORDS]


def test_several_notes_are_one_text(notes: Notes, told: list[str]) -> None:
    notes.heard([reading("spo2_pct", low=True)])
    notes.talked(InstrumentNoted("oximeter", "It does not answer."))
    notes.say(About.STRANGER, "")
    notes.talked(InstrumentNoted("oximeter", ""))
    assert told == [BATTERY_WORDS, f"It does not answer. {BATTERY_WORDS}", BATTERY_WORDS]


def test_the_cable_takes_all_of_them_back(notes: Notes, told: list[str]) -> None:
    notes.heard([reading("spo2_pct", low=True)])
    notes.say(About.STRANGER, "It sounds like another.")
    notes.forget()
    assert told[-1] == ""
    notes.heard([reading("spo2_pct", low=True)])
    assert told[-1] == BATTERY_WORDS


def test_a_text_line_with_the_letter_of_a_low_battery_is_noted(
    notes: Notes, told: list[str]
) -> None:
    values = LineNmeaDecoder().feed(encode_line(1, "TMP", "36.7", "Cel", "VB"))
    notes.heard([each for each in values if isinstance(each, Decoded)])
    assert told == [BATTERY_WORDS]
