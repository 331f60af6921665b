"""reference.json: what was usual in the development rows, too coarse to tell of one woman."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.training.data import FEATURES, Floats
from models.training.scaling import Ranges

MOST_BINS = 20
SMALLEST_CELL = 11
"""Cells of fewer people are merged with a neighbour (FACTS 5)."""


def reference_form(values: Floats, ranges: Ranges) -> dict[str, Any]:
    """Return bins and median of each feature."""
    features = []
    for index, name in enumerate(FEATURES):
        column, low, high = values[:, index], ranges.low[index], ranges.high[index]
        edges, counts = binned(column, low, high)
        median = min(max(round(float(np.median(column)), 1), low), high)
        features.append({"quantity": name, "edges": edges, "counts": counts, "median": median})
    return {"features": features}


def binned(column: Floats, low: float, high: float) -> tuple[list[float], list[int]]:
    """Return equal bins over the range, neighbours merged until none is under the limit.

    A bin holds its lower edge and not its upper one; the last holds both.
    """
    cuts = np.linspace(low, high, MOST_BINS + 1)
    found = np.histogram(column, bins=cuts)[0]
    edges, counts, waiting = [round(float(low), 3)], [], 0
    for upper, count in zip(cuts[1:], found, strict=True):
        waiting += int(count)
        if waiting >= SMALLEST_CELL:
            edges.append(round(float(upper), 3))
            counts.append(waiting)
            waiting = 0
    if not counts:
        return [round(float(low), 3), round(float(high), 3)], [waiting]
    counts[-1] += waiting  # what is left joins the last cell, which then ends at the range
    edges[-1] = round(float(high), 3)
    return edges, counts
