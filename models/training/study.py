"""The cross-validation: every figure of the card comes from here, on the same folds.

Thresholds are chosen inside the training folds: an inner cross-validation scores the
training rows, and the smallest threshold that reaches the wanted specificity on them decides
on the rows left out.  Nothing of a left-out row, or of its near copies, is used for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training import quantised
from models.training.data import FEATURES, Development, Floats, Ints
from models.training.evaluation import threshold_at_specificity
from models.training.folds import grouped_folds, repeated_folds
from models.training.network import Nets, Recipe, train_nets
from models.training.recipes import FOLDS, INNER_FOLDS, REPEATS, RULE_GLUCOSE, RULE_SYSTOLIC
from models.training.scaling import Ranges

Fit = Callable[[Floats], Floats]
"""Rows each model may see [m, n] of 1 and 0, to each model's scores of all rows [m, n]."""


@dataclass(frozen=True, slots=True)
class Splits:
    """Who learns from what: line by line, outer folds first, then their inner folds.

    left_out: [repeats, n] number of the fold in which a row is left out.
    outer: [repeats * folds, n].  inner: [repeats * folds * inner, n], 1 where a model may
    see a row.  inner_scored: the same lines, True where the inner model scores a row.
    """

    left_out: Ints
    outer: Floats
    inner: Floats
    inner_scored: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scored:
    """Out-of-fold scores [repeats, n], and the thresholds [repeats, n] that apply to them."""

    scores: Floats
    threshold: Floats

    @property
    def decisions(self) -> Floats:
        """1 where the row is called high."""
        return (self.scores >= self.threshold).astype(np.float64)


def make_splits(data: Development, seed: int) -> Splits:
    """Deal the folds of all repeats, and the inner folds of each training part."""
    left_out = repeated_folds(data.high, data.groups, FOLDS, REPEATS, seed)
    outer, inner, scored = [], [], []
    for repeat, line in enumerate(left_out):
        for fold in range(FOLDS):
            seen = line != fold
            outer.append(seen)
            inner_line = np.full(len(line), -1)
            inner_line[seen] = grouped_folds(
                data.high[seen], data.groups[seen], INNER_FOLDS, seed + 1000 * repeat + fold
            )
            for each in range(INNER_FOLDS):
                inner.append(seen & (inner_line != each))
                scored.append(inner_line == each)
    return Splits(
        left_out,
        np.array(outer, dtype=np.float64),
        np.array(inner, dtype=np.float64),
        np.array(scored),
    )


def outer_scores(splits: Splits, by_model: Floats) -> Floats:
    """Gather each row's score from the model that did not see it: [repeats, n]."""
    repeats, rows = splits.left_out.shape
    models = np.arange(repeats)[:, None] * FOLDS + splits.left_out
    scores: Floats = by_model[models, np.arange(rows)[None, :]]
    return scores


def inner_scores(splits: Splits, by_model: Floats) -> Floats:
    """Gather each training row's inner score: [repeats * folds, n], NaN where left out."""
    found = np.where(splits.inner_scored, by_model, np.nan)
    stacked = found.reshape(len(splits.outer), INNER_FOLDS, -1)
    seen = ~np.isnan(stacked)
    gathered = np.where(seen, stacked, 0.0).sum(axis=1)
    result: Floats = np.where(seen.any(axis=1), gathered, np.nan)
    return result


def thresholds(splits: Splits, inner: Floats, high: Ints, wanted: Floats) -> Floats:
    """Return the threshold that applies to each left-out row: [repeats, n].

    wanted: for each training part the specificity that it is to reach.
    """
    chosen = []
    for line, specificity in zip(inner, wanted, strict=True):
        seen = ~np.isnan(line)
        chosen.append(threshold_at_specificity(line[seen], high[seen], float(specificity)))
    by_model = np.array(chosen)[:, None] * np.ones((1, inner.shape[1]))
    return outer_scores(splits, by_model)


def rule_decisions(values: Floats) -> Floats:
    """Return 1 where the plain rule calls the row high."""
    glucose = values[:, FEATURES.index("glucose_mmol_l")]
    systolic = values[:, FEATURES.index("systolic_mmhg")]
    return ((glucose >= RULE_GLUCOSE) | (systolic >= RULE_SYSTOLIC)).astype(np.float64)


def rule_specificity_seen(splits: Splits, data: Development) -> Floats:
    """Return the rule's specificity on the others of each training part."""
    called = rule_decisions(data.values)
    well = splits.outer * (data.high == 0)
    specificity: Floats = 1.0 - (well @ called) / well.sum(axis=1)
    return specificity


def fit_nets(
    tf: Any, data: Development, ranges: Ranges, recipe: Recipe, seed: int
) -> Callable[[Floats], Nets]:
    """Return what trains one net for each line of rows."""
    unit = ranges.unit(data.values)
    spread = np.array(recipe.jitter) / (np.array(ranges.high) - np.array(ranges.low))
    return lambda rows: train_nets(tf, unit, data.high, rows, recipe, spread, seed)


def int8_scores(tf: Any, nets: Nets, splits: Splits, unit: Floats) -> Floats:
    """Convert each outer net, ranges learnt on its own rows; return its answers [m, n]."""
    found = []
    for index, rows in enumerate(splits.outer):
        content = quantised.convert(tf, nets.one(index), unit[rows > 0])
        found.append(quantised.probabilities(quantised.answers(tf, content, unit)))
    return np.array(found)


def fit_logistic(data: Development) -> Fit:
    """Return what fits one standardised logistic regression for each line of rows."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def fit(rows: Floats) -> Floats:
        found = []
        for line in rows:
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
            model.fit(data.values[line > 0], data.high[line > 0])
            found.append(model.predict_proba(data.values)[:, 1])
        return np.array(found)

    return fit
