"""All instruments at once at full rate: what their workers need of this machine.

Run with `bash deploy/test.sh -m bench tests/bench/test_all_instruments_bench.py -s`; for longer,
set BENCH_SECONDS.  Each simulated instrument is a process of its own, so that only the workers'
load is measured.  Nothing is asserted but that no frame was refused or lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from appliance.bench import Samples, figures, machine, resident_mb
from appliance.clock import SystemClock
from appliance.events import Event, LinkState, MeasurementReceived
from appliance.heartbeat import Heartbeats
from appliance.instruments.instrument import Instrument
from appliance.instruments.protocols import find_protocol
from appliance.instruments.worker import PortWorker
from tests.contract.events_heard import wait_until

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
pytestmark = [pytest.mark.bench, pytest.mark.timeout(int(SECONDS) + 120)]

OUT = Path(__file__).parents[2] / "out" / "bench"
STREAMING = (
    "nonin_oem3:2",
    "nonin_oem3:7",
    "nonin_oem3:1",
    "contec_cms50:old",
    "contec_cms50:v7",
    "and_scale",
    "gy_mcu90614",
    "healthypi_openview",
)
OTHERS = ("line_nmea", "suntech_nibp", "onetouch_ultraeasy", "astm_lis01")
EVERY_S = 10.0


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[dict[str, Path]]:
    paths = {name: tmp_path / name.replace(":", "-") for name in (*STREAMING, *OTHERS)}
    boards = [
        subprocess.Popen(
            [sys.executable, "-m", "hw_mocks", "instrument", name, "--port", str(path)],
            stdout=subprocess.DEVNULL,
        )
        for name, path in paths.items()
    ]
    try:
        yield paths
    finally:
        for board in boards:
            board.terminate()
        for board in boards:
            board.wait()


def test_all_at_once(ports: dict[str, Path]) -> None:
    wait_until(lambda: all(path.exists() for path in ports.values()), "the ports are there", 60.0)
    events: SimpleQueue[Event] = SimpleQueue()
    workers = [
        PortWorker(
            Instrument(name, str(path), find_protocol(name)),
            SystemClock(),
            events.put,
            Heartbeats(),
        )
        for name, path in ports.items()
    ]
    for worker in workers:
        worker.start()
    try:
        speaking = [each for each in workers if each.instrument.name in STREAMING]
        wait_until(
            lambda: all(each.state is LinkState.SPEAKING for each in speaking), "all speak", 30.0
        )
        samples = _measured(workers, events)
    finally:
        counters = {each.instrument.name: each.counters() for each in workers}
        for worker in workers:
            assert worker.stop(5.0)
    for name in STREAMING:
        # What stood in the port when it was opened may begin with half a frame.
        late = {words: n for words, n in counters[name].errors.items() if n > 1}
        assert not late, (name, late)
        assert counters[name].lost_lines == 0
    OUT.mkdir(parents=True, exist_ok=True)
    facts = {"machine": machine(), "figures": figures(samples), "samples": samples}
    (OUT / "all-instruments.json").write_text(json.dumps(facts), "utf-8")
    for words, figure in figures(samples).items():
        print(f"{words:50} {figure}")


def _measured(workers: list[PortWorker], events: SimpleQueue[Event]) -> Samples:
    samples: Samples = {
        "CPU of all workers, % of a core": [],
        "memory, MB": [],
        "bytes a second": [],
        "values a second": [],
    }
    rounds = max(1, round(SECONDS / EVERY_S))
    for _ in range(rounds):
        began_s, cpu_s = time.monotonic(), time.process_time()
        size = sum(each.counters().bytes_read for each in workers)
        while not events.empty():
            events.get()
        time.sleep(EVERY_S)
        passed_s = time.monotonic() - began_s
        values = 0
        while not events.empty():
            values += isinstance(events.get(), MeasurementReceived)
        read = sum(each.counters().bytes_read for each in workers) - size
        samples["CPU of all workers, % of a core"].append(
            100 * (time.process_time() - cpu_s) / passed_s
        )
        samples["memory, MB"].append(resident_mb(os.getpid()))
        samples["bytes a second"].append(read / passed_s)
        samples["values a second"].append(values / passed_s)
    return samples
