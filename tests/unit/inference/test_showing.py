"""What is said of a bundle: facts as plain dicts, and one verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.inference.engines import REFERENCE
from appliance.inference.refusals import BundleRefused
from appliance.inference.showing import show_bundle, verify_bundle
from tests.unit.inference.toy import DELEGATING, damaged, golden, model, three_form, write_bundle


@pytest.mark.parametrize("runtime", ["auto", REFERENCE])
def test_a_good_bundle_is_ok(tmp_path: Path, runtime: str) -> None:
    report = verify_bundle(write_bundle(tmp_path / "b"), runtime)
    assert report["ok"]
    assert report["floor"]
    assert report["fault"] == report["code"] == ""
    assert report["golden_vectors"] == 64
    assert report["golden_made"] == "on such a machine"
    assert report["key"].startswith(DELEGATING[0])
    assert json.loads(json.dumps(report)) == report


def test_vectors_of_an_emulator_are_said_to_be_those(tmp_path: Path) -> None:
    made = dict.fromkeys(golden("dense6")["keys"], "emulated by an emulator")
    report = verify_bundle(write_bundle(tmp_path / "b", vectors=golden("dense6") | {"made": made}))
    assert report["ok"]
    assert report["golden_made"] == "emulated by an emulator"


def test_a_bad_model_is_not_ok_but_leaves_the_floor(tmp_path: Path) -> None:
    report = verify_bundle(write_bundle(tmp_path / "b", content=damaged()))
    assert (report["ok"], report["floor"]) == (False, True)
    assert report["code"] == "died"
    assert report["fault"]
    assert report["task"] == "toy-six"


def test_a_changed_model_is_named(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b")
    (folder / "model.tflite").write_bytes(model("float"))
    report = verify_bundle(folder)
    assert report["code"] == "bundle"
    assert "model.tflite" in report["fault"]


def test_a_bundle_that_cannot_be_used_is_said_without_raising(tmp_path: Path) -> None:
    report = verify_bundle(tmp_path)
    assert (report["ok"], report["floor"], report["code"]) == (False, False, "file")
    assert report["fault"] == "bundle.toml is missing"


def test_show_gives_the_facts_and_parses_no_model(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b", form=three_form(), name="dense3", content=damaged())
    facts = show_bundle(folder)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["version"] == "1.2.3"
    assert facts["release"] == 7
    assert facts["card"].startswith("# Toy")
    assert facts["inputs"][0]["quantity"] == "age_years"
    assert facts["inputs"][0]["required"] is False
    assert facts["inputs"][1]["codes"]["typical"] == 2.0
    assert len(facts["golden_keys"]) == len(DELEGATING) + 1
    assert len(facts["model_sha256"]) == 64


def test_show_of_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused):
        show_bundle(tmp_path)
