"""A measurement never contradicts itself, and its life ends when its quantity says."""

from __future__ import annotations

import pytest

from appliance.clinical.measurement import KEYPAD, Measurement, Status
from appliance.clinical.quantities import ImpossibleValue
from tests.sample_task import CUFF, doubtful, measured, typed


@pytest.mark.parametrize(
    ("value", "status", "reason"),
    [
        (None, Status.VALID, ""),
        (97.0, Status.MISSING, "finger out"),
        (97.0, Status.VALID, "finger out"),
        (97.0, Status.DOUBTFUL, ""),
        (None, Status.MISSING, ""),
    ],
)
def test_contradictions_are_refused(value: float | None, status: Status, reason: str) -> None:
    with pytest.raises(ValueError, match="exactly"):
        Measurement("spo2_pct", value, status, CUFF, 1.0, reason=reason)


@pytest.mark.parametrize("value", [0.0, 29.9, 100.1])
def test_an_impossible_value_is_no_measurement(value: float) -> None:
    with pytest.raises(ImpossibleValue):
        Measurement("spo2_pct", value, Status.VALID, CUFF, 1.0)


def test_an_unknown_quantity_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="unknown quantity"):
        Measurement("mood", 1.0, Status.VALID, KEYPAD, 1.0)


@pytest.mark.parametrize(
    ("quantity", "value", "live_for_s"),
    [("spo2_pct", 97.0, 4.0), ("temp_degc", 37.0, 10.0), ("cuff_pressure_mmhg", 90.0, 2.0)],
)
def test_a_streamed_value_is_live_no_longer_than_its_time(
    quantity: str, value: float, live_for_s: float
) -> None:
    m = measured(quantity, value, 50.0)
    assert m.is_live(50.0 + live_for_s)
    assert not m.is_live(50.01 + live_for_s)


def test_typed_doubtful_and_spot_values_are_never_live() -> None:
    assert not typed("spo2_pct", 97.0, 50.0).is_live(50.0)
    assert not doubtful("spo2_pct", 97.0, 50.0).is_live(50.0)
    assert not measured("systolic_mmhg", 120.0, 50.0).is_live(50.0)


def test_a_value_that_a_person_accepted_is_usable_and_never_live() -> None:
    accepted = doubtful("spo2_pct", 97.0, 50.0).accepted_by_person()
    assert accepted.is_usable(50.0)
    assert not accepted.is_live(50.0)


def test_a_doubtful_or_missing_value_is_never_usable() -> None:
    assert not doubtful("spo2_pct", 97.0, 50.0).is_usable(50.0)
    assert not measured("spo2_pct", None, 50.0).is_usable(50.0)


def test_an_age_is_never_negative() -> None:
    assert measured("spo2_pct", 97.0, 100.0).age_s(99.0) == 0.0
