"""Admission: only a model that passes every step, in the fixed order, serves."""

from __future__ import annotations

import functools
import json
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.inference import admission
from appliance.inference.admission import ModelRefused, admit
from appliance.inference.bundle import read_bundle
from appliance.inference.engines import AUTO, REFERENCE
from appliance.inference.proof import ProofFailed
from appliance.inference.refusals import ModelFailed, ModelUnreadable, RuntimeRefused
from appliance.inference.trial import TrialReport, try_in_child
from tests.unit.inference.test_trial import stub
from tests.unit.inference.toy import (
    DELEGATING,
    damaged,
    golden,
    model,
    six_form,
    three_form,
    write_bundle,
)


def refusal(bundle_folder: Path, runtime: str = AUTO, **options: Any) -> ModelRefused:
    with pytest.raises(ModelRefused) as caught:
        admit(read_bundle(bundle_folder), runtime, **options)
    assert caught.value.words
    return caught.value


@pytest.fixture(scope="module")
def good_report() -> TrialReport:
    return try_in_child(model("dense6"), golden("dense6")["inputs"], AUTO, 30.0)


def tried(report: TrialReport) -> Any:
    return lambda model, inputs, runtime, timeout_s: report


@pytest.mark.parametrize("runtime", [AUTO, *DELEGATING])
def test_a_good_bundle_is_admitted(tmp_path: Path, runtime: str) -> None:
    admitted = admit(read_bundle(write_bundle(tmp_path / "b")), runtime)
    assert admitted.proof.delegated
    assert isinstance(admitted.engine.invoke((0,) * 6), int)
    admitted.engine.close()


def test_a_task_with_choices_is_admitted(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b", form=three_form(), name="dense3")
    admit(read_bundle(folder)).engine.close()


def test_the_reference_kernels_serve_only_where_xnnpack_is_not_required(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b")
    assert refusal(folder, REFERENCE).code == "runtime"
    admitted = admit(read_bundle(folder), REFERENCE, require_xnnpack=False)
    assert not admitted.proof.delegated
    admitted.engine.close()


def test_no_runtime_falls_back_to_the_reference_kernels(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b", content=model("gather_middle"))
    assert refusal(folder, AUTO, require_xnnpack=False).code == "proof"


BAD = {
    "foreign": (b"\x89PNG\r\n\x1a\n" + bytes(3000), {"unreadable"}),
    "empty": (b"", {"unreadable"}),
    "truncated": (model("dense6")[:1200], {"unreadable", "died"}),
    "corrupt": (damaged(), {"died"}),
    "oversized": (model("dense6") + bytes(1024 * 1024), {"bundle"}),
    "float": (model("float"), {"proof"}),
    "left over": (model("gather_middle"), {"proof"}),
    "side branch": (model("idle_branch"), {"proof"}),
    "another model": (model("soft_middle"), {"golden"}),
    "another width": (model("dense3"), {"failed"}),
}


@pytest.mark.parametrize("what", sorted(BAD))
def test_a_bad_model_with_the_right_hash_is_refused_with_words(tmp_path: Path, what: str) -> None:
    content, codes = BAD[what]
    assert refusal(write_bundle(tmp_path / "b", content=content)).code in codes


def test_a_wrong_hash_is_refused_before_any_parse(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b")
    (folder / "model.tflite").write_bytes(damaged())

    def never(*args: Any, **kwargs: Any) -> TrialReport:
        raise AssertionError("the bytes were parsed")

    refused = refusal(folder, trial=never)
    assert refused.code == "bundle"
    assert "wrong hash" in refused.words


def test_a_model_that_hangs_is_refused(tmp_path: Path) -> None:
    hung = functools.partial(try_in_child, python=stub(tmp_path, "exec sleep 600"))
    refused = refusal(write_bundle(tmp_path / "b"), timeout_s=0.5, trial=hung)
    assert (refused.code, refused.words) == ("hung", "the model gave no answer in 0.5 s")


def lying(**changes: Any) -> dict[str, Any]:
    vectors = json.loads(json.dumps(golden("dense6")))
    return vectors | changes


def test_one_output_one_step_off_is_a_lie(tmp_path: Path) -> None:
    keys = lying()["keys"]
    for outputs in keys.values():
        outputs[17] += 1 if outputs[17] < 127 else -1
    refused = refusal(write_bundle(tmp_path / "b", vectors=lying(keys=keys)))
    assert refused.code == "golden"
    assert "1 of 64 golden vectors" in refused.words


def test_a_machine_without_golden_vectors_is_refused_by_name(tmp_path: Path) -> None:
    keys = {"tflite-runtime 9.9 xnnpack pdp11": [0] * 64}
    refused = refusal(write_bundle(tmp_path / "b", vectors=lying(keys=keys)))
    assert refused.code == "golden-key"
    assert f"xnnpack {platform.machine()}" in refused.words
    assert "pdp11" in refused.words


def test_a_bundle_without_any_golden_outputs_is_refused(tmp_path: Path) -> None:
    refused = refusal(write_bundle(tmp_path / "b", vectors=lying(keys={})))
    assert refused.code == "golden-key"
    assert "(there are for: none)" in refused.words


@pytest.mark.parametrize(
    ("tensor", "key", "value"),
    [
        ("input", "scale", 0.00392156862745098),
        ("input", "scale", 1e300),
        ("input", "zero_point", -127),
        ("output", "scale", 0.0039),
        ("output", "zero_point", 0),
    ],
)
def test_scales_that_bundle_toml_does_not_promise_are_refused(
    tmp_path: Path, good_report: TrialReport, tensor: str, key: str, value: float
) -> None:
    form = six_form()
    form["tensors"][tensor][key] = value
    refused = refusal(write_bundle(tmp_path / "b", form=form), trial=tried(good_report))
    assert refused.code == "tensors"
    assert tensor in refused.words


def test_another_width_than_the_task_is_refused(tmp_path: Path, good_report: TrialReport) -> None:
    bundle = read_bundle(write_bundle(tmp_path / "b"))
    fewer = replace(bundle, task=replace(bundle.task, inputs=bundle.task.inputs[:5]))
    with pytest.raises(ModelRefused, match=r"takes 6 numbers, bundle\.toml has 5"):
        admit(fewer, trial=tried(good_report))


def test_a_child_that_claims_what_is_not_so_is_refused(
    tmp_path: Path, good_report: TrialReport
) -> None:
    assert good_report.proof is not None
    claimed = replace(good_report, proof=replace(good_report.proof, partitions=2))
    refused = refusal(write_bundle(tmp_path / "b"), trial=tried(claimed))
    assert refused.code == "proof"
    assert "otherwise than where it was tried" in refused.words


def test_a_child_whose_proof_does_not_hold_is_refused(
    tmp_path: Path, good_report: TrialReport
) -> None:
    assert good_report.proof is not None
    weak = replace(good_report, proof=replace(good_report.proof, leftover_ops=("GATHER",)))
    assert "GATHER" in refusal(write_bundle(tmp_path / "b"), trial=tried(weak)).words


def test_a_child_that_answers_too_little_is_refused(
    tmp_path: Path, good_report: TrialReport
) -> None:
    short = replace(good_report, outputs=good_report.outputs[:-1])
    refused = refusal(write_bundle(tmp_path / "b"), trial=tried(short))
    assert "63 answers to 64 golden vectors" in refused.words


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeRefused("gone"), "runtime"),
        (ModelUnreadable("not here"), "unreadable"),
        (ProofFailed(["not here"]), "proof"),
    ],
)
def test_what_fails_only_in_our_own_process_is_refused(
    tmp_path: Path,
    good_report: TrialReport,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    code: str,
) -> None:
    def fail(*args: Any) -> Any:
        raise error

    monkeypatch.setattr(admission, "open_engine", fail)
    assert refusal(write_bundle(tmp_path / "b"), trial=tried(good_report)).code == code


@pytest.mark.parametrize("way", ["fails", "lies"])
def test_an_engine_that_fails_the_second_golden_check_is_closed(
    tmp_path: Path, good_report: TrialReport, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    class Odd:
        closed = False
        proof = good_report.proof
        input_tensor, output_tensor = good_report.input_tensor, good_report.output_tensor
        width = 6

        def invoke(self, quantised: Any) -> int:
            if way == "fails":
                raise ModelFailed("no answer")
            return -128

        def close(self) -> None:
            self.closed = True

    odd = Odd()
    monkeypatch.setattr(admission, "open_engine", lambda *args: odd)
    refused = refusal(write_bundle(tmp_path / "b"), trial=tried(good_report))
    assert refused.code == ("failed" if way == "fails" else "golden")
    assert odd.closed
