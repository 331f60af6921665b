import csv
import io
import itertools
import json
from pathlib import Path

import pytest

from models.training.answered import task_of
from models.training.data import COLUMNS, LABEL

ROOT = Path(__file__).parents[3]

HEADER = [*(column.name for column in COLUMNS), LABEL]


def made_up_rows() -> list[list[str]]:
    """150 women, a third at high risk; every four of them differ in sugar only."""
    rows = []
    for number, glucose in itertools.product(range(30), ("6.1", "7.0", "8.5", "12.0", "15.5")):
        label = "high risk" if number % 3 == 0 else ("mid risk", "low risk")[number % 2]
        rows.append([str(18 + number), "120", "80", glucose, "98.6", "76", label])
    return rows


def as_text(rows: list[list[str]], header: list[str] = HEADER) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


@pytest.fixture
def rows():
    return made_up_rows()


@pytest.fixture
def write(tmp_path: Path):
    def write_rows(rows: list[list[str]], header: list[str] = HEADER) -> Path:
        path = tmp_path / "data.csv"
        path.write_text(as_text(rows, header), encoding="utf-8")
        return path

    return write_rows


@pytest.fixture
def text_of():
    return as_text


@pytest.fixture
def stored_figures():
    path = ROOT / "models/training/results/maternal-risk.json"
    return json.loads(path.read_text(encoding="ascii"))


@pytest.fixture(scope="session")
def shipped_task():
    folder = ROOT / "models/maternal-risk"
    reference = json.loads((folder / "reference.json").read_text(encoding="ascii"))
    return task_of((folder / "bundle.toml").read_text(encoding="utf-8"), reference)
