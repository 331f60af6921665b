"""Fails when a tier of the tests did not run, or a test named in the hazard table did not.

Usage: python -m tests.require_tiers REPORT.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.hazards import named_tests

FLOORS = {"unit": 1600, "contract": 60, "scenario": 11}
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


if __name__ == "__main__":
    found = faults_of(json.loads(Path(sys.argv[1]).read_text("utf-8")), named_tests())
    print("\n".join(found) or "every required tier ran")
    sys.exit(bool(found))
