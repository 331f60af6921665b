"""The table of quantities against the contract in the design, and its conversions."""

from __future__ import annotations

import math

import pytest

from appliance.clinical.quantities import QUANTITIES, ImpossibleValue, UnitRefused

MIN = 60.0
CONTRACT = {
    # name: unit, code, low, high, live_for_s, usable_for_s (None: the encounter)
    "age_years": ("a", "30525-0", 0, 120, None, None),
    "systolic_mmhg": ("mm[Hg]", "8480-6", 40, 300, None, 15 * MIN),
    "diastolic_mmhg": ("mm[Hg]", "8462-4", 20, 200, None, 15 * MIN),
    "map_mmhg": ("mm[Hg]", "8478-0", 25, 250, None, 15 * MIN),
    "cuff_pressure_mmhg": ("mm[Hg]", "", -10, 330, 2, 0),
    "pulse_rate_bpm": ("/min", "8867-4", 20, 300, 4, 15 * MIN),
    "heart_rate_bpm": ("/min", "8867-4", 20, 300, 4, 15 * MIN),
    "spo2_pct": ("%", "59408-5", 30, 100, 4, 15 * MIN),
    "perfusion_index_pct": ("%", "61006-3", 0, 30, 4, 0),
    "respiratory_rate_bpm": ("/min", "9279-1", 2, 80, 10, 15 * MIN),
    "temp_degc": ("Cel", "8310-5", 25, 45, 10, 15 * MIN),
    "surface_temp_degc": ("Cel", "39106-0", 10, 60, 10, 0),
    "glucose_mmol_l": ("mmol/L", "15074-8", 0.5, 50, None, 60 * MIN),
    "cholesterol_mmol_l": ("mmol/L", "14647-2", 1, 25, None, None),
    "weight_kg": ("kg", "29463-7", 0.3, 350, 4, None),
    "height_cm": ("cm", "8302-2", 25, 250, None, None),
}
CHOICES = {
    "sex": ("female", "male"),
    "pregnant": ("yes", "no", "unknown"),
    "chest_pain": ("typical", "atypical", "non-anginal", "none"),
    "fasting_glucose_high": ("yes", "no"),
    "consciousness": ("alert", "confusion", "voice", "pain", "unresponsive"),
    "supplemental_oxygen": ("yes", "no"),
    "spo2_scale": ("1", "2"),
}


def test_the_table_holds_exactly_the_contract() -> None:
    assert set(QUANTITIES) == set(CONTRACT) | set(CHOICES)


@pytest.mark.parametrize("name", CONTRACT)
def test_number(name: str) -> None:
    q = QUANTITIES[name]
    row = (q.unit, q.loinc, q.low, q.high, q.live_for_s, q.usable_for_s)
    assert row == CONTRACT[name]
    assert q.check(q.low) == q.low
    assert q.check(q.high) == q.high
    for beyond in (q.low - 0.01, q.high + 0.01, math.nan, math.inf):
        with pytest.raises(ImpossibleValue):
            q.check(beyond)


@pytest.mark.parametrize("name", CHOICES)
def test_choice(name: str) -> None:
    q = QUANTITIES[name]
    assert q.choices == CHOICES[name]
    assert q.check(q.choices[0]) == q.choices[0]
    with pytest.raises(ImpossibleValue):
        q.check("perhaps")


@pytest.mark.parametrize(
    ("name", "value", "unit", "expected"),
    [
        ("temp_degc", 98.6, "[degF]", 37.0),
        ("temp_degc", 32.0, "[degF]", 0.0),
        ("glucose_mmol_l", 112.0, "mg/dL", 6.2167),
        ("cholesterol_mmol_l", 200.0, "mg/dL", 5.172),
        ("weight_kg", 154.0, "[lb_av]", 69.853),
        ("weight_kg", 3500.0, "g", 3.5),
        ("spo2_pct", 97.0, "%", 97.0),
    ],
)
def test_conversion(name: str, value: float, unit: str, expected: float) -> None:
    assert QUANTITIES[name].in_own_unit(value, unit) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "unit"), [("temp_degc", "K"), ("weight_kg", "lb"), ("age_years", "")]
)
def test_unknown_unit_is_refused_with_what_is_taken(name: str, unit: str) -> None:
    with pytest.raises(UnitRefused, match=QUANTITIES[name].unit):
        QUANTITIES[name].in_own_unit(1.0, unit)
