"""What the desktop's ready screen says in a given world: this file, these notes, this clock.

The card's own provisioning runs on this machine, on the same bytes, and the daemon is told of
what it found as on the card.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from appliance.card.kept import seal
from appliance.card.provision import CARD_FILE, KEPT_FILE, Places, provision
from appliance.clock import Now
from appliance.events import LinkState
from appliance.inference.bundle import read_bundle
from appliance.panel.capture import CaptureDisplay
from appliance.panel.drawing import draw
from appliance.panel.frame import Frame
from appliance.panel.keypad_matrix import NO_PINS
from appliance.panel.screens import lay_out
from appliance.panel_kinds import LARGE
from appliance.presenting import Place, present
from appliance.provisioned import report_on_settings
from appliance.settings import Settings
from appliance.settings_text import decode_text
from appliance.states import Mode, ServedTask, State
from hw_mocks.scenario import read_scenario
from tests.card.card_file import CLINIC, INSTRUMENTS
from tests.card.emulators import CLOCK, HERE
from tests.card.screens import Expected, desktop_screens, read_expected

ROOT = HERE.parents[1]


@dataclass(frozen=True, slots=True)
class World:
    """What a card and its surroundings are like at the start.

    file: bedside.toml, None for none.  kept: the last good one, None where there never was
    one.  notes: of root programs, name and words.  silent: instruments whose port is there
    without them, as the header's is; absent: those whose port is not.  kept_again: whether
    the data partition takes a write.  clinic: as the file names it.
    """

    file: bytes | None
    kept: bytes | None
    notes: Sequence[tuple[str, str]] = ()
    utc: str = CLOCK
    silent: Sequence[str] = ()
    absent: Sequence[str] = ()
    kept_again: bool = True
    clinic: str = CLINIC


def ready_in(world: World, folder: Path) -> Expected:
    """Return the ready screen in this world."""
    run, notes = _provisioned(world, folder)
    scenario = folder / "world.toml"
    scenario.write_text(_scenario(world, run, notes), "utf-8")
    return desktop_screens(read_scenario(scenario), folder / "out", ROOT / "models")[-1]


def ready_without_pins(world: World, folder: Path) -> Expected:
    """Return the ready screen of a matrix keypad on pins that cannot be used.

    The desktop's simulated pins can always be used, so the controller's state is made here.
    """
    run, notes = _provisioned(world, folder)
    report = report_on_settings(Settings(provisioned=str(run), notes=str(notes)))
    task = read_bundle(ROOT / "models/maternal-risk").task
    links = dict.fromkeys(("cuff", "thermometer"), LinkState.SPEAKING)
    state = State(Mode.IDLE, tasks=(ServedTask(task),), links=links, keypad_fault=NO_PINS)
    now = Now(0.0, datetime.fromisoformat(f"{world.utc}Z").timestamp())
    frame = lay_out(present(state, now, Place(world.clinic, settings=report)), LARGE)
    return read_expected(_captured(frame, folder))


def _captured(frame: Frame, folder: Path) -> Path:
    CaptureDisplay(folder / "screens", LARGE).show(draw(frame), frame)
    return next((folder / "screens").glob("*.png"))


def _provisioned(world: World, folder: Path) -> tuple[Path, Path]:
    """Run the card's provisioning; return the folders of its report and of the notes."""
    places = Places(folder / "boot", folder / "factory.toml", folder / "state", folder / "run")
    notes = folder / "notes"
    for each in (places.boot, places.state, places.run, notes):
        each.mkdir(parents=True)
    shutil.copyfile(ROOT / "appliance/factory.toml", places.factory)
    if world.file is not None:
        (places.boot / CARD_FILE).write_bytes(world.file)
    if world.kept is not None:
        (places.state / KEPT_FILE).write_bytes(seal(decode_text(world.kept)))
    if not world.kept_again:
        # In the way of the part that is renamed: the write fails, whoever we are.
        (places.state / f"{KEPT_FILE}.part" / "in the way").mkdir(parents=True)
    provision(places)
    for name, words in world.notes:
        (notes / name).write_text(words + "\n", "utf-8")
    return places.run, notes


def _scenario(world: World, run: Path, notes: Path) -> str:
    steps = [f'[[steps]]\nquiet = "{each}"\n' for each in world.silent]
    steps += [f'[[steps]]\nunplug = "{each}"\n' for each in world.absent]
    seen = {
        "silent": bool(world.silent),
        "absent": bool(world.absent),
        "speaking": len(world.silent) + len(world.absent) < len(INSTRUMENTS),
    }
    shows = [word for word, there in seen.items() if there]
    hides = [word for word, there in seen.items() if not there]
    return f"""
title = "A world"
task = "maternal-risk"
keypad = "pad"
clock = "{world.utc}Z"
[instruments]
cuff = "line_nmea"
thermometer = "line_nmea"
[settings.clinic]
name = "{world.clinic}"
[settings.provisioned]
folder = {json.dumps(str(run))}
notes = {json.dumps(str(notes))}
{"".join(steps)}
[[steps]]
wait_s = 0
[expect]
screen = "ready"
shows = {json.dumps(shows)}
hides = {json.dumps(hides)}
"""
