"""Figures of a cross-validation, with intervals that respect copies and repeats.

Scores come as one line for each repeat, one column for each row.  A figure is the mean over
the repeats.  Its interval is a group bootstrap: whole groups are drawn with replacement, so
that near copies of one woman do not count as several.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.training.data import Floats, Ints

Figure = tuple[float, float, float]
"""The figure itself and the ends of its 95 % interval."""
PerRepeat = Callable[[Floats, Floats], Floats]
"""(weights [b, n], scores of one repeat [n]) to the figure under each line of weights."""

DRAWS = 2000


def draw_groups(groups: Ints, seed: int, draws: int = DRAWS) -> Floats:
    """Return bootstrap weights: how often each row was drawn, its group's number."""
    rng = np.random.default_rng(seed)
    count = int(groups.max()) + 1
    drawn = rng.integers(0, count, size=(draws, count))
    times = np.stack([np.bincount(line, minlength=count) for line in drawn])
    weights: Floats = times[:, groups].astype(np.float64)
    return weights


def figure(measure: PerRepeat, scores: Floats, weights: Floats) -> Figure:
    """Return the mean over the repeats and its bootstrap interval."""
    ones = np.ones((1, scores.shape[1]))
    value = float(np.mean([measure(ones, line)[0] for line in scores]))
    drawn = np.mean([measure(weights, line) for line in scores], axis=0)
    return interval(value, drawn)


def interval(value: float, drawn: Floats) -> Figure:
    """Return value and 2.5 % and 97.5 % quantiles of the draws that could be computed."""
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return value, float(low), float(high)


def auc(high: Ints) -> PerRepeat:
    """Area under the ROC curve; ties count half."""
    ill, well = high == 1, high == 0

    def measure(weights: Floats, scores: Floats) -> Floats:
        above = scores[ill][:, None] > scores[well][None, :]
        equal = scores[ill][:, None] == scores[well][None, :]
        wins = above + 0.5 * equal
        heavy, light = weights[:, ill], weights[:, well]
        with np.errstate(invalid="ignore"):  # a draw without one class has no AUC
            share: Floats = ((heavy @ wins) * light).sum(1) / (heavy.sum(1) * light.sum(1))
        return share

    return measure


def share_called(where: NDArray[np.bool_]) -> PerRepeat:
    """Share of the rows in `where` whose decision (1 or 0) is 1."""

    def measure(weights: Floats, decisions: Floats) -> Floats:
        with np.errstate(invalid="ignore"):  # a draw may miss all of these rows
            share: Floats = (weights[:, where] @ decisions[where]) / weights[:, where].sum(1)
        return share

    return measure


def sensitivity(high: Ints) -> PerRepeat:
    """Share of the high-risk rows that are called high."""
    return share_called(high == 1)


def specificity(high: Ints) -> PerRepeat:
    """Share of the other rows that are not called high."""
    called = share_called(high == 0)
    return lambda weights, decisions: 1.0 - called(weights, decisions)


def brier(high: Ints) -> PerRepeat:
    """Mean squared difference of probability and label."""

    def measure(weights: Floats, scores: Floats) -> Floats:
        mean: Floats = (weights @ (scores - high) ** 2) / weights.sum(1)
        return mean

    return measure


def difference(measure: PerRepeat, first: Floats, second: Floats, weights: Floats) -> Figure:
    """Return first minus second on the same draws (paired), with its interval."""
    ones = np.ones((1, first.shape[1]))

    def mean(lines: Floats, by: Floats) -> Floats:
        found: Floats = np.mean([measure(by, line) for line in lines], axis=0)
        return found

    value = float((mean(first, ones) - mean(second, ones))[0])
    return interval(value, mean(first, weights) - mean(second, weights))


def threshold_at_specificity(scores: Floats, high: Ints, wanted: float) -> float:
    """Return the smallest threshold (score >= it means high) with that specificity.

    It lies half-way between two scores, so that it does not sit on a row.
    """
    others = np.sort(scores[high == 0])
    allowed = int(np.floor((1.0 - wanted) * len(others) + 1e-9))
    highest_not_called = others[len(others) - 1 - allowed]
    above = scores[scores > highest_not_called]
    ceiling = above.min() if len(above) else 1.0
    return float((highest_not_called + ceiling) / 2)


def hold_out_interval(
    high: Ints, groups: Ints, scores: Floats, patients: int, seed: int, draws: int = DRAWS
) -> tuple[float, float]:
    """Return where the AUC on that many distinct new rows falls 95 times in 100."""
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == each) for each in range(int(groups.max()) + 1)]
    found = []
    for _ in range(draws):
        rows: list[int] = []
        while len(rows) < patients:
            rows.extend(members[rng.integers(len(members))])
        picked = np.array(rows)
        line = scores[rng.integers(len(scores)), picked]
        found.append(auc(high[picked])(np.ones((1, len(picked))), line)[0])
    low, top = np.nanquantile(found, (0.025, 0.975))
    return float(low), float(top)


def calibration_table(high: Ints, scores: Floats, edges: tuple[float, ...]) -> list[list[float]]:
    """Return [from, to, mean probability, observed share, rows per repeat] of each bin."""
    table = []
    for low, top in pairwise(edges):
        inside = (scores >= low) & ((scores < top) | (top >= 1.0))
        if inside.any():
            observed = np.broadcast_to(high, scores.shape)[inside].mean()
            rows = inside.sum() / len(scores)
            table.append([low, top, float(scores[inside].mean()), float(observed), float(rows)])
    return table
