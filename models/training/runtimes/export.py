"""Companion exports of a bundle's graph: build artefacts, never put on a device."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from models.training.runtimes.contestants import ONNX, open_contestant
from models.training.runtimes.coreml_form import computed, write_package
from models.training.runtimes.graph import exact_answers
from models.training.runtimes.onnx_form import int8_onnx
from models.training.runtimes.source import Source
from models.training.runtimes.vectors import of_raw


class ExportDiffers(Exception):
    """An export that was just written answers otherwise than the bundle's own graph."""


def write_exports(source: Source, out: Path) -> dict[str, Path]:
    """Write TASK.onnx and TASK.mlpackage; return them by what runs them.

    Both are tried on the bundle's golden inputs first: the ONNX file in ONNX Runtime, the
    Core ML package by its operators computed with numpy, because only macOS predicts with it.
    Raises ExportDiffers, and leaves nothing there then.
    """
    out.mkdir(parents=True, exist_ok=True)
    onnx, coreml = out / f"{source.task.id}.onnx", out / f"{source.task.id}.mlpackage"
    shutil.rmtree(coreml, ignore_errors=True)
    onnx.write_bytes(int8_onnx(source.graph))
    write_package(source.graph, coreml)
    golden = source.bundle.golden
    raw = of_raw(source.task, np.array(golden.inputs if golden else (), dtype=np.int8)).raw
    wanted = exact_answers(source.graph, raw).tolist()
    call = open_contestant(ONNX, onnx.read_bytes()).call
    answered = {
        "the ONNX file": [call(row) for row in raw.tolist()],
        "the Core ML package": computed(coreml, raw).tolist(),
    }
    wrong = [name for name, answers in answered.items() if answers != wanted]
    if wrong:
        onnx.unlink()
        shutil.rmtree(coreml)
        raise ExportDiffers(f"{' and '.join(wrong)} would answer otherwise than the bundle")
    return {"ONNX": onnx, "Core ML": coreml}


def size_bytes(path: Path) -> int:
    """Return the size of a file, or of all files of a package."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files)
