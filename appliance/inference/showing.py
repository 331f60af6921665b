"""What `appliance bundle verify` and `appliance bundle show` say, as plain dicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from appliance.clinical.task import Input, Task
from appliance.inference.admission import TRIAL_TIMEOUT_S, admit
from appliance.inference.bundle import Bundle, read_bundle
from appliance.inference.engines import AUTO, REFERENCE
from appliance.inference.refusals import BundleRefused, ModelRefused


def verify_bundle(
    folder: Path, runtime: str = AUTO, timeout_s: float = TRIAL_TIMEOUT_S
) -> dict[str, Any]:
    """Verify hashes, schema and golden vectors exactly as the daemon would.

    `ok` tells whether the model would be served, `floor` whether at least rule and red
    flags would be; `code` and `fault` say why not.  Never raises for what is in the folder.
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
        "inputs": [_input(each) for each in task.inputs],
        "categories": [
            {"id": each.id, "label": each.label, "from_probability": each.from_probability}
            for each in task.categories
        ],
        "rule": {"text": task.rule.text, "source": task.rule.source},
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
        "version": task.version,
        "release": task.release,
        "model_sha256": bundle.digest,
    }


def _input(each: Input) -> dict[str, Any]:
    return {
        "quantity": each.quantity,
        "trained_low": each.trained_low,
        "trained_high": each.trained_high,
        "below": {"beyond": str(each.below.beyond), "until": each.below.until},
        "above": {"beyond": str(each.above.beyond), "until": each.above.until},
        "required": each.impute is None,
        "codes": dict(each.codes),
    }
