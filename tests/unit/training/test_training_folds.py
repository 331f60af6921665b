"""Folds: whole groups, even classes, drawn from the seed."""

import numpy as np
import pytest

from models.training.folds import grouped_folds, repeated_folds


@pytest.fixture
def rows():
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(60), rng.integers(1, 7, 60))
    return (rng.random(len(groups)) < 0.25).astype(int), groups


def test_no_group_is_in_two_folds(rows):
    high, groups = rows
    for line in repeated_folds(high, groups, 5, 20, seed=1):
        for group in range(60):
            assert len(set(line[groups == group])) == 1


def test_every_row_has_a_fold_and_every_fold_its_share_of_both_classes(rows):
    high, groups = rows
    for line in repeated_folds(high, groups, 5, 20, seed=1):
        assert set(line) == {0, 1, 2, 3, 4}
        for fold in range(5):
            assert (line == fold).mean() == pytest.approx(0.2, abs=0.05)
            assert high[line == fold].mean() == pytest.approx(high.mean(), abs=0.08)


def test_same_seed_same_folds_and_repeats_differ(rows):
    high, groups = rows
    first = repeated_folds(high, groups, 5, 3, seed=1)
    assert np.array_equal(first, repeated_folds(high, groups, 5, 3, seed=1))
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first, repeated_folds(high, groups, 5, 3, seed=2))


def test_numbers_of_the_groups_need_not_be_dense(rows):
    high, groups = rows
    sparse = grouped_folds(high, groups * 10 + 3, 5, seed=4)
    assert np.array_equal(sparse, grouped_folds(high, groups, 5, seed=4))


def test_too_few_groups():
    with pytest.raises(ValueError, match="2 groups cannot be dealt into 5 folds"):
        grouped_folds(np.array([0, 1, 1]), np.array([0, 1, 1]), 5, seed=0)


def test_folds_of_single_rows_of_one_class_are_equally_large():
    line = grouped_folds(np.zeros(23, dtype=int), np.arange(23), 5, seed=2)
    assert sorted(np.bincount(line).tolist()) == [4, 4, 5, 5, 5]


def test_between_folds_that_would_be_level_alike_the_smaller_gets_the_group():
    line = grouped_folds(np.array([1, 1, 0, 0, 0]), np.array([0, 0, 1, 2, 3]), 2, seed=2)
    assert sorted(np.bincount(line).tolist()) == [2, 3]
