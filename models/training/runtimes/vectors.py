"""What every runtime is asked: the golden vectors, made-up patients, and the whole int8 cube.

No data of a person is in it.  Patients are drawn from the coarse bins of the bundle's own
reference.json, each input by itself, and go the way that the appliance's inputs go; so they
look like the people the model is for, while the cube also holds what nobody has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from appliance.clinical.assessment import quantise
from appliance.clinical.quantities import QUANTITIES
from appliance.clinical.task import Input, Task
from models.training.runtimes.graph import HIGHEST, LOWEST, Floats, Int8s

SEED = 2014
PATIENTS, CUBE = 50_000, 50_000
MISSING = 0.2
"""Share of the patients for whom a value that may be missing is missing."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """What is asked.  raw: [n, width] int8.  real: the same before its rounding, in 0..1."""

    raw: Int8s
    real: Floats

    def __len__(self) -> int:
        return len(self.raw)


def vector_sets(folder: Path, task: Task, golden: Any) -> dict[str, Vectors]:
    """Return the sets by name.  golden: the raw inputs of golden.json."""
    rng = np.random.default_rng(SEED)
    form = json.loads((folder / "reference.json").read_text("utf-8"))
    patients = drawn_patients(task, form, PATIENTS, rng)
    cube = rng.integers(LOWEST, HIGHEST + 1, (CUBE, len(task.inputs))).astype(np.int8)
    return {
        "golden": of_raw(task, np.array(golden, dtype=np.int8)),
        "patients": patients,
        "cube": of_raw(task, cube),
    }


def joined(sets: Mapping[str, Vectors]) -> Vectors:
    """Return all sets as one, in their order."""
    return Vectors(
        np.concatenate([each.raw for each in sets.values()]),
        np.concatenate([each.real for each in sets.values()]),
    )


def of_raw(task: Task, raw: Int8s) -> Vectors:
    """Return raw inputs with the real numbers that they stand for."""
    scale = task.input_tensor
    return Vectors(raw, (raw.astype(np.float64) - scale.zero_point) * scale.scale)


def drawn_patients(
    task: Task, reference: Mapping[str, Any], count: int, rng: np.random.Generator
) -> Vectors:
    """Draw patients: a bin by its share of the people, a value anywhere in the bin."""
    features = {each["quantity"]: each for each in reference["features"]}
    columns = [_drawn(each, features[each.quantity], count, rng) for each in task.inputs]
    values = np.stack(columns, axis=1)
    low = np.array([each.trained_low for each in task.inputs])
    high = np.array([each.trained_high for each in task.inputs])
    raw = np.array([quantise(task, row) for row in values.tolist()], dtype=np.int8)
    return Vectors(raw, (values - low) / (high - low))


def _drawn(
    given: Input, feature: Mapping[str, Any], count: int, rng: np.random.Generator
) -> Floats:
    """Return values of one input inside its trained range, in the quantity's own decimals."""
    if given.codes:
        found = rng.choice([code for _, code in given.codes], count)
    else:
        edges = np.array(feature.get("edges") or [given.trained_low, given.trained_high])
        counts = np.array(feature.get("counts") or [1.0])
        cell = rng.choice(len(counts), count, p=counts / counts.sum())
        found = rng.uniform(edges[cell], edges[cell + 1])
        found = np.round(found, QUANTITIES[given.quantity].decimals)
    if given.impute is not None:
        found = np.where(rng.random(count) < MISSING, given.impute, found)
    return np.clip(found.astype(np.float64), given.trained_low, given.trained_high)
