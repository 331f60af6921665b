"""Engines: right answers, clear refusals, and nothing left behind."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from appliance.inference import engines
from appliance.inference.engines import (
    _PACKAGES,
    AUTO,
    REFERENCE,
    TFLITE,
    installed_runtime,
    open_engine,
)
from appliance.inference.proof import ProofFailed
from appliance.inference.refusals import ModelFailed, ModelUnreadable, RuntimeRefused
from appliance.inference.xnnpack import PINNED_VERSION, XnnpackDelegate
from tests.unit.inference.toy import DELEGATING, golden, model

EVERY = (*DELEGATING, REFERENCE)
with_tflite = pytest.mark.skipif(
    TFLITE not in DELEGATING, reason="tflite-runtime ends with Python 3.11"
)


@pytest.mark.parametrize("runtime", EVERY)
def test_invoke_answers_as_the_public_way_does(runtime: str) -> None:
    """The fast path (views and the wrapper's Invoke) against set_tensor and get_tensor."""
    import numpy as np

    engine = open_engine(runtime, model("dense6"))
    inputs = golden("dense6")["inputs"]
    fast = [engine.invoke(each) for each in inputs]
    key = engine.proof.key
    engine.close()
    again = open_engine(runtime, model("dense6"))
    interpreter = again._interpreter
    again._input = again._output = memoryview(b"")
    slow = []
    for each in inputs:
        tensor = interpreter.get_input_details()[0]["index"]
        interpreter.set_tensor(tensor, np.array([each], dtype=np.int8))
        again._run()
        slow.append(int(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0, 0]))
    assert fast == slow == golden("dense6")["keys"][key]
    assert len(set(fast)) > 10


@pytest.mark.parametrize("runtime", EVERY)
def test_an_engine_knows_its_tensors(runtime: str) -> None:
    engine = open_engine(runtime, model("dense6"))
    assert engine.width == 6
    assert engine.input_tensor.scale == pytest.approx(0.003913416)
    assert engine.input_tensor.zero_point == -128
    assert engine.output_tensor.scale == 0.00390625
    engine.close()


@pytest.mark.parametrize("wrong", [(), (0,) * 5, (0,) * 7, (0,) * 5 + (128,), (0.5,) * 6, "abcdef"])
def test_what_does_not_fit_the_input_fails_and_hurts_nothing(wrong: Any) -> None:
    engine = open_engine(AUTO, model("dense6"))
    right = engine.invoke((1, 2, 3, 4, 5, 6))
    with pytest.raises(ModelFailed):
        engine.invoke(wrong)
    assert engine.invoke((1, 2, 3, 4, 5, 6)) == right
    engine.close()


@pytest.mark.parametrize("runtime", EVERY)
def test_a_closed_engine_fails_and_may_be_closed_again(runtime: str) -> None:
    engine = open_engine(runtime, model("dense6"))
    engine.close()
    engine.close()
    with pytest.raises(ModelFailed):
        engine.invoke((0,) * 6)


@pytest.mark.parametrize("runtime", EVERY)
def test_closing_lets_go_of_the_interpreter(runtime: str) -> None:
    engine = open_engine(runtime, model("dense6"))
    wrapper = engine._interpreter._interpreter
    delegate, engine._delegate = engine._delegate, None
    engine.close()
    assert sys.getrefcount(wrapper) == 2  # this name, and the call's own argument
    del wrapper
    if delegate is not None:
        delegate.close()


@with_tflite
def test_closing_deletes_the_delegate_once() -> None:
    engine = open_engine(TFLITE, model("dense6"))
    delegate = engine._delegate
    assert delegate is not None
    engine.close()
    assert delegate._get_native_delegate_pointer() is None
    delegate.close()


@pytest.mark.parametrize("runtime", EVERY)
def test_opening_and_closing_often_leaves_nothing(runtime: str) -> None:
    """A delegate freed under a living interpreter would end the process here."""
    wanted = golden("dense6")["keys"]
    for _ in range(50):
        engine = open_engine(runtime, model("dense6"))
        assert engine.invoke(golden("dense6")["inputs"][0]) == wanted[engine.proof.key][0]
        engine.close()


def test_an_error_of_the_runtime_is_a_failure_of_the_model() -> None:
    def fail() -> None:
        raise RuntimeError("Node number 4 failed to invoke")

    engine = open_engine(AUTO, model("dense6"))
    engine._run = fail
    with pytest.raises(ModelFailed, match="RuntimeError"):
        engine.invoke((0,) * 6)
    engine.close()


# Damaged files that a runtime may die of are tried in a child only: test_trial.py.
@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 500, b"x" * 5000])
@pytest.mark.parametrize("runtime", EVERY)
def test_foreign_bytes_are_unreadable(runtime: str, content: bytes) -> None:
    with pytest.raises(ModelUnreadable):
        open_engine(runtime, content)


def test_an_unknown_runtime_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RuntimeRefused, match="auto, tflite-runtime, ai-edge-litert, reference"):
        open_engine("onnx", b"")


def test_auto_takes_the_device_runtime() -> None:
    assert engines.installed_runtimes() == DELEGATING
    assert installed_runtime() == DELEGATING[0]
    engine = open_engine(AUTO, model("dense3"))
    assert engine.proof.runtime == DELEGATING[0]
    assert engine.proof.delegated
    engine.close()


def test_no_runtime_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RuntimeRefused, match="no runtime is installed"):
        open_engine(AUTO, model("dense6"))


def test_a_runtime_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RuntimeRefused, match=f"{DELEGATING[0]} is not installed"):
        open_engine(DELEGATING[0], model("dense6"))


@with_tflite
def test_another_version_of_tflite_runtime_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tflite_runtime.__version__", "2.15.0")
    with pytest.raises(RuntimeRefused, match=r"2\.14\.0 only, and 2\.15\.0 is installed"):
        open_engine(TFLITE, model("dense6"))


@with_tflite
def test_numpy_2_with_tflite_runtime_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numpy.__version__", "2.1.0")
    with pytest.raises(RuntimeRefused, match="needs numpy 1"):
        open_engine(TFLITE, model("dense6"))


@with_tflite
def test_the_pin_is_what_is_installed() -> None:
    package = importlib.import_module(_PACKAGES[TFLITE])
    assert package.__version__ == importlib.metadata.version(TFLITE) == PINNED_VERSION


def test_a_wheel_without_the_delegate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeRefused, match="does not offer XNNPACK"):
        XnnpackDelegate(tmp_path, PINNED_VERSION)


def test_a_runtime_that_does_not_load_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise ImportError("libstdc++.so.6: version not found")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(RuntimeRefused, match="installed but does not load"):
        open_engine(REFERENCE, model("dense6"))


def test_a_graph_that_cannot_be_followed_fails_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*args: Any, **kwargs: Any) -> Any:
        raise KeyError("index")

    monkeypatch.setattr(engines, "prove", lost)
    with pytest.raises(ProofFailed, match="cannot be followed"):
        open_engine(REFERENCE, model("dense6"))


def test_a_runtime_that_hides_its_graph_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_interpreter", lambda *a, **k: object())
    with pytest.raises(RuntimeRefused, match="does not say what it delegates"):
        open_engine(REFERENCE, model("dense6"))


def test_importing_the_engines_imports_no_runtime_and_no_numpy() -> None:
    code = (
        "import sys, appliance.inference.worker, appliance.inference.predicting, "
        "appliance.inference.showing; "
        "print([m for m in ('numpy', 'tflite_runtime', 'ai_edge_litert') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
