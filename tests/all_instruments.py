"""All instruments at once at full rate: `python -m tests.all_instruments --seconds 600`.

Each simulated instrument is a process of its own on a pseudo-terminal, so that only the load of
our workers is measured: processor time, memory and its slope, bytes and values a second.  It ends
with 1 when a frame was refused or lost on a port that streams, or with --most-cpu where the
workers need more than that share of a core.  Raw samples go to out/bench/all-instruments.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue

from appliance.bench import Samples, figures, machine, resident_mb
from appliance.clock import SystemClock
from appliance.events import Event, LinkState, MeasurementReceived
from appliance.heartbeat import Heartbeats
from appliance.instruments.counters import Counters
from appliance.instruments.instrument import Instrument
from appliance.instruments.protocols import find_protocol
from appliance.instruments.worker import PortWorker
from tests.contract.events_heard import wait_until

OUT = Path(__file__).parents[1] / "out" / "bench"
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
CPU, MEMORY = "CPU of all workers, % of a core", "memory, MB"


@contextlib.contextmanager
def simulated_ports(folder: Path) -> Iterator[dict[str, Path]]:
    """Run every simulated instrument; give their ports by protocol."""
    paths = {name: folder / name.replace(":", "-") for name in (*STREAMING, *OTHERS)}
    boards = [
        subprocess.Popen(
            [sys.executable, "-m", "hw_mocks", "instrument", name, "--port", str(path)],
            stdout=subprocess.DEVNULL,
        )
        for name, path in paths.items()
    ]
    try:
        wait_until(lambda: all(path.exists() for path in paths.values()), "the ports", 60.0)
        yield paths
    finally:
        for board in boards:
            board.terminate()
        for board in boards:
            board.wait()


def measure(paths: Mapping[str, Path], seconds: float) -> tuple[Samples, dict[str, Counters]]:
    """Read all ports for so long; return what it took, and what each port saw."""
    events: SimpleQueue[Event] = SimpleQueue()
    workers = [
        PortWorker(
            Instrument(name, str(path), find_protocol(name)),
            SystemClock(),
            events.put,
            Heartbeats(),
        )
        for name, path in paths.items()
    ]
    for worker in workers:
        worker.start()
    try:
        speaking = [each for each in workers if each.instrument.name in STREAMING]
        wait_until(
            lambda: all(each.state is LinkState.SPEAKING for each in speaking), "all speak", 60.0
        )
        samples = _sampled(workers, events, seconds)
    finally:
        counters = {each.instrument.name: each.counters() for each in workers}
        stopped = [worker.stop(5.0) for worker in workers]
    if not all(stopped):
        raise TimeoutError("a worker did not end")
    return samples, counters


def faults_of(counters: Mapping[str, Counters]) -> list[str]:
    """Return what was refused or lost on ports that stream."""
    faults = []
    for name in STREAMING:
        seen = counters[name]
        # What stood in the port when it was opened may begin with half a frame.
        faults += [f"{name}: {n} times {words}" for words, n in seen.errors.items() if n > 1]
        if seen.lost_lines:
            faults.append(f"{name}: {seen.lost_lines} frames lost")
        if not seen.good:
            faults.append(f"{name}: nothing was heard")
    return faults


def slope_mb_per_hour(memory_mb: Sequence[float]) -> float:
    """Return how fast memory grows, by least squares; the first sample is left out."""
    points = list(enumerate(memory_mb[1:]))
    count = len(points)
    if count < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    over = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / over / EVERY_S * 3600


def _sampled(workers: list[PortWorker], events: SimpleQueue[Event], seconds: float) -> Samples:
    samples: Samples = {CPU: [], MEMORY: [], "bytes a second": [], "values a second": []}
    for _ in range(max(1, round(seconds / EVERY_S))):
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
        samples[CPU].append(100 * (time.process_time() - cpu_s) / passed_s)
        samples[MEMORY].append(resident_mb(os.getpid()))
        samples["bytes a second"].append(read / passed_s)
        samples["values a second"].append(values / passed_s)
    return samples


def run(seconds: float, folder: Path) -> tuple[Samples, list[str]]:
    """Measure, keep the raw samples, print the figures; return samples and faults."""
    with simulated_ports(folder) as paths:
        samples, counters = measure(paths, seconds)
    OUT.mkdir(parents=True, exist_ok=True)
    facts = {"machine": machine(), "figures": figures(samples), "samples": samples}
    (OUT / "all-instruments.json").write_text(json.dumps(facts), "utf-8")
    for words, figure in figures(samples).items():
        print(f"{words:50} {figure}")
    print(f"{'memory, MB an hour':50} {slope_mb_per_hour(samples[MEMORY]):.2f}")
    return samples, faults_of(counters)


def main(argv: Sequence[str] | None = None) -> int:
    """Run it for so long; 1 when a frame was refused or lost, or the load is too high."""
    parser = argparse.ArgumentParser(prog="tests.all_instruments", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--most-cpu", type=float, help="mean share of a core in %%, else 1")
    said = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="all-instruments-") as folder:
        samples, faults = run(said.seconds, Path(folder))
    mean = sum(samples[CPU]) / len(samples[CPU])
    if said.most_cpu is not None and mean > said.most_cpu:
        faults.append(f"{mean:.1f} % of a core, {said.most_cpu:g} are allowed")
    print("\n".join(faults) or "no frame refused or lost")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
