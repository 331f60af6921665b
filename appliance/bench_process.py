"""Running the real daemon to measure it: start to READY, CPU, memory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

Samples = dict[str, list[float]]

READY_WITHIN_S = 60.0
"""Given up after that: the exception is a TimeoutError."""


def start_daemon(
    folder: Path, bundle: Path, settings: str = ""
) -> tuple[subprocess.Popen[bytes], float]:
    """Start a daemon; return it and the seconds to its READY.

    Without more settings it has no hardware.  In a folder in which one ran before, this is a
    start after that one's end.
    """
    config, notify = folder / "bench.toml", folder / "notify"
    screens = folder / "screens"
    screens.mkdir(exist_ok=True)
    config.write_text(
        f"[tasks]\nbundles = [{json.dumps(str(bundle.resolve()))}]\n"
        f"[display]\nkind = 'capture'\nfolder = {json.dumps(str(screens))}\n{settings}",
        "utf-8",
    )
    notify.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(notify))
        listener.settimeout(READY_WITHIN_S)
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "run", "--config", str(config)],
            env={**os.environ, "NOTIFY_SOCKET": str(notify)},
            stderr=subprocess.DEVNULL,
        )
        while b"READY=1" not in listener.recv(4096):
            pass
        return process, time.perf_counter() - started


def cpu_percent(pid: int, over_s: float) -> float:
    """Return the share of one core that a process uses over this time, in percent."""
    before, started = _cpu_s(pid), time.monotonic()
    time.sleep(over_s)
    return 100 * (_cpu_s(pid) - before) / (time.monotonic() - started)


def resident_mb(pid: int) -> float:
    """Return the largest resident memory of a process so far, in MB (1e6 bytes).

    A page of a file counts once for each place it is mapped to: the type face, once a size.
    """
    return _mb(Path(f"/proc/{pid}/status"), "VmHWM")


def share_mb(pid: int) -> float:
    """Return the memory of a process now, in MB: each page once, shared ones in part."""
    return _mb(Path(f"/proc/{pid}/smaps_rollup"), "Pss")


def _mb(path: Path, name: str) -> float:
    line = next(each for each in path.read_text("ascii").splitlines() if each.startswith(name))
    return int(line.split()[1]) * 1024 / 1e6


def _cpu_s(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
