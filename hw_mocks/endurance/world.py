"""One bedside for a day: the real daemon, its instruments, and the truth written down."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hw_mocks.appliance_process import ApplianceProcess, SimulationFailed
from hw_mocks.boards import KINDS_OF_BOARD
from hw_mocks.endurance.gallery import Shown, shown_of
from hw_mocks.endurance.seen import pictures_after
from hw_mocks.endurance.truth import Press, Truth
from hw_mocks.endurance.typist import Typist
from hw_mocks.instruments.board import Board
from hw_mocks.instruments.line_nmea import LineBoard
from hw_mocks.instruments.nonin_oem3 import NoninBoard
from hw_mocks.instruments.suntech_nibp import SuntechBoard
from hw_mocks.ports import SimulatedPort
from hw_mocks.scenario import Scenario
from hw_mocks.settings_file import settings_text

CUFF, OXIMETER, BOARD = "cuff", "oximeter", "board"
PROTOCOLS = {CUFF: "suntech_nibp", OXIMETER: "nonin_oem3:7", BOARD: "line_nmea"}
TASK = "maternal-risk"
WELL_AGAIN_WITHIN_S = 60.0
MOST_REMEMBERED = 5000
TURN_REAL_S = 0.02


@dataclass(frozen=True, slots=True)
class Told:
    """What whoever looks at the frames is given.

    kind: "frame"; "ended", when a daemon's life is over; "aftermath", when what follows a
    death is done.  stalls: ends and lengths of what the daemon's process could not run in.
    newest: number of the last picture, where no frame is told of.
    """

    kind: str
    shown: Shown | None
    life: int
    mono_s: float
    real_s: float
    stalls: tuple[tuple[float, float], ...] = ()
    newest: int = 0


class DaemonDied(Exception):
    """The daemon was killed on purpose and started again; whoever was at it begins afresh."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is.

    rate: simulated seconds for each real one.  deaths: the share of troubles that are the
    daemon's death.
    """

    seed: int
    hours: float
    rate: float
    utc_s: float
    models: Path
    deaths: float = 1 / 60


class World:
    """The bedside.  All but `hear` is called from one thread."""

    def __init__(self, plan: Plan, out: Path) -> None:
        self.truth = Truth()
        self.told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self.faults: list[str] = []
        self.happened: Counter[str] = Counter()
        self.life = 1
        self.status = out / "status"
        # In memory where that can be: a slow disk would make screens late.
        memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
        self._pictures = tempfile.TemporaryDirectory(
            prefix="bedside-screens-", dir=memory if memory.is_dir() else out
        )
        self.screens = Path(self._pictures.name)
        self.log = out / "daemon.log"
        self._config = out / "appliance.toml"
        self._key: Mapping[str, Any] = {}
        self._typist = Typist(self.truth)
        self._plan = plan
        self.app = ApplianceProcess(
            self._config, self.log, plan.rate, plan.utc_s, every_frame=True, listener=self._hear
        )
        ports = out / "ports"
        ports.mkdir()
        settings = {"status": {"socket": str(self.status.absolute())}}
        scenario = Scenario(
            "endurance", "", TASK, plan.rate, plan.utc_s, PROTOCOLS, settings, (), {}
        )
        text = settings_text(scenario, self.app.control, ports, self.screens, plan.models)
        self._config.write_text(text, "utf-8")
        self.boards: dict[str, Board] = {}
        for index, (name, protocol) in enumerate(PROTOCOLS.items()):
            port = SimulatedPort(ports / name)
            self.boards[name] = KINDS_OF_BOARD[protocol].make(name, port, self.app.clock, index)
            self.boards[name].listener = self.truth.hear
        self.tick: Callable[[], None] = lambda: None

    @property
    def now_s(self) -> float:
        """The simulated monotonic time."""
        return self.app.clock.now().mono_s

    @property
    def mode(self) -> str:
        """The controller's mode."""
        return self.app.mode

    @property
    def cuff(self) -> SuntechBoard:
        """The blood-pressure module."""
        board = self.boards[CUFF]
        if not isinstance(board, SuntechBoard):
            raise TypeError(CUFF)
        return board

    @property
    def oximeter(self) -> NoninBoard:
        """The oximeter."""
        board = self.boards[OXIMETER]
        if not isinstance(board, NoninBoard):
            raise TypeError(OXIMETER)
        return board

    @property
    def board(self) -> LineBoard:
        """The sensor board that speaks text lines."""
        board = self.boards[BOARD]
        if not isinstance(board, LineBoard):
            raise TypeError(BOARD)
        return board

    def start(self) -> None:
        """Plug everything in and wait for the ready screen."""
        self.truth.wall_clock(0.0, self._plan.utc_s)
        for board in self.boards.values():
            board.start()
        self._begin()

    def _begin(self) -> None:
        self.app.start()
        self.app.wait_until(
            lambda: self.app.mode == "idle", WELL_AGAIN_WITHIN_S, "the ready screen"
        )

    def stop(self) -> int:
        """End the daemon and all instruments; return the daemon's exit code."""
        code = self.app.stop()
        self._say("ended")
        for board in self.boards.values():
            board.stop()
        return code

    def clear(self) -> None:
        """Delete what is left of the pictures, once they were looked at."""
        self._pictures.cleanup()

    def press(self, printed: str) -> None:
        """Press a key, and write down what that means for what is typed and whose turn it is."""
        before, began = self.mode, self.now_s
        self.app.press(printed)
        key = self._key
        ended = self.now_s
        after = key["mode"], key["selected"]
        self._typist.pressed(printed, before, after, began, ended - began)
        self.truth.press(Press(printed, began, ended))

    def pause(self, seconds: float) -> None:
        """Let simulated time pass; what is due to happen happens.  Raises DaemonDied."""
        until = self.now_s + seconds
        while True:
            self.tick()
            left = self.app.clock.real_s(until - self.now_s)
            if left <= 0:
                break
            time.sleep(min(left, TURN_REAL_S))
        self._check_alive()

    def set_clock(self, seconds: float) -> None:
        """Set the wall clock on or back."""
        self.app.shift_utc(seconds)
        now = self.app.clock.course
        self.truth.wall_clock(self.now_s, now.utc_s)

    def die(self, number: signal.Signals) -> None:
        """Kill the daemon, do what systemd does then, and start it again.  Raises DaemonDied."""
        self.app.kill(number)
        self._say("ended")
        self.truth.in_front(self.life, None, self.now_s)
        self._aftermath(number)
        self._say("aftermath")
        self.life += 1
        self._begin()
        raise DaemonDied

    def _aftermath(self, number: signal.Signals) -> None:
        environment = {
            **os.environ,
            "SERVICE_RESULT": "signal",
            "EXIT_CODE": "killed",
            "EXIT_STATUS": number.name.removeprefix("SIG"),
        }
        command = [sys.executable, "-m", "appliance.afterwards", "--config", str(self._config)]
        with self.log.open("ab") as log:
            done = subprocess.run(command, env=environment, stderr=log, check=False)
        if done.returncode:
            self.faults.append(f"the aftermath of a death ended with {done.returncode}")

    def _say(self, kind: str) -> None:
        newest = max((number for number, _ in pictures_after(self.screens, 0)), default=0)
        now = Told(kind, None, self.life, self.now_s, time.monotonic(), newest=newest)
        self.told.put(now)

    def _check_alive(self) -> None:
        """Note faults that no screen tells; keep no more of the past than is needed."""
        if self.mode in ("technical fault", "out of service"):
            self.faults.append(f"the appliance is in the mode {self.mode!r}")
            raise SimulationFailed(self.faults[-1])
        if len(self.app.events) > MOST_REMEMBERED:
            self.app.forget()
        del self.cuff.commands[:-100], self.cuff.pressures[:-100]

    def _hear(self, told: Mapping[str, Any]) -> None:
        """Take what the daemon tells, on the reader's thread."""
        match told:
            case {"event": event}:
                if event["event"] == "KeyPressed":
                    self._key = event
                if event["event"] == "WorkerDied":
                    self.faults.append(f"a worker died: {event['fields']}")
                self.truth.in_front(self.life, event["encounter"], event["mono_s"])
            case {"frame": frame}:
                shown = shown_of(frame)
                stalls = tuple((end, length) for end, length in frame["stalls"])
                told_now = Told("frame", shown, self.life, shown.mono_s, shown.real_s, stalls)
                self.told.put(told_now)
