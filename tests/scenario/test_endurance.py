"""A short, dense piece of a day at the bedside, with the judge of the long runs.

Whole days run by `bash deploy/endure.sh`; docs/developer/endurance.md tells how.
"""

from __future__ import annotations

from pathlib import Path

from hw_mocks.endurance.run import endure
from hw_mocks.endurance.world import Plan
from tests.scenario.worlds import SHIPPED, usual_utc_s

SIMULATED_S = 200.0
SPEED = 10.0
EVERY_S = 8.0
"""A trouble every eight simulated seconds: three times as many as on a long day."""


def test_no_wrong_stale_or_mixed_value_is_shown(tmp_path: Path) -> None:
    plan = Plan(4, SIMULATED_S / 3600.0, SPEED, usual_utc_s(), SHIPPED.parent, deaths=1 / 14)
    report = endure(plan, tmp_path, lambda _words: None, every_s=EVERY_S)
    assert report.faults == [], f"seed {plan.seed}; evidence in {tmp_path / 'evidence'}"
    # A judge that saw nothing proves nothing.  A busy machine shows a third of the usual.
    assert report.lives >= 2
    assert report.looked_at["frames"] >= 25
    assert report.looked_at["numbers"] >= 25
    assert report.numbers_said >= 500
    assert sum(report.happened.values()) >= 10
    assert not list(tmp_path.glob("evidence/*"))
