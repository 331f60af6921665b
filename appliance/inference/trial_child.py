"""The child's side of a trial: one model in, one line of JSON out, under hard limits.

Started only by `appliance.inference.trial`.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from typing import BinaryIO

from appliance.inference.engines import Engine, open_engine
from appliance.inference.proof import ProofFailed
from appliance.inference.refusals import ModelFailed, ModelUnreadable, RuntimeRefused
from appliance.inference.trial import TrialReport, report_as_form

MEMORY_BYTES = 4 * 1024**3
"""Address space, not memory: the runtimes map far more than they touch (about 1 GB)."""


def main() -> None:
    """Read a trial from stdin, run it, write the report to stdout."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    report = run(sys.stdin.buffer)
    sys.stdout.write(json.dumps(report_as_form(report)) + "\n")


def run(stream: BinaryIO) -> TrialReport:
    """Run the trial that the stream describes."""
    header = json.loads(stream.readline())
    model = stream.read(int(header["model_bytes"]))
    _limit(resource.RLIMIT_CPU, math.ceil(header["cpu_s"]) + 1)
    try:
        engine = open_engine(header["runtime"], model)
    except RuntimeRefused as error:
        return TrialReport("runtime", str(error))
    except ModelUnreadable as error:
        return TrialReport("unreadable", str(error))
    except ProofFailed as error:
        return TrialReport("proof", str(error))
    except Exception as error:  # noqa: BLE001 - a damaged model can raise anything, once in many
        # runs even where it crashes in the others: it is refused by the name of what it did.
        return TrialReport("unreadable", f"the runtime failed on it with {type(error).__name__}")
    return _answer(engine, header["inputs"])


def _answer(engine: Engine, inputs: list[list[int]]) -> TrialReport:
    try:
        outputs = tuple(engine.invoke(each) for each in inputs)
        again = tuple(engine.invoke(each) for each in inputs)
    except ModelFailed as error:
        return TrialReport("failed", str(error))
    if outputs != again:
        return TrialReport("changed", "the model answers the same question in two ways")
    return TrialReport(
        proof=engine.proof,
        input_tensor=engine.input_tensor,
        output_tensor=engine.output_tensor,
        outputs=outputs,
    )


def _limit(kind: int, most: int) -> None:
    """Lower a limit of this process as far as we may.

    A sandbox may forbid setting limits; the parent's deadline stands all the same.
    """
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(kind, (most, most))
    except (OSError, ValueError):
        return
