"""The watches that tell a busy machine from a late appliance."""

from __future__ import annotations

import os
import time

import pytest

from hw_mocks import stalls
from hw_mocks.stalls import LINES, LineWatch, together_s

LATE_S = 0.12


def test_overlapping_stalls_are_as_long_as_all_of_them_together() -> None:
    assert together_s([]) == 0.0
    assert together_s([(2.0, 1.0), (5.0, 1.0)]) == pytest.approx(2.0)
    assert together_s([(2.0, 1.0), (2.5, 1.0), (2.2, 0.1)]) == pytest.approx(1.5)


def test_a_line_that_hands_bytes_on_late_is_noticed_on_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    read = os.read

    def late(file: int, count: int) -> bytes:
        time.sleep(LATE_S)
        return read(file, count)

    watch = LineWatch()
    monkeypatch.setattr(stalls.os, "read", late)
    watch.start()
    found: list[tuple[float, float]] = []
    until_s = time.monotonic() + 30.0
    while len(found) < 2 * LINES and time.monotonic() < until_s:
        time.sleep(0.02)
        found += watch.take()
    watch.stop()
    assert len(found) >= 2 * LINES
    assert all(length >= LATE_S for _, length in found)
    assert len(os.listdir("/proc/self/fd")) == before
