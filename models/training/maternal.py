"""The whole making of the maternal-risk bundle, from the data file to the folder."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from appliance.clinical.assessment import quantise
from models.training import answered, bundle, figures, quantised, recipes, study
from models.training.card import card_text
from models.training.data import Development, read_development
from models.training.figures import Figures, Tell
from models.training.golden import golden_form, golden_inputs
from models.training.network import Nets, load_tensorflow
from models.training.reference import reference_form
from models.training.scaling import Ranges, ranges_of

SEED = 863
DIGITS = 6
"""Of every stored figure."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are read from and written to."""

    data: Path
    out: Path
    results: Path


def make_bundle(places: Places, seed: int, *, keep_figures: bool, tell: Tell) -> None:
    """Train, cross-validate unless the stored figures are kept, and write every file."""
    data = read_development(places.data)
    ranges = ranges_of(data.values)
    tf = load_tensorflow()
    known = _stored(places.results) if keep_figures else _studied(tf, data, ranges, seed, tell)
    tell("training the net that is shipped")
    net = final_net(tf, data, ranges, seed)
    unit = ranges.unit(data.values)
    model = quantised.convert(tf, net, unit)
    reference = reference_form(data.values, ranges)
    placeholder = dict.fromkeys(bundle.SEALED, "")
    task = answered.task_of(bundle.bundle_text(ranges, known, placeholder), reference)

    def infer(raw: Sequence[int]) -> int:
        return int(quantised.answers_to_raw(tf, model, np.array([raw], dtype=np.int8))[0])

    known = {**known, "vectors": rounded(answered.answered_figures(task, infer))}
    if not keep_figures:
        places.results.parent.mkdir(parents=True, exist_ok=True)
        places.results.write_text(bundle.as_json(known), encoding="ascii")
    middle = list(quantise(task, [each.reference for each in task.inputs]))
    places.out.mkdir(parents=True, exist_ok=True)
    golden = _golden(tf, places.out / "golden.json", model, middle, tell)
    (places.out / "model.tflite").write_bytes(model)
    (places.out / "golden.json").write_text(bundle.as_json(golden, wide=True), encoding="ascii")
    (places.out / "reference.json").write_text(bundle.as_json(reference), encoding="ascii")
    (places.out / "MODEL_CARD.md").write_text(card_text(known), encoding="utf-8")
    text = bundle.bundle_text(ranges, known, bundle.hashes_of(places.out))
    (places.out / "bundle.toml").write_text(text, encoding="utf-8")
    tell(f"the bundle is in {places.out}")


def final_net(tf: Any, data: Development, ranges: Ranges, seed: int) -> Nets:
    """Train the net that is shipped, on all rows."""
    everyone = np.ones((1, len(data.high)))
    return study.fit_nets(tf, data, ranges, recipes.SHIPPED, seed)(everyone)


def rounded(value: Any) -> Any:
    """Return the same figures with all numbers rounded for storing."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def _studied(tf: Any, data: Development, ranges: Ranges, seed: int, tell: Tell) -> Figures:
    found = figures.study_figures(tf, data, ranges, seed, tell)
    threshold = found["threshold"]["probability"]
    made: Figures = rounded({**figures.circumstances(tf, data, seed), **found})
    made["threshold"]["probability"] = threshold  # a step of the output, to the last bit
    made["ranges"] = {"low": list(ranges.low), "high": list(ranges.high)}
    return made


def _stored(results: Path) -> Figures:
    known: Figures = json.loads(results.read_text(encoding="ascii"))
    return known


def _golden(tf: Any, path: Path, model: bytes, middle: list[int], tell: Tell) -> dict[str, Any]:
    """Keep the golden vectors that are there if they are this model's; else begin anew.

    TensorFlow's built-in kernels give what the runtimes' built-in kernels give on the same
    kind of processor, so its "reference" keys tell whether the vectors belong to this model.
    """
    inputs = golden_inputs(len(middle), middle)
    if path.is_file():
        there: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
        right = quantised.answers_to_raw(tf, model, np.array(inputs, dtype=np.int8)).tolist()
        here = f" reference {platform.machine()}"
        built_in = [answers for key, answers in there["keys"].items() if key.endswith(here)]
        if there["inputs"] == inputs and built_in and all(each == right for each in built_in):
            return golden_form(inputs, there["keys"], there.get("made", {}))
    tell("golden vectors are still to be made: python -m models.training golden maternal-risk")
    return golden_form(inputs, {}, {})
