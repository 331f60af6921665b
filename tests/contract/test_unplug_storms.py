"""Cables pulled and put back again and again, for every protocol with its simulated device.

No descriptor, thread or port is left behind, and what is plugged in at the end is read.
"""

from __future__ import annotations

import gc
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.events import Event, LinkChanged, LinkState, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.instruments import port as port_module
from appliance.instruments import worker as worker_module
from appliance.instruments.instrument import Instrument
from appliance.instruments.protocols import find_protocol
from appliance.instruments.worker import PortWorker
from hw_mocks.boards import KINDS_OF_BOARD, set_values
from hw_mocks.clock import Course, SimulatedClock
from hw_mocks.endurance.memory import held_by
from hw_mocks.instruments.board import Board
from hw_mocks.instruments.line_nmea import LineBoard, Stream
from hw_mocks.ports import SimulatedPort
from tests.contract.events_heard import Events, wait_until

STORM = 40
"""Pulls; in well under half a minute, as 100 in a minute."""
SAYS = {"astm_lis01": {"glucose_mmol_l": 6.4}, "nonin_oem3:13": {"spo2_pct": 95}}
"""What devices are given to say that speak only when they have something."""
OPEN = (LinkState.SILENT, LinkState.SPEAKING)
RATE = 4.0
DEADLINE_S = 40.0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reopen at once: a storm is of unplugging, not of waiting."""
    monkeypatch.setattr(worker_module, "FIRST_PAUSE_S", 0.002)
    monkeypatch.setattr(worker_module, "LAST_PAUSE_S", 0.01)
    monkeypatch.setattr(port_module, "SETTLE_S", 0.001)


class Storm:
    """One simulated device, its worker, and what was heard of the link."""

    def __init__(self, protocol: str, folder: Path) -> None:
        self.protocol = protocol
        self.clock = SimulatedClock(Course(time.monotonic(), RATE, 1_800_000_000.0))
        self.port = SimulatedPort(folder / "port")
        self.board: Board = KINDS_OF_BOARD[protocol].make("board", self.port, self.clock, 1)
        self.events = Events(DEADLINE_S)
        self.states: list[LinkState] = []
        self.died: list[WorkerDied] = []
        instrument = Instrument("device", str(self.port.path), find_protocol(protocol))
        self.worker = PortWorker(instrument, self.clock, self.post, Heartbeats())
        if isinstance(self.board, LineBoard):
            self.board.streams["temp_degc"] = Stream(36.7, 0.5, 0.0, "V")

    def post(self, event: Event) -> None:
        if isinstance(event, LinkChanged):
            self.states.append(event.state)
        elif isinstance(event, WorkerDied):
            self.died.append(event)

    def await_heard(self) -> None:
        if self.protocol in SAYS:
            # Said before the port is open it would be lost, as from the real device.
            wait_until(lambda: self.worker.state in OPEN, DEADLINE_S)
            set_values(self.board, self.protocol, SAYS[self.protocol])
        wait_until(lambda: self.worker.state is LinkState.SPEAKING, DEADLINE_S)

    def pull(self, chance: random.Random) -> bool:
        """Pull at any moment and put back; whether it was waited until the port was open again."""
        opened = self.worker.counters().reopened
        self.board.unplug()
        time.sleep(chance.choice((0.0, 0.001, 0.02)))
        self.board.plug()
        if chance.random() < 0.5:
            wait_until(lambda: self.worker.counters().reopened > opened, DEADLINE_S)
            return True
        time.sleep(chance.choice((0.0, 0.002, 0.02)))
        return False


@pytest.fixture(params=sorted(KINDS_OF_BOARD))
def storm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storm]:
    storm = Storm(request.param, tmp_path)
    storm.board.start()
    storm.worker.start()
    yield storm
    assert storm.worker.stop(DEADLINE_S)
    storm.board.stop()


def held() -> tuple[int, int]:
    gc.collect()
    return held_by(os.getpid(), 0.0).descriptors, threading.active_count()


@pytest.mark.usefixtures("quick")
def test_a_storm_leaves_nothing_behind_and_ends_with_a_device_that_is_read(storm: Storm) -> None:
    chance = random.Random(storm.protocol)
    storm.await_heard()
    before = held()
    waited = sum(storm.pull(chance) for _ in range(STORM))
    storm.board.unplug()
    wait_until(lambda: storm.worker.state is LinkState.ABSENT, DEADLINE_S)
    storm.board.plug()
    storm.await_heard()
    assert held() == before
    assert storm.died == []
    counters = storm.worker.counters()
    assert counters.reopened >= waited > 0
    assert not any(each.startswith("decoder failed") for each in counters.errors)
