"""Talks to the simulated instruments on the test's machine (inside/instruments.py)."""

from __future__ import annotations

import json
from typing import Any

from tests.systemd.machine import PYTHON, Machine


class Instruments:
    """The simulated instruments on the machine."""

    def __init__(self, machine: Machine) -> None:
        self._process = machine.start(PYTHON, "-I", "/opt/bedside/test/instruments.py")

    def order(self, order: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    @property
    def cuff_mmhg(self) -> float:
        return float(self.order("ask")["mmhg"])

    @property
    def aborts(self) -> int:
        return int(self.order("ask")["aborts"])

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.kill()
        self._process.wait()
