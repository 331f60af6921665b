"""Fails when a tier of the tests did not run, or a test named in the hazard table did not.

Usage: python -m tests.require_tiers REPORT.json...
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.hazards import named_tests

FLOORS = {"unit": 2500, "contract": 200, "scenario": 60, "systemd": 40}
"""Fewest passed tests of each required tier: a tier that shrinks is noticed."""


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


def joined(reports: Iterable[dict[str, Any]]) -> dict[str, object]:
    """Return the reports of several runs as one."""
    tiers: dict[str, Counter[str]] = defaultdict(Counter)
    passed: list[str] = []
    for report in reports:
        passed += report["passed"]
        for tier, counts in report["tiers"].items():
            tiers[tier].update(counts)
    return {"tiers": dict(tiers), "passed": passed}


if __name__ == "__main__":
    reports = (json.loads(Path(path).read_text("utf-8")) for path in sys.argv[1:])
    found = faults_of(joined(reports), named_tests())
    print("\n".join(found) or "every required tier ran")
    sys.exit(bool(found))
