"""The commands: what they say and how they end."""

import pytest

from models.training.__main__ import main


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("maternal-risk", "prepare", "golden", "vectors"))


def test_data_must_be_named(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["maternal-risk"])
    assert ended.value.code == 2
    assert "--data" in capsys.readouterr().err


def test_a_refused_file_ends_with_5_and_its_faults(tmp_path, capsys):
    (tmp_path / "data.csv").write_text("Age\n1\n")
    out = tmp_path / "out"
    assert main(["maternal-risk", "--data", str(tmp_path / "data.csv"), "--out", str(out)]) == 5
    assert "columns are missing" in capsys.readouterr().err
    assert not out.exists()


def test_prepare_refuses_what_is_not_the_original(tmp_path, capsys):
    (tmp_path / "data.csv").write_text("Age\n1\n")
    arguments = ["--original", str(tmp_path / "data.csv"), "--out", str(tmp_path / "out.csv")]
    assert main(["prepare", "maternal-risk", *arguments]) == 5
    assert "10.24432/C5DP5D" in capsys.readouterr().err
