"""The import rules of the design, read from the source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PARTS = {"instruments", "inference", "panel", "records", "monitor", "delivery"}
PURE = {
    "acting", "actions_answer", "actions_collect", "actions_cuff", "actions_help",
    "actions_service", "clock",
    "controller", "events", "orders", "presenting", "presenting_help", "presenting_inputs",
    "presenting_result", "presenting_review", "tongue",
    "presenting_settings", "settings_report", "states", "transitions", "typing_in", "views",
}  # fmt: skip
MODULES = sorted((ROOT / "appliance").rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path: Path) -> str:
    inside = path.relative_to(ROOT / "appliance").parts
    return inside[0] if len(inside) > 1 else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_import_rules(path: Path) -> None:
    part, names = part_of(path), list(imported(path))
    ours = [n for n in names if n.split(".")[0] == "appliance"]
    if part == "clinical":
        assert all(n.startswith("appliance.clinical") for n in ours)
    if part in PARTS:
        others = PARTS - {part}
        assert not [n for n in ours if len(n.split(".")) > 1 and n.split(".")[1] in others]
        assert not {"appliance.wiring", "appliance.cli", "appliance.daemon"} & set(ours)
    if part == "clinical" or (not part and path.stem in PURE):
        roots = {n.split(".")[0] for n in names} - {"appliance"}
        assert roots <= sys.stdlib_module_names
        assert not roots & {"os", "socket", "threading", "subprocess", "pathlib"}
    if path.stem != "wiring":
        assert not [n for n in names if n.split(".")[0] == "hw_mocks"]


def test_only_wiring_and_the_command_line_import_all_parts() -> None:
    for path in MODULES:
        ours = {n.split(".")[1] for n in imported(path) if n.startswith("appliance.")}
        if PARTS - {"records", "monitor", "delivery"} <= ours:
            assert path.stem in ("wiring", "cli"), path


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_one_idea(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300
