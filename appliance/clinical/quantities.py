"""The quantities the appliance knows: name, unit, code, limits and life time.

This table is the one place where a quantity is defined.  It never decides what is
abnormal: a limit here says what an instrument or a person *can* report at all.

Sources
    Codes: LOINC 2.7x (loinc.org); the vital-sign codes are those of the HL7 FHIR R4
    vital-signs profile.  Units: UCUM.  Live and usable times, and the limits of what
    can be a reading: DESIGN section 5 of this project (docs/adr/0003-units.md).
    1 lb = 0.45359237 kg: NIST SP 811 (2008), appendix B.8.
    Glucose 18.016 mg/dL per mmol/L: from C6H12O6 = 180.16 g/mol.
    Cholesterol 38.67 mg/dL per mmol/L: from C27H46O = 386.65 g/mol.
"""

from __future__ import annotations

from types import MappingProxyType

from appliance.clinical.quantity import (
    NEVER_S,
    Conversion,
    ImpossibleValue,
    Quantity,
    UnitRefused,
    Value,
)

__all__ = [
    "LOINC_PULSE_BY_OXIMETER",
    "NEVER_S",
    "PRESSURES",
    "QUANTITIES",
    "RISING_PRESSURES",
    "UNIT_WORDS",
    "ImpossibleValue",
    "Quantity",
    "UnitRefused",
    "Value",
]

GLUCOSE_MG_DL_PER_MMOL_L = 18.016
CHOLESTEROL_MG_DL_PER_MMOL_L = 38.67
KG_PER_LB = 0.45359237
_15_MIN_S = 15 * 60.0
_60_MIN_S = 60 * 60.0

_FAHRENHEIT = Conversion("[degF]", 5.0, offset=32.0, divisor=9.0)
_YES_NO = ("yes", "no")

_TABLE = (
    Quantity("age_years", "Age", "a", "30525-0", 0, 120, likely=(0, 105)),
    Quantity("sex", "Sex", "", "46098-0", choices=("female", "male")),
    Quantity("pregnant", "Pregnant", "", "82810-3", choices=("yes", "no", "unknown")),
    Quantity(
        "systolic_mmhg",
        "Systolic pressure",
        "mm[Hg]",
        "8480-6",
        40,
        300,
        usable_for_s=_15_MIN_S,
        likely=(70, 220),
    ),
    Quantity(
        "diastolic_mmhg",
        "Diastolic pressure",
        "mm[Hg]",
        "8462-4",
        20,
        200,
        usable_for_s=_15_MIN_S,
        likely=(35, 140),
    ),
    Quantity(
        "map_mmhg",
        "Mean pressure",
        "mm[Hg]",
        "8478-0",
        25,
        250,
        usable_for_s=_15_MIN_S,
        likely=(45, 170),
    ),
    Quantity(
        "cuff_pressure_mmhg",
        "Cuff pressure",
        "mm[Hg]",
        "",
        -10,
        330,
        live_for_s=2.0,
        usable_for_s=NEVER_S,
    ),
    Quantity(
        "pulse_rate_bpm",
        "Pulse",
        "/min",
        "8867-4",
        20,
        300,
        live_for_s=4.0,
        usable_for_s=_15_MIN_S,
        likely=(35, 180),
    ),
    Quantity(
        "heart_rate_bpm",
        "Heart rate (ECG)",
        "/min",
        "8867-4",
        20,
        300,
        live_for_s=4.0,
        usable_for_s=_15_MIN_S,
        likely=(35, 180),
    ),
    Quantity(
        "spo2_pct",
        "Oxygen saturation",
        "%",
        "59408-5",
        30,
        100,
        live_for_s=4.0,
        usable_for_s=_15_MIN_S,
        likely=(75, 100),
    ),
    Quantity(
        "perfusion_index_pct",
        "Perfusion index",
        "%",
        "61006-3",
        0,
        30,
        live_for_s=4.0,
        usable_for_s=NEVER_S,
        decimals=1,
    ),
    Quantity(
        "respiratory_rate_bpm",
        "Breathing rate",
        "/min",
        "9279-1",
        2,
        80,
        live_for_s=10.0,
        usable_for_s=_15_MIN_S,
        likely=(6, 45),
    ),
    Quantity(
        "temp_degc",
        "Body temperature",
        "Cel",
        "8310-5",
        25,
        45,
        live_for_s=10.0,
        usable_for_s=_15_MIN_S,
        decimals=1,
        likely=(34, 41.5),
        accepted=(_FAHRENHEIT,),
    ),
    Quantity(
        "surface_temp_degc",
        "Surface temperature",
        "Cel",
        "39106-0",
        10,
        60,
        live_for_s=10.0,
        usable_for_s=NEVER_S,
        decimals=1,
        accepted=(_FAHRENHEIT,),
    ),
    Quantity(
        "glucose_mmol_l",
        "Blood glucose",
        "mmol/L",
        "15074-8",
        0.5,
        50,
        usable_for_s=_60_MIN_S,
        decimals=1,
        likely=(2.5, 25),
        accepted=(Conversion("mg/dL", divisor=GLUCOSE_MG_DL_PER_MMOL_L),),
    ),
    Quantity(
        "cholesterol_mmol_l",
        "Cholesterol",
        "mmol/L",
        "14647-2",
        1,
        25,
        decimals=1,
        likely=(2, 12),
        accepted=(Conversion("mg/dL", divisor=CHOLESTEROL_MG_DL_PER_MMOL_L),),
    ),
    Quantity(
        "weight_kg",
        "Weight",
        "kg",
        "29463-7",
        0.3,
        350,
        live_for_s=4.0,
        decimals=1,
        likely=(2, 180),
        accepted=(Conversion("g", divisor=1000.0), Conversion("[lb_av]", KG_PER_LB)),
    ),
    Quantity("height_cm", "Height", "cm", "8302-2", 25, 250, decimals=0, likely=(45, 210)),
    Quantity(
        "chest_pain",
        "Chest pain",
        "",
        "",
        choices=("typical", "atypical", "non-anginal", "none"),
    ),
    Quantity("fasting_glucose_high", "Fasting glucose above 6.7", "", "", choices=_YES_NO),
    Quantity(
        "consciousness",
        "Consciousness",
        "",
        "80288-4",
        choices=("alert", "confusion", "voice", "pain", "unresponsive"),
        usable_for_s=_15_MIN_S,
    ),
    Quantity(
        "supplemental_oxygen", "Extra oxygen", "", "", choices=_YES_NO, usable_for_s=_15_MIN_S
    ),
    Quantity("spo2_scale", "SpO2 scale", "", "", choices=("1", "2")),
)

QUANTITIES = MappingProxyType({quantity.name: quantity for quantity in _TABLE})

LOINC_PULSE_BY_OXIMETER = "8889-8"
"""Pulse rate when an oximeter measured it; 8867-4 otherwise."""

RISING_PRESSURES = ("diastolic_mmhg", "map_mmhg", "systolic_mmhg")
"""Pressures of one reading, the lowest first."""

PRESSURES = frozenset(RISING_PRESSURES)
"""Belong together: used only when they come from one and the same reading."""

UNIT_WORDS = MappingProxyType(
    {"mm[Hg]": "mmHg", "/min": "per min", "Cel": "°C", "a": "years", "[degF]": "°F"}
)
"""UCUM units as a screen words them, where that differs."""
