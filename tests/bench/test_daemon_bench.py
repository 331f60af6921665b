"""What the running daemon needs of this machine.  Measures and keeps; asserts no time.

Run with `bash deploy/test.sh -m bench tests/bench`.  Raw samples go to out/bench/.  The
capturing display writes a PNG file for each screen; a framebuffer is faster.  The simulation's
own reports are part of the daemon's process and of its figures, but for those of its CPU.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.bench_process import Samples, cpu_percent, resident_mb
from hw_mocks.instruments.line_nmea import Stream, encode_line
from tests.bench.conftest import DISPLAYS, Keep, cpu_quietly, display_settings
from tests.scenario.worlds import World, prepare_world, running

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

LINES = 200
PAUSES_S = (0.42, 0.62)
"""Between two lines: at no fixed phase to the daemon's turns, and each on its own: readings
that come faster are shown 2.5 times a second (appliance.daemon.CALM_S)."""
OVER_S = 20.0
COUNT_S = 5.0
ROUNDS = 2
STREAMS = {"cuff": "systolic_mmhg", "thermometer": "temp_degc", "oximeter": "pulse_rate_bpm"}


@contextmanager
def at_work(tmp_path: Path, *instruments: str, display: str = "capture") -> Iterator[World]:
    """Run a daemon at the speed of time; every instrument speaks."""
    settings = display_settings(tmp_path, display)
    prepared = prepare_world(tmp_path, instruments=instruments, settings=settings, speed=1.0)
    with running(prepared) as world:
        world.ready()
        world.wait(lambda: world.player.heard() >= set(instruments), "the instruments")
        yield world


def test_last_byte_to_changed_pixels(tmp_path: Path, keep: Keep) -> None:
    chance = random.Random(1)
    samples = []
    with at_work(tmp_path, "thermometer") as world:
        world.boards["thermometer"].signs_of_life = False
        world.keys("A 1")
        world.keys("D D D D")
        for number in range(LINES):
            time.sleep(chance.uniform(*PAUSES_S))
            if number % 50 == 0:
                world.keys("D")  # somebody is there: the patient must not be cleared
            value = f"{36.0 + 0.1 * (number % 30):.1f}"
            line = encode_line(number, "TMP", value, "Cel", "V")
            seen = len(world.app.frames)
            sent_s = time.monotonic()
            world.boards["thermometer"].port.write(line)

            def shown(seen: int = seen, value: str = value) -> bool:
                return any(value in texts_of(frame) for frame in world.app.frames[seen:])

            world.wait(shown, f"{value} on the screen")
            frame = next(f for f in world.app.frames[seen:] if value in texts_of(f))
            samples.append((frame["real_s"] - sent_s) * 1e3)
    keep("byte-to-pixels", {"last byte to changed pixels, ms": samples})


def texts_of(frame: dict[str, object]) -> list[str]:
    texts = frame["texts"]
    assert isinstance(texts, list)
    return [text["text"] for text in texts]


@pytest.mark.parametrize(
    ("words", "noise"), [("steady values", 0.0), ("every line another value", 9.0)]
)
@pytest.mark.parametrize("display", DISPLAYS)
def test_cpu_with_three_streams(
    tmp_path: Path, keep: Keep, words: str, noise: float, display: str
) -> None:
    samples: Samples = {}
    values = {"cuff": 120.0, "thermometer": 36.6, "oximeter": 80.0}
    with at_work(tmp_path, *STREAMS, display=display) as world:
        world.keys("A 1")
        for name, quantity in STREAMS.items():
            size = noise / 4 if quantity == "temp_degc" else noise
            world.boards[name].streams[quantity] = Stream(values[name], 0.1, size)
        samples["CPU, % of a core"] = []
        samples["screens a second"] = []
        samples["lines a second"] = []
        for _ in range(ROUNDS):
            world.keys("D")
            frames, events = len(world.app.frames), len(world.app.events)
            time.sleep(COUNT_S)
            samples["screens a second"].append((len(world.app.frames) - frames) / COUNT_S)
            lines = [e for e in world.app.events[events:] if e["event"] == "MeasurementReceived"]
            samples["lines a second"].append(len(lines) / COUNT_S)
            samples["CPU, % of a core"].append(cpu_quietly(world, OVER_S))
        samples["memory, MB"] = [resident_mb(world.app.pid)]
    named = {f"{name}, three streams, {words}, {display}": s for name, s in samples.items()}
    keep(f"streams-{words.replace(' ', '-')}-{display}", named)


def test_cpu_idle(tmp_path: Path, keep: Keep) -> None:
    with at_work(tmp_path, *STREAMS) as world:
        with_life = [cpu_percent(world.app.pid, OVER_S) for _ in range(ROUNDS)]
        for board in world.boards.values():
            board.signs_of_life = False
        without = [cpu_percent(world.app.pid, OVER_S) for _ in range(ROUNDS)]
    keep(
        "idle",
        {
            "CPU idle, three instruments and keypad, signs of life, % of a core": with_life,
            "CPU idle, three silent ports and keypad, % of a core": without,
        },
    )
