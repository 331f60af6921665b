"""Which of an encounter's values count: freshness, sources, and nobody else's patient."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clinical.encounter import Encounter, select_inputs
from appliance.clinical.measurement import Measurement, Status
from tests.sample_task import CUFF, TASK, doubtful, measured, typed

EMPTY = Encounter(7, "sample", started_mono_s=100.0)
QUARTER_H_S = 900.0


def accept(*measurements: Measurement) -> Encounter:
    encounter = EMPTY
    for each in measurements:
        encounter = encounter.accept(each)
    return encounter


def test_a_value_from_before_the_encounter_is_another_patients() -> None:
    assert accept(measured("spo2_pct", 97.0, 99.9)) == EMPTY


def test_a_value_tagged_for_another_encounter_is_not_taken() -> None:
    assert accept(replace(measured("spo2_pct", 97.0, 101.0), encounter=6)) == EMPTY


def test_an_accepted_value_carries_the_encounters_tag() -> None:
    found = accept(measured("spo2_pct", 97.0, 101.0)).usable("spo2_pct", 102.0)
    assert found is not None
    assert found.encounter == 7


def test_a_value_ends_being_usable_exactly_at_its_time() -> None:
    encounter = accept(measured("systolic_mmhg", 120.0, 101.0))
    assert encounter.usable("systolic_mmhg", 101.0 + QUARTER_H_S - 0.01) is not None
    assert encounter.usable("systolic_mmhg", 101.0 + QUARTER_H_S) is None


def test_a_typed_age_lasts_the_whole_encounter() -> None:
    assert accept(typed("age_years", 30.0, 101.0)).usable("age_years", 1e9) is not None


def test_surface_temperature_and_cuff_pressure_are_never_usable() -> None:
    encounter = accept(
        measured("surface_temp_degc", 34.0, 101.0), measured("cuff_pressure_mmhg", 120.0, 101.0)
    )
    assert encounter.usable("surface_temp_degc", 101.0) is None
    assert encounter.usable("cuff_pressure_mmhg", 101.0) is None


def test_a_fresher_reading_replaces_a_typed_value() -> None:
    encounter = accept(typed("temp_degc", 36.0, 101.0), measured("temp_degc", 38.5, 110.0))
    found = encounter.usable("temp_degc", 111.0)
    assert found is not None
    assert found.value == 38.5


def test_typing_after_a_reading_wins_over_it() -> None:
    encounter = accept(measured("temp_degc", 38.5, 110.0), typed("temp_degc", 36.0, 111.0))
    found = encounter.usable("temp_degc", 112.0)
    assert found is not None
    assert found.value == 36.0


@pytest.mark.parametrize(
    "bad", [measured("temp_degc", None, 120.0), doubtful("temp_degc", 41.0, 120.0)]
)
def test_a_missing_or_doubtful_reading_replaces_nothing(bad: Measurement) -> None:
    encounter = accept(measured("temp_degc", 37.0, 110.0), bad)
    found, latest = encounter.usable("temp_degc", 121.0), encounter.latest("temp_degc")
    assert found is not None
    assert found.value == 37.0
    assert latest is not None
    assert latest.status is not Status.VALID


def select(encounter: Encounter, now_s: float = 200.0) -> dict[str, object]:
    return {q: m.value for q, m in select_inputs(encounter, TASK.quantities, now_s).items()}


def test_pressures_of_one_reading_are_taken_together() -> None:
    encounter = accept(
        measured("systolic_mmhg", 150.0, 110.0, group="44"),
        measured("diastolic_mmhg", 95.0, 110.0, group="44"),
    )
    assert select(encounter) == {"systolic_mmhg": 150.0, "diastolic_mmhg": 95.0}


def test_pressures_of_two_readings_are_never_mixed() -> None:
    encounter = accept(
        measured("systolic_mmhg", 150.0, 110.0, group="44"),
        measured("diastolic_mmhg", 95.0, 110.0, group="44"),
        measured("systolic_mmhg", 130.0, 140.0, group="45"),
    )
    assert select(encounter) == {"systolic_mmhg": 130.0}


def test_a_typed_systolic_is_not_joined_to_a_measured_diastolic() -> None:
    encounter = accept(
        measured("systolic_mmhg", 150.0, 110.0, group="44"),
        measured("diastolic_mmhg", 95.0, 110.0, group="44"),
        typed("systolic_mmhg", 135.0, 140.0, group="typed"),
    )
    assert select(encounter) == {"systolic_mmhg": 135.0}


@pytest.mark.parametrize("diastolic", [120.0, 121.0])
def test_a_diastolic_not_below_its_systolic_takes_both_away(diastolic: float) -> None:
    encounter = accept(
        typed("systolic_mmhg", 120.0, 110.0, "typed"),
        typed("diastolic_mmhg", diastolic, 111.0, "typed"),
    )
    assert select(encounter) == {}


def test_a_reading_that_contradicts_itself_gives_no_pressure_at_all() -> None:
    doubted = replace(doubtful("diastolic_mmhg", 120.0, 140.0), group="45")
    encounter = accept(
        measured("systolic_mmhg", 118.0, 110.0, group="44"),
        measured("diastolic_mmhg", 76.0, 110.0, group="44"),
        measured("systolic_mmhg", 85.0, 140.0, group="45"),
        doubted,
    )
    assert select(encounter) == {}


def test_a_mean_pressure_out_of_order_takes_its_reading_away() -> None:
    encounter = accept(
        measured("systolic_mmhg", 118.0, 110.0, group="44"),
        measured("map_mmhg", 118.0, 110.0, group="44"),
    )
    assert select(encounter) == {}


def test_a_doubtful_pressure_in_its_order_leaves_the_valid_one() -> None:
    encounter = accept(
        measured("systolic_mmhg", 175.0, 110.0, group="44"),
        replace(doubtful("diastolic_mmhg", 115.0, 110.0), group="44"),
    )
    assert select(encounter) == {"systolic_mmhg": 175.0}


@given(
    st.lists(
        st.tuples(st.floats(90, 1300), st.sampled_from(["valid", "missing", "typed"])), max_size=12
    ),
    st.floats(90, 2300),
)
def test_what_is_usable_is_valid_fresh_and_ours(
    readings: list[tuple[float, str]], now_s: float
) -> None:
    encounter = EMPTY
    for at_s, kind in sorted(readings):
        make = typed if kind == "typed" else measured
        value = None if kind == "missing" else 100.0 + at_s / 100
        encounter = encounter.accept(make("systolic_mmhg", value, at_s))  # type: ignore[arg-type]
    found = encounter.usable("systolic_mmhg", now_s)
    fresh = [
        at_s for at_s, kind in readings if kind != "missing" and at_s >= 100 and now_s < at_s + 900
    ]
    if not fresh:
        assert found is None
        return
    assert found is not None
    assert found.received_mono_s == max(fresh)
    assert found.encounter == EMPTY.tag
    assert found.source in (CUFF, typed("age_years", 1.0, 0.0).source)


def test_two_instruments_with_the_same_group_are_two_readings() -> None:
    other = replace(CUFF, name="other cuff")
    encounter = accept(
        measured("systolic_mmhg", 150.0, 110.0, group="1"),
        measured("diastolic_mmhg", 95.0, 111.0, other, group="1"),
    )
    assert select(encounter) == {"diastolic_mmhg": 95.0}


def test_a_value_received_as_the_encounter_begins_is_its_own() -> None:
    assert accept(measured("spo2_pct", 97.0, EMPTY.started_mono_s)).newest
