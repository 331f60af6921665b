"""Bad clocks, displays, settings and endings on the real daemon."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.scenario.worlds import (
    SEVERE,
    World,
    copy_of_bundle,
    prepare_world,
    running,
    seal,
    signal_child,
)

HIGH = SEVERE | {"systolic_mmhg": 150, "diastolic_mmhg": 95, "glucose_mmol_l": 12.5}
ENDS_WITHIN_S = 2.0


def test_an_encounter_works_though_the_clock_says_1970(tmp_path: Path) -> None:
    with running(prepare_world(tmp_path, utc_s=86_400.0)) as world:
        world.ready()
        world.wait_for_words("clock not set", "not set: answers carry no time of day")
        result = world.encounter(HIGH)
        assert result["outcome"] == "answered"
        world.wait_for_words("HIGH RISK", "Valid for 14 min")
        assert "Valid until" not in world.words
        assert all(event["utc_s"] is None for event in world.app.events)


def test_ages_and_validity_do_not_follow_a_wrong_clock(tmp_path: Path) -> None:
    with running(prepare_world(tmp_path, utc_s=86_400.0)) as world:
        world.ready()
        world.encounter(HIGH)
        world.app.advance(100.0)
        world.wait_for_words("Valid for 13 min")
        world.keys("B")
        world.wait_for_words("min ago, typed" if "min ago" in world.words else "s ago, typed")
        for _ in range(9):
            world.keys("D")
            world.app.advance(100.0)
        world.wait_for_words("measure again")


def newest_picture(world: World) -> Path:
    return max(world.screens.glob("[0-9]*.png"), key=lambda path: int(path.name.split("-")[0]))


def is_black(path: Path) -> bool:
    with Image.open(path) as picture:
        return picture.getextrema() == ((0, 0), (0, 0), (0, 0))


def test_a_display_that_fails_is_told_survived_and_mended(tmp_path: Path) -> None:
    with running(prepare_world(tmp_path, instruments=("cuff",))) as world:
        world.ready()
        world.keys("A 1")
        world.type({"age_years": 30})
        kept = world.folder / "kept"
        world.screens.rename(kept)
        world.screens.write_text("no folder", "utf-8")
        shown = len(world.app.frames)
        world.keys("D")
        fault = world.event("DisplayFaulted")
        assert "cannot be kept" in fault["words"]
        assert "do not trust what it shows" in fault["words"]
        # The fault pattern alone has yellow without green.
        world.wait(lambda: world.app.lit == {"yellow"}, "the lamp of a fault")
        assert len(world.app.frames) == shown

        world.type({"temp_degc": 36.8})  # nothing of the encounter is lost meanwhile
        world.screens.unlink()
        kept.rename(world.screens)
        world.wait(lambda: world.event("DisplayFaulted")["words"] == "", "the display to be well")
        world.wait_for_words("36.8")
        world.wait(lambda: world.app.lit == {"green", "yellow"}, "the lamp of work")
        assert world.app.mode == "collect"
        assert "event=DISPLAY_FAULT" in world.log
        assert "event=DISPLAY_WELL" in world.log


def test_a_display_that_never_works_again_does_not_keep_the_daemon(tmp_path: Path) -> None:
    with running(prepare_world(tmp_path)) as world:
        world.ready()
        world.screens.rename(world.folder / "kept")
        world.screens.write_text("no folder", "utf-8")
        world.keys("A")
        world.wait(lambda: world.app.lit == {"yellow"}, "the lamp of a fault")
        began = time.monotonic()
        assert world.app.stop() == 0
        assert time.monotonic() - began < ENDS_WITHIN_S


def to_ready(world: World) -> None:
    world.ready()


def to_collect(world: World) -> None:
    world.ready()
    world.keys("A 1")


def to_entry(world: World) -> None:
    to_collect(world)
    world.keys("3")


def to_result(world: World) -> None:
    world.ready()
    world.encounter(SEVERE)


def to_trial(world: World) -> None:
    """A model is being tried, and its trial does not end."""
    signal_child(world, signal.SIGSTOP)


@pytest.mark.parametrize("go", [to_trial, to_ready, to_collect, to_entry, to_result])
def test_sigterm_ends_it_soon_and_leaves_nothing_on(tmp_path: Path, go: object) -> None:
    assert callable(go)
    with running(prepare_world(tmp_path, instruments=("cuff",))) as world:
        go(world)
        began = time.monotonic()
        assert world.app.stop() == 0
        assert time.monotonic() - began < ENDS_WITHIN_S
        assert world.app.lit == set()
        assert is_black(newest_picture(world))
        assert "event=READY" in world.log or go is to_trial


FIVE_FAULTS = """
colour = "blue"
[clinic]
name = 5
[timeouts]
idle_clear_s = 4000
[display]
kind = "cinema"
[[instruments]]
name = "cuff"
protocol = "smoke"
port = "/dev/null"
"""


@pytest.mark.parametrize("command", [["run", "--config"], ["check-config"]])
def test_five_faults_of_a_settings_file_are_named_at_once(
    tmp_path: Path, command: list[str]
) -> None:
    config = tmp_path / "appliance.toml"
    config.write_text(FIVE_FAULTS, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "appliance", *command, str(config)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "5 faults" in done.stderr
    for key, value in (
        ("colour", "blue"),
        ("clinic.name", "5"),
        ("timeouts.idle_clear_s", "4000"),
        ("display.kind", "cinema"),
        ("instruments[1].protocol", "smoke"),
    ):
        line = next(line for line in done.stderr.splitlines() if f" {key} = " in line)
        assert value in line
        assert "must be" in line
    assert list(tmp_path.iterdir()) == [config]


def test_the_journal_holds_codes_and_no_value_when_everything_goes_wrong(tmp_path: Path) -> None:
    bundle = copy_of_bundle(tmp_path)
    (bundle / "model.tflite").write_bytes(b"no model")
    seal(bundle, "model.tflite")
    odd = SEVERE | {"systolic_mmhg": 177, "diastolic_mmhg": 113, "temp_degc": 37.43}
    with running(prepare_world(tmp_path, instruments=("cuff",))) as world:
        world.ready()
        world.boards["cuff"].unplug()
        world.encounter(odd)
        world.screens.rename(world.folder / "kept")
        world.screens.write_text("no folder", "utf-8")
        world.keys("B")
        world.wait(lambda: "yellow" in world.app.lit, "the lamp of a fault")
    log = world.log
    for code in ("MODEL_REFUSED task=maternal-risk", "LINK state=ABSENT instrument=cuff"):
        assert f"event={code}" in log
    assert "event=DISPLAY_FAULT" in log
    for value in ("177", "113", "37.4"):
        assert value not in log
