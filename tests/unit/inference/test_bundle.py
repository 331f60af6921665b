"""Bundles: verified before understood, and the Task survives a bad model."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from appliance.inference.bundle import BundleRefused, read_bundle
from appliance.inference.bundle_files import CAPS_BYTES
from tests.unit.inference.toy import golden, model, six_form, toml, write_bundle, write_three


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "toy")


def reseal(folder: Path, name: str, content: bytes) -> None:
    """Put other bytes into a file, with their right hash in bundle.toml."""
    old = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / name).write_bytes(content)
    text = (folder / "bundle.toml").read_text()
    assert old in text
    (folder / "bundle.toml").write_text(text.replace(old, hashlib.sha256(content).hexdigest()))


def test_a_whole_bundle(folder: Path) -> None:
    bundle = read_bundle(folder)
    assert bundle.model_fault == ""
    assert bundle.task.id == "toy-six"
    assert bundle.model == model("dense6")
    assert bundle.digest == hashlib.sha256(model("dense6")).hexdigest()
    assert bundle.golden is not None
    assert len(bundle.golden.inputs) == 64
    assert bundle.card.startswith("# Toy")
    assert bundle.form["release"] == 7


def test_a_bundle_with_choices(tmp_path: Path) -> None:
    assert read_bundle(write_three(tmp_path / "b")).task.quantities[1] == "chest_pain"


@pytest.mark.parametrize("name", ["model.tflite", "golden.json", "MODEL_CARD.md"])
@pytest.mark.parametrize("way", ["missing", "changed", "oversized", "symlink", "fifo", "folder"])
def test_a_bad_file_costs_the_model_but_not_the_task(folder: Path, name: str, way: str) -> None:
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if way == "changed":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif way == "oversized":
        path.write_bytes(content + b" " * CAPS_BYTES[name])
    elif way == "symlink":
        (folder.parent / "elsewhere").write_bytes(content)
        path.symlink_to(folder.parent / "elsewhere")
    elif way == "fifo":
        os.mkfifo(path)
    elif way == "folder":
        path.mkdir()
    bundle = read_bundle(folder)
    assert bundle.task.red_flags
    assert bundle.model_fault.startswith(name)
    assert bundle.model == b""
    assert bundle.digest == ""
    assert bundle.golden is None


@pytest.mark.parametrize("name", ["bundle.toml", "reference.json"])
@pytest.mark.parametrize("way", ["missing", "oversized", "symlink"])
def test_a_bundle_without_its_tables_is_refused(folder: Path, name: str, way: str) -> None:
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if way == "oversized":
        path.write_bytes(content + b" " * CAPS_BYTES[name])
    elif way == "symlink":
        (folder.parent / "elsewhere").write_bytes(content)
        path.symlink_to(folder.parent / "elsewhere")
    with pytest.raises(BundleRefused, match=name):
        read_bundle(folder)


def test_a_changed_reference_is_refused(folder: Path) -> None:
    path = folder / "reference.json"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(BundleRefused, match=r"reference\.json is not the file") as caught:
        read_bundle(folder)
    assert caught.value.code == "reference"


def test_the_largest_file_that_is_allowed_is_read(folder: Path) -> None:
    reseal(folder, "MODEL_CARD.md", b"x" * CAPS_BYTES["MODEL_CARD.md"])
    assert read_bundle(folder).model_fault == ""


def test_a_stranger_in_the_folder_costs_the_model(folder: Path) -> None:
    (folder / "setup.py").write_text("")
    assert "setup.py" in read_bundle(folder).model_fault


def test_a_stranger_in_the_list_of_hashes_costs_the_model(folder: Path) -> None:
    path = folder / "bundle.toml"
    path.write_text(
        path.read_text().replace('"MODEL_CARD.md" =', '"../x" = "0", "MODEL_CARD.md" =')
    )
    assert "../x" in read_bundle(folder).model_fault


def test_a_file_without_a_hash_costs_the_model(folder: Path) -> None:
    path = folder / "bundle.toml"
    digest = hashlib.sha256((folder / "model.tflite").read_bytes()).hexdigest()
    path.write_text(path.read_text().replace(f'"model.tflite" = "{digest}", ', ""))
    assert read_bundle(folder).model_fault == "model.tflite has no hash in bundle.toml"


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"task = ", b"x = " + b"[" * 100_000, b"\x89PNG\r\n\x1a\n", b"a = 1\na = 2"],
    ids=["not-utf8", "not-toml", "deep", "png", "twice"],
)
def test_what_is_no_toml_is_refused(folder: Path, content: bytes) -> None:
    (folder / "bundle.toml").write_bytes(content)
    with pytest.raises(BundleRefused, match="it is not TOML") as caught:
        read_bundle(folder)
    assert caught.value.code == "toml"


def test_faults_of_the_form_are_all_named(folder: Path) -> None:
    form = six_form() | {"release": 0, "title": ""}
    (folder / "bundle.toml").write_text(
        "\n".join(f"{key} = {toml(value)}" for key, value in form.items())
    )
    with pytest.raises(BundleRefused, match=r"reference\.json has no hash"):
        read_bundle(folder)
    digest = hashlib.sha256((folder / "reference.json").read_bytes()).hexdigest()
    with (folder / "bundle.toml").open("a") as file:
        file.write(f'\nfiles = {{"reference.json" = "{digest}"}}\n')
    with pytest.raises(BundleRefused, match=r"release: .*title: ") as caught:
        read_bundle(folder)
    assert caught.value.code == "form"


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b"[" * 100_000, b"\xff"], ids=["list", "cut", "deep", "not-utf8"]
)
def test_a_sealed_golden_file_that_is_none_costs_the_model(folder: Path, content: bytes) -> None:
    reseal(folder, "golden.json", content)
    assert "golden.json is not understood" in read_bundle(folder).model_fault


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": []},
        {"inputs": 4},
        {"inputs": [[1, 2, 3]]},
        {"inputs": [[0, 0, 0, 0, 0, 128]]},
        {"inputs": [[0, 0, 0, 0, 0, True]]},
        {"inputs": [[0, 0, 0, 0, 0, 1.0]]},
        {"keys": []},
        {"keys": {"k": [1]}},
        {"keys": {"k": ["a"] * 64}},
        {"made": []},
        {"made": {"a kind that keys has not": "emulated"}},
        {"keys": {"k": [0] * 64}, "made": {"k": ""}},
        {"keys": {"k": [0] * 64}, "made": {"k": "x" * 121}},
        {"keys": {"k": [0] * 64}, "made": {"k": 1}},
        {"approximate": True},
    ],
)
def test_golden_vectors_that_are_none_cost_the_model(
    folder: Path, change: dict[str, object]
) -> None:
    reseal(folder, "golden.json", json.dumps(golden("dense6") | change).encode())
    assert read_bundle(folder).model_fault.startswith("golden.json:")


def test_golden_vectors_may_say_how_they_were_made(folder: Path) -> None:
    made = dict.fromkeys(golden("dense6")["keys"], "x" * 120)
    reseal(folder, "golden.json", json.dumps(golden("dense6") | {"made": made}).encode())
    bundle = read_bundle(folder)
    assert bundle.model_fault == ""
    assert bundle.golden is not None
    assert bundle.golden.made == made


@pytest.mark.parametrize("what", ["nothing", "file"])
def test_what_is_no_folder_is_refused(tmp_path: Path, what: str) -> None:
    if what == "file":
        (tmp_path / "b").write_text("")
    with pytest.raises(BundleRefused, match="not a folder"):
        read_bundle(tmp_path / "b")


def test_no_descriptor_is_left_open(folder: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    read_bundle(folder)
    (folder / "golden.json").unlink()
    read_bundle(folder)
    assert len(os.listdir("/proc/self/fd")) == before
