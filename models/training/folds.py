"""Repeated, grouped, stratified folds.

A group stands wholly in one fold.  Groups are dealt, largest first, each to the fold whose
share of both classes it levels best; the order among equals is drawn from the seed.
"""

from __future__ import annotations

import numpy as np

from models.training.data import Floats, Ints


def grouped_folds(high: Ints, groups: Ints, folds: int, seed: int) -> Ints:
    """Return the fold, 0 to folds - 1, of each row; raise ValueError for too few groups."""
    numbers, index = np.unique(groups, return_inverse=True)
    if len(numbers) < folds:
        raise ValueError(f"{len(numbers)} groups cannot be dealt into {folds} folds")
    counts = np.zeros((len(numbers), 2))
    np.add.at(counts, (index.reshape(-1), high), 1)
    shuffled = np.random.default_rng(seed).permutation(len(numbers))
    order = shuffled[np.argsort(-counts[shuffled].max(axis=1), kind="stable")]
    totals = np.maximum(counts.sum(axis=0), 1)
    dealt = np.zeros((folds, 2))
    fold_of_group = np.zeros(len(numbers), dtype=np.int64)
    for group in order:
        fold = min(range(folds), key=lambda each: _unevenness(dealt, each, counts[group], totals))
        dealt[fold] += counts[group]
        fold_of_group[group] = fold
    dealt_to: Ints = fold_of_group[index.reshape(-1)]
    return dealt_to


def repeated_folds(high: Ints, groups: Ints, folds: int, repeats: int, seed: int) -> Ints:
    """Return one line of folds for each repeat."""
    seeds = np.random.SeedSequence(seed).generate_state(repeats)
    return np.stack([grouped_folds(high, groups, folds, int(each)) for each in seeds])


def _unevenness(dealt: Floats, fold: int, counts: Floats, totals: Floats) -> tuple[float, float]:
    """Spread of the classes over the folds if this group went to this fold; then its size."""
    tried = dealt.copy()
    tried[fold] += counts
    return float((tried / totals).std(axis=0).sum()), float(dealt[fold].sum())
