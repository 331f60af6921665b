"""Patients whose values differ from those of the one before, so that none can be mistaken."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patient:
    """What can be measured of one patient."""

    age_years: int
    systolic_mmhg: int
    diastolic_mmhg: int
    glucose_mmol_l: float
    temp_degc: float
    pulse_rate_bpm: int
    spo2_pct: int

    def typed(self, quantity: str) -> str:
        """Return what a person would type of a quantity."""
        value = getattr(self, quantity)
        return f"{value:.1f}".replace(".", "*") if isinstance(value, float) else f"{value}"


_APART = {
    "age_years": 3,
    "systolic_mmhg": 12,
    "diastolic_mmhg": 8,
    "glucose_mmol_l": 1.0,
    "temp_degc": 0.6,
    "pulse_rate_bpm": 12,
}
"""At least so far from the patient before: more than what drifts while one is measured."""


def next_patient(chance: random.Random, before: Patient | None) -> Patient:
    """Return somebody who is in nothing like the one before; well, ill, or beyond the model."""
    while True:
        systolic = chance.randint(82, 185)
        patient = Patient(
            age_years=chance.randint(9, 58),
            systolic_mmhg=systolic,
            diastolic_mmhg=min(118, systolic - chance.randint(25, 60)),
            glucose_mmol_l=round(chance.uniform(3.0, 17.0), 1),
            temp_degc=round(chance.uniform(35.2, 39.8), 1),
            pulse_rate_bpm=chance.randint(45, 135),
            spo2_pct=chance.randint(88, 99),
        )
        if patient.diastolic_mmhg < 40:
            continue
        if before is None or all(
            abs(getattr(patient, name) - getattr(before, name)) >= apart
            for name, apart in _APART.items()
        ):
            return patient
