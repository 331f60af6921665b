"""What the runtimes are asked: people as in reference.json, nobody's own values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from appliance.inference.bundle import read_bundle
from models.training.runtimes.source import Source
from models.training.runtimes.vectors import drawn_patients, joined, vector_sets
from tests.export.conftest import SHIPPED
from tests.unit.inference.toy import reference, three_form, write_three


def test_the_same_vectors_each_time(shipped: Source) -> None:
    first, again = (vector_sets(SHIPPED, shipped.task, [[0] * 6]) for _ in range(2))
    assert list(first) == ["golden", "patients", "cube"]
    assert (joined(first).raw == joined(again).raw).all()
    assert len(joined(first)) == 100_001


def test_patients_are_spread_over_the_bins_as_the_people_were(shipped: Source) -> None:
    form = json.loads((SHIPPED / "reference.json").read_text("utf-8"))
    drawn = drawn_patients(shipped.task, form, 20_000, np.random.default_rng(1))
    assert drawn.real.min() == 0.0
    assert drawn.real.max() == 1.0
    for index, (given, feature) in enumerate(
        zip(shipped.task.inputs, form["features"], strict=True)
    ):
        wide = given.trained_high - given.trained_low
        values = given.trained_low + drawn.real[:, index] * wide
        share = np.array(feature["counts"]) / sum(feature["counts"])
        half = len(share) // 2
        below = (values < feature["edges"][half]).mean()
        assert abs(below - share[:half].sum()) < 0.08, given.quantity


def test_raw_is_real_rounded_by_the_appliances_own_rule(shipped: Source) -> None:
    form = json.loads((SHIPPED / "reference.json").read_text("utf-8"))
    drawn = drawn_patients(shipped.task, form, 2000, np.random.default_rng(2))
    assert np.abs((drawn.raw + 128.0) / 255 - drawn.real).max() <= 0.5 / 255 + 1e-9


def test_choices_are_choices_and_some_values_are_missing(tmp_path: Path) -> None:
    task = read_bundle(write_three(tmp_path / "three")).task
    drawn = drawn_patients(task, reference(three_form()), 5000, np.random.default_rng(3))
    age, pain, sugar = drawn.real.T
    assert set(pain.tolist()) == {0.0, 0.5, 1.0}
    assert set(sugar.tolist()) == {0.0, 1.0}
    stand_in = (50.0 - 20.0) / 60.0
    assert 0.17 < (np.abs(age - stand_in) < 1e-9).mean() < 0.24
