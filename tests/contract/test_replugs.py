"""Thousands of replugs at any moment: no descriptor, thread or memory is left behind.

The everyday number is small; `bash deploy/endure.sh --replugs` makes ten thousand.
"""

from __future__ import annotations

import gc
import os
import random
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.clock import SystemClock
from appliance.events import Event, LinkState, MeasurementReceived, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.instruments import port as port_module
from appliance.instruments import worker as worker_module
from appliance.instruments.instrument import Instrument
from appliance.instruments.protocols import find_protocol
from appliance.instruments.suntech_commands import ABORT
from appliance.instruments.worker import PortWorker
from hw_mocks.endurance.memory import held_by
from hw_mocks.ports import SimulatedPort
from tests.contract.events_heard import DEADLINE_S
from tests.contract.test_serial_worker import line

EVERYDAY, MANY = 300, 10_000
WARM = 100
"""Replugs after which caches are full: what is held from then on is held for good."""
GROWN_KB = 768
"""Pages that an allocator keeps for reuse; ten thousand leaks of a hundred bytes are more."""
GROWN_OBJECTS = 400


class Bench:
    """One instrument, its worker, and what became of every replug."""

    def __init__(self, folder: Path, name: str, protocol: str) -> None:
        self._port = SimulatedPort(folder / name)
        self._heard = threading.Condition()
        self._values: set[float] = set()
        self.died: list[WorkerDied] = []
        self._turn = 0
        spoken = replace(find_protocol(protocol), gather_s=0.0005)
        self.commanded = spoken.driver is not None
        instrument = Instrument(name, str(self._port.path), spoken)
        self.worker = PortWorker(instrument, SystemClock(), self._post, Heartbeats())
        self._port.plug()
        self.worker.start()

    def _post(self, event: Event) -> None:
        with self._heard:
            match event:
                case MeasurementReceived(measurement) if isinstance(measurement.value, float):
                    self._values.add(measurement.value)
                case WorkerDied():
                    self.died.append(event)
            self._heard.notify_all()

    def replug(self, chance: random.Random) -> None:
        """Pull the cable at any moment and put it back, sooner or later; then use it."""
        if chance.random() < 0.5:
            self._port.write(chance.randbytes(chance.randint(1, 40)))
        if chance.random() < 0.3:
            self._port.write(line(self._turn % 1000)[: chance.randint(1, 30)])
        time.sleep(chance.choice((0.0, 0.0, 0.001, 0.003)))
        self._port.unplug()
        time.sleep(chance.choice((0.0, 0.0, 0.002, 0.02)))
        self._port.plug()
        self.use()

    def use(self) -> None:
        """Wait until what is plugged in now is read, or is told what it must be told first."""
        self._turn += 1
        until = time.monotonic() + DEADLINE_S
        if self.commanded:
            told = b""
            while not told.startswith(ABORT):
                assert time.monotonic() < until, f"the cuff was told {told!r}, no abort"
                told += self._port.read()
                time.sleep(0.0005)
            return
        value = 50.0 + self._turn % 50
        with self._heard:
            self._values.clear()
        while True:
            assert time.monotonic() < until, f"{self.worker.worker} did not come back"
            self._port.write(line(self._turn % 1000, int(value)))
            with self._heard:
                if self._heard.wait_for(lambda: value in self._values, 0.01):
                    return

    def clear(self) -> None:
        assert self.worker.stop(DEADLINE_S)
        self._port.unplug()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let many replugs fit into a test; the real pauses have tests of their own."""
    monkeypatch.setattr(worker_module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(worker_module, "LAST_PAUSE_S", 0.004)
    monkeypatch.setattr(port_module, "SETTLE_S", 0.0005)


def replug_all(folder: Path, count: int) -> dict[str, Any]:
    """Replug three instruments so often; return what is held after, beyond what was held."""
    chance = random.Random(count)
    benches = [
        Bench(folder, "cuff", "suntech_nibp"),
        Bench(folder, "thermometer", "line_nmea"),
        Bench(folder, "scale", "line_nmea"),
    ]
    for bench in benches:
        bench.use()
    for _ in range(WARM):
        chance.choice(benches).replug(chance)
    before, objects = held(), count_objects()
    for _ in range(count):
        chance.choice(benches).replug(chance)
    after = held()
    grown = {
        "descriptors": after.descriptors - before.descriptors,
        "threads": after.threads - before.threads,
        "kB": after.resident_kb - before.resident_kb,
        "objects": count_objects() - objects,
    }
    for bench in benches:
        assert bench.died == []
        assert bench.worker.state is not LinkState.BUSY
        bench.clear()
    reopened = sum(bench.worker.counters().reopened for bench in benches)
    return grown | {"reopened": reopened}


def held() -> Any:
    gc.collect()
    return held_by(os.getpid(), 0.0)


def count_objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def judge(grown: dict[str, Any], count: int) -> None:
    print(f"{count} replugs: {grown}")
    assert grown["descriptors"] == 0
    assert grown["threads"] == 0
    assert grown["objects"] < GROWN_OBJECTS
    assert grown["kB"] < GROWN_KB
    # The fastest are over before they are noticed; nearly all are not.
    assert grown["reopened"] > 0.8 * count


@pytest.mark.usefixtures("quick")
def test_replugs_at_any_moment_leave_nothing_behind(tmp_path: Path) -> None:
    judge(replug_all(tmp_path, EVERYDAY), EVERYDAY)


@pytest.mark.endurance
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("quick")
def test_ten_thousand_replugs_leave_nothing_behind(tmp_path: Path) -> None:
    judge(replug_all(tmp_path, MANY), MANY)
