"""Golden vectors as written by the training tools: who may write what over what."""

import json
import shutil
from pathlib import Path

import pytest

from appliance.inference.bundle import read_bundle
from appliance.inference.engines import installed_runtimes
from models.training import golden
from models.training.__main__ import main

SHIPPED = Path(__file__).parents[3] / "models" / "maternal-risk"
EMULATOR = "qemu-aarch64 7.2 as cortex-a72"


@pytest.fixture
def folder(tmp_path):
    """Return the shipped bundle with the keys of no machine."""
    copy = Path(shutil.copytree(SHIPPED, tmp_path / "maternal-risk"))
    write(copy, keys={}, made={})
    return copy


def form(folder):
    return json.loads((folder / "golden.json").read_text(encoding="ascii"))


def write(folder, **changes):
    (folder / "golden.json").write_text(json.dumps(form(folder) | changes), encoding="ascii")
    golden.refresh_hash(folder, "golden.json")


def test_every_installed_runtime_gives_two_keys_and_a_bundle_that_reads(folder):
    keys = golden.write_golden(folder)
    assert len(keys) == len(set(keys)) == 2 * len(installed_runtimes())
    assert {key.split()[2] for key in keys} == {"xnnpack", "reference"}
    bundle = read_bundle(folder)
    assert bundle.model_fault == ""
    assert bundle.golden is not None
    assert set(bundle.golden.outputs) == set(keys)
    assert bundle.golden.made == {}


def test_an_emulated_run_marks_what_it_adds_and_a_real_one_takes_the_mark_off(folder):
    keys = golden.write_golden(folder, EMULATOR)
    assert form(folder)["made"] == dict.fromkeys(keys, f"emulated by {EMULATOR}")
    golden.write_golden(folder)
    assert form(folder)["made"] == {}
    golden.write_golden(folder, EMULATOR)
    assert form(folder)["made"] == {}


def test_other_machines_keys_and_marks_stay(folder):
    other = {"tflite-runtime 2.14.0 xnnpack pdp11": [0] * 64}
    marks = dict.fromkeys(other, "emulated by simh")
    write(folder, keys=other, made=marks)
    keys = golden.write_golden(folder)
    assert set(form(folder)["keys"]) == {*other, *keys}
    assert form(folder)["keys"].items() >= other.items()
    assert form(folder)["made"] == marks


def test_a_processor_that_disagrees_with_its_kind_writes_nothing(folder, capsys):
    (key, *_) = golden.write_golden(folder)
    answers = form(folder)["keys"][key]
    answers[5] ^= 1
    write(folder, keys={key: answers})
    before = (folder / "golden.json").read_bytes()
    assert main(["golden", "maternal-risk", "--bundle", str(folder)]) == 4
    assert key in capsys.readouterr().err
    assert (folder / "golden.json").read_bytes() == before
