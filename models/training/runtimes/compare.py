"""One run that measures everything that can run a bundle, and refuses what must not go out."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from appliance.bench import machine
from appliance.clinical.assessment import Outcome, assess
from appliance.clinical.quantities import Value
from appliance.clinical.task import Task
from appliance.inference.engines import LITERT, TFLITE
from appliance.inference.refusals import ModelRefused
from models.training.runtimes import contestants as who
from models.training.runtimes.agreement import (
    Answers,
    ask,
    beside_float,
    of_probabilities,
    of_raw,
    pairs,
    refusals,
)
from models.training.runtimes.aims import ASSESSMENT, aims_of
from models.training.runtimes.contestants import Contestant, open_contestant
from models.training.runtimes.coreml_form import computed
from models.training.runtimes.export import size_bytes, write_exports
from models.training.runtimes.graph import float_answers
from models.training.runtimes.onnx_form import float_onnx
from models.training.runtimes.source import Source
from models.training.runtimes.timing import interleaved_us, with_ratios
from models.training.runtimes.vectors import SEED, Vectors, joined, vector_sets

ROWS_TIMED = 64
PACKAGES = (TFLITE, LITERT, "onnxruntime", "onnx", "coremltools", "scikit-learn", "numpy")

PAIRED = (*who.SERVING, *who.BUILT_IN, who.ONNX, who.COREML, who.FLOAT)
"""Who is compared with each other; the other ways into ONNX Runtime answer as the first."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: rounds of calls, and processes started for each."""

    rounds: int
    starts: int


def compare(source: Source, tell: Tell, effort: Effort) -> dict[str, Any]:
    """Measure; return all figures, in the form that is stored."""
    golden = source.bundle.golden
    inputs = golden.inputs if golden else ()
    sets = vector_sets(source.bundle.folder, source.task, inputs)
    vectors = joined(sets)
    with tempfile.TemporaryDirectory(prefix="bedside-compare-") as folder:
        files = _files(source, sets, Path(folder))
        opened = [open_contestant(name, files[name].read_bytes()) for name in who.MEASURED]
        try:
            tell(f"asking each the same {len(vectors)} vectors")
            found = _answers(source, vectors, opened, files[who.COREML])
            tell(f"timing them in turn, {effort.rounds} rounds")
            samples = interleaved_us(_timed(source.task, sets["patients"], opened), effort.rounds)
        finally:
            for each in opened:
                each.close()
        tell("starting each in a process of its own")
        weights = {
            name: _weighed(name, files[name], sets["patients"], effort.starts)
            for name in who.MEASURED
        }
        sizes = {name: size_bytes(path) for name, path in files.items()}
    keys = {each.name: each.key for each in opened if each.key}
    times = with_ratios(samples, TFLITE)
    return {
        **_circumstances(source, {name: len(each) for name, each in sets.items()}, keys),
        "beside_float": beside_float(found, sets),
        "pairs": pairs(found, PAIRED),
        "times_us": times,
        "weights": weights,
        "bytes": sizes,
        "aims": aims_of(found, sets, samples, sizes),
    }


def refused(figures: Mapping[str, Any]) -> list[str]:
    """Say why a bundle with these figures must not be released; nothing if it may."""
    return refusals(figures["pairs"], sum(figures["vectors"].values()))


def _files(source: Source, sets: Mapping[str, Vectors], folder: Path) -> dict[str, Path]:
    """Write what each of them runs; return the files by name."""
    made = write_exports(source, folder)
    tflite = folder / "model.tflite"
    tflite.write_bytes(source.bundle.model)
    single, classifier = folder / "float.onnx", folder / "logistic.pickle"
    single.write_bytes(float_onnx(source.graph))
    classifier.write_bytes(pickle.dumps(_fitted(source, sets)))
    files = dict.fromkeys((*who.SERVING, *who.BUILT_IN), tflite)
    files |= dict.fromkeys((who.ONNX, who.ONNX_BOUND), made["ONNX"])
    return {
        **files,
        who.ONNX_FLOAT: single,
        who.SKLEARN: classifier,
        who.COREML: made["Core ML"],
    }


def _fitted(source: Source, sets: Mapping[str, Vectors]) -> Any:
    """Return a logistic regression of the made-up patients, labels dealt by the float graph.

    It stands for the usual way to serve so small a model; what it answers is another model's.
    """
    from sklearn.linear_model import LogisticRegression

    real = np.concatenate([sets["golden"].real, sets["patients"].real])
    dealt = np.random.default_rng(SEED).random(len(real))
    labels = (dealt < float_answers(source.graph, real)).astype(np.int64)
    return LogisticRegression(max_iter=1000).fit(real, labels)


def _answers(
    source: Source, vectors: Vectors, opened: Sequence[Contestant], package: Path
) -> dict[str, Answers]:
    found = {each.name: ask(each, source.task, vectors) for each in opened}
    found[who.COREML] = of_raw(source.task, computed(package, vectors.raw))
    found[who.FLOAT] = of_probabilities(source.task, float_answers(source.graph, vectors.real))
    return found


def _timed(
    task: Task, patients: Vectors, opened: Sequence[Contestant]
) -> dict[str, tuple[Callable[[Any], object], Sequence[Any]]]:
    raw, real = patients.raw[:ROWS_TIMED].tolist(), patients.real[:ROWS_TIMED]
    timed: dict[str, tuple[Callable[[Any], object], Sequence[Any]]] = {}
    for each in opened:
        rows: Sequence[Any] = raw if each.name in who.INT8 else real.tolist()
        if each.name == who.SKLEARN:
            rows = [real[n : n + 1] for n in range(ROWS_TIMED)]
        timed[each.name] = (each.call, rows)
    infer: Any = next(each.call for each in opened if each.name == TFLITE)
    people = _answered(task, patients, infer)
    timed[ASSESSMENT] = (lambda row: assess(task, row, infer, explain=False), people)
    return timed


def _answered(task: Task, patients: Vectors, infer: Any) -> list[dict[str, Value]]:
    """Return patients who get an answer: a refusal would be quick, and is not what is timed."""
    drawn = [_values(task, row) for row in patients.real[: 10 * ROWS_TIMED].tolist()]
    outcomes = [assess(task, each, infer, explain=False).outcome for each in drawn]
    kept = [d for d, o in zip(drawn, outcomes, strict=True) if o is Outcome.ANSWERED]
    if not kept:
        raise ModelRefused("silent", "it answers none of the patients that were drawn")
    return kept[:ROWS_TIMED]


def _values(task: Task, real: Sequence[float]) -> dict[str, Value]:
    """Return the values of one patient as the appliance has them before an assessment."""
    found: dict[str, Value] = {}
    for each, unit in zip(task.inputs, real, strict=True):
        value = each.trained_low + unit * (each.trained_high - each.trained_low)
        value = min(max(value, each.trained_low), each.trained_high)
        words = {round(code, 6): word for word, code in each.codes}
        found[each.quantity] = words.get(round(value, 6), value) if each.codes else value
    return found


def _weighed(name: str, file: Path, patients: Vectors, starts: int) -> dict[str, float]:
    """Return the medians of what some processes of its own needed."""
    part = patients.raw if name in who.INT8 else patients.real
    rows = json.dumps(part[:ROWS_TIMED].tolist())
    command = [sys.executable, "-m", "models.training.runtimes.child", name, str(file)]
    runs = [
        json.loads(
            subprocess.run(
                command, input=rows, capture_output=True, text=True, check=True, timeout=120
            ).stdout
        )
        for _ in range(starts)
    ]
    return {key: round(statistics.median(run[key] for run in runs), 2) for key in runs[0]}


def _circumstances(
    source: Source, vectors: Mapping[str, int], keys: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "task": source.task.id,
        "version": source.task.version,
        "release": source.task.release,
        "model_sha256": hashlib.sha256(source.bundle.model).hexdigest(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "proofs": dict(keys),
        "machine": {**machine(), "load": round(os.getloadavg()[0], 1)},
        "vectors": dict(vectors),
    }
