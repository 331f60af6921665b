"""Who answers what: each runtime beside the float graph, and each pair of runtimes.

The float graph is that of the int8 file, its weights included, computed in double precision
from the inputs before their rounding.  All differences are in steps of the output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from appliance.clinical.assessment import dequantise
from appliance.clinical.task import Task
from models.training.runtimes.contestants import FLOAT, INT8, SERVING, SKLEARN, Contestant
from models.training.runtimes.graph import HIGHEST, LOWEST, Floats, Ints
from models.training.runtimes.vectors import Vectors

MOST_FLIPS = 0.005
"""Share of the patients whose category int8 may change against float (the project's aim)."""

UNDECIDED = -1


@dataclass(frozen=True, slots=True)
class Answers:
    """What one of them answered.  steps: in steps of the output, of float ones unrounded."""

    steps: Floats
    categories: Ints

    def part(self, which: slice) -> Answers:
        """Return the answers to some of the vectors."""
        return Answers(self.steps[which], self.categories[which])


def ask(contestant: Contestant, task: Task, vectors: Vectors) -> Answers:
    """Put every vector to one of them."""
    call = contestant.call
    if contestant.name in INT8:
        return of_raw(task, [int(call(row)) for row in vectors.raw.tolist()])
    if contestant.name == SKLEARN:
        return of_probabilities(task, call(vectors.real))
    return of_probabilities(task, np.array([call(row) for row in vectors.real.tolist()]))


def of_raw(task: Task, raw: Sequence[int] | Ints) -> Answers:
    """Return raw answers with the categories that the appliance makes of them."""
    of_step = [
        _category(task, dequantise(task.output_tensor, step)) for step in range(LOWEST, HIGHEST + 1)
    ]
    found = np.array(raw, dtype=np.int64)
    return Answers(found.astype(np.float64), np.array(of_step)[found - LOWEST])


def of_probabilities(task: Task, probabilities: Floats) -> Answers:
    """Return float answers on the scale of the raw ones, which ends at its ends."""
    scale = task.output_tensor
    steps = np.clip(probabilities / scale.scale + scale.zero_point, LOWEST, HIGHEST)
    found = [_category(task, float(each)) for each in probabilities]
    return Answers(steps, np.array(found, dtype=np.int64))


def compared(one: Answers, other: Answers) -> dict[str, Any]:
    """Return equal answers, worst step and flips of two that answered the same vectors."""
    flips = int((one.categories != other.categories).sum())
    return {
        "equal": round(float((_whole(one) == _whole(other)).mean()), 6),
        "worst_step": round(float(np.abs(one.steps - other.steps).max()), 2),
        "flips": flips,
        "flips_share": round(flips / len(one.steps), 6),
    }


def beside_float(
    found: Mapping[str, Answers], sets: Mapping[str, Vectors]
) -> dict[str, dict[str, Any]]:
    """Return for each of them what it has with the float graph, set by set."""
    places: dict[str, slice] = {}
    begin = 0
    for name, vectors in sets.items():
        places[name] = slice(begin, begin + len(vectors))
        begin += len(vectors)
    return {
        name: {
            each: compared(answers.part(place), found[FLOAT].part(place))
            for each, place in places.items()
        }
        for name, answers in found.items()
        if name != FLOAT
    }


def pairs(found: Mapping[str, Answers], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return what each pair of these has in common, over all vectors."""
    return [
        {"one": one, "other": other, **compared(found[one], found[other])}
        for one, other in combinations([name for name in names if name in found], 2)
    ]


def refusals(found: Sequence[Mapping[str, Any]], vectors: int) -> list[str]:
    """Say why the release is refused: a category that differs between serving runtimes."""
    return [
        f"{pair['flips']} of {vectors} vectors get another category from {pair['other']} than "
        f"from {pair['one']} (answers up to {pair['worst_step']:g} steps apart)"
        for pair in found
        if pair["one"] in SERVING and pair["other"] in SERVING and pair["flips"]
    ]


def _category(task: Task, probability: float) -> int:
    """Return the number of the category; to decline to answer is one of its own."""
    if task.undecided and task.undecided[0] <= probability <= task.undecided[1]:
        return UNDECIDED
    return task.categories.index(task.category_of(probability))


def _whole(answers: Answers) -> Floats:
    whole: Floats = np.floor(answers.steps + 0.5)
    return whole
