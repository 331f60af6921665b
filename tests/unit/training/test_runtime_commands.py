"""`export` and `compare` where there is nothing to run: one sentence, and the right code."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from models.training.__main__ import main

ROOT = Path(__file__).parents[3]
COMMANDS = {"export": ["--out", "unused"], "compare": []}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_rule_has_nothing_to_export_or_compare(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "news2", *COMMANDS[command]]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == ("news2 is a rule: it has no graph to export, and no runtime to compare.\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_is_no_bundle_is_said_in_one_line(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "nosuch", *COMMANDS[command]]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "nosuch is no bundle that can be read" in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_package_names_its_extra(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tflite", None)
    assert main([command, "maternal-risk", *COMMANDS[command]]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tflite is not installed.")
    assert "pip install '.[export]'" in line


def test_a_model_that_was_changed_is_not_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(ROOT / "models/maternal-risk", tmp_path / "changed"))
    model = bytearray((folder / "model.tflite").read_bytes())
    model[-1] ^= 1
    (folder / "model.tflite").write_bytes(model)
    out = tmp_path / "out"
    assert main(["export", "x", "--bundle", str(folder), "--out", str(out)]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("The bundle was refused, and nothing was written: model.tflite is not")
    assert not out.exists()


@pytest.mark.parametrize("count", ["0", "-3", "many"])
def test_a_comparison_of_no_rounds_is_bad_usage(
    count: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["compare", "maternal-risk", "--rounds", count])
    assert ended.value.code == 2
    assert "--rounds" in capsys.readouterr().err
