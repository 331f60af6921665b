"""What moved the answer most, recomputed from the shipped files alone.

Nothing of the appliance's own arithmetic is used here: the scales come from bundle.toml, the
usual values from reference.json, the rounding is done in exact fractions.
"""

from __future__ import annotations

import json
import tomllib
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest

from appliance.clinical.assessment import assess
from appliance.inference.bundle import read_bundle
from appliance.inference.engines import Engine, open_engine

FOLDER = Path(__file__).parents[3] / "models" / "maternal-risk"
FORM = tomllib.loads((FOLDER / "bundle.toml").read_text("utf-8"))
MEDIANS = {
    each["quantity"]: each["median"]
    for each in json.loads((FOLDER / "reference.json").read_text("utf-8"))["features"]
}
PATIENTS = [
    (24.0, 118.0, 76.0, 6.6, 36.8, 78.0),
    (35.0, 138.0, 88.0, 7.4, 37.4, 84.0),
    (29.0, 122.0, 82.0, 9.5, 36.9, 72.0),
    (41.0, 150.0, 95.0, 12.5, 37.9, 88.0),
    (19.0, 175.0, 115.0, 4.8, 36.4, 101.0),
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("auto", (FOLDER / "model.tflite").read_bytes())


def step(index: int, value: float) -> int:
    """Return the int8 of one input, held inside its trained range, half rounded up."""
    row = FORM["inputs"][index]
    low, high = Fraction(str(row["trained_low"])), Fraction(str(row["trained_high"]))
    share = (min(max(Fraction(str(value)), low), high) - low) / (high - low)
    return floor(share * 255 + Fraction(1, 2)) - 128


@pytest.mark.parametrize("patient", PATIENTS)
def test_the_three_largest_changes_by_putting_the_usual_value(
    engine: Engine, patient: tuple[float, ...]
) -> None:
    names = [row["quantity"] for row in FORM["inputs"]]
    steps = [step(index, value) for index, value in enumerate(patient)]
    answer = engine.invoke(steps)
    changes = {}
    for index, name in enumerate(names):
        usual = [*steps[:index], step(index, MEDIANS[name]), *steps[index + 1 :]]
        changes[name] = (answer - engine.invoke(usual)) / 256
    largest = sorted((abs(c) for c in changes.values() if c), reverse=True)[:3]

    shown = assess(
        read_bundle(FOLDER).task, dict(zip(names, patient, strict=True)), engine.invoke
    ).contributions
    assert [abs(each.change) for each in shown] == largest
    assert all(each.change == changes[each.quantity] for each in shown)
