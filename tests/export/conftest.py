"""Exports and the comparison of runtimes: `bash deploy/test.sh --export` installs the rest."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from models.training.runtimes.source import Source, read_source

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "models" / "maternal-risk"
NEEDED = ("ai_edge_litert", "coremltools", "onnx", "onnxruntime", "sklearn", "tflite")

CORE_ML_LEFT = "ignore:Implicitly cleaning up <TemporaryDirectory:ResourceWarning"
"""Core ML Tools leave a temporary folder to the end of the process."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/export/"):
            item.add_marker(pytest.mark.export)
            item.add_marker(pytest.mark.filterwarnings(CORE_ML_LEFT))


@pytest.fixture(scope="session", autouse=True)
def _extra() -> None:
    """Say what is missing.  In CI a skip is a fault (`tests.require_tiers --only export`)."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"needs the extra `export`; not installed: {', '.join(missing)}")


@pytest.fixture(scope="session")
def shipped() -> Source:
    return read_source(SHIPPED)
