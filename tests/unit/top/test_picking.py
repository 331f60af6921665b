"""Picking what a device has stored: offered, looked at, confirmed; never by itself (H-04)."""

from __future__ import annotations

import pytest

from appliance.clinical.measurement import Measurement, Origin, Source, Status
from appliance.clinical.stored import StoredResult
from appliance.clock import Now
from appliance.controller import step
from appliance.events import (
    Event,
    InstrumentNoted,
    Key,
    KeyPressed,
    LinkChanged,
    LinkState,
    ModelAdmitted,
    SelfTestFinished,
    StoredResultsReceived,
    TimePassed,
)
from appliance.panel.screens import lay_out
from appliance.presenting import Place, present
from appliance.states import HELD_S, Mode, State
from appliance.views import InputsView, RowState
from tests.sample_task import TASK

KEYS = {key.value: key for key in Key}
METER = Source(Origin.INSTRUMENT, "meter", "onetouch_ultraeasy")
DEVICE_TIME = "2027-01-15T08:12:00"


class Bedside:
    def __init__(self) -> None:
        self.now_s = 5000.0
        self.state = State(expected_bundles=1, last_key_mono_s=self.now_s)
        for event in (ModelAdmitted(TASK), SelfTestFinished()):
            self.happen(event)
        self.happen(LinkChanged("meter", LinkState.SPEAKING))

    def happen(self, event: Event) -> None:
        self.state, _ = step(self.state, event, Now(self.now_s, 1.8e9))

    def press(self, printed: str) -> None:
        for each in printed:
            self.now_s += 0.1
            self.happen(KeyPressed(KEYS[each], self.now_s))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.happen(TimePassed())

    def hand_over(
        self, *values: float | None, age_s: float | None = 120.0, ahead_s: float | None = 0.0
    ) -> None:
        results = []
        for index, value in enumerate(values):
            status = Status.MISSING if value is None else Status.VALID
            reason = "too high for the meter" if value is None else ""
            m = Measurement("glucose_mmol_l", value, status, METER, self.now_s, reason=reason)
            age = None if age_s is None else age_s + index
            results.append(StoredResult(m, DEVICE_TIME, age, ahead_s))
        self.happen(StoredResultsReceived("meter", tuple(results)))

    def words(self) -> str:
        view = present(self.state, Now(self.now_s, 1.8e9), Place())
        return " ".join(t.text for t in lay_out(view).texts())

    def used(self) -> object:
        encounter = self.state.encounter
        found = None if encounter is None else encounter.usable("glucose_mmol_l", self.now_s)
        return None if found is None else found.value


@pytest.fixture
def bedside() -> Bedside:
    return Bedside()


@pytest.fixture
def offered(bedside: Bedside) -> Bedside:
    """One whose glucose row is marked, with results waiting."""
    bedside.press("A1DD")
    bedside.hand_over(6.5, 11.2)
    return bedside


def test_nothing_stored_is_shown_or_counts_before_it_is_asked_for(offered: Bedside) -> None:
    assert "6.5" not in offered.words()
    assert "2 stored, of whom is not known" in offered.words()
    assert offered.used() is None
    encounter = offered.state.encounter
    assert encounter is not None
    assert not encounter.newest


def test_the_way_to_a_picked_value(offered: Bedside) -> None:
    offered.press("C")
    assert offered.state.mode is Mode.PICK
    assert "11.2 mmol/L" in offered.words()
    assert "2 min ago by its own clock" in offered.words()
    offered.press("D")
    assert offered.used() is None
    offered.press("A")
    assert offered.state.mode is Mode.CONFIRM
    assert "Is it of this patient?" in offered.words()
    assert "11.2" in offered.words()
    assert "6.5" not in offered.words()
    assert offered.used() is None
    offered.press("A")
    assert offered.state.mode is Mode.COLLECT
    assert offered.used() == 11.2
    view = present(offered.state, Now(offered.now_s), Place())
    assert isinstance(view, InputsView)
    assert view.rows[2].state is RowState.PICKED
    assert "by its own clock, meter" in offered.words()


def test_a_digit_marks_and_still_asks(offered: Bedside) -> None:
    offered.press("C2")
    assert offered.state.mode is Mode.CONFIRM
    assert "11.2" in offered.words()
    assert offered.used() is None


@pytest.mark.parametrize("digit", ["0", "3", "9"])
def test_a_digit_that_is_no_offer_chooses_nothing(offered: Bedside, digit: str) -> None:
    offered.press("C" + digit)
    assert offered.state.mode is Mode.PICK


def test_no_means_no(offered: Bedside) -> None:
    offered.press("C1B")
    assert offered.state.mode is Mode.PICK
    offered.press("B")
    assert offered.state.mode is Mode.COLLECT
    assert offered.used() is None


def test_the_key_for_what_is_missing_leads_to_what_is_stored(bedside: Bedside) -> None:
    bedside.press("A1120A80A")
    bedside.press("D")
    bedside.hand_over(6.5)
    while bedside.state.selected != 2:
        bedside.press("D")
    bedside.press("C")
    assert bedside.state.mode is Mode.PICK


def test_it_may_be_typed_instead(offered: Bedside) -> None:
    offered.press("CC")
    assert offered.state.mode is Mode.ENTRY
    offered.press("7A")
    assert offered.used() == 7.0


def test_the_page_stands_still_while_more_arrives(offered: Bedside) -> None:
    offered.press("C")
    offered.hand_over(3.3, age_s=1.0)
    offered.press("1A")
    assert offered.used() == 6.5


def test_pages_of_five(bedside: Bedside) -> None:
    bedside.press("A1DD")
    bedside.hand_over(*(float(n) for n in range(3, 15)))
    bedside.press("CDDDDD")
    assert "6 to 10 of 12" in bedside.words()
    bedside.press("2A")
    assert bedside.used() == 9.0


def test_too_old_is_not_offered_and_said(bedside: Bedside) -> None:
    bedside.press("A1DD")
    bedside.hand_over(6.5, age_s=3600.0)
    assert "1 stored, too old: measure again" in bedside.words()
    bedside.press("C")
    assert bedside.state.mode is Mode.ENTRY


@pytest.mark.parametrize("keys", ["1", ""])
def test_what_became_too_old_on_the_page_is_refused(bedside: Bedside, keys: str) -> None:
    bedside.press("A1DD")
    bedside.hand_over(6.5, age_s=3590.0)
    bedside.press("C" + keys)
    bedside.wait(30.0)
    bedside.press("A")
    assert bedside.state.mode is Mode.PICK
    assert "too old by now" in bedside.words()
    assert bedside.used() is None


def test_what_is_too_high_is_taken_as_missing_with_its_reason(bedside: Bedside) -> None:
    bedside.press("A1DD")
    bedside.hand_over(None)
    bedside.press("C")
    assert "no number" in bedside.words()
    bedside.press("1A")
    assert bedside.used() is None
    assert "too high for the meter" in bedside.words()


def test_an_unknown_age_is_said_on_every_screen(bedside: Bedside) -> None:
    bedside.press("A1DD")
    bedside.hand_over(6.5, age_s=None, ahead_s=None)
    bedside.press("C")
    assert "its clock said 2027-01-15 08:12, age not known" in bedside.words()
    bedside.press("1")
    assert "age not known" in bedside.words()
    bedside.press("A")
    assert "age not known, meter" in bedside.words()


@pytest.mark.parametrize(
    ("ahead_s", "words"),
    [
        (30.0, "its clock is right"),
        (5400.0, "its clock is 90 min ahead of ours"),
        (-10_800.0, "its clock is 3 h behind ours"),
        (864_000.0, "its clock is 10 days ahead of ours"),
    ],
)
def test_how_far_the_clock_of_the_device_is_off_is_said(
    bedside: Bedside, ahead_s: float, words: str
) -> None:
    bedside.press("A1DD")
    bedside.hand_over(6.5, ahead_s=ahead_s)
    bedside.press("C1")
    assert words in bedside.words()


def test_a_meter_read_before_the_encounter_is_offered_in_it(bedside: Bedside) -> None:
    bedside.hand_over(6.5)
    assert "holds 1 stored" in bedside.words()
    assert "6.5" not in bedside.words()
    bedside.press("A1DDC1A")
    assert bedside.used() == 6.5


def test_without_an_encounter_it_is_forgotten_in_time(bedside: Bedside) -> None:
    bedside.hand_over(6.5)
    bedside.wait(HELD_S - 1.0)
    assert bedside.state.stored
    bedside.wait(1.0)
    assert not bedside.state.stored


@pytest.mark.parametrize("way_out", ["BBB", "BBBB"])
def test_the_next_patient_is_not_offered_what_waited_for_the_last(
    offered: Bedside, way_out: str
) -> None:
    offered.press("C" + way_out)
    assert offered.state.encounter is None
    assert not offered.state.stored
    offered.press("A1DDC" if offered.state.mode is Mode.IDLE else "1DDC")
    assert offered.state.mode is Mode.ENTRY


def test_nobody_there_forgets_it_from_every_page(offered: Bedside) -> None:
    offered.press("C1")
    offered.wait(offered.state.timeouts.idle_clear_s)
    assert offered.state.mode is Mode.IDLE
    assert offered.state.picking is None
    assert not offered.state.stored


def test_what_an_instrument_says_of_itself_stands_on_the_screens(bedside: Bedside) -> None:
    bedside.happen(InstrumentNoted("meter", "The meter answers badly."))
    assert "The meter answers badly." in bedside.words()
    bedside.press("A1")
    assert "meter: The meter answers badly." in bedside.words()
    bedside.happen(InstrumentNoted("meter", ""))
    assert "answers badly" not in bedside.words()
