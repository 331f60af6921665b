"""MODEL_CARD.md, generated from the stored figures: no number in it is typed."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from models.training.bundle import bundle_text, verdict
from models.training.data import FEATURES
from models.training.figures import Figures
from models.training.prepare import ORIGINAL_SHA256, WHERE
from models.training.scaling import Ranges

_MODELS = (
    ("net_int8", "network, int8 (shipped form)"),
    ("net_float", "network, float"),
    ("unconstrained_float", "network without fixed signs, float"),
    ("logistic_regression", "logistic regression"),
    ("rule", "plain rule"),
    ("net_int8_at_rule_specificity", "network, int8, threshold at the rule's specificity"),
)
_COLUMNS = ("auc", "sensitivity", "specificity", "brier")
_DIFFERENCES = (
    ("auc_int8_minus_float", "AUC, int8 minus float"),
    ("auc_float_minus_unconstrained", "AUC, fixed signs minus free signs (float)"),
    ("auc_int8_minus_logistic", "AUC, network minus logistic regression"),
    ("sensitivity_minus_rule", "sensitivity at the threshold, network minus rule"),
    ("specificity_minus_rule", "specificity at the threshold, network minus rule"),
    (
        "sensitivity_at_rule_specificity_minus_rule",
        "sensitivity at the rule's specificity, network minus rule",
    ),
)


def card_text(figures: Figures) -> str:
    """Return the card."""
    form = tomllib.loads(bundle_text(ranges_in(figures), figures, {}))
    parts = (
        _head(form),
        _purpose(form),
        _data(figures),
        _model(figures),
        _performance(figures),
        _against_the_rule(figures),
        _threshold(figures),
        _int8(figures),
        _calibration(figures),
        _out_of_range(form, figures),
        _floor(form),
        _reproducing(figures),
    )
    return "\n\n".join(parts) + "\n"


def ranges_in(figures: Figures) -> Ranges:
    """Return the trained ranges that are stored with the figures."""
    ranges = figures["ranges"]
    return Ranges(tuple(ranges["low"]), tuple(ranges["high"]))


def _head(form: dict[str, Any]) -> str:
    return (
        f"# {form['title']} {form['version']} (release {form['release']})\n\n"
        f"{form['question']} Generated from the stored figures; every interval is 95 %."
    )


def _purpose(form: dict[str, Any]) -> str:
    exclusions = "\n".join(f"- {each}" for each in form["exclusions"])
    return f"## Purpose\n\n{form['intended_use']}\n\nLimits:\n\n{exclusions}"


def _data(figures: Figures) -> str:
    data = figures["data"]
    return (
        "## Data\n\n"
        f'Development part of "Maternal Health Risk" ({WHERE}; SHA-256 of the original\n'
        f"{ORIGINAL_SHA256}; Ahmed M., 2020; CC BY 4.0): pregnant women in rural Bangladesh,\n"
        "risk level given by the data's authors. Target: high risk against the rest.\n\n"
        f"- {data['rows']} rows read; impossible values, taken as missing: "
        f"{data['impossible_values']}; rows left out for a missing value, because the appliance "
        f"requires every input: {data['incomplete_rows_left_out']}\n"
        f"- {data['copies_removed']} exact copies removed; {data['distinct_rows']} distinct rows "
        f"remain, {data['high']} of them high risk\n"
        f"- near copies (equal in all but blood sugar) form {data['groups']} groups; a group is "
        "never on both sides of a split\n"
        f"- {data['contradictory_vectors']} vectors carry more than one label: nothing can get "
        "these right"
    )


def _model(figures: Figures) -> str:
    recipe = figures["recipe"]
    rising = ", ".join(n for n, up in zip(FEATURES, recipe["rising"], strict=True) if up)
    first, second = recipe["hidden"]
    return (
        "## Model\n\n"
        f"A dense network, {len(FEATURES)}-{first}-{second}-1, fully int8 in and out, batch 1. "
        f"Inputs in order: {', '.join(FEATURES)}; each is scaled over its trained range to 0..1.\n"
        f"The answer can only rise, never fall, with {rising}: the weights on their way are kept "
        "at zero or above.\nA test checks it on the shipped file. It is what makes holding a "
        "value at the end of the trained range safe."
    )


def _performance(figures: Figures) -> str:
    protocol, hold_out = figures["protocol"], figures["hold_out"]
    low, high = hold_out["auc_interval"]
    lines = ["| | " + " | ".join(_COLUMNS) + " |", "|---|" + "---|" * len(_COLUMNS)]
    for key, label in _MODELS:
        cells = [_figure(figures[key].get(column)) for column in _COLUMNS]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return (
        "## Performance\n\n"
        f"{protocol['repeats']} times {protocol['folds']}-fold cross-validation, grouped and "
        "stratified, the same folds for all. Thresholds were chosen inside the training folds "
        f"by an inner {protocol['inner_folds']}-fold cross-validation. A figure is the mean "
        "over the repeats; intervals by bootstrap over groups "
        f"({protocol['bootstrap_draws']} draws).\n\n" + "\n".join(lines) + "\n\n"
        f"On {hold_out['patients']} distinct new patients of the same kind the AUC is to be "
        f"expected between {low:.3f} and {high:.3f}. About {protocol['configurations_tried']} "
        "other settings were looked at on folds of the same rows beforehand, so the figures are "
        "a little favourable. Elsewhere than in that region nothing is known."
    )


def _against_the_rule(figures: Figures) -> str:
    lines = ["| difference on the same folds | value |", "|---|---|"]
    for key, label in _DIFFERENCES:
        lines.append(f"| {label} | {_figure(figures['differences'][key], signed=True)} |")
    return (
        "## Against the plain rule\n\n"
        "Rule: glucose 8 mmol/L or more, or systolic 140 mmHg or more. It was read off these "
        "rows, so its figures are slightly favourable too.\n\n" + "\n".join(lines) + "\n\n"
        f"**{verdict(figures)}** What the model adds is a graded answer, and a choice of how many "
        "false alarms to accept for how many women found. The rule is always shown beside it."
    )


def _threshold(figures: Figures) -> str:
    threshold = figures["threshold"]
    low, middle, high = threshold["in_folds"]
    return (
        "## Threshold\n\n"
        f"High risk from a probability of {threshold['probability']:.4f}: the smallest threshold "
        f"whose specificity is at least {threshold['wanted_specificity']:.2f} on all out-of-fold "
        f"answers. (In the folds: {low:.3f} to {high:.3f}, median {middle:.3f}.) The rule beside "
        "it gives few false alarms; the model is there for women whom the rule misses, so "
        "sensitivity comes first. The wanted specificity was fixed after a look at the "
        "out-of-fold curve."
    )


def _int8(figures: Figures) -> str:
    int8 = figures["int8_against_float"]
    return (
        "## Int8 against float\n\n"
        "The net of every fold was converted and compared on the rows it had not seen, with the "
        f"built-in kernels: largest difference {int8['largest_difference']:.3f}, mean "
        f"{int8['mean_difference']:.4f}, same category in {int8['same_decision']:.1%}. XNNPACK "
        "may differ from these kernels by a few steps of 1/256; golden.json holds its own "
        "answers.\n\n"
        "A machine must give the answers of its own kind in golden.json exactly, or the model is "
        "refused. Those for aarch64 were made under an emulator, not on a Raspberry Pi: the keys "
        "under `made` there say so. An emulator shows the arithmetic, never the speed."
    )


def _calibration(figures: Figures) -> str:
    lines = ["| answer | mean answer | observed share | rows |", "|---|---|---|---|"]
    for low, top, mean, observed, rows in figures["calibration"]:
        lines.append(f"| {low:.2f} to {top:.2f} | {mean:.3f} | {observed:.3f} | {rows:.0f} |")
    return (
        "## Calibration\n\nNone applied: the network is trained with log loss. Out-of-fold, "
        "int8:\n\n" + "\n".join(lines)
    )


def _out_of_range(form: dict[str, Any], figures: Figures) -> str:
    lines = ["| input | below | trained | above |", "|---|---|---|---|"]
    for each in form["inputs"]:
        low, high = each["trained_low"], each["trained_high"]
        lines.append(
            f"| {each['quantity']} | {_side(each['below'])} | {low:g} to {high:g} "
            f"| {_side(each['above'])} |"
        )
    plausible, emergency = figures["vectors"]["plausible"], figures["vectors"]["emergency"]
    return (
        "## Outside the trained range\n\n"
        "Held = computed with the end of the range; further out, and where it abstains, the model "
        "gives no answer, and rule and red flags stand alone. Every input is required.\n\n"
        + "\n".join(lines)
        + f"\n\nMade-up vectors (models/training/vectors): of {plausible['rows']} plausible "
        f"healthy women {plausible['answered']:.1%} are answered, {plausible['called_high']:.1%} "
        f"called high, {plausible['red_flag']:.1%} have a red flag. Of {emergency['rows']} "
        f"emergencies {emergency['answered']:.1%} are answered, and "
        f"{emergency['high_or_red_flag']:.1%} are called high or have a red flag "
        f"({emergency['red_flag']:.1%} have a red flag)."
    )


def _side(side: dict[str, Any]) -> str:
    if side["beyond"] == "hold":
        return f"held to {side['until']:g}, then abstains: {side['why']}"
    return f"abstains: {side['why']}"


def _floor(form: dict[str, Any]) -> str:
    flags = "\n".join(f"- {f['text']}: {f['source']}" for f in form["red_flags"])
    return (
        "## What stands without the model\n\n"
        f"Rule: {form['rule']['text']}. {form['rule']['source']}\n\nRed flags:\n\n{flags}"
    )


def _reproducing(figures: Figures) -> str:
    machine, protocol = figures["machine"], figures["protocol"]
    return (
        "## Making it again\n\n"
        "`python -m models.training maternal-risk --data FILE` gives the same bytes on a "
        f"processor with the same features ({', '.join(machine['cpu_features'])}), TensorFlow "
        f"{machine['tensorflow']}, seed {protocol['seed']}. Data file: SHA-256 "
        f"{figures['data']['sha256']}."
    )


def _figure(value: Sequence[float] | None, *, signed: bool = False) -> str:
    if value is None:
        return "-"
    sign = "+" if signed else ""
    # adding zero after rounding turns minus nought into nought
    middle, low, high = (format(round(each, 3) + 0.0, f"{sign}.3f") for each in value)
    return f"{middle} ({low} to {high})"
