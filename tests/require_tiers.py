"""Fails when a tier of the tests did not run, or a test named in the hazard table did not.

Usage: python -m tests.require_tiers REPORT.json...
       python -m tests.require_tiers --only TIER=FEWEST REPORT.json   (a tier that runs alone)
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.hazards import named_tests

TIERS = (
    "unit", "contract", "scenario", "systemd", "image", "card", "export", "browser", "bench", "hil",
)  # fmt: skip
"""A test is of the tier whose folder it lies in, else a unit test."""
FLOORS = {"unit": 2500, "contract": 200, "scenario": 60, "systemd": 40}
"""Fewest passed tests of each required tier: a tier that shrinks is noticed."""


def tier_of(nodeid: str) -> str:
    """Return the tier of a test."""
    return next((tier for tier in TIERS if f"tests/{tier}/" in nodeid), "unit")


def faults_of(report: dict[str, object], named: set[str]) -> list[str]:
    """Return what is missing from a report."""
    tiers, passed = report["tiers"], report["passed"]
    assert isinstance(tiers, dict)
    assert isinstance(passed, list)
    faults = [
        f"tier {tier}: {tiers[tier]['passed']} passed, at least {floor} must"
        for tier, floor in FLOORS.items()
        if tiers[tier]["passed"] < floor
    ]
    faults += [f"tier {tier}: {n['failed']} failed" for tier, n in tiers.items() if n["failed"]]
    ran = {nodeid.partition("[")[0] for nodeid in passed}
    return faults + [f"named in the hazard table, did not pass: {test}" for test in named - ran]


def faults_of_one(report: dict[str, Any], tier: str, floor: int) -> list[str]:
    """Return what is missing from the report of a tier that ran alone; a skip is no pass."""
    counts = report["tiers"][tier]
    faults = [f"tier {tier}: {n} {what}" for what, n in counts.items() if n and what != "passed"]
    if counts["passed"] < floor:
        faults.append(f"tier {tier}: {counts['passed']} passed, at least {floor} must")
    return faults


def joined(reports: Iterable[dict[str, Any]]) -> dict[str, object]:
    """Return the reports of several runs as one: what a later run passes has not failed."""
    tiers: dict[str, Counter[str]] = defaultdict(Counter)
    passed: list[str] = []
    failed: list[str] = []
    for report in reports:
        for test in [each for each in failed if each in set(report["passed"])]:
            failed.remove(test)
            tiers[tier_of(test)]["failed"] -= 1
        passed += report["passed"]
        failed += report.get("failed", ())
        for tier, counts in report["tiers"].items():
            tiers[tier].update(counts)
    return {"tiers": dict(tiers), "passed": passed}


def main(words: list[str]) -> int:
    """Print what is missing; return 1 if anything is."""
    only = words[1].partition("=") if words[0] == "--only" else None
    paths = words if only is None else words[2:]
    report = joined(json.loads(Path(path).read_text("utf-8")) for path in paths)
    if only is None:
        found = faults_of(report, named_tests())
    else:
        found = faults_of_one(report, only[0], int(only[2]))
    print("\n".join(found) or "every required tier ran")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
