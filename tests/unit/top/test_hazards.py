"""Each test that the hazard table names exists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.hazards import named_tests

ROOT = Path(__file__).parents[3]


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("test", sorted(named_tests()))
def test_a_named_test_exists(test: str) -> None:
    file, *names = test.split("::")
    assert (ROOT / file).is_file()
    if names != ["TestAppliance", "runTest"]:  # made by hypothesis from the state machine
        assert names[-1] in functions(ROOT / file)


def test_every_hazard_has_a_proof() -> None:
    rows = (ROOT / "docs" / "safety" / "hazards.md").read_text("utf-8").splitlines()
    hazards = [row for row in rows if row.startswith("| H-")]
    assert len(hazards) >= 15
    assert all("`tests/" in row for row in hazards)
