"""The comparison, on the real runtimes: its figures are stored, published, and refuse a flip."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.inference.engines import LITERT, TFLITE, Engine, open_engine
from models.training.__main__ import main
from models.training.runtimes import contestants, vectors
from models.training.runtimes.agreement import Answers, compared, refusals
from models.training.runtimes.aims import ASSESSMENT
from models.training.runtimes.commands import PAGE, stored_figures
from models.training.runtimes.compare import Effort, compare, refused
from models.training.runtimes.contestants import COREML, MEASURED, SKLEARN
from models.training.runtimes.source import Source
from models.training.runtimes.table import page
from tests.export.conftest import ROOT
from tests.unit.inference.toy import write_bundle, write_three

RESULTS = ROOT / "models/training/results"
STORED = stored_figures(RESULTS)
LEAST = ["--rounds", "3", "--starts", "1"]


@pytest.fixture(scope="session")
def measured(shipped: Source) -> dict[str, Any]:
    return compare(shipped, lambda words: None, Effort(rounds=20, starts=1))


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "PATIENTS", 400)
    monkeypatch.setattr(vectors, "CUBE", 400)


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    return ["--results", str(tmp_path / "compare-x.json"), "--page", str(tmp_path / "page.md")]


def test_the_stored_figures_are_those_of_the_shipped_model(measured: dict[str, Any]) -> None:
    (stored,) = [each for each in STORED if each["task"] == "maternal-risk"]
    for key in ("model_sha256", "version", "release", "packages", "vectors", "pairs", "bytes"):
        assert measured[key] == stored[key], key
    ours = {name: each for name, each in stored["beside_float"].items() if name != SKLEARN}
    assert ours == {n: each for n, each in measured["beside_float"].items() if n != SKLEARN}
    assert measured["proofs"].keys() == stored["proofs"].keys()


@pytest.mark.parametrize("stored", STORED, ids=lambda each: each["task"])
def test_every_stored_comparison_is_whole_and_of_the_bundle_that_is_there(
    stored: dict[str, Any],
) -> None:
    model = (ROOT / "models" / stored["task"] / "model.tflite").read_bytes()
    assert stored["model_sha256"] == hashlib.sha256(model).hexdigest()
    assert refused(stored) == []
    assert set(stored["beside_float"]) == {*MEASURED, COREML}
    assert set(stored["times_us"]) == {*MEASURED, ASSESSMENT}
    assert set(stored["weights"]) == set(MEASURED)
    for each in stored["times_us"].values():
        assert each["n"] >= 1000
        assert 0 < each["p50"] <= each["p99"]
    for each in stored["weights"].values():
        assert min(each.values()) > 0
    for aim in stored["aims"]:
        sign, limit = aim["aim"].split()
        good = aim["found"] <= float(limit) if sign == "≤" else aim["found"] >= float(limit)
        assert aim["met"] is good
    assert len(stored["aims"]) == 7


def test_the_published_page_is_written_from_the_stored_figures() -> None:
    assert STORED
    assert PAGE.read_text("utf-8") == page(STORED)


def test_serving_runtimes_onnx_runtime_and_core_ml_agree_to_the_last_step(
    measured: dict[str, Any],
) -> None:
    exact = {TFLITE, LITERT, contestants.ONNX, COREML}
    found = [p for p in measured["pairs"] if {p["one"], p["other"]} <= exact]
    assert len(found) == 6
    for pair in found:
        assert (pair["equal"], pair["worst_step"], pair["flips"]) == (1.0, 0.0, 0), pair


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("write", [write_bundle, write_three])
def test_any_bundle_of_this_family_can_be_compared(
    write: Callable[[Path], Path],
    tmp_path: Path,
    places: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = write(tmp_path / "toy")
    assert main(["compare", "toy", "--bundle", str(folder), *places, *LEAST]) == 0
    out = capsys.readouterr().out
    figures = json.loads((tmp_path / "compare-x.json").read_text("utf-8"))
    assert figures["vectors"] == {"golden": 64, "patients": 400, "cube": 400}
    assert (tmp_path / "page.md").read_text("utf-8") == page([figures])
    assert all(f"| {name} |" in out for name in (*MEASURED, COREML, ASSESSMENT))
    assert "not run here" in out


class Spoilt:
    """A runtime that answers one step too much wherever the true answer is `at`."""

    def __init__(self, engine: Engine, at: int) -> None:
        self._engine, self._at = engine, at
        self.proof, self.close = engine.proof, engine.close

    def invoke(self, quantised: Any) -> int:
        answer = self._engine.invoke(quantised)
        return answer + 1 if answer == self._at else answer


def spoil(monkeypatch: pytest.MonkeyPatch, runtime: str, at: int) -> None:
    """Put a spoilt engine in the place of a runtime's; the other one stays as it is."""

    def opener(name: str, model: bytes, *, built_in: bool = False) -> Any:
        engine = open_engine(name, model, built_in=built_in)
        return Spoilt(engine, at) if name == runtime and not built_in else engine

    monkeypatch.setattr(contestants, "open_engine", opener)


FREQUENT, LAST_NOT_HIGH = -123, 44 - 128
"""An answer that some vectors get; the one below the shipped threshold, which is 45 / 256."""


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("runtime", [TFLITE, LITERT])
def test_a_category_that_depends_on_the_runtime_refuses_the_release(
    runtime: str,
    tmp_path: Path,
    places: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(monkeypatch, runtime, LAST_NOT_HIGH)
    assert main(["compare", "maternal-risk", *places, *LEAST]) == 4
    told = capsys.readouterr()
    assert told.err.startswith("RELEASE REFUSED: ")
    assert "of 864 vectors get another category from ai-edge-litert than from" in told.err
    assert "The stored figures were left as they were." in told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_few")
def test_a_step_that_changes_no_category_is_shown_and_not_refused(
    tmp_path: Path, places: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, LITERT, FREQUENT)
    assert main(["compare", "maternal-risk", *places, *LEAST]) == 0
    figures = json.loads((tmp_path / "compare-x.json").read_text("utf-8"))
    (pair,) = [p for p in figures["pairs"] if (p["one"], p["other"]) == (TFLITE, LITERT)]
    assert (pair["worst_step"], pair["flips"]) == (1.0, 0)
    assert pair["equal"] < 1.0


def test_the_reference_kernels_may_differ_where_nobody_serves_by_them(
    measured: dict[str, Any],
) -> None:
    differing = [p for p in measured["pairs"] if p["flips"] and "reference" in p["other"]]
    assert differing
    assert refusals(differing, 100) == []
    forged = [{**differing[0], "one": LITERT, "other": TFLITE}]
    assert len(refusals(forged, 100)) == 1


def test_flips_and_steps_are_counted() -> None:
    import numpy as np

    one = Answers(np.array([-128.0, 3.0, 7.0, 9.0]), np.array([0, 0, 1, 1]))
    other = Answers(np.array([-128.0, 3.4, 4.5, 9.0]), np.array([0, 1, 0, 1]))
    assert compared(one, other) == {
        "equal": 0.75,
        "worst_step": 2.5,
        "flips": 2,
        "flips_share": 0.5,
    }
