"""Toy bundles for tests: complete, valid folders around the fixture models.

The models' weights are random, so nothing about the answers means anything.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import importlib.util
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.inference.engines import LITERT, REFERENCE, TFLITE, open_engine

PACKAGES = {TFLITE: "tflite_runtime", LITERT: "ai_edge_litert"}
DELEGATING = tuple(n for n, p in PACKAGES.items() if importlib.util.find_spec(p) is not None)
"""The device runtimes of this installation; Python 3.11 has both (a test sees to that)."""

MODELS = Path(__file__).parents[2] / "golden" / "models"
_RANGES = {
    "age_years": (10.0, 70.0),
    "systolic_mmhg": (70.0, 160.0),
    "diastolic_mmhg": (49.0, 100.0),
    "glucose_mmol_l": (6.0, 19.0),
    "temp_degc": (36.6, 39.5),
    "pulse_rate_bpm": (60.0, 90.0),
}


def model(name: str) -> bytes:
    return (MODELS / f"{name}.tflite").read_bytes()


def _number_input(quantity: str, low: float, high: float) -> dict[str, Any]:
    return {
        "quantity": quantity,
        "trained_low": low,
        "trained_high": high,
        "below": {"beyond": "abstain", "until": low, "why": "nobody like this was in the data"},
        "above": {"beyond": "hold", "until": high + 5.0, "why": "more of it is never less risk"},
        "how": "Measure it.",
    }


def six_form() -> dict[str, Any]:
    """Return bundle.toml's tables for the 6-32-16-1 net, without hashes and tensors."""
    return {
        "schema": 1,
        "task": "toy-six",
        "kind": "model",
        "version": "1.2.3",
        "release": 7,
        "title": "Toy",
        "question": "Is this a toy?",
        "probability_means": "share of toys",
        "intended_use": "Tests.",
        "exclusions": ["Everybody."],
        "caveat": "The weights are random.",
        "valid_for_s": 900,
        "against_rule": "Neither knows anything.",
        "inputs": [_number_input(name, *ends) for name, ends in _RANGES.items()],
        "tensors": {
            "input": {"scale": 0.003913416527211666, "zero_point": -128},
            "output": {"scale": 0.00390625, "zero_point": -128},
        },
        "categories": [
            {
                "id": "not-high",
                "label": "NOT HIGH",
                "level": "calm",
                "from_probability": 0.0,
                "meaning": "Low.",
                "advice": "Go on.",
            },
            {
                "id": "high",
                "label": "HIGH",
                "level": "urgent",
                "from_probability": 0.4,
                "meaning": "High.",
                "advice": "Act.",
            },
        ],
        "calibration": {"method": "none"},
        "rule": {
            "text": "Glucose 8 or systolic 140",
            "when": [
                [{"quantity": "glucose_mmol_l", "at_least": 8.0}],
                [{"quantity": "systolic_mmhg", "at_least": 140.0}],
            ],
            "category": "high",
            "otherwise": "not-high",
            "source": "none",
        },
        "red_flags": [
            {
                "id": "very-high-pressure",
                "text": "Very high pressure",
                "action": "Call.",
                "when": [
                    [{"quantity": "systolic_mmhg", "at_least": 160.0}],
                    [{"quantity": "diastolic_mmhg", "at_least": 110.0}],
                ],
                "source": "none",
            },
            {
                "id": "fever",
                "text": "Fever",
                "action": "Cool.",
                "when": [[{"quantity": "temp_degc", "at_least": 38.0}]],
                "source": "none",
            },
        ],
        "change_plan": {},
        "output_histogram": {},
    }


def three_form() -> dict[str, Any]:
    """Return the tables for the 3-8-1 net: a task with two choices and a stand-in value."""
    form = six_form()
    form["task"] = "toy-three"
    choice = {"how": "Ask.", "trained_low": 0.0}
    form["inputs"] = [
        _number_input("age_years", 20.0, 80.0) | {"impute": 50.0, "likely": [30.0, 70.0]},
        {
            **choice,
            "quantity": "chest_pain",
            "trained_high": 2.0,
            "codes": {"none": 0.0, "non-anginal": 1.0, "typical": 2.0},
        },
        {
            **choice,
            "quantity": "fasting_glucose_high",
            "trained_high": 1.0,
            "codes": {"yes": 1.0, "no": 0.0},
        },
    ]
    form["rule"]["when"] = [[{"quantity": "chest_pain", "equals": "typical"}]]
    form["red_flags"] = form["red_flags"][:1]
    form["red_flags"][0]["when"] = [[{"quantity": "age_years", "above": 75.0}]]
    form["abstention"] = {"undecided": [0.499, 0.501]}
    return form


def reference(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return reference.json's content: every median in the middle of the trained range."""
    return {
        "features": [
            {
                "quantity": each["quantity"],
                "edges": [each["trained_low"], each["trained_high"]],
                "counts": [100],
                "median": (each["trained_low"] + each["trained_high"]) / 2,
            }
            for each in form["inputs"]
        ]
    }


@functools.cache
def golden(name: str) -> dict[str, Any]:
    """Compute golden vectors for every runtime that is installed."""
    dice = random.Random(5)
    keys: dict[str, list[int]] = {}
    inputs: list[list[int]] = []
    for runtime in (*DELEGATING, REFERENCE):
        engine = open_engine(runtime, model(name))
        inputs = inputs or [
            [dice.randint(-128, 127) for _ in range(engine.width)] for _ in range(64)
        ]
        keys[engine.proof.key] = [engine.invoke(each) for each in inputs]
        engine.close()
    return {"inputs": inputs, "keys": keys}


def toml(value: object) -> str:
    """Write a value as TOML, tables inline."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    return json.dumps(value)


def write_files(folder: Path, form: Mapping[str, Any], files: Mapping[str, bytes]) -> Path:
    """Write the files and a bundle.toml with their hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    whole = {**form, "files": {n: hashlib.sha256(c).hexdigest() for n, c in files.items()}}
    lines = [f"{key} = {toml(value)}" for key, value in whole.items()]
    (folder / "bundle.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_bundle(
    folder: Path,
    *,
    form: Mapping[str, Any] | None = None,
    name: str = "dense6",
    content: bytes | None = None,
    vectors: Mapping[str, Any] | None = None,
) -> Path:
    """Write a complete bundle around a fixture model, or around other bytes in its place."""
    form = six_form() if form is None else form
    vectors = golden(name) if vectors is None else vectors
    files = {
        "model.tflite": model(name) if content is None else content,
        "golden.json": json.dumps(vectors).encode(),
        "reference.json": json.dumps(reference(form)).encode(),
        "MODEL_CARD.md": b"# Toy\n\nAUC 0.5\n",
    }
    return write_files(folder, form, files)


def write_three(folder: Path) -> Path:
    form = copy.deepcopy(three_form())
    return write_bundle(folder, form=form, name="dense3")


GOOD_VALUES = {
    "age_years": 30.0,
    "systolic_mmhg": 120.0,
    "diastolic_mmhg": 80.0,
    "glucose_mmol_l": 7.0,
    "temp_degc": 37.0,
    "pulse_rate_bpm": 70.0,
}


def damaged(name: str = "dense6") -> bytes:
    """Return a model that both runtimes die of: its root lacks a table that they never check.

    They follow a null pointer, so it does not depend on what lies in memory.
    """
    content = bytearray(model(name))
    content[16:20] = bytes(4)
    return bytes(content)


def rule_form() -> dict[str, Any]:
    """Return bundle.toml's tables for a toy rule of two parts, without hashes.

    Pulse gives 0 or 2 points, pain 0, 1 or 3: nothing of it means anything.
    """
    kept = ("schema", "version", "release", "title", "question", "intended_use", "exclusions")
    form = {key: value for key, value in six_form().items() if key in kept}
    pain, pulse, age = "chest_pain", "pulse_rate_bpm", "age_years"
    return form | {
        "task": "toy-rule",
        "kind": "rule",
        "title": "Toy rule",
        "caveat": "Made up.",
        "valid_for_s": 600,
        "inputs": [
            {"quantity": age, "how": "Ask."},
            {"quantity": pulse, "how": "Count.", "round_to": 1.0, "likely": [40.0, 150.0]},
            {"quantity": pain, "how": "Ask."},
        ],
        "score": {
            "name": "Toy score",
            "source": "Nobody.",
            "not_for": [
                {
                    "when": [[{"quantity": age, "below": 10}]],
                    "why": "toys are not for the small",
                    "action": "Use another toy.",
                }
            ],
            "parts": [
                {
                    "id": "pulse",
                    "label": "Pulse",
                    "bands": [
                        {"points": 0, "when": [[{"quantity": pulse, "at_most": 100}]]},
                        {"points": 2, "when": [[{"quantity": pulse, "above": 100}]]},
                    ],
                },
                {
                    "id": "pain",
                    "label": "Pain",
                    "bands": [
                        {"points": 0, "when": [[{"quantity": pain, "equals": "none"}]]},
                        {
                            "points": 1,
                            "when": [
                                [{"quantity": pain, "equals": "non-anginal"}],
                                [{"quantity": pain, "equals": "atypical"}],
                            ],
                        },
                        {"points": 3, "when": [[{"quantity": pain, "equals": "typical"}]]},
                    ],
                },
            ],
        },
        "categories": [
            _by_points("calm", "CALM", "calm", {"from_score": 0}),
            _by_points("alone", "ONE ALONE", "caution", {"from_single": 3}),
            _by_points("much", "MUCH", "urgent", {"from_score": 5}),
        ],
        "red_flags": [
            {
                "id": "racing",
                "text": "Racing pulse",
                "action": "Call.",
                "when": [[{"quantity": pulse, "at_least": 160}]],
                "source": "none",
            }
        ],
        "change_plan": {},
        "output_histogram": {},
    }


def _by_points(id_: str, label: str, level: str, where: Mapping[str, int]) -> dict[str, Any]:
    words = {"id": id_, "label": label, "level": level, "meaning": label, "advice": f"{label}."}
    return words | dict(where)


RULE_CASES: list[list[Any]] = [
    [30, 80, "none", 0, "calm"],
    [30, 100, "atypical", 1, "calm"],
    [30, 101, "none", 2, "calm"],
    [30, 100.4, "typical", 3, "alone"],
    [30, 100.5, "typical", 5, "much"],
    [9, 80, "none", None, None],
    [30, None, "none", None, None],
]


def write_rule(
    folder: Path, *, form: Mapping[str, Any] | None = None, cases: object = None
) -> Path:
    """Write a complete rule bundle."""
    form = rule_form() if form is None else form
    quantities = [each["quantity"] for each in form["inputs"]]
    golden_form = {"quantities": quantities, "cases": RULE_CASES if cases is None else cases}
    files = {
        "golden.json": json.dumps(golden_form).encode(),
        "MODEL_CARD.md": b"# Toy rule\n\nAdds up.\n",
    }
    return write_files(folder, form, files)
