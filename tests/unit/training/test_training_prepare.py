"""The public original becomes the file that training reads, and nothing else does."""

import hashlib

import pytest

from models.training.data import DataRefused, read_development
from models.training.prepare import ORIGINAL_SHA256, prepare


@pytest.fixture
def original(tmp_path, rows, text_of):
    path = tmp_path / "original.csv"
    path.write_bytes(("\ufeff" + text_of(rows).replace("\n", "\r\n")).encode())
    return path


def test_same_rows_in_the_form_that_is_read(tmp_path, original, rows, write):
    digest = hashlib.sha256(original.read_bytes()).hexdigest()
    out = tmp_path / "deep" / "prepared.csv"
    assert prepare(original, out, sha256=digest) == len(rows)
    assert out.read_bytes() == write(rows).read_bytes()
    assert len(read_development(out).values) == 150


def test_another_file_is_refused_and_nothing_written(tmp_path, original):
    with pytest.raises(DataRefused) as refused:
        prepare(original, tmp_path / "out.csv")
    words = str(refused.value)
    assert ORIGINAL_SHA256 in words
    assert "10.24432/C5DP5D" in words
    assert not (tmp_path / "out.csv").exists()


def test_changed_line_ends_are_recognised(tmp_path, original):
    digest = hashlib.sha256(original.read_bytes()).hexdigest()
    original.write_bytes(original.read_bytes().replace(b"\r\n", b"\n"))
    with pytest.raises(DataRefused, match="Only its line ends were changed"):
        prepare(original, tmp_path / "out.csv", sha256=digest)


def test_an_original_that_is_not_there(tmp_path):
    with pytest.raises(DataRefused, match="data set 863"):
        prepare(tmp_path / "nothing.csv", tmp_path / "out.csv")


def test_missing_columns(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("Age,BS\r\n1,2\r\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(DataRefused, match="SystolicBP"):
        prepare(path, tmp_path / "out.csv", sha256=digest)
