"""A simulated 4x4 key matrix on gpiozero's mock pins.

Switches are closed and opened; the scanning code under test drives the rows and reads the
columns as it would on a board.  A column is low exactly when closed switches join it to a row
that is driven low, worked out anew whenever a pin or a switch changes, so ghosts and lost
edges appear by themselves.

gpiozero's own mock pins keep every change of state for ever, ignore debouncing, and may lose a
callback that is taken away while it is called; these do not keep, and change under one lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from gpiozero.pins.mock import MockFactory, MockPin

from appliance.panel.keypad import Switch, switch_of
from hw_mocks.switches import Wire, low_wires, shorted

PRESS_S: Final = 0.08
"""How long a finger holds a key of a membrane pad, roughly."""

SCANS_TO_BE_SURE: Final = 8
"""A key held for so many scans has been noticed by any debouncing of 40 ms or less."""


class MatrixPin(MockPin):  # type: ignore[misc]  # gpiozero is untyped
    """A mock pin on a pad's wire: tells the pad of each change."""

    matrix: SimulatedMatrix | None = None

    def _set_function(self, value: str) -> None:
        self._change(super()._set_function, value)

    def _set_state(self, value: float) -> None:
        self._change(super()._set_state, value)

    def _set_pull(self, value: str) -> None:
        self._change(super()._set_pull, value)

    def _set_when_changed(self, value: Callable[..., None] | None) -> None:
        if self.matrix is None:
            super()._set_when_changed(value)
            return
        with self.matrix.lock:
            if value is not None:
                self.matrix.before_arming()
            super()._set_when_changed(value)
            self.matrix.watching_changed()

    def _change(self, change: Callable[[Any], None], value: Any) -> None:
        if self.matrix is None:
            change(value)
            return
        with self.matrix.lock:
            was = self._function
            change(value)
            self.matrix.pin_changed(self, let_go=was == "output" and self._function == "input")

    def _change_state(self, value: bool) -> bool:
        changed = bool(super()._change_state(value))
        del self.states[:-1]
        return changed

    @property
    def driven(self) -> bool | None:
        """The level it drives its wire to; None while it is an input."""
        return bool(self._state) if self._function == "output" else None

    def settle(self, low: bool, tell: bool) -> None:
        """Take the wire's level, with or without the callback that an edge deserves.

        A floating wire without a pull-up reads low.
        """
        if self._function != "input":
            return
        level = self._pull == "up" and not low
        if not tell:
            self._change_state(level)
        elif level:
            self.drive_high()
        else:
            self.drive_low()


class SimulatedMatrix:
    """A pad of switches between row and column pins.  Make it before the keypad under test.

    lose_edges: the columns' levels change, yet nobody is told, as on a busy kernel.
    before_arming: called just before a column's edge callback is set; tests press a key in it.
    """

    def __init__(self, factory: MockFactory, rows: Sequence[int], columns: Sequence[int]) -> None:
        self.lock = threading.RLock()
        self.lose_edges = False
        self.before_arming: Callable[[], None] = lambda: None
        self.ever_shorted = False
        self._closed: set[Switch] = set()
        self._scans = 0
        self._settling = False
        self._moved = threading.Condition(self.lock)
        self._pins: dict[Wire, MatrixPin] = {}
        for kind, numbers in (("row", rows), ("column", columns)):
            for position, number in enumerate(numbers):
                pin = factory.pin(number, pin_class=MatrixPin)
                if not isinstance(pin, MatrixPin):
                    raise ValueError(f"GPIO {number} is already in use by something else")
                pin.matrix = self
                self._pins[(kind, position)] = pin
        self._last_row: Wire = ("row", len(rows) - 1)
        self._settle()

    @property
    def scans(self) -> int:
        """How often all rows have been driven in turn."""
        return self._scans

    @property
    def armed(self) -> bool:
        """Whether the pad is watched for a first key: all rows low, all columns with callbacks."""
        with self.lock:
            return all(
                self._drives_low(wire) if wire[0] == "row" else pin.when_changed is not None
                for wire, pin in self._pins.items()
            )

    @property
    def watched(self) -> bool:
        """Whether an edge on some column is reported to somebody."""
        with self.lock:
            return any(pin.when_changed is not None for pin in self._pins.values())

    @property
    def released(self) -> bool:
        """Whether every pin is an input that nobody watches."""
        with self.lock:
            return not self.watched and all(pin.driven is None for pin in self._pins.values())

    def close_switch(self, row: int, column: int) -> None:
        """Close one contact."""
        with self.lock:
            self._closed.add((row, column))
            self._settle()

    def open_switch(self, row: int, column: int) -> None:
        """Open one contact."""
        with self.lock:
            self._closed.discard((row, column))
            self._settle()

    def bounce(self, row: int, column: int, toggles: int, over_s: float) -> float:
        """Toggle one contact so often, evenly over this time.

        Returns the longest time that the contact stayed as it was, in seconds: a busy machine
        may hold a toggle up for so long that it is no bounce any more.
        """
        longest_s, last_s = 0.0, time.monotonic()
        for toggle in range(toggles):
            with self.lock:
                self._closed ^= {(row, column)}
                self._settle()
            if toggle + 1 < toggles:
                time.sleep(over_s / toggles)
            now_s = time.monotonic()
            longest_s, last_s = max(longest_s, now_s - last_s), now_s
        return longest_s

    def press(self, printed: str, held_s: float = PRESS_S) -> None:
        """Hold the key with this print for exactly this real time."""
        switch = switch_of(printed)
        self.close_switch(*switch)
        time.sleep(held_s)
        self.open_switch(*switch)

    def press_surely(self, printed: str, deadline_s: float = 5.0) -> None:
        """Press a key as somebody who waits for the click does, however slow the machine.

        It is held until it was scanned often enough; returns when its release was noticed too.
        Raises TimeoutError when nobody scans the pad.
        """
        switch = switch_of(printed)
        self.close_switch(*switch)
        self.await_scans(deadline_s)
        self.open_switch(*switch)
        self.await_scans(deadline_s)

    def await_scans(self, deadline_s: float) -> None:
        """Wait for enough scans to notice anything, or until the pad is idle with nothing down.

        Raises TimeoutError when nobody scans the pad.
        """
        with self.lock:
            enough = self._scans + SCANS_TO_BE_SURE
        if not self.wait_until(
            lambda: self._scans >= enough or (not self._closed and self.armed), deadline_s
        ):
            raise TimeoutError("nobody scans the simulated keypad")

    def wait_until(self, condition: Callable[[], bool], deadline_s: float) -> bool:
        """Wait until this holds of the pad; return whether it did before the deadline."""
        with self.lock:
            return self._moved.wait_for(condition, deadline_s)

    def pin_changed(self, pin: MatrixPin, let_go: bool) -> None:
        """Work out the levels after a pin changed.  Called with the lock held.

        let_go: it was an output and floats now.  When that is the last row, a scan has ended.
        """
        if let_go and pin is self._pins[self._last_row] and not self._driven_low():
            self._scans += 1
        self._settle()
        self._moved.notify_all()

    def watching_changed(self) -> None:
        """Note that a column's callback was set or taken away.  Called with the lock held."""
        self._moved.notify_all()

    def _drives_low(self, wire: Wire) -> bool:
        return self._pins[wire].driven is False

    def _driven_low(self) -> frozenset[Wire]:
        return frozenset(wire for wire, pin in self._pins.items() if pin.driven is False)

    def _settle(self) -> None:
        """Give every input its level.  Driving a pin calls back here: once is enough."""
        if self._settling:
            return
        self._settling = True
        try:
            closed = frozenset(self._closed)
            low = low_wires(self._driven_low(), closed)
            high = frozenset(wire for wire, pin in self._pins.items() if pin.driven)
            self.ever_shorted |= bool(high & low) or shorted(high, closed)
            for wire, pin in self._pins.items():
                pin.settle(wire in low, tell=not self.lose_edges)
        finally:
            self._settling = False
