"""The part of `appliance bench` with instruments: cuff, oximeter and text lines streaming.

They are simulated ones, each a process of its own on a port of its own, so that what they need
is not counted.  The daemon runs by the machine's clock, with nothing of a simulation in it.
Where the simulated instruments are not installed, there are no such figures.
"""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from appliance.bench_process import Samples, cpu_percent, resident_mb, share_mb, start_daemon
from appliance.status import NotRunning, read_status

SIMULATION = "hw_mocks"
INSTRUMENTS: Mapping[str, tuple[str, ...]] = {
    "cuff": ("suntech_nibp",),
    "oximeter": ("nonin_oem3:7",),
    "thermometer": ("line_nmea", "--value", "temp_degc=36.8", "--every-s", "1"),
}
"""Name, protocol and what it is to say."""
ROUNDS = 3
OVER_S = 10.0
REPLUGS = 4
AWAY_S, LONGER_S = 5.0, 0.55
"""So long unplugged, and each time longer: the pauses between attempts to open have grown to
their longest, and the plug comes at every part of one."""
WITHIN_S = 30.0
POLL_S = 0.02


class BenchFailed(Exception):
    """Something did not come in time; its text says what."""


def can_simulate() -> bool:
    """Whether the simulated instruments are installed here."""
    return importlib.util.find_spec(SIMULATION) is not None


def bedside_times(bundle: Path) -> Samples:
    """Measure CPU and memory with all of them streaming, and how soon values are back.

    Raises BenchFailed.
    """
    samples: Samples = {}
    with tempfile.TemporaryDirectory(prefix="bedside-bench-") as name:
        folder = Path(name)
        with _bedside(folder) as instruments:
            process, _ = start_daemon(folder, bundle, _settings(folder))
            try:
                _until(lambda: all(_speaks(folder, each) for each in INSTRUMENTS), "them to speak")
                samples["CPU, three instruments streaming, % of a core"] = [
                    cpu_percent(process.pid, OVER_S) for _ in range(ROUNDS)
                ]
                samples["memory, three instruments, largest resident, MB"] = [
                    resident_mb(process.pid)
                ]
                samples["memory, three instruments, each page once, MB"] = [share_mb(process.pid)]
                for each in INSTRUMENTS:
                    samples[f"replug to values again, {each}, s"] = [
                        _replug(folder, each, instruments, AWAY_S + LONGER_S * index)
                        for index in range(REPLUGS)
                    ]
            finally:
                process.terminate()
                process.wait()
    return samples


def _settings(folder: Path) -> str:
    tables = [f"[status]\nsocket = {json.dumps(str(folder / 'status'))}\n"]
    for name, (protocol, *_) in INSTRUMENTS.items():
        port = json.dumps(str(folder / name))
        tables.append(f"[[instruments]]\nname = '{name}'\nprotocol = '{protocol}'\nport = {port}\n")
    return "".join(tables)


@contextmanager
def _bedside(folder: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    instruments = {name: _plug(folder, name) for name in INSTRUMENTS}
    try:
        yield instruments
    finally:
        for process in instruments.values():
            _unplug(process)


def _plug(folder: Path, name: str) -> subprocess.Popen[bytes]:
    """Start an instrument; it is plugged in as soon as its port is there."""
    protocol, *more = INSTRUMENTS[name]
    command = [sys.executable, "-m", SIMULATION, "instrument", protocol]
    process = subprocess.Popen(
        [*command, "--port", str(folder / name), *more], stdout=subprocess.DEVNULL
    )
    _until((folder / name).exists, f"the port of the {name}")
    return process


def _unplug(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    process.wait()


def _replug(
    folder: Path, name: str, instruments: dict[str, subprocess.Popen[bytes]], away_s: float
) -> float:
    """Return the seconds from the plug to the first good frame after it."""
    _unplug(instruments[name])
    _until(lambda: _fact(folder, name)["state"] == "absent", f"{name} to be missed")
    time.sleep(away_s)
    before = _good(folder, name)
    instruments[name] = _plug(folder, name)
    plugged_s = time.monotonic()
    _until(lambda: _speaks(folder, name) and _good(folder, name) > before, f"{name} to be back")
    return time.monotonic() - plugged_s


def _speaks(folder: Path, name: str) -> bool:
    return bool(_fact(folder, name)["state"] == "speaking")


def _good(folder: Path, name: str) -> int:
    return int(_fact(folder, name)["counters"]["good"])


def _fact(folder: Path, name: str) -> dict[str, Any]:
    """Return what the status tells of one instrument; nothing known while it does not answer."""
    try:
        told = read_status(folder / "status")
    except NotRunning:
        return {"state": None, "counters": {"good": 0}}
    return next(dict(each) for each in told["instruments"] if each["name"] == name)


def _until(holds: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + WITHIN_S
    while not holds():
        if time.monotonic() > until:
            raise BenchFailed(f"waited {WITHIN_S:g} s in vain for {what}")
        time.sleep(POLL_S)
