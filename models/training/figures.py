"""Turns the scores of the study into the figures that are stored and published.

Everything here is plain numbers, lists and texts, ready for JSON; figures are
[value, low, high] with the ends of the 95 % interval.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from models.training import evaluation as ev
from models.training import recipes, study
from models.training.data import Development, Floats
from models.training.network import Recipe, cpu_features
from models.training.scaling import OUTPUT_SCALE, Ranges

Figures = dict[str, Any]
CALIBRATION_EDGES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
Tell = Callable[[str], None]


def study_figures(tf: Any, data: Development, ranges: Ranges, seed: int, tell: Tell) -> Figures:
    """Run the whole cross-validation; minutes."""
    splits = study.make_splits(data, seed)
    unit = ranges.unit(data.values)
    tell("training the nets of the outer folds")
    fit = study.fit_nets(tf, data, ranges, recipes.SHIPPED, seed)
    nets = fit(splits.outer)
    tell("training the nets of the inner folds, for the thresholds")
    inner = study.inner_scores(splits, fit(splits.inner).probabilities(unit))
    tell("training the unconstrained nets, for comparison")
    free_fit = study.fit_nets(tf, data, ranges, recipes.UNCONSTRAINED, seed)
    free = study.outer_scores(splits, free_fit(splits.outer).probabilities(unit))
    tell("converting every fold's net to int8")
    by_int8 = study.int8_scores(tf, nets, splits, unit)
    tell("fitting logistic regressions")
    logistic = study.fit_logistic(data)
    return _assemble(
        data,
        splits,
        seed,
        by_float=study.outer_scores(splits, nets.probabilities(unit)),
        by_int8=study.outer_scores(splits, by_int8),
        inner=inner,
        free=free,
        by_logistic=study.outer_scores(splits, logistic(splits.outer)),
        inner_logistic=study.inner_scores(splits, logistic(splits.inner)),
    )


def _assemble(
    data: Development,
    splits: study.Splits,
    seed: int,
    *,
    by_float: Floats,
    by_int8: Floats,
    inner: Floats,
    free: Floats,
    by_logistic: Floats,
    inner_logistic: Floats,
) -> Figures:
    high, weights = data.high, ev.draw_groups(data.groups, seed)
    wanted = np.full(len(splits.outer), recipes.WANTED_SPECIFICITY)
    own = study.thresholds(splits, inner, high, wanted)
    like_rule = study.thresholds(splits, inner, high, study.rule_specificity_seen(splits, data))
    logistic_own = study.thresholds(splits, inner_logistic, high, wanted)
    int8, floats = study.Scored(by_int8, own), study.Scored(by_float, own)
    at_rule = study.Scored(by_int8, like_rule)
    rule = np.tile(study.rule_decisions(data.values), (len(by_int8), 1))
    auc, sensitivity = ev.auc(high), ev.sensitivity(high)
    return {
        "net_int8": _figures_of(int8, data, weights),
        "net_float": _figures_of(floats, data, weights),
        "unconstrained_float": {"auc": ev.figure(auc, free, weights)},
        "logistic_regression": _figures_of(study.Scored(by_logistic, logistic_own), data, weights),
        "rule": _decided(rule, data, weights),
        "net_int8_at_rule_specificity": _decided(at_rule.decisions, data, weights),
        "differences": {
            "auc_int8_minus_float": ev.difference(auc, by_int8, by_float, weights),
            "auc_float_minus_unconstrained": ev.difference(auc, by_float, free, weights),
            "auc_int8_minus_logistic": ev.difference(auc, by_int8, by_logistic, weights),
            "sensitivity_minus_rule": ev.difference(sensitivity, int8.decisions, rule, weights),
            "specificity_minus_rule": ev.difference(
                ev.specificity(high), int8.decisions, rule, weights
            ),
            "sensitivity_at_rule_specificity_minus_rule": ev.difference(
                sensitivity, at_rule.decisions, rule, weights
            ),
        },
        "int8_against_float": {
            "largest_difference": float(np.abs(by_int8 - by_float).max()),
            "mean_difference": float(np.abs(by_int8 - by_float).mean()),
            "same_decision": float((int8.decisions == floats.decisions).mean()),
        },
        "hold_out": {
            "patients": recipes.HOLD_OUT_PATIENTS,
            "auc_interval": ev.hold_out_interval(
                high, data.groups, by_int8, recipes.HOLD_OUT_PATIENTS, seed
            ),
        },
        "calibration": ev.calibration_table(high, by_int8, CALIBRATION_EDGES),
        "threshold": {
            "probability": _shipped_threshold(by_int8, data),
            "wanted_specificity": recipes.WANTED_SPECIFICITY,
            "in_folds": [float(own.min()), float(np.median(own)), float(own.max())],
        },
    }


def _decided(decisions: Floats, data: Development, weights: Floats) -> Figures:
    return {
        "sensitivity": ev.figure(ev.sensitivity(data.high), decisions, weights),
        "specificity": ev.figure(ev.specificity(data.high), decisions, weights),
    }


def _figures_of(scored: study.Scored, data: Development, weights: Floats) -> Figures:
    return {
        "auc": ev.figure(ev.auc(data.high), scored.scores, weights),
        "brier": ev.figure(ev.brier(data.high), scored.scores, weights),
        **_decided(scored.decisions, data, weights),
    }


def _shipped_threshold(scores: Floats, data: Development) -> float:
    """Choose by the same criterion on all out-of-fold scores; end on a step of the output."""
    everyone = np.tile(data.high, len(scores))
    chosen = ev.threshold_at_specificity(scores.reshape(-1), everyone, recipes.WANTED_SPECIFICITY)
    return float(np.ceil(chosen / OUTPUT_SCALE) * OUTPUT_SCALE)


def circumstances(tf: Any, data: Development, seed: int) -> Figures:
    """Return what the figures rest on: data, protocol, recipe and machine."""
    return {
        "data": {**data.counts, "sha256": data.sha256},
        "protocol": {
            "seed": seed,
            "repeats": recipes.REPEATS,
            "folds": recipes.FOLDS,
            "inner_folds": recipes.INNER_FOLDS,
            "bootstrap_draws": ev.DRAWS,
            "configurations_tried": recipes.CONFIGURATIONS_TRIED,
        },
        "recipe": recipe_form(recipes.SHIPPED),
        "machine": {"tensorflow": tf.__version__, "cpu_features": cpu_features()},
    }


def recipe_form(recipe: Recipe) -> Figures:
    """Return a recipe as plain values."""
    return {name: _plain(getattr(recipe, name)) for name in Recipe.__dataclass_fields__}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
