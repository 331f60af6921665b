"""Figures against values worked out by hand."""

import numpy as np
import pytest

from models.training import evaluation as ev

HIGH = np.array([1, 1, 0, 0, 0])
SCORES = np.array([0.9, 0.4, 0.5, 0.4, 0.1])
ONE = np.ones((1, 5))


def test_auc_by_hand():
    # pairs: 0.9 beats all three; 0.4 loses to 0.5, ties 0.4, beats 0.1: (3 + 0 + 0.5 + 1) / 6
    assert ev.auc(HIGH)(ONE, SCORES)[0] == pytest.approx(4.5 / 6)


def test_auc_with_weights_equals_auc_of_repeated_rows():
    weights = np.array([[2.0, 1.0, 0.0, 3.0, 1.0]])
    picked = [0, 0, 1, 3, 3, 3, 4]
    plain = ev.auc(HIGH[picked])(np.ones((1, 7)), SCORES[picked])[0]
    assert ev.auc(HIGH)(weights, SCORES)[0] == pytest.approx(plain)


def test_brier_by_hand():
    wanted = (0.01 + 0.36 + 0.25 + 0.16 + 0.01) / 5
    assert ev.brier(HIGH)(ONE, SCORES)[0] == pytest.approx(wanted)


def test_sensitivity_and_specificity_by_hand():
    decisions = np.array([1.0, 0.0, 1.0, 0.0, 0.0])
    assert ev.sensitivity(HIGH)(ONE, decisions)[0] == pytest.approx(1 / 2)
    assert ev.specificity(HIGH)(ONE, decisions)[0] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("wanted", "called"), [(1.0, 0), (0.75, 1), (0.5, 2), (0.74, 1), (0.49, 2)]
)
def test_threshold_reaches_the_specificity_and_no_more(wanted, called):
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.35, 0.95])
    high = np.array([0, 0, 0, 0, 1, 1])
    threshold = ev.threshold_at_specificity(scores, high, wanted)
    assert (scores[high == 0] >= threshold).sum() == called


def test_threshold_lies_half_way_to_the_next_score():
    scores, high = np.array([0.1, 0.2, 0.4, 0.8]), np.array([0, 0, 0, 1])
    assert ev.threshold_at_specificity(scores, high, 2 / 3) == pytest.approx(0.3)


def test_threshold_with_ties_does_not_call_more_than_allowed():
    scores, high = np.array([0.1, 0.4, 0.4, 0.4, 0.8]), np.array([0, 0, 0, 0, 1])
    threshold = ev.threshold_at_specificity(scores, high, 0.75)
    assert (scores[high == 0] >= threshold).sum() == 0


def test_bootstrap_draws_whole_groups():
    groups = np.array([0, 0, 1, 2, 2, 2])
    weights = ev.draw_groups(groups, seed=1, draws=50)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 5]).all()
    assert ((weights[:, 0] + weights[:, 2] + weights[:, 3]) == 3).all()
    assert weights.std(axis=0).min() > 0


def test_a_figure_is_the_mean_over_repeats_inside_its_interval():
    high = np.tile([1, 0, 0, 1, 0], 20)
    rng = np.random.default_rng(2)
    scores = np.clip(0.3 * high + rng.random((3, 100)) * 0.7, 0, 1)
    weights = ev.draw_groups(np.arange(100), seed=3, draws=400)
    value, low, top = ev.figure(ev.auc(high), scores, weights)
    each = [ev.auc(high)(np.ones((1, 100)), line)[0] for line in scores]
    assert value == pytest.approx(np.mean(each))
    assert 0 < low < value < top <= 1


def test_interval_of_a_share_is_about_the_binomial_one():
    high = np.repeat([1, 0], 100)
    decisions = np.repeat([1.0, 0.0, 0.0], [80, 20, 100])[None, :]
    weights = ev.draw_groups(np.arange(200), seed=3, draws=2000)
    value, low, top = ev.figure(ev.sensitivity(high), decisions, weights)
    assert value == pytest.approx(0.8)
    assert low == pytest.approx(0.72, abs=0.02)
    assert top == pytest.approx(0.88, abs=0.02)


def test_differences_are_paired():
    high = np.repeat([1, 0], 50)
    decisions = np.tile([1.0, 0.0], 50)[None, :]
    weights = ev.draw_groups(np.arange(100), seed=3, draws=200)
    same = ev.difference(ev.sensitivity(high), decisions, decisions, weights)
    assert same == (0.0, 0.0, 0.0)
    value, low, _ = ev.difference(ev.sensitivity(high), np.ones((1, 100)), decisions, weights)
    assert value == pytest.approx(0.5)
    assert low > 0.3


def test_a_small_hold_out_is_less_certain_than_a_large_one():
    rng = np.random.default_rng(4)
    high = (rng.random(400) < 0.3).astype(int)
    scores = np.clip(0.2 * high + rng.random((2, 400)), 0, 1)
    small = ev.hold_out_interval(high, np.arange(400), scores, 40, seed=1, draws=300)
    large = ev.hold_out_interval(high, np.arange(400), scores, 300, seed=1, draws=300)
    assert small[1] - small[0] > 1.5 * (large[1] - large[0])


def test_calibration_table_by_hand():
    table = ev.calibration_table(HIGH, SCORES[None, :], (0.0, 0.45, 1.0))
    assert table[0] == pytest.approx([0.0, 0.45, 0.3, 1 / 3, 3])
    assert table[1] == pytest.approx([0.45, 1.0, 0.7, 0.5, 2])
