"""The way of a rule into service: there is no graph and no runtime, so its cases are tried.

What a rule computes stands in bundle.toml and was checked when it was read.  Here every
golden case is put through the appliance's own path, `appliance.clinical.assessment.assess`,
and must give exactly the score and category that the bundle says.
Hazard: H-01 wrong and confident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.inference.bundle import Bundle
from appliance.inference.refusals import ModelFailed, ModelRefused
from appliance.inference.rule_cases import difference


@dataclass(frozen=True, slots=True)
class RuleProof:
    """What was proven of a rule, and what could not be: no graph ran anywhere."""

    cases: int

    @property
    def key(self) -> str:
        """What the golden cases are kept under: a rule is the same on every machine."""
        return "rule"

    @property
    def one_line(self) -> str:
        """The proof in one line, for screens and reports."""
        return f"a rule: no model and no runtime; {self.cases} golden cases agree"


class RuleEngine:
    """Stands where a model's engine stands, and computes nothing."""

    def invoke(self, _quantised: Sequence[int]) -> int:
        """Fail: nothing may ever ask a rule for the answer of a graph."""
        raise ModelFailed("a rule has no graph")

    def close(self) -> None:
        """There is nothing to close."""


def prove_rule(bundle: Bundle) -> tuple[RuleEngine, RuleProof]:
    """Try every golden case; raise ModelRefused with what was found."""
    if bundle.model_fault or not bundle.cases:
        raise ModelRefused("bundle", bundle.model_fault or "there are no golden cases")
    engine = RuleEngine()
    fault = difference(bundle.task, bundle.cases, engine.invoke)
    if fault:
        raise ModelRefused("golden", f"the rule is not proven: {fault}")
    return engine, RuleProof(len(bundle.cases))
