"""The first parse of a model happens in a child process, which may die of it.

tflite-runtime ends with SIGSEGV on a third of damaged files, so the daemon never parses a
file that a child has not survived.  The child answers the golden inputs twice and says how
it ran; the parent decides what to make of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from appliance.clinical.task import Tensor
from appliance.inference.proof import Proof

ROOT = Path(__file__).resolve().parents[2]
"""Where this very package was imported from: the child must run the same code."""

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from appliance.inference.trial_child import main; main()"
)
_SLICE_S = 0.25
"""How often the waiting parent shows a sign of life."""


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What came of a trial.

    refusal: a code, empty when the child answered; words: what happened, then.
    proof, tensors, outputs: of the child's interpreter, None and empty when refused.
    """

    refusal: str = ""
    words: str = ""
    proof: Proof | None = None
    input_tensor: Tensor | None = None
    output_tensor: Tensor | None = None
    outputs: tuple[int, ...] = ()


def _always() -> bool:
    return True


def try_in_child(
    model: bytes,
    inputs: Sequence[Sequence[int]],
    runtime: str,
    timeout_s: float,
    *,
    python: str = sys.executable,
    keep_waiting: Callable[[], bool] = _always,
) -> TrialReport:
    """Let a child parse the model and answer the inputs; never raises for what a model does.

    The child is killed after `timeout_s` of real time.  `keep_waiting` is asked several
    times a second; the child is killed when it says no.
    """
    header = {"runtime": runtime, "inputs": inputs, "model_bytes": len(model), "cpu_s": timeout_s}
    message = json.dumps(header).encode() + b"\n" + model
    # -P: neither the working directory nor a script's folder may stand in for a module.
    command = [python, "-P", "-c", _BOOT, str(ROOT)]
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
    except OSError:
        return TrialReport("child", "the process that tries the model could not be started")
    with child:
        answer = _wait(child, message, timeout_s, keep_waiting)
        if answer is None:
            child.kill()
            return TrialReport("hung", f"the model gave no answer in {timeout_s:g} s")
    return _report(child.returncode, answer)


def _wait(
    child: subprocess.Popen[bytes],
    message: bytes,
    timeout_s: float,
    keep_waiting: Callable[[], bool],
) -> bytes | None:
    """Return what the child wrote until it ended; None when it took too long."""
    deadline = time.monotonic() + timeout_s
    unsent: bytes | None = message
    while (left_s := deadline - time.monotonic()) > 0 and keep_waiting():
        try:
            return child.communicate(unsent, timeout=min(_SLICE_S, left_s))[0]
        except subprocess.TimeoutExpired:
            unsent = None
    return None


def _report(code: int, answer: bytes) -> TrialReport:
    if code < 0:
        return TrialReport("died", f"the process that tried the model died of {_signal(-code)}")
    try:
        said = json.loads(answer)
        return report_from_form(said)
    except (ValueError, KeyError, TypeError, RecursionError):
        return TrialReport(
            "garbled", f"the answer of the process that tried the model is not understood ({code})"
        )


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def report_as_form(report: TrialReport) -> dict[str, Any]:
    """Return the report as what JSON can carry; `report_from_form` reads it."""
    return asdict(report)


def report_from_form(form: Mapping[str, Any]) -> TrialReport:
    """Return the report that a child sent; raise KeyError, TypeError or ValueError if none."""
    if form["refusal"]:
        return TrialReport(str(form["refusal"]), str(form["words"]))
    proof = dict(form["proof"])
    proof["leftover_ops"] = tuple(str(each) for each in proof["leftover_ops"])
    return TrialReport(
        proof=Proof(**proof),
        input_tensor=Tensor(**form["input_tensor"]),
        output_tensor=Tensor(**form["output_tensor"]),
        outputs=tuple(int(each) for each in form["outputs"]),
    )
