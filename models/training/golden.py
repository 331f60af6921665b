"""Golden vectors: fixed inputs, and the exact answers of each kind of machine to them.

Runs wherever a device runtime is installed; TensorFlow is not needed.  Keys of runtimes
that are not here stay as they are, so that several machines can each add their own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from models.training.bundle import as_json, refresh_hash
from models.training.device_runtimes import answers_by_key

SEED = 20120712
RANDOM_VECTORS = 46


def golden_inputs(width: int, middle: list[int]) -> list[list[int]]:
    """Return int8 vectors: all low, all high, each input alone at its ends, and random ones."""
    rows = [[-128] * width, [127] * width, list(middle)]
    for index in range(width):
        for end in (-128, 127):
            rows.append([*middle[:index], end, *middle[index + 1 :]])
    rows += [[0] * width, [-128, 127] * (width // 2), [127, -128] * (width // 2)]
    rng = np.random.default_rng(SEED)
    rows += rng.integers(-128, 128, size=(RANDOM_VECTORS, width)).tolist()
    return rows


def golden_form(inputs: list[list[int]], keys: dict[str, list[int]]) -> dict[str, Any]:
    """Return what golden.json holds."""
    return {"inputs": inputs, "keys": keys}


def write_golden(folder: Path) -> list[str]:
    """Add the answers of the runtimes that are installed here; return their keys."""
    path = folder / "golden.json"
    form = json.loads(path.read_text(encoding="ascii"))
    made = answers_by_key((folder / "model.tflite").read_bytes(), form["inputs"])
    keys = {**form["keys"], **made}
    path.write_text(as_json(golden_form(form["inputs"], keys), wide=True), encoding="ascii")
    refresh_hash(folder, "golden.json")
    return sorted(made)
