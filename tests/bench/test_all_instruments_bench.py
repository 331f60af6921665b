"""All instruments at once at full rate, for a minute; `python -m tests.all_instruments` for longer.

Run with `bash deploy/test.sh -m bench tests/bench/test_all_instruments_bench.py -s`.  Nothing is
asserted but that no frame was refused or lost.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.all_instruments import run

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
pytestmark = [pytest.mark.bench, pytest.mark.timeout(int(SECONDS) + 180)]


def test_all_at_once(tmp_path: Path) -> None:
    _, faults = run(SECONDS, tmp_path)
    assert not faults
