"""Who learns from what: nothing that a fold leaves out may touch its models or threshold."""

import numpy as np
import pytest

from models.training import study
from models.training.data import Development
from models.training.recipes import FOLDS, INNER_FOLDS, REPEATS


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(50), 3)
    values = rng.normal(size=(150, 6))
    values[:, 3] = rng.uniform(6, 10, 150)
    values[:, 1] = rng.uniform(100, 150, 150)
    high = (rng.random(150) < 0.3).astype(np.int64)
    return Development(values, high, groups, {}, "")


@pytest.fixture(scope="module")
def splits(data):
    return study.make_splits(data, seed=1)


def test_an_outer_model_never_sees_a_group_that_it_scores(data, splits):
    for line, seen in enumerate(splits.outer):
        repeat, fold = divmod(line, FOLDS)
        scored = splits.left_out[repeat] == fold
        assert not seen[scored].any()
        assert seen[~scored].all()
        assert not set(data.groups[scored]) & set(data.groups[seen > 0])


def test_an_inner_model_sees_neither_what_it_scores_nor_what_the_outer_one_scores(data, splits):
    assert len(splits.inner) == REPEATS * FOLDS * INNER_FOLDS
    for line, (seen, scored) in enumerate(zip(splits.inner, splits.inner_scored, strict=True)):
        outer = splits.outer[line // INNER_FOLDS] > 0
        assert not (seen[~outer]).any()
        assert not scored[~outer].any()
        assert not set(data.groups[scored]) & set(data.groups[seen > 0])


def test_each_score_comes_from_the_model_that_left_the_row_out(splits):
    by_model = np.arange(len(splits.outer))[:, None] * np.ones((1, 150))
    gathered = study.outer_scores(splits, by_model)
    for repeat in range(REPEATS):
        assert np.array_equal(gathered[repeat], repeat * FOLDS + splits.left_out[repeat])


def test_inner_scores_cover_the_training_rows_and_no_other(splits):
    by_model = np.arange(len(splits.inner))[:, None] * np.ones((1, 150))
    gathered = study.inner_scores(splits, by_model)
    assert np.array_equal(~np.isnan(gathered), splits.outer > 0)
    for line in range(len(splits.outer)):
        models = gathered[line][splits.outer[line] > 0]
        assert set(models // INNER_FOLDS) == {line}


def test_thresholds_come_from_training_rows_only(data, splits):
    inner = np.where(splits.outer > 0, 0.25, np.nan)
    inner[0] = np.where(splits.outer[0] > 0, 0.5, np.nan)
    wanted = np.full(len(inner), 0.9)
    found = study.thresholds(splits, inner, data.high, wanted)
    first = splits.left_out[0] == 0
    assert found[0][first] == pytest.approx(0.75)
    assert found[0][~first] == pytest.approx(0.625)


def test_the_rule_counts_its_own_limits():
    values = np.array(
        [[25, 139, 80, 7.9, 37, 76], [25, 140, 80, 6, 37, 76], [25, 90, 60, 8, 37, 7]]
    )
    assert study.rule_decisions(values).tolist() == [0.0, 1.0, 1.0]


def test_the_rules_specificity_is_that_of_the_training_rows(data, splits):
    called = study.rule_decisions(data.values)
    seen = (splits.outer[7] > 0) & (data.high == 0)
    wanted = 1 - called[seen].mean()
    assert study.rule_specificity_seen(splits, data)[7] == pytest.approx(wanted)
