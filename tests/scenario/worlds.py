"""One real daemon in a world that a test spoils: its bundle, its ports, its display, its clock."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hw_mocks.appliance_process import ApplianceProcess
from hw_mocks.boards import KINDS_OF_BOARD
from hw_mocks.play import Player
from hw_mocks.ports import SimulatedPort
from hw_mocks.scenario import Scenario, Step, read_scenario
from hw_mocks.settings_file import settings_text

SHIPPED = Path(__file__).parents[2] / "models" / "maternal-risk"
WITHIN_S = 20.0
"""Real seconds for anything that must come: generous, because waiting ends when it came."""

SEVERE = {
    "age_years": 30,
    "systolic_mmhg": 175,
    "diastolic_mmhg": 115,
    "glucose_mmol_l": 7.5,
    "temp_degc": 36.8,
    "pulse_rate_bpm": 84,
}
"""A woman in danger by her pressure alone."""


@dataclass(slots=True)
class World:
    """A folder with a bundle, a daemon, and its simulated instruments."""

    folder: Path
    app: ApplianceProcess
    protocols: Mapping[str, str]
    boards: Mapping[str, Any]
    player: Player = field(init=False)

    def __post_init__(self) -> None:
        self.player = Player(self.app, self.boards, self.protocols, lambda _words: None)

    @property
    def screens(self) -> Path:
        return self.folder / "screens"

    @property
    def log(self) -> str:
        return (self.folder / "daemon.log").read_text("utf-8", "replace")

    @property
    def words(self) -> str:
        """All texts that stand on the panel, one under the other."""
        return "\n".join(self.app.texts)

    def wait(self, holds: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
        self.app.wait_until(holds, within_s, what)

    def wait_for_words(self, *words: str) -> None:
        """Wait until all of these stand on the panel at once."""
        self.wait(lambda: all(each in self.words for each in words), f"{words}, not\n{self.words}")

    def ready(self, within_s: float = 60.0) -> None:
        """Wait for the ready screen to be shown."""
        self.wait(lambda: self.app.mode == "idle", "the ready screen", within_s)
        self.wait(lambda: self.app.frames[-1:] != [] and self.frame == "ready", "its frame")

    @property
    def frame(self) -> str:
        return str(self.app.frames[-1]["name"])

    def keys(self, keys: str) -> None:
        self.player.do(Step("keys", "", keys))

    def type(self, values: Mapping[str, float]) -> None:
        for quantity, value in values.items():
            self.player.do(Step("type", "", {quantity: value}))
            # An unlikely value is asked for again; the same key says that it is meant.
            if self.app.mode == "entry":
                self.keys("A")

    def encounter(self, values: Mapping[str, float]) -> dict[str, Any]:
        """Type all values, review them, ask; return the result that is on the screen."""
        self.keys("A 1")
        self.type(values)
        self.keys("A A")
        self.wait(lambda: self.app.mode == "result", "a result")
        self.wait(lambda: self.frame in ("result", "refusal"), "the result's frame")
        assert self.app.result is not None
        return self.app.result

    def event(self, name: str) -> dict[str, Any]:
        """Return the fields of the last event of this kind, waiting for one."""
        self.wait(lambda: any(e["event"] == name for e in self.app.events), name)
        fields = next(e for e in reversed(self.app.events) if e["event"] == name)["fields"]
        assert isinstance(fields, dict)
        return fields


def copy_of_bundle(folder: Path) -> Path:
    """Return a copy of the shipped bundle that may be spoilt."""
    copy = folder / "models" / "maternal-risk"
    shutil.copytree(SHIPPED, copy)
    return copy


def seal(bundle: Path, *names: str) -> None:
    """Write the hashes of changed files into bundle.toml: whoever signed it was wrong."""
    path = bundle / "bundle.toml"
    text = path.read_text("utf-8")
    for name in names:
        digest = hashlib.sha256((bundle / name).read_bytes()).hexdigest()
        text, count = re.subn(
            rf'(?m)^("{re.escape(name)}" = )"[0-9a-f]{{64}}"$', rf'\g<1>"{digest}"', text
        )
        assert count == 1, f"bundle.toml does not name {name}"
    path.write_text(text, "utf-8")


def prepare_world(
    folder: Path,
    *,
    instruments: tuple[str, ...] | Mapping[str, str] = (),
    settings: Mapping[str, object] | None = None,
    utc_s: float | None = None,
    speed: float = 5.0,
) -> World:
    """Write the settings of a daemon and make its instruments; nothing runs yet.

    instruments: name to protocol; names alone are boards of text lines.
    The bundle is `folder/models/maternal-risk` where a test made one, else the shipped one.
    """
    if utc_s is None:
        utc_s = usual_utc_s()
    if not isinstance(instruments, Mapping):
        instruments = dict.fromkeys(instruments, "line_nmea")
    models = folder / "models"
    if not models.exists():
        models = SHIPPED.parent
    scenario = Scenario(
        name="world",
        title="world",
        task="maternal-risk",
        speed=speed,
        utc_s=utc_s,
        instruments=instruments,
        settings=settings or {},
        steps=(),
        expect={},
    )
    (folder / "ports").mkdir()
    (folder / "screens").mkdir()
    config = folder / "appliance.toml"
    app = ApplianceProcess(config, folder / "daemon.log", speed, utc_s)
    text = settings_text(scenario, app.control, folder / "ports", folder / "screens", models)
    config.write_text(text, "utf-8")
    boards = {
        name: KINDS_OF_BOARD[protocol].make(
            name, SimulatedPort(folder / "ports" / name), app.clock, 0
        )
        for name, protocol in instruments.items()
    }
    return World(folder, app, instruments, boards)


@contextmanager
def running(world: World, *, plugged: bool = True) -> Iterator[World]:
    """Run the daemon and its instruments; it must end in good order, whatever was done to it."""
    if plugged:
        for board in world.boards.values():
            board.start()
    code = None
    try:
        world.app.start()
        yield world
    finally:
        code = world.app.stop()
        for board in world.boards.values():
            board.stop()
    assert code == 0, f"ended with {code}: {world.log}"
    assert "Traceback" not in world.log


def usual_utc_s() -> float:
    """Return the moment at which scenarios begin."""
    path = Path(__file__).parents[2] / "hw_mocks" / "scenarios" / "high-risk.toml"
    return read_scenario(path).utc_s


def trial_of(pid: int) -> int | None:
    """Return the process that tries a model for this daemon, or None while there is none.

    A child that is still a copy of the daemon is none yet: it has not begun.
    """
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            if b"trial_child" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    return None


def signal_child(world: World, number: signal.Signals) -> None:
    """Send a signal to the process that tries the model, as soon as there is one."""
    until = time.monotonic() + WITHIN_S
    while (child := trial_of(world.app.pid)) is None:
        assert time.monotonic() < until, "no child tried the model"
    os.kill(child, number)
