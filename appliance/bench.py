"""`appliance bench`: what this machine needs for each part of an answer.

Times are medians and 99th percentiles of raw samples, which are kept with the machine's
description when a file is named.  Nothing here asserts a time.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from appliance.bench_bedside import BenchFailed, bedside_times, can_simulate
from appliance.bench_process import Samples, cpu_percent, resident_mb, share_mb, start_daemon
from appliance.clinical.assessment import assess, quantise
from appliance.clinical.quantities import Value
from appliance.clinical.task import Task
from appliance.exits import Exit
from appliance.inference.bundle import Bundle, read_bundle
from appliance.inference.engines import open_engine
from appliance.inference.refusals import BundleRefused, ModelUnreadable, RuntimeRefused
from appliance.output import unread, write_whole

FEW = 7
"""Samples of what takes long (imports, starts)."""
IDLE_S = 10.0
SETTLE_S = 2.0
"""After READY the first screen is still drawn: that is not idling yet."""
IDLE_ROUNDS = 3
BATCH = 16
"""Short calls timed together, so that the timer's own cost does not show."""


def run_bench(folder: Path, count: int, output: Path | None, as_json: bool) -> int:
    """Measure with this bundle, print the figures, keep the raw samples."""
    if output is not None:
        # Before the minute of measuring: its samples are not to be lost for want of a folder.
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return unread(error)
    try:
        bundle = read_bundle(folder)
        if bundle.task.score is not None:
            raise BundleRefused("kind", "This bundle is a rule: it has no model to measure.")
        samples = short_times(bundle, max(count, 10))
    except (BundleRefused, RuntimeRefused, ModelUnreadable) as error:
        print(error, file=sys.stderr)
        return Exit.MODEL_REFUSED
    samples["import of the daemon, ms"] = [_import_ms() for _ in range(FEW)]
    samples |= daemon_times(folder)
    if can_simulate():
        try:
            samples |= bedside_times(folder)
        except BenchFailed as error:
            print(error, file=sys.stderr)
            return Exit.HARDWARE
    else:
        print("No simulated instruments here: streaming was not measured.", file=sys.stderr)
    facts = {"machine": machine(), "figures": figures(samples)}
    if output is not None:
        try:
            write_whole(output, lambda out: json.dump({**facts, "samples": samples}, out))
        except OSError as error:
            return unread(error)
    if as_json:
        print(json.dumps(facts))
    else:
        _print(facts)
    return Exit.DONE


def machine() -> dict[str, str]:
    """Return what the figures were measured on; no serial number, no host name."""
    model = Path("/proc/device-tree/model")
    return {
        "architecture": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "cpus": str(os.cpu_count()),
        "board": model.read_text("ascii", "replace").strip("\0") if model.exists() else "",
    }


def figures(samples: Samples) -> dict[str, dict[str, float]]:
    """Return count, median and 99th percentile of each list of samples."""
    return {
        name: {
            "n": len(values),
            "p50": round(statistics.median(values), 3),
            "p99": round(sorted(values)[max(0, -(-99 * len(values) // 100) - 1)], 3),
        }
        for name, values in samples.items()
    }


def short_times(bundle: Bundle, count: int) -> Samples:
    """Time model load, one invocation, and one whole assessment."""
    load = []
    for _ in range(FEW):
        started = time.perf_counter()
        open_engine("auto", bundle.model).close()
        load.append((time.perf_counter() - started) * 1e3)
    engine = open_engine("auto", bundle.model)
    task = bundle.task
    values, quantised = _usual(task), quantise(task, [i.reference for i in task.inputs])
    invoke = _time_us(lambda: engine.invoke(quantised), count)
    whole = _time_us(lambda: assess(task, values, engine.invoke, explain=False), count)
    explained = _time_us(lambda: assess(task, values, engine.invoke), count)
    engine.close()
    own = statistics.median(whole) - statistics.median(invoke)
    return {
        "model load, ms": load,
        "set+invoke+get, us": invoke,
        "full assessment, us": whole,
        "assessment beyond set+invoke+get, us": [own],
        "full assessment with explanation, us": explained,
    }


def daemon_times(bundle: Path) -> Samples:
    """Time starts of the real daemon to READY, also after a death; weigh memory and idle CPU."""
    ready, again, memory, share, idle = [], [], [], [], []
    for index in range(FEW):
        with tempfile.TemporaryDirectory(prefix="bedside-bench-") as folder:
            process, seconds = start_daemon(Path(folder), bundle)
            ready.append(seconds)
            killed = time.monotonic()
            process.kill()
            process.wait()
            process, _ = start_daemon(Path(folder), bundle)
            again.append(time.monotonic() - killed)
            if index == FEW - 1:
                time.sleep(SETTLE_S)
                idle += [cpu_percent(process.pid, IDLE_S) for _ in range(IDLE_ROUNDS)]
                memory.append(resident_mb(process.pid))
                share.append(share_mb(process.pid))
            process.terminate()
            process.wait()
    return {
        "start to READY, s": ready,
        "SIGKILL to READY again, without a restart delay, s": again,
        "memory, largest resident, MB": memory,
        "memory, each page once, MB": share,
        "CPU idle, % of a core": idle,
    }


def _usual(task: Task) -> Mapping[str, Value]:
    """Return the reference value of each input: what is usual, and inside every limit."""
    words = {i.quantity: {code: word for word, code in i.codes} for i in task.inputs}
    return {i.quantity: words[i.quantity].get(i.reference, i.reference) for i in task.inputs}


def _time_us(call: Callable[[], object], count: int) -> list[float]:
    samples = []
    for _ in range(count):
        started = time.perf_counter_ns()
        for _ in range(BATCH):
            call()
        samples.append((time.perf_counter_ns() - started) / 1e3 / BATCH)
    return samples


def _import_ms() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import appliance.wiring"], check=True)
    return (time.perf_counter() - started) * 1e3


def _print(facts: Mapping[str, Any]) -> None:
    for key, value in facts["machine"].items():
        print(f"{key}: {value}")
    for name, each in facts["figures"].items():
        print(f"{name:52} p50 {each['p50']:10.3f}   p99 {each['p99']:10.3f}   n {each['n']}")
