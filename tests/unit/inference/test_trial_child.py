"""The child's side of a trial, run in our own process: its limits are not set here."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from typing import Any

import pytest

from appliance.inference import trial_child
from appliance.inference.engines import AUTO
from appliance.inference.trial import ROOT, TrialReport
from tests.unit.inference.toy import golden, model


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, tuple[int, int]]]:
    """Collect the limits instead of putting them on the test run."""
    asked: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, most: asked.append((kind, most)))
    return asked


def run(content: bytes, runtime: str = AUTO, inputs: Any = ((0,) * 6,)) -> TrialReport:
    header = {
        "runtime": runtime,
        "inputs": inputs,
        "model_bytes": len(content),
        "cpu_s": 2.5,
    }
    return trial_child.run(io.BytesIO(json.dumps(header).encode() + b"\n" + content))


def test_a_good_model_is_answered(limits: Any) -> None:
    report = run(model("dense6"), inputs=golden("dense6")["inputs"])
    assert report.proof is not None
    assert list(report.outputs) == golden("dense6")["keys"][report.proof.key]
    assert limits == [(resource.RLIMIT_CPU, (4, 4))]


@pytest.mark.parametrize(
    ("content", "runtime", "inputs", "code"),
    [
        (b"x" * 100, AUTO, [], "unreadable"),
        (model("float"), AUTO, [], "proof"),
        (model("dense6"), "onnx", [], "runtime"),
        (model("dense6"), AUTO, [[1]], "failed"),
    ],
)
def test_each_refusal_has_its_code(
    limits: Any, content: bytes, runtime: str, inputs: Any, code: str
) -> None:
    assert run(content, runtime, inputs).refusal == code


def test_a_model_that_changes_its_mind_is_refused(
    limits: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fickle:
        asked = 0

        def invoke(self, quantised: Any) -> int:
            self.asked += 1
            return self.asked // 2

    monkeypatch.setattr(trial_child, "open_engine", lambda runtime, content: Fickle())
    report = run(b"", inputs=[[0] * 6] * 3)
    assert (report.refusal, report.words) == (
        "changed",
        "the model answers the same question in two ways",
    )


def test_the_limits_are_really_set() -> None:
    code = (
        "import resource as r\n"
        "from appliance.inference import trial_child as t\n"
        "t.run = lambda stream: t.TrialReport('x', str([r.getrlimit(k)[0] for k in "
        "(r.RLIMIT_CORE, r.RLIMIT_AS)]))\n"
        "t.main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(ran.stdout)["words"] == str([0, trial_child.MEMORY_BYTES])


def test_a_sandbox_that_forbids_limits_does_not_forbid_the_trial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbid(kind: int, most: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(resource, "setrlimit", forbid)
    assert run(model("dense6")).refusal == ""


def test_a_lower_limit_is_kept(limits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (1, 3))
    run(model("dense6"))
    assert limits == [(resource.RLIMIT_CPU, (3, 3))]


@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("error", [MemoryError(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")])
def test_whatever_a_damaged_model_raises_is_a_refusal(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_runtime: str, _model: bytes) -> None:
        raise error

    monkeypatch.setattr(trial_child, "open_engine", damaged)
    report = run(model("dense6"))
    assert report.refusal == "unreadable"
    assert type(error).__name__ in report.words
