"""Options of the whole suite: which tiers ran is written down, so that none is missing unseen."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.require_tiers import TIERS, tier_of

# How long an example takes on a busy machine is no property of the program: times are
# measured in tests/bench.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tier-report", metavar="FILE", help="write what ran, tier by tier, as JSON")
    parser.addoption("--card-image", metavar="FILE", help="the image that tests/card boots")
    parser.addoption("--card-upgrade", metavar="FILE", help="the upgrade of that image")
    boards = ("raspi3b", "raspi4b")
    parser.addoption("--card-board", default="raspi3b", choices=boards, help="the Pi to boot on")
    parser.addoption("--pictures", metavar="FOLDER", help="where tests/card leaves pictures")
    parser.addoption("--hil", action="store_true", help="run the tests that need real hardware")


class TierReport:
    """Counts outcomes by tier and keeps the names of all tests that passed or failed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts = {tier: {"passed": 0, "failed": 0, "skipped": 0} for tier in TIERS}
        self._passed: list[str] = []
        self._failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        self._counts[tier_of(report.nodeid)][report.outcome] += 1
        if report.outcome == "passed":
            self._passed.append(report.nodeid)
        elif report.outcome == "failed":
            self._failed.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        names = {"passed": self._passed, "failed": self._failed}
        text = json.dumps({"tiers": self._counts, **names}, indent=1)
        self._path.write_text(text, "utf-8")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--tier-report")
    if path and not hasattr(config, "workerinput"):  # the one process that hears of every test
        config.pluginmanager.register(TierReport(Path(path)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    if "/hil/" in item.nodeid and not item.config.getoption("--hil"):
        pytest.skip("needs real hardware: ask for it with --hil")
    yield
