"""Vectors of plausible healthy women and of emergencies, to see whom the bundle answers.

They are made up, not measured, from a fixed seed.  Ranges of the healthy: Green et al.,
Gestation-Specific Vital Sign Reference Ranges in Pregnancy, Obstet Gynecol 2020;135:653-664.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path

from models.training.data import FEATURES

FOLDER = Path(__file__).parent / "vectors"
PLAUSIBLE, EMERGENCY = "maternal-plausible.csv", "maternal-emergency.csv"
SEED = 863
PLAUSIBLE_ROWS = 200
ROWS_OF_AN_EMERGENCY = 6

Woman = dict[str, float]
Draw = Callable[[random.Random], Woman]


def _between(rng: random.Random, low: float, high: float, decimals: int = 0) -> float:
    return round(rng.uniform(low, high), decimals)


def _near(
    rng: random.Random, mean: float, deviation: float, low: float, high: float, decimals: int = 0
) -> float:
    return round(min(max(rng.gauss(mean, deviation), low), high), decimals)


def healthy(rng: random.Random) -> Woman:
    """Draw a healthy pregnant woman: nothing of hers would worry a midwife."""
    return {
        "age_years": round(rng.triangular(15, 45, 27)),
        "systolic_mmhg": _near(rng, 112, 10, 90, 135),
        "diastolic_mmhg": _near(rng, 70, 8, 55, 85),
        "glucose_mmol_l": _near(rng, 5.0, 0.8, 4.0, 7.7, 1),
        "temp_degc": _near(rng, 36.6, 0.35, 35.8, 37.4, 1),
        "pulse_rate_bpm": _near(rng, 85, 10, 55, 110),
    }


EMERGENCIES: tuple[tuple[str, Draw], ...] = (
    (
        "severe hypertension, all else healthy",
        lambda r: {
            "systolic_mmhg": _between(r, 160, 210),
            "diastolic_mmhg": _between(r, 95, 130),
        },
    ),
    (
        "severe diastolic pressure alone",
        lambda r: {
            "systolic_mmhg": _between(r, 145, 158),
            "diastolic_mmhg": _between(r, 110, 122),
        },
    ),
    (
        "hypertension below the severe limits: no red flag, so the model has to say it",
        lambda r: {
            "systolic_mmhg": _between(r, 145, 159),
            "diastolic_mmhg": _between(r, 92, 109),
        },
    ),
    (
        "shock: low pressure, fast pulse",
        lambda r: {
            "systolic_mmhg": _between(r, 60, 88),
            "diastolic_mmhg": _between(r, 35, 52),
            "pulse_rate_bpm": _between(r, 115, 160),
        },
    ),
    (
        "sepsis with fever",
        lambda r: {
            "temp_degc": _between(r, 38.3, 41.5, 1),
            "pulse_rate_bpm": _between(r, 105, 150),
            "systolic_mmhg": _between(r, 85, 105),
            "diastolic_mmhg": _between(r, 45, 62),
        },
    ),
    (
        "sepsis, cold",
        lambda r: {
            "temp_degc": _between(r, 33.0, 34.9, 1),
            "pulse_rate_bpm": _between(r, 100, 140),
        },
    ),
    ("low blood sugar", lambda r: {"glucose_mmol_l": _between(r, 1.5, 3.8, 1)}),
    (
        "ketoacidosis: very high sugar",
        lambda r: {
            "glucose_mmol_l": _between(r, 14.0, 33.0, 1),
            "pulse_rate_bpm": _between(r, 100, 130),
        },
    ),
    ("very fast pulse alone", lambda r: {"pulse_rate_bpm": _between(r, 125, 190)}),
    ("very slow pulse alone", lambda r: {"pulse_rate_bpm": _between(r, 25, 39)}),
)
"""Why it is one, and what differs from a healthy woman."""


def plausible_rows() -> list[Woman]:
    """Return the healthy women."""
    rng = random.Random(SEED)  # noqa: S311 - made-up women, not secrets
    return [healthy(rng) for _ in range(PLAUSIBLE_ROWS)]


def emergency_rows() -> list[Woman]:
    """Return the emergencies, some rows of each kind, in the order of EMERGENCIES."""
    rng = random.Random(SEED + 1)  # noqa: S311 - made-up women, not secrets
    return [
        {**healthy(rng), **changed(rng)}
        for _, changed in EMERGENCIES
        for _ in range(ROWS_OF_AN_EMERGENCY)
    ]


def as_csv(rows: list[Woman]) -> str:
    """Return the rows in the form that `appliance predict` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FEATURES)
    writer.writerows([f"{row[name]:g}" for name in FEATURES] for row in rows)
    return text.getvalue()


def write_vectors(folder: Path = FOLDER) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLAUSIBLE).write_text(as_csv(plausible_rows()), encoding="ascii")
    (folder / EMERGENCY).write_text(as_csv(emergency_rows()), encoding="ascii")


def read_vectors(name: str, folder: Path = FOLDER) -> list[Woman]:
    """Return the rows of one of the files."""
    with (folder / name).open(encoding="ascii", newline="") as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
