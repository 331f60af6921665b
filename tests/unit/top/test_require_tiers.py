"""A tier that did not run, shrank, failed or skipped is told, and ends the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hazards import named_tests
from tests.require_tiers import FLOORS, TIERS, faults_of, main, tier_of


def report(**passed: int) -> dict[str, object]:
    tiers = {tier: {"passed": passed.get(tier, 0), "failed": 0, "skipped": 0} for tier in TIERS}
    return {"tiers": tiers, "passed": sorted(named_tests())}


def write(tmp_path: Path, what: dict[str, object], name: str = "tiers.json") -> str:
    path = tmp_path / name
    path.write_text(json.dumps(what), "utf-8")
    return str(path)


def test_what_is_whole_has_no_fault() -> None:
    assert faults_of(report(**FLOORS), named_tests()) == []


@pytest.mark.parametrize("tier", FLOORS)
def test_each_required_tier_that_shrank_is_told(tier: str) -> None:
    shrunk = {**FLOORS, tier: FLOORS[tier] - 1}
    (fault,) = faults_of(report(**shrunk), named_tests())
    assert fault.startswith(f"tier {tier}: {FLOORS[tier] - 1} passed")


def test_a_hazards_test_that_did_not_pass_is_told() -> None:
    told = faults_of(report(**FLOORS), {*named_tests(), "tests/unit/x.py::test_gone"})
    assert told == ["named in the hazard table, did not pass: tests/unit/x.py::test_gone"]


@pytest.mark.parametrize("tier", ["image", "card", "export", "unit"])
def test_a_tier_that_runs_alone_fails_when_it_ran_nothing(
    tmp_path: Path, tier: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--only", f"{tier}=5", write(tmp_path, report())]) == 1
    assert f"tier {tier}: 0 passed, at least 5 must" in capsys.readouterr().out
    assert main(["--only", f"{tier}=5", write(tmp_path, report(**{tier: 5}))]) == 0


@pytest.mark.parametrize("what", ["failed", "skipped"])
def test_a_skip_is_no_pass_of_a_tier_that_runs_alone(tmp_path: Path, what: str) -> None:
    whole = report(image=50)
    whole["tiers"]["image"][what] = 1  # type: ignore[index]
    assert main(["--only", "image=5", write(tmp_path, whole)]) == 1


def test_reports_of_several_runs_are_added_up(tmp_path: Path) -> None:
    some = {tier: count for tier, count in FLOORS.items() if tier != "systemd"}
    one, other = report(**some), report(systemd=FLOORS["systemd"])
    paths = [write(tmp_path, one, "one"), write(tmp_path, other, "other")]
    assert main(paths[:1]) == 1
    assert main(paths) == 0


def failing(*tests: str) -> dict[str, object]:
    whole = report(**FLOORS)
    for test in tests:
        whole["tiers"][tier_of(test)]["failed"] += 1  # type: ignore[index]
    return {**whole, "failed": list(tests)}


def test_what_a_second_run_passes_has_not_failed(tmp_path: Path) -> None:
    late, bad = "tests/scenario/test_x.py::test_late", "tests/unit/test_y.py::test_bad"
    first = write(tmp_path, failing(late, bad), "first")
    again = {**report(scenario=1), "passed": [late]}
    assert main([first]) == 1
    assert main([first, write(tmp_path, again, "again")]) == 1
    again["passed"] = [late, bad]
    assert main([first, write(tmp_path, again, "again")]) == 0


def test_a_test_that_fails_in_its_end_has_not_passed(tmp_path: Path) -> None:
    """Its own call passed, its fixtures' end did not: both are in the report."""
    late = "tests/scenario/test_x.py::test_late"
    again = {**failing(late), "passed": [*sorted(named_tests()), late]}
    assert main([write(tmp_path, failing(late), "first"), write(tmp_path, again, "again")]) == 1
