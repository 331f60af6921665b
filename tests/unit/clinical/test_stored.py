"""Results that a device kept: their age, what is offered together, what picking makes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.clinical.encounter import Encounter, select_inputs
from appliance.clinical.measurement import Dating, Measurement, Origin, Source, Status
from appliance.clinical.stored import (
    MOST_WAITING,
    OLDEST_S,
    StoredResult,
    offers,
    with_arrivals,
)

METER = Source(Origin.INSTRUMENT, "meter", "onetouch_ultraeasy")
READ_S = 1000.0
ASKED = ("glucose_mmol_l", "systolic_mmhg", "diastolic_mmhg")


def kept(
    value: float | None = 6.5,
    age_s: float | None = 60.0,
    *,
    quantity: str = "glucose_mmol_l",
    at: str = "2026-11-18T03:12:00",
    group: str = "",
) -> StoredResult:
    status = Status.MISSING if value is None else Status.VALID
    reason = "too high for the meter" if value is None else ""
    m = Measurement(quantity, value, status, METER, READ_S, 1.8e9, reason=reason, group=group)
    return StoredResult(m, at, age_s)


def test_its_age_goes_on_from_the_device_clock() -> None:
    assert kept(age_s=60.0).age_s(READ_S + 30.0) == 90.0


@pytest.mark.parametrize("age_s", [None, -1.0, -86_400.0])
def test_a_result_of_the_future_or_without_a_time_has_no_age(age_s: float | None) -> None:
    assert kept(age_s=age_s).age_s(READ_S) is None


def test_it_is_too_old_after_the_time_of_use_of_its_quantity() -> None:
    assert not kept(age_s=3500.0).is_too_old(READ_S + 99.0)
    assert kept(age_s=3500.0).is_too_old(READ_S + 100.0)
    assert kept(age_s=800.0, value=120.0, quantity="systolic_mmhg").is_too_old(READ_S + 100.0)


def test_what_may_be_used_all_encounter_is_still_not_offered_for_ever() -> None:
    cholesterol = kept(5.0, OLDEST_S - 1.0, quantity="cholesterol_mmol_l")
    assert not cholesterol.is_too_old(READ_S)
    assert cholesterol.is_too_old(READ_S + 1.0)


def test_of_unknown_age_it_is_as_old_as_its_receipt_at_least() -> None:
    assert not kept(age_s=None).is_too_old(READ_S + 3599.0)
    assert kept(age_s=None).is_too_old(READ_S + 3600.0)


def test_picked_it_is_dated_to_its_measurement() -> None:
    picked = kept(age_s=600.0).picked()
    assert picked.received_mono_s == READ_S - 600.0
    assert picked.received_utc_s == 1.8e9 - 600.0
    assert picked.dating is Dating.DEVICE_CLOCK
    assert picked.source.origin is Origin.STORED
    assert not picked.is_live(READ_S)
    assert picked.usable_until_mono_s() == READ_S + 3000.0


def test_picked_of_unknown_age_it_says_so() -> None:
    picked = kept(age_s=-3.0).picked()
    assert picked.received_mono_s == READ_S
    assert picked.dating is Dating.UNKNOWN


def test_a_reading_of_several_values_is_one_offer() -> None:
    pair = [
        kept(120.0, quantity="systolic_mmhg", group="1"),
        kept(80.0, quantity="diastolic_mmhg", group="1"),
    ]
    (offer,) = offers(pair, "systolic_mmhg", ASKED, READ_S)
    assert [each.measurement.value for each in offer.results] == [120.0, 80.0]


def test_two_results_of_one_quantity_are_never_one_reading() -> None:
    lab = [kept(6.5, group="patient 1"), kept(9.9, group="patient 1")]
    found = offers(lab, "glucose_mmol_l", ASKED, READ_S)
    assert [len(each.results) for each in found] == [1, 1]


def test_results_of_two_moments_are_never_one_reading() -> None:
    lab = [
        kept(120.0, quantity="systolic_mmhg", group="p"),
        kept(80.0, quantity="diastolic_mmhg", group="p", at="2026-11-18T03:11:00"),
    ]
    assert len(offers(lab, "systolic_mmhg", ASKED, READ_S)) == 1
    assert len(offers(lab, "systolic_mmhg", ASKED, READ_S)[0].results) == 1


def test_the_youngest_is_first_and_of_unknown_age_last() -> None:
    several = [kept(1.0, None), kept(2.0, 900.0, at="a"), kept(3.0, 30.0, at="b")]
    found = offers(several, "glucose_mmol_l", ASKED, READ_S)
    assert [each.first.measurement.value for each in found] == [3.0, 2.0, 1.0]


def test_what_the_task_does_not_ask_is_not_offered() -> None:
    assert not offers([kept()], "glucose_mmol_l", ("systolic_mmhg",), READ_S)


def test_a_meter_that_is_read_again_offers_each_result_once() -> None:
    first = kept(age_s=60.0)
    again = replace(first, age_at_receipt_s=90.0)
    assert with_arrivals((first, kept(9.0)), (again,)) == (again, kept(9.0))


def test_results_without_a_time_are_never_taken_for_one_another() -> None:
    assert len(with_arrivals((kept(at=""),), (kept(at=""),))) == 2


def test_what_waits_is_bounded() -> None:
    many = tuple(kept(at=str(n)) for n in range(MOST_WAITING))
    assert len(with_arrivals(many, (kept(9.0),))) == MOST_WAITING


def test_picked_from_before_the_encounter_it_counts_until_it_is_too_old() -> None:
    encounter = Encounter(1, "sample", READ_S).pick(kept(age_s=600.0).picked())
    found = encounter.usable("glucose_mmol_l", READ_S + 1.0)
    assert found is not None
    assert found.encounter == 1
    assert encounter.usable("glucose_mmol_l", READ_S + 3000.0) is None


def test_a_pick_takes_the_place_of_what_was_typed_and_of_an_earlier_pick() -> None:
    typed = Measurement("glucose_mmol_l", 9.0, Status.VALID, Source(Origin.TYPED, "keypad"), READ_S)
    encounter = Encounter(1, "sample", READ_S - 1.0).accept(typed)
    encounter = encounter.pick(kept(6.5, 600.0).picked())
    found = encounter.usable("glucose_mmol_l", READ_S)
    assert found is not None
    assert found.value == 6.5
    beyond = encounter.pick(kept(None, 30.0).picked())
    assert beyond.usable("glucose_mmol_l", READ_S) is None
    assert beyond.latest("glucose_mmol_l") is not None


def test_what_comes_after_a_pick_replaces_it() -> None:
    encounter = Encounter(1, "sample", READ_S - 1.0).pick(kept(6.5, 600.0).picked())
    later = replace(kept(7.7).measurement, received_mono_s=READ_S + 5.0)
    found = encounter.accept(later).usable("glucose_mmol_l", READ_S + 6.0)
    assert found is not None
    assert found.value == 7.7


def test_picked_pressures_are_used_as_one_reading() -> None:
    encounter = Encounter(1, "sample", READ_S)
    for value, quantity in ((120.0, "systolic_mmhg"), (80.0, "diastolic_mmhg")):
        encounter = encounter.pick(kept(value, quantity=quantity, group="1").picked())
    assert set(select_inputs(encounter, ASKED, READ_S)) == {"systolic_mmhg", "diastolic_mmhg"}
