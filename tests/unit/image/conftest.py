"""Debian's disk tools lie where an ordinary user's PATH does not look."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

SBIN = "/usr/sbin:/sbin"
NEEDS_DTC = "test_device_trees.py"


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    os.environ["PATH"] += f":{SBIN}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("dtc"):
        return
    missing = pytest.mark.skip(reason="dtc is not installed here (bash deploy/ci-packages.sh)")
    for item in items:
        if Path(item.path).name == NEEDS_DTC:
            item.add_marker(missing)
