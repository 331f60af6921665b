"""Writes the bundle: the clinical side by people, ranges, threshold and hashes by us."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from models.training import recipes
from models.training.data import FEATURES
from models.training.figures import Figures
from models.training.scaling import INPUT_SCALE, OUTPUT_SCALE, ZERO_POINT, Ranges

CLINICAL_SIDE = Path(__file__).parent / "maternal_risk.toml"
SEALED = ("MODEL_CARD.md", "golden.json", "model.tflite", "reference.json")
"""Every file beside bundle.toml."""


def against_rule(figures: Figures) -> str:
    """Say on one screen line how model and plain rule compare on the same folds."""
    model, rule = figures["net_int8"], figures["rule"]
    women = f"it finds {_of_100(model['sensitivity'])}, the rule {_of_100(rule['sensitivity'])}"
    alarms = f"{100 - _of_100(model['specificity'])} and {100 - _of_100(rule['specificity'])}"
    found = f"Of 100 high-risk women {women}; false alarms {alarms} in 100. "
    return found + verdict(figures)


def _of_100(figure: Sequence[float]) -> int:
    return round(100 * figure[0])


def verdict(figures: Figures) -> str:
    """Say whether the model finds more at the rule's own rate of false alarms."""
    _, low, high = figures["differences"]["sensitivity_at_rule_specificity_minus_rule"]
    if low > 0:
        return "The model is better."
    if high < 0:
        return "The rule is better."
    return "At equal alarms the rule is as good."


def bundle_text(ranges: Ranges, figures: Figures, hashes: dict[str, str]) -> str:
    """Return bundle.toml."""
    fields: dict[str, str] = {
        "against_rule": against_rule(figures),
        "threshold": repr(figures["threshold"]["probability"]),
        "rule_glucose": repr(recipes.RULE_GLUCOSE),
        "rule_systolic": repr(recipes.RULE_SYSTOLIC),
        "input_scale": repr(INPUT_SCALE),
        "output_scale": repr(OUTPUT_SCALE),
        "zero_point": repr(ZERO_POINT),
        "files": "\n".join(f'"{name}" = "{hashes[name]}"' for name in sorted(hashes)),
    }
    for name, low, high in zip(FEATURES, ranges.low, ranges.high, strict=True):
        fields[f"{name}_low"], fields[f"{name}_high"] = repr(low), repr(high)
        fields[f"{name}_low_words"], fields[f"{name}_high_words"] = f"{low:g}", f"{high:g}"
    source = CLINICAL_SIDE.read_text(encoding="utf-8")
    comment_ends = source.index("schema =")
    text = Template(source[comment_ends:]).substitute(fields)
    return "# Made by models/training; see docs/developer/training.md.\n" + text


def as_json(form: dict[str, Any], *, wide: bool = False) -> str:
    """Return the form as text that is the same each time; `wide` puts lists on one line."""
    if not wide:
        return json.dumps(form, indent=1, sort_keys=True) + "\n"
    lines = ",\n ".join(f"{json.dumps(key)}: {_rows(form[key])}" for key in sorted(form))
    return "{" + lines + "}\n"


def _rows(value: Any) -> str:
    if isinstance(value, dict):
        inside = ",\n  ".join(f"{json.dumps(k)}: {json.dumps(value[k])}" for k in sorted(value))
        return "{" + inside + "}"
    return "[" + ",\n  ".join(json.dumps(each) for each in value) + "]"


def hashes_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every sealed file of the folder."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in SEALED}


def refresh_hash(folder: Path, name: str) -> None:
    """Put the present hash of one file into bundle.toml, and touch nothing else there."""
    path = folder / "bundle.toml"
    text = path.read_text(encoding="utf-8")
    old = tomllib.loads(text)["files"][name]
    new = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    path.write_text(text.replace(f'"{name}" = "{old}"', f'"{name}" = "{new}"'), encoding="utf-8")
