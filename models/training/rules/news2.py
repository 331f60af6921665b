"""The NEWS2 chart, written down a second time: rows as they are printed, read by list index.

Nothing here looks at the bands of news2.toml.  What this module scores is what the bundle has
to score, case by case.

Source: Royal College of Physicians, National Early Warning Score (NEWS) 2: Standardising the
assessment of acute-illness severity in the NHS.  Updated report of a working party.  London:
RCP, December 2017: chart 1 (scoring system), chart 2 (thresholds and triggers).
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator

SEED = 2017
RANDOM_CASES = 300

QUANTITIES = (
    "age_years",
    "pregnant",
    "respiratory_rate_bpm",
    "spo2_pct",
    "spo2_scale",
    "supplemental_oxygen",
    "systolic_mmhg",
    "pulse_rate_bpm",
    "consciousness",
    "temp_degc",
)
Patient = tuple[float | str | None, ...]
"""One value for each of QUANTITIES, in that order; temperature in tenths of a degree."""

WELL: Patient = (50, "no", 16, 97, "1", "no", 125, 72, "alert", 370)
RATE, SPO2, SCALE, OXYGEN, SYSTOLIC, PULSE, AVPU, TEMP = range(2, 10)

# Each row of chart 1 as the lowest value of every box from left to right, and its points.
_ROWS = {
    RATE: ((9, 12, 21, 25), (3, 1, 0, 2, 3)),
    SYSTOLIC: ((91, 101, 111, 220), (3, 2, 1, 0, 3)),
    PULSE: ((41, 51, 91, 111, 131), (3, 1, 0, 1, 2, 3)),
    TEMP: ((351, 361, 381, 391), (3, 1, 0, 1, 2)),
}
_SCALE_1 = ((92, 94, 96), (3, 2, 1, 0))
_SCALE_2_AIR = ((84, 86, 88), (3, 2, 1, 0))
_SCALE_2_OXYGEN = ((84, 86, 88, 93, 95, 97), (3, 2, 1, 0, 1, 2, 3))

LIMITS = {RATE: (2, 80), SPO2: (30, 100), SYSTOLIC: (40, 300), PULSE: (20, 300), TEMP: (250, 450)}
"""What can be a reading at all (temperature in tenths)."""
CHOICES = {
    SCALE: ("1", "2"),
    OXYGEN: ("yes", "no"),
    AVPU: ("alert", "confusion", "voice", "pain", "unresponsive"),
}


def points(patient: Patient) -> list[int]:
    """Return the points of the seven observations of a whole patient."""
    found = [_in_row(row, patient[index]) for index, row in _ROWS.items()]
    row = _SCALE_1
    if patient[SCALE] == "2":
        row = _SCALE_2_OXYGEN if patient[OXYGEN] == "yes" else _SCALE_2_AIR
    found.append(_in_row(row, patient[SPO2]))
    found.append(2 if patient[OXYGEN] == "yes" else 0)
    found.append(0 if patient[AVPU] == "alert" else 3)
    return found


def answer(patient: Patient) -> tuple[int | None, str | None]:
    """Return score and category (chart 2); None and None where no score may be given."""
    age, pregnant = patient[0], patient[1]
    if None in patient or not isinstance(age, int | float) or age < 16 or pregnant != "no":
        return None, None
    each = points(patient)
    total = sum(each)
    if total >= 7:
        return total, "high"
    if total >= 5:
        return total, "medium"
    return total, "low-medium" if 3 in each else "low"


def patients() -> Iterator[Patient]:
    """Yield every value beside a box's edge, all choices, random patients, and refusals."""
    for scale in CHOICES[SCALE]:
        for oxygen in CHOICES[OXYGEN]:
            for spo2 in range(81, 101):
                yield _with(_with(_with(WELL, SCALE, scale), OXYGEN, oxygen), SPO2, spo2)
    for index, (edges, _) in _ROWS.items():
        low, high = LIMITS[index]
        for value in sorted({low, high, *edges, *(edge - 1 for edge in edges)}):
            yield _with(WELL, index, value)
    for choice in CHOICES[AVPU]:
        yield _with(WELL, AVPU, choice)
    for age in (0, 15, 16, 120):
        yield _with(WELL, 0, age)
    for pregnant in ("yes", "unknown"):
        yield _with(WELL, 1, pregnant)
    for index in range(len(WELL)):
        yield _with(WELL, index, None)
    yield from _at_random()


def cases() -> list[list[float | int | str | None]]:
    """Return the golden cases: values, score and category, temperature in degrees."""
    rows = []
    for patient in patients():
        tenths = patient[TEMP]
        degrees = tenths / 10 if isinstance(tenths, int | float) else None
        rows.append([*_with(patient, TEMP, degrees), *answer(patient)])
    return rows


def _at_random() -> Iterator[Patient]:
    """Yield patients of every kind: mostly near the boxes' edges, where slips would be."""
    dice = random.Random(SEED)  # noqa: S311 - cases, no secrets
    for _ in range(RANDOM_CASES):
        patient = _with(WELL, 0, dice.randint(16, 95))
        for index, (edges, _points) in _ROWS.items():
            if dice.random() < 0.6:
                patient = _with(patient, index, dice.choice(edges) + dice.randint(-2, 2))
        patient = _with(patient, SPO2, dice.randint(82, 100))
        for index, choices in CHOICES.items():
            usual = index == AVPU and dice.random() < 0.7
            patient = _with(patient, index, choices[0] if usual else dice.choice(choices))
        yield patient


def _in_row(row: tuple[tuple[int, ...], tuple[int, ...]], value: float | str | None) -> int:
    if not isinstance(value, int | float):
        raise TypeError("a row of the chart takes a number")
    edges, given = row
    return given[bisect_right(edges, value)]


def _with(patient: Patient, index: int, value: float | str | None) -> Patient:
    return (*patient[:index], value, *patient[index + 1 :])
