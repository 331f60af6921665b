"""Golden vectors: fixed inputs, and the exact answers of each kind of machine to them.

The answers come from the product's own engines, so that a key says what was proven of the
very interpreter that gave them.  Runs wherever a device runtime is installed; TensorFlow is
not needed.  Keys of runtimes that are not here stay as they are, so that several machines
can each add their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from appliance.inference.engines import installed_runtimes, open_engine
from models.training.bundle import as_json, refresh_hash

SEED = 20120712
RANDOM_VECTORS = 46


class GoldenDiffers(Exception):
    """This machine answers otherwise than golden.json says of its kind."""


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


def golden_form(
    inputs: list[list[int]], keys: Mapping[str, list[int]], made: Mapping[str, str]
) -> dict[str, Any]:
    """Return what golden.json holds.  made: see `appliance.inference.golden.Golden`."""
    return {"inputs": inputs, "keys": dict(keys), "made": dict(made)}


def answers_by_key(model: bytes, inputs: Sequence[Sequence[int]]) -> dict[str, list[int]]:
    """Return the answers of each runtime installed here, by the key of its proof.

    Raises ProofFailed where XNNPACK does not take the model, RuntimeRefused.
    """
    found = {}
    for name in installed_runtimes():
        for built_in in (False, True):
            engine = open_engine(name, model, built_in=built_in)
            found[engine.proof.key] = [engine.invoke(row) for row in inputs]
            engine.close()
    return found


def write_golden(folder: Path, emulated: str = "") -> list[str]:
    """Add the answers of the runtimes that are installed here; return their keys.

    emulated: the emulator in words, where this is one.  Answers of a real machine lose such
    a mark; an emulated run never puts one on them.

    Raises GoldenDiffers, and writes nothing then: processors of one kind must agree, and a
    changed model begins with no keys at all.
    """
    path = folder / "golden.json"
    form = json.loads(path.read_text(encoding="ascii"))
    found = answers_by_key((folder / "model.tflite").read_bytes(), form["inputs"])
    known, made = form["keys"], form.get("made", {})
    differing = [key for key in sorted(found) if known.get(key, found[key]) != found[key]]
    if differing:
        raise GoldenDiffers(f"this machine answers otherwise for {'; '.join(differing)}")
    for key in found:
        if not emulated:
            made.pop(key, None)
        elif key not in known:
            made[key] = f"emulated by {emulated}"
    form = golden_form(form["inputs"], {**known, **found}, made)
    path.write_text(as_json(form, wide=True), encoding="ascii")
    refresh_hash(folder, "golden.json")
    return sorted(found)
