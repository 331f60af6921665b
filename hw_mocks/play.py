"""Playing a scenario: the real daemon against simulated instruments, unattended.

Writes into the output folder: screens/NNN-name.png, timeline.jsonl, result.json, and the
settings and log of the daemon.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from appliance.clinical.quantities import QUANTITIES, Value
from appliance.instruments.capture import read_capture
from hw_mocks.appliance_process import ANSWER_WITHIN_S, ApplianceProcess, SimulationFailed
from hw_mocks.boards import KINDS_OF_BOARD, set_fault, set_values, swap_cables, told
from hw_mocks.damage import damage_of
from hw_mocks.expecting import faults_of
from hw_mocks.instruments.board import Board
from hw_mocks.instruments.line_nmea import LineBoard, Stream
from hw_mocks.instruments.replay import ReplayBoard
from hw_mocks.play_files import clear, final_record, write
from hw_mocks.ports import SimulatedPort
from hw_mocks.scenario import Scenario, Step, moment_of
from hw_mocks.settings_file import settings_text

HOLDS_WITHIN_S = 5.0
"""Real seconds that the screen has to become what a check says."""

SPEAKS_LATER = frozenset({"astm_lis01", "nonin_oem3:13"})
BOOT_TEXT = b"\x00\r\nROM 2.1  (c) 2009\r\nself-test ... ok\r\n"

Say = Callable[[str], None]


def play(
    scenario: Scenario,
    out: Path,
    models: Path,
    say: Say,
    on_check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Play one scenario; return what result.json holds.

    on_check: called at each check that holds, while its screen is the newest in out/screens.
    Raises SimulationFailed.
    """
    clear(out)
    boards: dict[str, Board] = {}
    config = out / "appliance.toml"
    app = ApplianceProcess(config, out / "daemon.log", scenario.speed, scenario.utc_s)
    ports = out / "ports"
    ports.mkdir()
    config.write_text(settings_text(scenario, app.control, ports, out / "screens", models), "utf-8")
    for index, (name, protocol) in enumerate(scenario.instruments.items()):
        port = SimulatedPort(ports / name)
        boards[name] = KINDS_OF_BOARD[protocol].make(name, port, app.clock, index)
        boards[name].start()
    player = Player(app, boards, scenario.instruments, say, on_check)
    code: int | None = None
    try:
        say(f"{scenario.title}")
        app.start()
        app.wait_until(lambda: app.mode == "idle", ANSWER_WITHIN_S * 2, "the ready screen")
        app.wait_until(lambda: player.heard() >= set(boards), ANSWER_WITHIN_S, "the instruments")
        for step in scenario.steps:
            player.do(step)
        player.check(scenario.expect, "at the end")
    finally:
        final = final_record(scenario, app)
        code = app.stop()
        player.stop()
        for board in boards.values():
            board.stop()
        write(out, app, final)
    if code != 0:
        raise SimulationFailed(f"the daemon ended with {code} on SIGTERM")
    return final


class Player:
    """Carries out the steps of one scenario."""

    def __init__(
        self,
        app: ApplianceProcess,
        boards: Mapping[str, Board],
        protocols: Mapping[str, str],
        say: Say,
        on_check: Callable[[], None] = lambda: None,
    ) -> None:
        self._app, self._boards, self._protocols, self._say = app, dict(boards), protocols, say
        self._on_check = on_check
        self._started: list[Board] = []

    def do(self, step: Step) -> None:
        """Carry out one step and wait until the appliance has answered it."""
        self._say(f"  {step.say or _words(step)}")
        what: Any = step.what
        match step.kind:
            case "keys":
                for printed in what.replace(" ", ""):
                    self._app.press(printed)
            case "power":
                for _ in range(what):
                    self._app.press("power")
            case "type":
                for quantity, value in what.items():
                    self._type(quantity, value)
            case "send":
                self._send(self._line_board(step.instrument), what, step.status)
            case "stream":
                for quantity, how in what.items():
                    self._line_board(step.instrument).streams[quantity] = Stream(
                        how["value"], how.get("every_s", 1.0), how.get("noise", 0.0), step.status
                    )
            case "set":
                protocol = self._protocols[step.instrument]
                set_values(self._boards[step.instrument], protocol, what)
            case "fault":
                protocol = self._protocols[step.instrument]
                set_fault(self._boards[step.instrument], protocol, what)
            case "swap":
                swap_cables(self._boards[what[0]], self._boards[what[1]])
            case "quiet":
                self._line_board(what).streams.clear()
                self._line_board(what).signs_of_life = False
            case "raw":
                self._boards[step.instrument].send_raw(what.encode("latin-1"))
            case "replay":
                self._replay(step.instrument, Path(what))
            case "damage":
                port = self._boards[step.instrument].port
                port.clock, port.damage = self._app.clock, damage_of(what)
            case "reboot":
                self._boards[what].unplug()
                self._link(what, "absent")
                self._boards[what].plug()
                self._boards[what].send_raw(BOOT_TEXT)
            case "unplug":
                self._boards[what].unplug()
                self._link(what, "absent")
            case "plug":
                self._boards[what].plug()
                self._link(what, self._plugged(what))
            case "wait_s":
                time.sleep(self._app.clock.real_s(what))
            case "jump_s":
                self._app.advance(what)
            case "clock":
                set_wall_clock(self._app, moment_of(what, []))
            case "power_cut_s":
                self._app.kill()
                time.sleep(self._app.clock.real_s(what))
                self.switch_on()
            case "check":
                self.check(what, "here")
        self._app.sync()

    def switch_on(self) -> None:
        """Give a daemon that is not running its power; wait for the ready screen and all links."""
        app, seen = self._app, len(self._app.events)
        plugged = {name for name, board in self._boards.items() if board.port.plugged}
        app.results.append(None)
        app.start()
        app.wait_until(
            lambda: len(app.events) > seen and app.mode == "idle",
            ANSWER_WITHIN_S * 2,
            "the ready screen",
        )
        app.wait_until(lambda: self.heard(seen) >= plugged, ANSWER_WITHIN_S, "the instruments")

    def heard(self, since: int = 0) -> set[str]:
        """Return the instruments that have been heard since this event."""
        return {
            e["fields"]["instrument"]
            for e in self._app.events[since:]
            if e["event"] == "LinkChanged"
            and e["fields"]["state"] == self._plugged(e["fields"]["instrument"])
        }

    def check(self, expect: Mapping[str, object], where: str) -> None:
        """Wait until the screen is as expected; raise SimulationFailed with what is not."""
        faults: list[str] = []

        def as_expected() -> bool:
            orders = {name: told(board) for name, board in self._boards.items()}
            result = self._app.result
            faults[:] = faults_of(expect, result, self._screen(), self._app.texts, orders)
            return not faults

        self._app.sync()
        try:
            self._app.wait_until(as_expected, HOLDS_WITHIN_S, "the screen")
        except SimulationFailed as error:
            if not faults:
                raise
            raise SimulationFailed(f"not as expected {where}: " + "; ".join(faults)) from error
        self._on_check()

    def _line_board(self, name: str) -> LineBoard:
        board = self._boards[name]
        if not isinstance(board, LineBoard):
            raise SimulationFailed(f"{name} sends no text lines")
        return board

    def _replay(self, name: str, path: Path) -> None:
        """Put a recorded device on the port in the place of the one that was there."""
        before = self._boards[name]
        before.stop()
        with path.open("rb") as stream:
            batches = read_capture(stream).batches
        board = ReplayBoard(name, before.port, self._app.clock, batches)
        self._boards[name] = board
        self._started.append(board)
        board.start()

    def stop(self) -> None:
        """End the devices that this player has put on ports."""
        for board in self._started:
            board.stop()

    def _screen(self) -> str:
        return str(self._app.frames[-1]["name"]) if self._app.frames else ""

    def _type(self, quantity: str, value: Value) -> None:
        for _ in QUANTITIES:
            if self._selected() == quantity:
                break
            self._app.press("D")
        else:
            raise SimulationFailed(f"the task has no input {quantity}")
        kind = QUANTITIES[quantity]
        text = str(kind.choices.index(str(value)) + 1) if kind.choices else f"{value}"
        for printed in text.replace(".", "*"):
            self._app.press(printed)
        self._app.press("A")
        # A second A says that an unlikely value is meant; an impossible one stays refused.
        if self._app.mode == "entry":
            self._app.press("A")
        if self._app.mode == "entry":
            raise SimulationFailed(f"{quantity} = {value} was not accepted: use keys to try it")

    def _selected(self) -> object:
        return self._app.events[-1]["selected"]

    def _send(self, board: LineBoard, values: Mapping[str, Any], status: str) -> None:
        seen = len(self._app.events)
        board.send({q: cast(float, v) for q, v in values.items()}, status)
        if not board.port.plugged:
            return

        def received() -> bool:
            got = {
                e["fields"]["measurement"]["quantity"]
                for e in self._app.events[seen:]
                if e["event"] == "MeasurementReceived"
                and e["fields"]["measurement"]["source"]["name"] == board.name
            }
            return got >= set(values)

        self._app.wait_until(received, ANSWER_WITHIN_S, f"{board.name} to be read")

    def _plugged(self, name: str) -> str:
        """Return the state of a link that is well: some devices speak only when they must."""
        return "silent" if self._protocols[name] in SPEAKS_LATER else "speaking"

    def _link(self, name: str, state: str) -> None:
        def so() -> bool:
            states = [
                e["fields"]["state"]
                for e in self._app.events
                if e["event"] == "LinkChanged" and e["fields"]["instrument"] == name
            ]
            return bool(states) and states[-1] == state

        self._app.wait_until(so, ANSWER_WITHIN_S, f"{name} to be {state}")


def set_wall_clock(app: ApplianceProcess, utc_s: float) -> None:
    """Set the wall clock alone to this moment."""
    course = app.clock.course
    now_s = course.utc_s + (time.monotonic() - course.origin_real_s) * course.rate
    app.shift_utc(utc_s - now_s)


def _words(step: Step) -> str:
    match step.kind:
        case "keys":
            return f"keys {step.what}"
        case "send" | "type":
            values = ", ".join(f"{q} {v}" for q, v in cast(dict[str, object], step.what).items())
            return f"{step.instrument or 'keypad'}: {values}"
        case _:
            return f"{step.kind} {step.what}"
