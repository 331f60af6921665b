"""A bundle: a folder of data that was verified before any of it was understood.

Each file is read once.  The SHA-256 of those very bytes is compared with [files] of
bundle.toml before they are parsed, and the bytes that were verified are the bytes that are
used.  bundle.toml itself is vouched for by whoever signs the release.

A bundle whose model cannot be trusted still gives its Task: rule and red flags stand.  A
rule bundle (kind = "rule") holds its chart in bundle.toml, and no model and no reference.
Hazards: H-01 wrong and confident, H-02 silent.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.clinical.task import Task
from appliance.clinical.task_form import TaskFormError, is_rule, task_from_form
from appliance.inference.bundle_files import (
    CAPS_BYTES,
    NOT_OF_A_RULE,
    FileRefused,
    open_folder,
    read_file,
    strangers,
)
from appliance.inference.golden import Golden, GoldenRefused, golden_from_form
from appliance.inference.refusals import BundleRefused
from appliance.inference.rule_cases import RuleCase, cases_from_form

__all__ = ["Bundle", "BundleRefused", "read_bundle"]

SEALED = tuple(name for name in CAPS_BYTES if name != "bundle.toml")
"""The files whose hashes bundle.toml holds."""
SEALED_OF_A_RULE = tuple(name for name in SEALED if name not in NOT_OF_A_RULE)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a folder holds.

    model, golden, card: verified; empty or None where `model_fault` says what is wrong.
    model_fault: why the model must not even be tried; empty when it may be.
    cases: of a rule, verified; empty for a model, and where `model_fault` speaks.
    form: bundle.toml as it stands; chart: its bytes where they are a rule's, else empty.
    """

    folder: Path
    task: Task
    model: bytes
    golden: Golden | None
    form: Mapping[str, object]
    card: str
    model_fault: str = ""
    cases: tuple[RuleCase, ...] = ()
    chart: bytes = b""

    @property
    def digest(self) -> str:
        """SHA-256 of what would be served, in hex; empty if there is nothing.

        Of a model its file; of a rule bundle.toml itself, which holds all that it computes.
        """
        served = self.model or self.chart
        return hashlib.sha256(served).hexdigest() if served else ""


def read_bundle(folder: Path) -> Bundle:
    """Read and verify a bundle; raise BundleRefused if not even its Task can be had."""
    try:
        folder_fd = open_folder(folder)
    except OSError as error:
        raise BundleRefused("folder", "the bundle is not a folder that can be opened") from error
    try:
        return _read(folder, folder_fd)
    finally:
        os.close(folder_fd)


def _read(folder: Path, folder_fd: int) -> Bundle:
    form, chart = _form(folder_fd)
    sealed = form.get("files")
    hashes = sealed if isinstance(sealed, Mapping) else {}
    if is_rule(form):
        return _read_rule(folder, folder_fd, hashes, form, chart)
    try:
        reference = _parsed_json("reference.json", _verified(folder_fd, "reference.json", hashes))
    except FileRefused as error:
        raise BundleRefused("reference", str(error)) from error
    try:
        task = task_from_form(form, reference)
    except TaskFormError as error:
        raise BundleRefused("form", "bundle.toml: " + "; ".join(error.faults)) from error
    model, golden, card = b"", None, ""
    fault = _folder_fault(folder_fd, hashes, SEALED)
    if not fault:
        try:
            model = _verified(folder_fd, "model.tflite", hashes)
            card = _verified(folder_fd, "MODEL_CARD.md", hashes).decode("utf-8", "replace")
            text = _verified(folder_fd, "golden.json", hashes)
            golden = golden_from_form(_parsed_json("golden.json", text), len(task.inputs))
        except (FileRefused, GoldenRefused) as error:
            fault = str(error)
            model, golden = b"", None
    return Bundle(folder, task, model, golden, form, card, fault)


def _read_rule(
    folder: Path,
    folder_fd: int,
    hashes: Mapping[str, object],
    form: Mapping[str, object],
    chart: bytes,
) -> Bundle:
    """Read a rule: what it computes is in the form, the rest proves and explains it."""
    try:
        task = task_from_form(form)
    except TaskFormError as error:
        raise BundleRefused("form", "bundle.toml: " + "; ".join(error.faults)) from error
    fault, card = _folder_fault(folder_fd, hashes, SEALED_OF_A_RULE), ""
    cases: tuple[RuleCase, ...] = ()
    if not fault:
        try:
            card = _verified(folder_fd, "MODEL_CARD.md", hashes).decode("utf-8", "replace")
            text = _verified(folder_fd, "golden.json", hashes)
            cases = cases_from_form(_parsed_json("golden.json", text), task)
        except (FileRefused, GoldenRefused) as error:
            fault, chart = str(error), b""
    else:
        chart = b""
    return Bundle(folder, task, b"", None, form, card, fault, cases, chart)


def _form(folder_fd: int) -> tuple[Mapping[str, Any], bytes]:
    """Return what bundle.toml says, and its bytes."""
    try:
        content = read_file(folder_fd, "bundle.toml")
    except FileRefused as error:
        raise BundleRefused("file", str(error)) from error
    try:
        return tomllib.loads(content.decode("utf-8")), content
    except (ValueError, RecursionError) as error:
        raise BundleRefused("toml", "bundle.toml is not understood: it is not TOML") from error


def _verified(folder_fd: int, name: str, hashes: Mapping[str, object]) -> bytes:
    """Return the bytes of a file whose hash is the one in [files]."""
    content = read_file(folder_fd, name)
    if name not in hashes:
        raise FileRefused(f"{name} has no hash in bundle.toml")
    if hashes[name] != hashlib.sha256(content).hexdigest():
        raise FileRefused(f"{name} is not the file that bundle.toml was made for (wrong hash)")
    return content


def _parsed_json(name: str, content: bytes) -> Mapping[str, object]:
    try:
        parsed = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FileRefused(f"{name} is not understood: it is not JSON") from error
    if not isinstance(parsed, dict):
        raise FileRefused(f"{name} is not understood: it must be an object")
    return parsed


def _folder_fault(folder_fd: int, hashes: Mapping[str, object], own: Sequence[str]) -> str:
    """Say what the folder or [files] holds beside a bundle's own files."""
    unnamed = sorted(set(hashes) - set(own))
    if unnamed:
        return "bundle.toml names files that no bundle has: " + ", ".join(unnamed)
    extra = strangers(folder_fd, ("bundle.toml", *own))
    if extra:
        return "the folder holds what no bundle has: " + ", ".join(extra[:5])
    return ""
