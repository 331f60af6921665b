"""Plays a scenario on a machine, by what a nurse can touch: keys and instruments.

At each check it waits until the machine's screen is the one that the desktop drew there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from hw_mocks.instruments.line_nmea import LineBoard, Stream
from hw_mocks.scenario import Scenario, Step
from tests.card.machine import Machine, MachineError
from tests.card.screens import Difference, Expected, difference

SHOWN_WITHIN_S = 180.0
"""Real seconds: an emulator with a fraction of a processor."""


_OF_A_CABLE = {
    "thermometer": {
        "driver": "usb-serial",
        "id": "adapter",
        "chardev": "usb-serial",
        "bus": "usb.0",
        "port": "4",
    }
}
"""The instruments whose cable can be pulled: those in a USB socket."""


class CardPlayer:
    """Carries out steps on one machine.  pictures: where what differs is left to be looked at."""

    def __init__(
        self, machine: Machine, boards: Mapping[str, LineBoard], pictures: Path, bits: int = 32
    ) -> None:
        self._machine, self._boards, self._bits = machine, boards, bits
        self._pictures = pictures
        self.compared: list[str] = []

    def play(self, scenario: Scenario, expected: Sequence[Expected]) -> None:
        """Play all steps; the last expected screen is that of the end.  Raises MachineError."""
        left = list(expected)
        for step in scenario.steps:
            if step.kind == "check":
                self.await_screen(left.pop(0))
            else:
                self._do(step)
        self.await_screen(left.pop(0))
        if left:
            raise MachineError(f"{len(left)} screens of the desktop were never reached")

    def await_screen(self, expected: Expected, within_s: float = SHOWN_WITHIN_S) -> None:
        """Wait until the screen is this one.  Raises MachineError, with how it differs."""
        last: list[Difference | None] = []

        def same() -> bool:
            seen = self._machine.screen()
            last[:] = [difference(seen, expected, self._bits)]
            if last[0] is not None:
                seen.save(self._pictures / "differs-seen.png")
                expected.picture.save(self._pictures / "differs-expected.png")
            return last[0] is None

        try:
            self._machine.wait_until(same, within_s, f"the screen {expected.name}")
        except MachineError as error:
            raise MachineError(f"{expected.name} differs: {last}. {error}") from error
        self._machine.screen().save(
            self._pictures / f"{len(self.compared):02d}-{expected.name}.png"
        )
        self.compared.append(expected.name)

    def _do(self, step: Step) -> None:
        what: Any = step.what
        match step.kind:
            case "keys":
                self._machine.press(*what.replace(" ", ""))
            case "power":
                self._machine.press(*["power"] * what)
            case "send":
                values = cast(dict[str, float | None], what)
                self._boards[step.instrument].send(values, step.status)
            case "stream":
                for quantity, how in what.items():
                    stream = Stream(how["value"], how.get("every_s", 1.0), status=step.status)
                    self._boards[step.instrument].streams[quantity] = stream
            case "quiet":
                self._boards[what].streams.clear()
                self._boards[what].signs_of_life = False
            case "unplug":
                self._machine.qmp.ask("device_del", id=_OF_A_CABLE[what]["id"])
            case "plug":
                self._machine.qmp.ask("device_add", **_OF_A_CABLE[what])
            case _:
                raise MachineError(f"a machine cannot do the step {step.kind}")
