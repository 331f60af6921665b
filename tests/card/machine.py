"""One machine under QEMU: switched on, watched from outside, and ended by a deadline."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from tests.card.emulators import BootFiles, Plugged, Sockets, raspi3b, raspi4b, virt
from tests.card.hook import Hook, HookError
from tests.card.nbd import CardReader
from tests.card.qmp import QemuError, Qmp
from tests.card.torn_card import TornCard

EMULATORS = {"virt": virt, "raspi3b": raspi3b, "raspi4b": raspi4b}
CONNECT_WITHIN_S = 60.0
LOOK_EVERY_S = 0.5
KEYS = {
    **{digit: f"kp_{digit}" for digit in "0123456789"},
    "A": "kp_enter",
    "B": "kp_subtract",
    "C": "backspace",
    "D": "kp_add",
    "*": "kp_decimal",
    "#": "kp_divide",
    "power": "power",
}
"""The matrix pad's prints, as scenarios have them, to QEMU's names for keys of a number pad."""
HELD_S = 0.06
"""How long a finger stays on a key."""


class MachineError(Exception):
    """The machine did not do what was waited for."""


class Machine:
    """Use as a context manager.  life_s: it is killed when it is older than this."""

    def __init__(
        self,
        kind: str,
        card: TornCard,
        boot: BootFiles,
        plugged: Plugged,
        folder: Path,
        life_s: float = 900.0,
    ) -> None:
        folder.mkdir()
        self.kind, self.card, self.folder = kind, card, folder
        self._sockets = Sockets(folder / "qmp", folder / "hook", folder / "card")
        self._command = EMULATORS[kind](boot, plugged, self._sockets)
        self.qmp, self.hook = Qmp(self._sockets.qmp), Hook(self._sockets.hook)
        self._reader = CardReader(card, self._sockets.card)
        self._log = folder / "qemu.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._timer = threading.Timer(life_s, self.kill)
        self._timer.daemon = True
        self.started_s = 0.0

    def __enter__(self) -> Self:
        """Switch on."""
        self.card.power()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.started_s = time.monotonic()
        self._timer.start()
        try:
            self.qmp.accept(CONNECT_WITHIN_S)
            self.hook.accept(CONNECT_WITHIN_S)
        except BaseException as error:
            self._end()
            raise MachineError(f"QEMU did not start: {self._said()}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Pull the plug, if it is still in."""
        self._end()
        if self._reader.fault is not None and error is None:
            raise MachineError("the card's reader failed") from self._reader.fault

    @property
    def running(self) -> bool:
        """Whether QEMU is there."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Pull the plug: the processor stops in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()

    def run(self, command: str, within_s: float = 120.0, check: bool = True) -> str:
        """Run a command on the machine as root; return what it printed.  Raises HookError."""
        return self.hook.run(command, within_s, check)

    def show(self, key: str, unit: str = "bedside.service") -> str:
        """Return one property of a unit."""
        return self.run(f"systemctl show --value --property={key} {unit}").strip()

    def wait_until_ready(self, within_s: float, unit: str = "bedside.service") -> float:
        """Wait until the unit is READY; return the seconds since switching on."""
        self.hook.wait_until_ready(within_s)
        left_s = within_s - (time.monotonic() - self.started_s)
        self.wait_until(lambda: self.show("ActiveState", unit) == "active", left_s, "READY")
        return time.monotonic() - self.started_s

    def press(self, *keys: str) -> None:
        """Press keys one after another on the machine's number pad."""
        for key in keys:
            for down in (True, False):
                code = {"type": "qcode", "data": KEYS[key]}
                event = {"type": "key", "data": {"down": down, "key": code}}
                self.qmp.ask("input-send-event", events=[event])
                time.sleep(HELD_S)

    def screen(self) -> Image.Image:
        """Return what the screen shows now.  Raises QemuError."""
        path = self.folder / "screen.ppm"
        self.qmp.ask("screendump", filename=str(path))
        with Image.open(path) as image:
            return image.convert("RGB")

    def wait_until(self, holds: Callable[[], bool], within_s: float, what: str) -> None:
        """Wait for a condition.  Raises MachineError if it stays away."""
        until_s = time.monotonic() + within_s
        while not holds():
            if not self.running:
                raise MachineError(f"the machine ended before {what}: {self._said()}")
            if time.monotonic() > until_s:
                raise MachineError(f"waited {within_s:.0f} s in vain for {what}\n{self.tail()}")
            time.sleep(LOOK_EVERY_S)

    def wait_for_power_off(self, within_s: float) -> str:
        """Wait until the machine switches itself off; return the reason.  Raises QemuError."""
        return str(self.qmp.wait_for("SHUTDOWN", within_s)["data"]["reason"])

    def tail(self) -> str:
        """Return the end of the machine's journal, if it can be had."""
        with contextlib.suppress(HookError, QemuError, OSError):
            return self.run("journalctl --no-pager --boot | tail -n 40", 30.0)
        return "(no journal)"

    def _said(self) -> str:
        return self._log.read_text("utf-8", "replace")[-2000:] if self._log.exists() else ""

    def _end(self) -> None:
        self._timer.cancel()
        self.kill()
        if self._process is not None:
            self._process.wait()
        for each in (self.qmp, self.hook, self._reader):
            each.close()
