"""A bundle: a folder of data that was verified before any of it was understood.

Each file is read once.  The SHA-256 of those very bytes is compared with [files] of
bundle.toml before they are parsed, and the bytes that were verified are the bytes that are
used.  bundle.toml itself is vouched for by whoever signs the release.

A bundle whose model cannot be trusted still gives its Task: rule and red flags stand.
Hazards: H-01 wrong and confident, H-02 silent.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.clinical.task import Task
from appliance.clinical.task_form import TaskFormError, task_from_form
from appliance.inference.bundle_files import (
    CAPS_BYTES,
    FileRefused,
    open_folder,
    read_file,
    strangers,
)
from appliance.inference.golden import Golden, GoldenRefused, golden_from_form
from appliance.inference.refusals import BundleRefused

__all__ = ["Bundle", "BundleRefused", "read_bundle"]

SEALED = tuple(name for name in CAPS_BYTES if name != "bundle.toml")
"""The files whose hashes bundle.toml holds."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a folder holds.

    model, golden, card: verified; empty or None where `model_fault` says what is wrong.
    model_fault: why the model must not even be tried; empty when it may be.
    form: bundle.toml as it stands.  digest: SHA-256 of the model's bytes, in hex.
    """

    folder: Path
    task: Task
    model: bytes
    golden: Golden | None
    form: Mapping[str, object]
    card: str
    model_fault: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the model that would be served, in hex; empty if there is none."""
        return hashlib.sha256(self.model).hexdigest() if self.model else ""


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
    form = _form(folder_fd)
    sealed = form.get("files")
    hashes = sealed if isinstance(sealed, Mapping) else {}
    try:
        reference = _parsed_json("reference.json", _verified(folder_fd, "reference.json", hashes))
    except FileRefused as error:
        raise BundleRefused("reference", str(error)) from error
    try:
        task = task_from_form(form, reference)
    except TaskFormError as error:
        raise BundleRefused("form", "bundle.toml: " + "; ".join(error.faults)) from error
    model, golden, card = b"", None, ""
    fault = _folder_fault(folder_fd, hashes)
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


def _form(folder_fd: int) -> Mapping[str, Any]:
    try:
        content = read_file(folder_fd, "bundle.toml")
    except FileRefused as error:
        raise BundleRefused("file", str(error)) from error
    try:
        return tomllib.loads(content.decode("utf-8"))
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


def _folder_fault(folder_fd: int, hashes: Mapping[str, object]) -> str:
    """Say what the folder or [files] holds beside a bundle's own files."""
    unnamed = sorted(set(hashes) - set(SEALED))
    if unnamed:
        return "bundle.toml names files that no bundle has: " + ", ".join(unnamed)
    extra = strangers(folder_fd)
    if extra:
        return "the folder holds what no bundle has: " + ", ".join(extra[:5])
    return ""
