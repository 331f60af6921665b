"""Judging what an instrument doubts: looked at, accepted by a person, marked for good (H-01)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.clinical.assessment import assess
from appliance.clinical.encounter import Encounter
from appliance.clinical.measurement import Measurement, Status
from appliance.clinical.quantities import QUANTITIES
from appliance.clock import Now
from appliance.controller import step
from appliance.events import (
    AssessmentFinished,
    Event,
    Key,
    KeyPressed,
    MeasurementReceived,
    ModelAdmitted,
    SelfTestFinished,
    TimePassed,
)
from appliance.panel.screens import lay_out
from appliance.presenting import Place, present
from appliance.states import Assess, Mode, State
from appliance.views import InputsView, RowState
from hw_mocks.recording import result_record
from tests.sample_task import TASK, doubtful, infer_sum, measured

KEYS = {key.value: key for key in Key}
SUGAR = "glucose_mmol_l"


class Bedside:
    """A patient whose glucose row is marked."""

    def __init__(self) -> None:
        self.now_s = 5000.0
        self.asked: list[Assess] = []
        self.state = State(expected_bundles=1, last_key_mono_s=self.now_s)
        for event in (ModelAdmitted(TASK), SelfTestFinished()):
            self.happen(event)
        self.press("A1DD")

    def happen(self, event: Event) -> None:
        self.state, commands = step(self.state, event, Now(self.now_s, 1.8e9))
        self.asked += [each for each in commands if isinstance(each, Assess)]

    def press(self, printed: str) -> None:
        for each in printed:
            self.now_s += 0.1
            self.happen(KeyPressed(KEYS[each], self.now_s))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.happen(TimePassed())

    def hear(self, m: Measurement) -> None:
        self.happen(MeasurementReceived(m))

    def doubt(self, value: float = 9.1) -> None:
        self.hear(doubtful(SUGAR, value, self.now_s))

    def words(self) -> str:
        view = present(self.state, Now(self.now_s, 1.8e9), Place())
        return " ".join(t.text for t in lay_out(view).texts())

    @property
    def counts(self) -> Measurement | None:
        encounter = self.state.encounter
        return None if encounter is None else encounter.usable(SUGAR, self.now_s)

    @property
    def row_state(self) -> RowState:
        view = present(self.state, Now(self.now_s, 1.8e9), Place())
        assert isinstance(view, InputsView)
        return view.rows[2].state


@pytest.fixture
def bedside() -> Bedside:
    return Bedside()


def test_a_doubtful_value_is_shown_so_and_does_not_count(bedside: Bedside) -> None:
    bedside.doubt()
    assert bedside.counts is None
    assert bedside.row_state is RowState.DOUBTFUL
    assert "not used: the arm moved" in bedside.words()
    assert "judge" in bedside.words()


def test_the_page_says_what_is_doubted_and_what_each_key_does(bedside: Bedside) -> None:
    bedside.doubt()
    bedside.press("C")
    assert bedside.state.mode is Mode.JUDGE
    for words in ("9.1", "doubtful", "the arm moved", "fits the patient", "use it", "type it"):
        assert words in bedside.words()
    assert bedside.counts is None


def test_accepted_it_counts_with_its_age_and_its_mark(bedside: Bedside) -> None:
    bedside.doubt()
    heard_s = bedside.now_s
    bedside.wait(5.0)
    bedside.press("CA")
    assert bedside.state.mode is Mode.COLLECT
    taken = bedside.counts
    assert taken is not None
    assert (taken.value, taken.accepted, taken.received_mono_s) == (9.1, "the arm moved", heard_s)
    assert bedside.row_state is RowState.ACCEPTED
    assert "accepted by staff: the arm moved" in bedside.words()
    assert not taken.is_live(bedside.now_s)


def test_the_review_the_answer_and_the_record_say_that_it_was_accepted(bedside: Bedside) -> None:
    for name, value in (("systolic_mmhg", 118.0), ("diastolic_mmhg", 76.0)):
        bedside.hear(measured(name, value, bedside.now_s, group="1"))
    bedside.hear(measured("pregnant", "no", bedside.now_s))
    bedside.doubt()
    bedside.press("CAA")
    assert bedside.state.mode is Mode.REVIEW
    assert bedside.row_state is RowState.ACCEPTED
    assert "accepted by staff" in bedside.words()
    bedside.press("A")
    (asked,) = bedside.asked
    assert asked.values[SUGAR] == 9.1
    bedside.happen(AssessmentFinished(asked.request, assess(TASK, asked.values, infer_sum)))
    assert "doubtful, accepted" in bedside.words()
    assert bedside.state.result is not None
    used = result_record(bedside.state.result)["used"]
    assert isinstance(used, dict)
    assert used[SUGAR]["accepted"] == "the arm moved"
    assert used["systolic_mmhg"]["accepted"] == ""


@pytest.mark.parametrize("key", ["B", "C"])
def test_not_accepted_it_does_not_count(bedside: Bedside, key: str) -> None:
    bedside.doubt()
    bedside.press("C" + key)
    assert bedside.state.mode is (Mode.COLLECT if key == "B" else Mode.ENTRY)
    assert bedside.counts is None
    assert bedside.state.judging is None


def test_what_is_accepted_is_what_was_seen_whatever_comes_meanwhile(bedside: Bedside) -> None:
    bedside.doubt(9.1)
    bedside.press("C")
    bedside.now_s += 0.1
    bedside.doubt(17.0)
    assert "17" not in bedside.words()
    bedside.press("A")
    assert bedside.counts is not None
    assert bedside.counts.value == 9.1


def test_a_valid_reading_that_comes_meanwhile_ends_the_page(bedside: Bedside) -> None:
    bedside.doubt(9.1)
    bedside.press("C")
    bedside.hear(measured(SUGAR, 6.0, bedside.now_s))
    assert bedside.state.mode is Mode.COLLECT
    bedside.press("D")
    assert bedside.counts is not None
    assert (bedside.counts.value, bedside.counts.accepted) == (6.0, "")


def test_a_valid_reading_behind_it_replaces_it(bedside: Bedside) -> None:
    bedside.doubt(9.1)
    bedside.press("CA")
    bedside.now_s += 1.0
    bedside.hear(measured(SUGAR, 6.0, bedside.now_s))
    assert bedside.counts is not None
    assert bedside.counts.value == 6.0


def test_too_old_it_is_neither_offered_nor_taken(bedside: Bedside) -> None:
    usable_s = QUANTITIES[SUGAR].usable_for_s
    assert usable_s is not None
    at_s = bedside.now_s
    bedside.doubt()
    bedside.press("C")
    while bedside.now_s - at_s < usable_s - 200.0:
        bedside.wait(100.0)
        bedside.press("*")
    assert bedside.state.mode is Mode.JUDGE
    bedside.wait(at_s + usable_s - bedside.now_s - 60.0)
    bedside.press("*")
    bedside.wait(61.0)
    assert bedside.state.mode is Mode.COLLECT
    assert "too old" in bedside.words()
    bedside.press("DDDDC")
    assert bedside.state.mode is not Mode.JUDGE


def test_a_value_that_counts_is_changed_not_judged(bedside: Bedside) -> None:
    bedside.hear(measured(SUGAR, 6.0, bedside.now_s))
    bedside.now_s += 1.0
    bedside.doubt()
    bedside.press("C")
    assert bedside.state.mode is Mode.ENTRY


def test_pressures_in_the_wrong_order_cannot_be_accepted() -> None:
    encounter = Encounter(1, TASK.id, 0.0)
    for name, value in (("diastolic_mmhg", 120.0), ("systolic_mmhg", 85.0)):
        encounter = encounter.accept(replace(doubtful(name, value, 5.0), group="1"))
    assert encounter.acceptable("systolic_mmhg", 6.0) is None
    assert encounter.acceptable("diastolic_mmhg", 6.0) is None


def test_a_pressure_of_a_newer_reading_can_be_accepted_beside_its_valid_one(
    bedside: Bedside,
) -> None:
    bedside.hear(measured("systolic_mmhg", 118.0, bedside.now_s, group="1"))
    bedside.hear(measured("diastolic_mmhg", 76.0, bedside.now_s, group="1"))
    bedside.now_s += 1.0
    bedside.hear(replace(doubtful("systolic_mmhg", 131.0, bedside.now_s), group="2"))
    bedside.hear(measured("diastolic_mmhg", 80.0, bedside.now_s, group="2"))
    bedside.press("DDCA")
    view = present(bedside.state, Now(bedside.now_s), Place())
    assert isinstance(view, InputsView)
    assert [r.value.text if r.value else "" for r in view.rows[:2]] == ["131", "80"]
    assert view.rows[0].state is RowState.ACCEPTED


def test_only_a_doubtful_value_of_this_encounter_is_accepted() -> None:
    encounter = Encounter(2, TASK.id, 0.0)
    other = replace(doubtful(SUGAR, 9.1, 5.0), encounter=1)
    assert encounter.accept_doubtful(other) is encounter
    with pytest.raises(ValueError, match="only a doubtful"):
        measured(SUGAR, 6.0, 5.0).accepted_by_person()
    with pytest.raises(ValueError, match="valid by that"):
        replace(doubtful(SUGAR, 9.1, 5.0), accepted="the arm moved")
    assert replace(other, encounter=2).status is Status.DOUBTFUL
