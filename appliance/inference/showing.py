"""What `appliance bundle verify` and `appliance bundle show` say, as plain dicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from appliance.clinical.task import Category, Input, Score, Task
from appliance.inference.admission import TRIAL_TIMEOUT_S, admit
from appliance.inference.bundle import Bundle, read_bundle
from appliance.inference.engines import AUTO, REFERENCE
from appliance.inference.refusals import BundleRefused, ModelRefused


def verify_bundle(
    folder: Path, runtime: str = AUTO, timeout_s: float = TRIAL_TIMEOUT_S
) -> dict[str, Any]:
    """Verify hashes, schema and golden vectors exactly as the daemon would.

    `ok` tells whether the model or rule would be served, `floor` whether at least the plain
    rule of a model and the red flags would be; `code` and `fault` say why not.  Never raises
    for what is in the folder.
    """
    report: dict[str, Any] = {"folder": str(folder), "ok": False, "floor": False}
    try:
        bundle = read_bundle(folder)
    except BundleRefused as error:
        return report | {"code": error.code, "fault": error.sentence}
    report |= _identity(bundle) | {"floor": True}
    try:
        admitted = admit(bundle, runtime, runtime != REFERENCE, timeout_s)
    except ModelRefused as error:
        return report | {"code": error.code, "fault": error.words}
    admitted.engine.close()
    if bundle.cases:
        return report | {
            "ok": True,
            "code": "",
            "fault": "",
            "proof": admitted.proof.one_line,
            "key": admitted.proof.key,
            "golden_vectors": len(bundle.cases),
            "golden_made": "the same on every machine",
        }
    golden, key = bundle.golden, admitted.proof.key
    return report | {
        "ok": True,
        "code": "",
        "fault": "",
        "proof": admitted.proof.one_line,
        "key": key,
        "golden_vectors": len(golden.inputs) if golden else 0,
        "golden_made": golden.made.get(key, "on such a machine") if golden else "",
    }


def show_bundle(folder: Path) -> dict[str, Any]:
    """Return the facts of a bundle; the model is not parsed.  Raises BundleRefused."""
    bundle = read_bundle(folder)
    task = bundle.task
    return _identity(bundle) | {
        "folder": str(folder),
        "title": task.title,
        "question": task.question,
        "intended_use": task.intended_use,
        "exclusions": list(task.exclusions),
        "caveat": task.caveat,
        "probability_means": task.probability_means,
        "against_rule": task.against_rule,
        "valid_for_s": task.valid_for_s,
        "inputs": [_input(task, each) for each in task.inputs],
        "categories": [_category(task, each) for each in task.categories],
        "rule": {"text": task.rule.text, "source": task.rule.source} if task.rule else None,
        "score": _score(task.score) if task.score else None,
        "red_flags": [
            {"id": each.id, "text": each.text, "source": each.source} for each in task.red_flags
        ],
        "golden_keys": sorted(bundle.golden.outputs) if bundle.golden else [],
        "fault": bundle.model_fault,
        "card": bundle.card,
    }


def _identity(bundle: Bundle) -> dict[str, Any]:
    task: Task = bundle.task
    return {
        "task": task.id,
        "kind": task.kind,
        "version": task.version,
        "release": task.release,
        "model_sha256": bundle.digest,
    }


def _category(task: Task, each: Category) -> dict[str, Any]:
    known = {"id": each.id, "label": each.label}
    if task.score is None:
        return known | {"from_probability": each.from_probability}
    return known | {"from_score": each.from_score, "from_single": each.from_single}


def _score(score: Score) -> dict[str, Any]:
    return {
        "name": score.name,
        "source": score.source,
        "most": score.most,
        "parts": [part.label for part in score.parts],
        "not_for": [each.why for each in score.exclusions],
    }


def _input(task: Task, each: Input) -> dict[str, Any]:
    if task.score is not None:
        return {"quantity": each.quantity, "required": True, "round_to": each.round_to}
    return {
        "quantity": each.quantity,
        "trained_low": each.trained_low,
        "trained_high": each.trained_high,
        "below": {"beyond": str(each.below.beyond), "until": each.below.until},
        "above": {"beyond": str(each.above.beyond), "until": each.above.until},
        "required": each.impute is None,
        "codes": dict(each.codes),
    }
