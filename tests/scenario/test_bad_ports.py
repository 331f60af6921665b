"""Bad ports on the real daemon: the screen says what is known of each, and shows no value."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hw_mocks.instruments.line_nmea import encode_line
from hw_mocks.scenario import Step
from tests.scenario.worlds import World, prepare_world, running


@contextmanager
def bad_port(tmp_path: Path, speed: float = 5.0) -> Iterator[World]:
    """Run a daemon with a good thermometer and a cuff whose board says nothing by itself."""
    world = prepare_world(tmp_path, instruments=("cuff", "thermometer"), speed=speed)
    world.boards["cuff"].signs_of_life = False
    with running(world):
        world.ready()
        link_is(world, "thermometer", "speaking")
        yield world


def link_is(world: World, name: str, state: str) -> None:
    """Wait until the last word on this link is so."""

    def last() -> str:
        states = [
            e["fields"]["state"]
            for e in world.app.events
            if e["event"] == "LinkChanged" and e["fields"]["instrument"] == name
        ]
        return states[-1] if states else ""

    world.wait(lambda: last() == state, f"{name} to be {state!r}")


def shows_no_value(world: World) -> None:
    """Open an encounter: the cuff is named as not heard, and no row has a value."""
    world.keys("A 1")
    world.wait_for_words("Not heard: cuff")
    received = [
        e["fields"]["measurement"]
        for e in world.app.events
        if e["event"] == "MeasurementReceived"
        and e["fields"]["measurement"]["source"]["name"] == "cuff"
    ]
    assert [m for m in received if m["value"] is not None] == []
    assert " ago" not in world.words
    assert world.app.events[-1]["mode"] == "collect"


def keep_saying(world: World, say: list[bytes], until: str) -> None:
    """Send these lumps round and round until the link is in this state."""
    lumps = itertools.cycle(say)

    def once() -> bool:
        world.boards["cuff"].send_raw(next(lumps))
        return any(
            e["event"] == "LinkChanged" and e["fields"] == {"instrument": "cuff", "state": until}
            for e in world.app.events
        )

    world.wait(once, f"the cuff to be {until!r}")


def test_noise_is_not_understood_and_shows_nothing(tmp_path: Path) -> None:
    noise = random.Random(1)  # the same noise every time
    with bad_port(tmp_path) as world:
        keep_saying(world, [noise.randbytes(48) for _ in range(50)], "not understood")
        world.wait_for_words("cuff", "not understood")
        shows_no_value(world)


def test_an_endless_line_is_not_understood_and_costs_no_memory(tmp_path: Path) -> None:
    with bad_port(tmp_path) as world:
        before = resident_kb(world.app.pid)
        keep_saying(world, [b"$PBVS,1,001,SBP,1" + b"1" * 500], "not understood")
        for _ in range(40):
            world.boards["cuff"].port.write(b"1" * 4000)
        world.app.sync()
        world.wait_for_words("cuff", "not understood")
        shows_no_value(world)
        assert resident_kb(world.app.pid) - before < 8000


def resident_kb(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1])


def test_a_wrong_checksum_is_never_a_value(tmp_path: Path) -> None:
    wrong = encode_line(1, "SBP", "150", "mm[Hg]", "V").replace(b"150", b"190")
    with bad_port(tmp_path) as world:
        keep_saying(world, [wrong], "not understood")
        shows_no_value(world)


def test_a_port_that_never_speaks_is_silent(tmp_path: Path) -> None:
    with bad_port(tmp_path) as world:
        link_is(world, "cuff", "silent")
        world.wait_for_words("cuff", "silent")
        shows_no_value(world)


def test_a_port_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with bad_port(tmp_path) as world:
        world.boards["cuff"].unplug()
        link_is(world, "cuff", "absent")
        world.wait_for_words("cuff", "absent")
        shows_no_value(world)


def test_a_port_that_another_program_holds_is_said_to_be_in_use(tmp_path: Path) -> None:
    world = prepare_world(tmp_path, instruments=("cuff", "thermometer"))
    world.boards["cuff"].port.plug()
    held = os.open(tmp_path / "ports" / "cuff", os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        with running(world):
            world.ready()
            link_is(world, "cuff", "in use by another program")
            world.wait_for_words("cuff", "in use by another program")
            world.boards["cuff"].send({"systolic_mmhg": 150, "diastolic_mmhg": 95})
            shows_no_value(world)
            os.close(held)
            held = -1
            link_is(world, "cuff", "speaking")
            world.player.do(send({"systolic_mmhg": 150, "diastolic_mmhg": 95}))
            world.wait_for_words("150", "95")
    finally:
        if held != -1:
            os.close(held)


def send(values: dict[str, float]) -> Step:
    return Step("send", "", values, "cuff")


def test_a_second_program_does_not_get_the_daemons_port(tmp_path: Path) -> None:
    world = prepare_world(tmp_path, instruments=("cuff",))
    with running(world):
        world.ready()
        link_is(world, "cuff", "speaking")
        command = [sys.executable, "-m", "appliance", "instruments", "--json"]
        done = subprocess.run(
            [*command, "--config", str(tmp_path / "appliance.toml")],
            capture_output=True,
            text=True,
            check=True,
        )
        cuff = next(r for r in json.loads(done.stdout) if r["instrument"] == "cuff")
        assert cuff["state"] == "in use by another program"
        world.keys("A 1")
        world.player.do(send({"systolic_mmhg": 150, "diastolic_mmhg": 95}))
        world.wait_for_words("150", "95")
