"""One appliance on the bench: the real daemon, its instruments, and their power."""

from __future__ import annotations

import io
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from appliance.panel_kinds import LARGE, PANELS
from hw_mocks.appliance_process import ApplianceProcess
from hw_mocks.bench.setup import Setup, sizes_of_large
from hw_mocks.bench.sliders import controls_of
from hw_mocks.bench.told import Told
from hw_mocks.boards import KINDS_OF_BOARD
from hw_mocks.instruments.board import Board
from hw_mocks.instruments.suntech_nibp import SuntechBoard
from hw_mocks.play import Player
from hw_mocks.ports import SimulatedPort
from hw_mocks.scenario import Scenario
from hw_mocks.settings_file import settings_text

MOST_REMEMBERED = 300
"""Events, and frames; what is older nobody asks for, and an open bench must not fill memory."""
KEPT_ORDERS = 500


class Bedside:
    """Daemon and instruments of one setup.  All but `told` is used from one thread."""

    def __init__(self, setup: Setup, models: Path, told: Told) -> None:
        self.setup, self._models, self._told = setup, models, told
        self._folder = tempfile.TemporaryDirectory(prefix="bedside-bench-")
        folder = Path(self._folder.name)
        self.log, self.status = folder / "daemon.log", folder / "status"
        self._config, self._ports = folder / "appliance.toml", folder / "ports"
        self._ports.mkdir()
        scenario = setup.scenario
        self.app = ApplianceProcess(
            self._config, self.log, scenario.speed, scenario.utc_s, listener=told.hear
        )
        self.app.live = self.app.own_session = True
        self.boards: dict[str, Board] = {
            name: KINDS_OF_BOARD[protocol].make(
                name, SimulatedPort(self._ports / name), self.app.clock, index
            )
            for index, (name, protocol) in enumerate(scenario.instruments.items())
        }
        self.faults = dict.fromkeys(self.boards, "none")
        self.values: dict[str, dict[str, float]] = {
            name: _values_of(board, scenario.instruments[name])
            for name, board in self.boards.items()
        }
        self.player = Player(self.app, self.boards, scenario.instruments, lambda _words: None)
        self.on = False

    @property
    def now_s(self) -> float:
        """The simulated monotonic time."""
        return self.app.clock.now().mono_s

    def start(self) -> None:
        """Plug all in and switch on; return at the ready screen.  Raises SimulationFailed."""
        for board in self.boards.values():
            board.start()
        self.switch_on()

    def switch_on(self) -> None:
        """Give the appliance its power; return at the ready screen.  Raises SimulationFailed."""
        self._config.write_text(self._settings(), "utf-8")
        self.on = True
        try:
            self.player.switch_on()
        except BaseException:
            self.cut()
            raise

    def cut(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Take the appliance's power at once; the instruments have their own."""
        if self.on:
            self.on = False
            self.app.kill(number)
            self._told.power_gone(black(self.setup.panel))

    def show_on(self, setup: Setup) -> None:
        """Put another panel or language on: the daemon ends in good order and starts again."""
        was_on = self.on
        self.cut(signal.SIGTERM)
        # Only what is shown may differ: ports, clock and instruments stay as they are.
        self.setup = replace(self.setup, panel=setup.panel, language=setup.language)
        if was_on:
            self.switch_on()

    def instruments(self, links: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return what pages show of the instruments.  links: what the daemon told of each."""
        return [
            {
                "name": name,
                "protocol": protocol,
                "plugged": self.boards[name].port.plugged,
                "link": links.get(name, ""),
                "fault": self.faults[name],
                "values": dict(self.values[name]),
                **controls_of(protocol),
            }
            for name, protocol in self.setup.scenario.instruments.items()
        ]

    def tidy(self) -> None:
        """Forget what nobody asks for any more, and notice that the appliance has ended."""
        if self.on and max(len(self.app.events), len(self.app.frames)) > MOST_REMEMBERED:
            self.app.forget()
        for board in self.boards.values():
            if isinstance(board, SuntechBoard):
                del board.commands[:-KEPT_ORDERS], board.pressures[:-KEPT_ORDERS]
        if self.on and self.app.ended:
            self.cut()

    def stop(self) -> None:
        """End daemon and instruments."""
        self.on = False
        self.app.stop()
        self.player.stop()
        for board in self.boards.values():
            board.stop()
        self._told.power_gone(black(self.setup.panel))
        self._folder.cleanup()

    def _settings(self) -> str:
        scenario: Scenario = self.setup.on_the_bench(self.status)
        screens = Path(self._folder.name) / "screens"
        return settings_text(scenario, self.app.control, self._ports, screens, self._models)


def _values_of(board: Board, protocol: str) -> dict[str, float]:
    """Return what a board measures now, as far as it can be set."""
    fields = KINDS_OF_BOARD[protocol].fields
    values = {quantity: getattr(board, name) for quantity, name in fields.items()}
    return {quantity: float(value) for quantity, value in values.items() if value is not None}


def black(panel: str) -> bytes:
    """Return a PNG of a panel without power."""
    kind = PANELS.get(panel)
    size = sizes_of_large().get(panel, LARGE) if kind is None else kind.size
    png = io.BytesIO()
    Image.new("RGB", size).save(png, "PNG")
    return png.getvalue()
