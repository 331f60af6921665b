"""A bad model on the real daemon: it is refused with its reason, and the safety floor answers."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from appliance.inference.admission import TRIAL_TIMEOUT_S
from tests.scenario.worlds import (
    SEVERE,
    World,
    copy_of_bundle,
    prepare_world,
    running,
    seal,
    signal_child,
)


def floor_answers(world: World, reason: str) -> None:
    """Check that staff are told why, and that a severe pressure is never silence."""
    world.ready()
    world.wait_for_words("model refused, rule only", reason)
    result = world.encounter(SEVERE)
    assert result["outcome"] == "no model"
    assert (result["probability"], result["category"], result["raw_int8"]) == (None, None, None)
    assert result["rule"] == "high"
    assert result["flags"] == ["severe-hypertension"]
    assert reason in result["reason"]
    assert world.frame == "refusal"
    world.wait_for_words(
        "NO MODEL ANSWER", "Plain rule: HIGH RISK", "Severe high blood pressure in pregnancy"
    )
    world.wait(lambda: "red" in world.app.lit, "the red lamp")
    assert "model refused" not in world.log  # it is on the screen; the log has codes only


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :]


WRONG_HASH = "model.tflite is not the file that bundle.toml was made for (wrong hash)"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (flip, WRONG_HASH),
        (lambda content: content[: len(content) // 2], WRONG_HASH),
        (lambda _: b"\x89PNG\r\n\x1a\n" + bytes(3000), WRONG_HASH),
        (lambda content: content + bytes(1024 * 1024), "model.tflite is larger than the 1048576"),
    ],
    ids=["corrupt", "truncated", "foreign", "oversized"],
)
def test_a_model_that_is_not_the_signed_one_is_refused(
    tmp_path: Path, spoil: Any, reason: str
) -> None:
    model = copy_of_bundle(tmp_path) / "model.tflite"
    model.write_bytes(spoil(model.read_bytes()))
    with running(prepare_world(tmp_path)) as world:
        floor_answers(world, reason)


def test_a_model_that_kills_the_runtime_is_refused(tmp_path: Path) -> None:
    bundle = copy_of_bundle(tmp_path)
    content = bytearray((bundle / "model.tflite").read_bytes())
    content[16:20] = bytes(4)  # the root's table of operator codes: nobody checks for it
    (bundle / "model.tflite").write_bytes(content)
    seal(bundle, "model.tflite")
    with running(prepare_world(tmp_path)) as world:
        floor_answers(world, "the process that tried the model died of SIGSEGV")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(3000), "does not take it for a model"),
        (b"", "does not take it for a model"),
    ],
    ids=["foreign", "empty"],
)
def test_what_is_no_model_is_refused_though_its_hash_is_right(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    bundle = copy_of_bundle(tmp_path)
    (bundle / "model.tflite").write_bytes(content)
    seal(bundle, "model.tflite")
    with running(prepare_world(tmp_path)) as world:
        floor_answers(world, reason)


def test_a_model_that_lies_is_refused(tmp_path: Path) -> None:
    bundle = copy_of_bundle(tmp_path)
    golden = json.loads((bundle / "golden.json").read_text("utf-8"))
    for answers in golden["keys"].values():
        answers[17] += 1 if answers[17] < 127 else -1
    (bundle / "golden.json").write_text(json.dumps(golden), "utf-8")
    seal(bundle, "golden.json")
    with running(prepare_world(tmp_path)) as world:
        floor_answers(world, f"1 of {len(golden['inputs'])} golden vectors come out otherwise")


def test_a_float_model_is_refused(tmp_path: Path) -> None:
    bundle = copy_of_bundle(tmp_path)
    toys = Path(__file__).parents[1] / "golden" / "models"
    (bundle / "model.tflite").write_bytes((toys / "float.tflite").read_bytes())
    seal(bundle, "model.tflite")
    with running(prepare_world(tmp_path)) as world:
        floor_answers(world, "float")


def test_a_model_whose_trial_hangs_is_refused(tmp_path: Path) -> None:
    # The trial is waited for in real time, the self-test in simulated time, which runs faster.
    patient = {"timeouts": {"self_test_s": 600}}
    with running(prepare_world(tmp_path, settings=patient)) as world:
        signal_child(world, signal.SIGSTOP)
        floor_answers(world, f"the model gave no answer in {TRIAL_TIMEOUT_S:.0f} s")


def test_a_trial_that_is_killed_is_a_refusal(tmp_path: Path) -> None:
    with running(prepare_world(tmp_path)) as world:
        signal_child(world, signal.SIGKILL)
        floor_answers(world, "the process that tried the model died of SIGKILL")


def test_xnnpack_demanded_of_the_reference_runtime_is_refused(tmp_path: Path) -> None:
    settings = {"tasks": {"runtime": "reference", "require_xnnpack": True}}
    with running(prepare_world(tmp_path, settings=settings)) as world:
        floor_answers(world, "XNNPACK is required")


def test_the_reference_runtime_serves_where_xnnpack_is_not_demanded(tmp_path: Path) -> None:
    settings = {"tasks": {"runtime": "reference", "require_xnnpack": False}}
    with running(prepare_world(tmp_path, settings=settings)) as world:
        world.ready()
        world.wait_for_words("model proven")
        result = world.encounter(SEVERE | {"systolic_mmhg": 150, "diastolic_mmhg": 95})
        assert result["outcome"] == "answered"
        assert result["flags"] == []
        assert "0 delegated parts" in world.event("ModelAdmitted")["proof"]


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda bundle: (bundle / "bundle.toml").unlink(), "bundle.toml is missing"),
        (
            lambda bundle: (bundle / "bundle.toml").write_text("task = ", "utf-8"),
            "bundle.toml is not understood: it is not TOML",
        ),
        (
            lambda bundle: (bundle / "bundle.toml").write_text('task = "x"\n', "utf-8"),
            "reference.json has no hash in bundle.toml",
        ),
        (lambda bundle: bundle.rename(bundle.with_name("elsewhere")), "is not a folder"),
    ],
    ids=["gone", "no toml", "not whole", "no folder"],
)
def test_a_bundle_that_is_none_leaves_an_appliance_that_says_so(
    tmp_path: Path, break_it: Any, reason: str
) -> None:
    break_it(copy_of_bundle(tmp_path))
    with running(prepare_world(tmp_path)) as world:
        world.ready()
        world.wait_for_words("maternal-risk", "task refused", reason)
        world.keys("A")
        world.wait_for_words("No task is installed. Call a technician.")
        assert world.app.mode == "idle"
