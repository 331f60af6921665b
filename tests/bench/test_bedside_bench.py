"""What a whole bedside needs: cuff, oximeter and text lines.  Measures and keeps; asserts no time.

Run with `bash deploy/test.sh -m bench tests/bench -s`.  The simulation is told to be quiet while
the daemon is measured: what its reports cost is no part of the daemon.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.bench_process import Samples, resident_mb, share_mb
from hw_mocks.endurance.run import endure
from hw_mocks.endurance.world import Plan
from hw_mocks.instruments.line_nmea import Stream
from tests.bench.conftest import DISPLAYS, Keep, cpu_quietly, display_settings
from tests.scenario.bedside import BEDSIDE
from tests.scenario.test_bad_ports import link_is
from tests.scenario.worlds import SHIPPED, World, prepare_world, running, usual_utc_s

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

OVER_S = 20.0
REPLUGS = 6
AWAY_S = (5.0, 7.0)
"""The pauses between attempts to open have grown to their longest by then."""
KILLS = 7
HOURS, SPEED = 1.25, 10.0
"""An hour of simulated time, after what a process takes in its first ten minutes."""


@contextmanager
def at_work(tmp_path: Path, display: str) -> Iterator[World]:
    """Run a daemon at the speed of time with an encounter open and everything streaming."""
    settings = display_settings(tmp_path, display)
    world = prepare_world(tmp_path, instruments=BEDSIDE, settings=settings, speed=1.0)
    with running(world):
        world.ready()
        for name in BEDSIDE:
            link_is(world, name, "speaking")
        world.keys("A 1")
        world.type({"age_years": 31})
        world.boards["thermometer"].streams["temp_degc"] = Stream(36.6, 0.5, 0.3)
        with wandering_pulse(world):
            yield world


@contextmanager
def wandering_pulse(world: World) -> Iterator[None]:
    """Let every packet of the oximeter be another number."""
    stop, chance = threading.Event(), random.Random(1)

    def wander() -> None:
        while not stop.wait(0.3):
            world.boards["oximeter"].pulse_rate_bpm = 80 + chance.randint(-9, 9)

    thread = threading.Thread(target=wander)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("display", DISPLAYS)
def test_cpu_with_cuff_oximeter_and_text_lines(tmp_path: Path, keep: Keep, display: str) -> None:
    samples: Samples = {}
    with at_work(tmp_path, display) as world:
        world.keys("*")
        world.wait(lambda: world.boards["cuff"].cuff_mmhg > 30.0, "the cuff to fill")
        samples["CPU while the cuff measures, % of a core"] = [cpu_quietly(world, OVER_S)]
        world.wait(lambda: world.boards["cuff"].cuff_mmhg == 0.0, "the end of it", 90.0)
        world.keys("D")
        frames = len(world.app.frames)
        time.sleep(5.0)
        samples["screens a second"] = [(len(world.app.frames) - frames) / 5.0]
        samples["CPU while the cuff rests, % of a core"] = [cpu_quietly(world, OVER_S)]
        samples["memory, largest resident, MB"] = [resident_mb(world.app.pid)]
        samples["memory, each page once, MB"] = [share_mb(world.app.pid)]
    keep(f"bedside-{display}", {f"bedside, {display}, {n}": each for n, each in samples.items()})


def test_replug_to_values_again(tmp_path: Path, keep: Keep) -> None:
    chance = random.Random(2)
    samples: Samples = {name: [] for name in BEDSIDE}
    with at_work(tmp_path, "capture") as world:
        for name in BEDSIDE:
            for _ in range(REPLUGS):
                world.boards[name].unplug()
                link_is(world, name, "absent")
                time.sleep(chance.uniform(*AWAY_S))
                world.keys("D")  # somebody is there: the patient must not be cleared
                seen = len(world.app.events)
                world.boards[name].plug()
                plugged_s = time.monotonic()
                world.wait(lambda n=name, s=seen: has_value(world, n, s), f"values of {name}")
                samples[name].append(time.monotonic() - plugged_s)
    keep("replug", {f"replug to values again, {n}, s": each for n, each in samples.items()})


def has_value(world: World, name: str, since: int) -> bool:
    return any(
        e["event"] == "MeasurementReceived"
        and e["fields"]["measurement"]["source"]["name"] == name
        and e["fields"]["measurement"]["value"] is not None
        for e in world.app.events[since:]
    )


def test_sigkill_to_ready_again(tmp_path: Path, keep: Keep) -> None:
    samples = []
    with at_work(tmp_path, "framebuffer") as world:
        for _ in range(KILLS):
            killed_s = time.monotonic()
            world.app.kill()
            seen = len(world.app.events)
            world.app.start()
            world.wait(lambda s=seen: idle_since(world, s), "the ready screen")
            samples.append(time.monotonic() - killed_s)
    keep("killed", {"SIGKILL to the ready screen, instruments plugged in, s": samples})


def idle_since(world: World, seen: int) -> bool:
    return any(e["mode"] == "idle" for e in world.app.events[seen:])


def test_memory_over_an_hour_of_fast_clock(tmp_path: Path, keep: Keep) -> None:
    plan = Plan(1, HOURS, SPEED, usual_utc_s(), SHIPPED.parent, deaths=0.0)
    report = endure(plan, tmp_path, print)
    assert report.faults == []
    (slope,) = report.memory
    for name, figure in slope.items():
        print(f"{name:20} {figure}")
    more = {n: slope[f"{n}_last"] - slope[f"{n}_first"] for n in ("descriptors", "threads")}
    keep(
        "memory",
        {
            "own memory, slope, kB a simulated hour": [slope["own_kb_an_hour"]],
            "own memory at the end, MB": [slope["own_last_kb"] * 1024 / 1e6],
            "resident memory, slope, kB a simulated hour": [slope["resident_kb_an_hour"]],
            "resident memory at the end, MB": [slope["resident_last_kb"] * 1024 / 1e6],
            "descriptors more at the end": [more["descriptors"]],
            "threads more at the end": [more["threads"]],
        },
    )
