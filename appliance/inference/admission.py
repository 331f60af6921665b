"""The way of a model into service, in one fixed order; whatever fails on it is refused.

Hash (when the bundle was read) - first parse and golden vectors in a child process - its
proof - golden vectors for its key - only then the daemon's own parse - proof again - the
scales that bundle.toml promises - golden vectors again - service.  A rule has none of these
but the hash and golden cases: see `appliance.inference.rules`.
Hazard: H-01 wrong and confident.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.clinical.task import Task, Tensor
from appliance.inference.bundle import Bundle
from appliance.inference.engines import REFERENCE, Engine, open_engine
from appliance.inference.golden import Golden
from appliance.inference.proof import Proof, ProofFailed
from appliance.inference.refusals import (
    ModelFailed,
    ModelRefused,
    ModelUnreadable,
    RuntimeRefused,
)
from appliance.inference.rules import RuleEngine, RuleProof, prove_rule
from appliance.inference.trial import TrialReport, try_in_child

__all__ = ["Admitted", "ModelRefused", "admit"]

TRIAL_TIMEOUT_S = 20.0
"""Generous: a cold start of the runtime on a slow card is 2 to 3 s, and at the start of the machine
everything else wants the processor too (more than 10 s were seen on a loaded emulated board).
A third of what the self-test waits for."""


class Trial(Protocol):
    """How the first parse is done; `try_in_child` unless a test says otherwise."""

    def __call__(
        self, model: bytes, inputs: Sequence[Sequence[int]], runtime: str, timeout_s: float
    ) -> TrialReport:
        """Try a model."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """A model or a rule in service, and how it runs."""

    engine: Engine | RuleEngine
    proof: Proof | RuleProof


def admit(
    bundle: Bundle,
    runtime: str = "auto",
    require_xnnpack: bool = True,
    timeout_s: float = TRIAL_TIMEOUT_S,
    *,
    trial: Trial = try_in_child,
) -> Admitted:
    """Take the model or rule into service; raise ModelRefused with the step and its reason.

    Without `require_xnnpack` the runtime "reference" is permitted when it is named; no
    other runtime falls back to it.
    """
    if bundle.task.score is not None:
        return Admitted(*prove_rule(bundle))
    if bundle.model_fault or bundle.golden is None:
        raise ModelRefused("bundle", bundle.model_fault or "there are no golden vectors")
    if runtime == REFERENCE and require_xnnpack:
        raise ModelRefused("runtime", "XNNPACK is required, and the runtime is set to reference")
    report = trial(bundle.model, bundle.golden.inputs, runtime, timeout_s)
    if report.refusal or report.proof is None:
        raise ModelRefused(report.refusal or "garbled", report.words)
    _compare_proof(report.proof, require_xnnpack)
    _compare_golden(bundle.golden, report.proof.key, report.outputs)
    return _load(bundle, bundle.golden, runtime, report)


def _load(bundle: Bundle, golden: Golden, runtime: str, report: TrialReport) -> Admitted:
    """Parse in our own process what a child survived, and check all of it again."""
    try:
        engine = open_engine(runtime, bundle.model)
    except RuntimeRefused as error:
        raise ModelRefused("runtime", str(error)) from error
    except ModelUnreadable as error:
        raise ModelRefused("unreadable", str(error)) from error
    except ProofFailed as error:
        raise ModelRefused("proof", str(error)) from error
    try:
        if engine.proof != report.proof:
            raise ModelRefused("proof", "it runs here otherwise than where it was tried")
        _compare_tensors(bundle.task, engine)
        answers = tuple(engine.invoke(each) for each in golden.inputs)
        _compare_golden(golden, engine.proof.key, answers)
    except ModelFailed as error:
        engine.close()
        raise ModelRefused("failed", str(error)) from error
    except ModelRefused:
        engine.close()
        raise
    return Admitted(engine, engine.proof)


def _compare_proof(proof: Proof, require_xnnpack: bool) -> None:
    faults = proof.faults() if require_xnnpack else ()
    if faults:
        raise ModelRefused("proof", "; ".join(faults))


def _compare_golden(golden: Golden, key: str, answers: Sequence[int]) -> None:
    difference = golden.difference(key, answers)
    if difference:
        code = "golden" if key in golden.outputs else "golden-key"
        raise ModelRefused(code, f"the model is not proven on this machine: {difference}")


def _compare_tensors(task: Task, engine: Engine) -> None:
    """Check width, scales and zero points against what bundle.toml says."""
    if engine.width != len(task.inputs):
        raise ModelRefused(
            "tensors", f"the graph takes {engine.width} numbers, bundle.toml has {len(task.inputs)}"
        )
    for name, said, found in (
        ("input", task.input_tensor, engine.input_tensor),
        ("output", task.output_tensor, engine.output_tensor),
    ):
        if not _same(said, found):
            raise ModelRefused("tensors", f"the {name}'s scale is not the one in bundle.toml")


def _same(said: Tensor, found: Tensor) -> bool:
    """Compare as the graph holds it: in single precision."""
    try:
        scale = struct.unpack("f", struct.pack("f", said.scale))[0]
    except OverflowError:
        return False
    return bool(scale == found.scale) and said.zero_point == found.zero_point
