"""The wires of a 4x4 key matrix on GPIO pins: driving rows, reading columns.

Rows work like open drains: the one being read is driven low, the others float as inputs.  No
row is ever driven high, so two keys held in one column cannot short two pins.  Columns are
inputs with pull-ups: a closed contact pulls its column low.  Knows nothing of keys or time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from appliance.panel.keypad import COLUMNS, ROWS, KeypadError, Switch

if TYPE_CHECKING:
    from gpiozero import GPIODevice

SETTLE_S: Final = 50e-6
"""Wait between driving a row and reading: the pull-up (about 50 kOhm on the BCM283x) lifts
the 300 pF of a metre of ribbon cable in three time constants, 45 us.  Without it the column of
the row before might still read low and look like a second key."""


class MatrixPins:
    """The eight pins.  Not thread-safe: one thread scans, and `woken` is called on another."""

    def __init__(self, rows: Sequence[int], columns: Sequence[int], factory: Any | None) -> None:
        """Reserve the pins (BCM numbers); factory None: gpiozero's default.

        Raises KeypadError when a pin does not exist or belongs to somebody else.
        """
        check_numbers(rows, columns)
        # Only where there are pins: gpiozero is a fifth of all that a start imports.
        from gpiozero import InputDevice

        self._woken: Callable[[], None] | None = None
        try:
            with ExitStack() as opened:
                self._rows = [_open_row(opened, number, factory) for number in rows]
                self._columns = [
                    opened.enter_context(InputDevice(number, pull_up=True, pin_factory=factory))
                    for number in columns
                ]
                self._opened = opened.pop_all()
        except Exception as error:
            # Broad, because the library below gpiozero raises its own kind ("GPIO busy" when a
            # kernel driver has the pin), and importing that library to name it starts it.
            raise KeypadError(
                f"the keypad's pins cannot be opened: {error}; compare the row and column"
                " pins in the settings with the wiring"
            ) from error

    def arm(self, woken: Callable[[], None]) -> None:
        """Drive every row low and call `woken`, on any thread, when a column falls.

        A key that goes down while this runs may give no edge: read `any_low` afterwards.
        """
        self._woken = woken
        for row in self._rows:
            row.pin.output_with_state(False)
        for column in self._columns:
            column.pin.edges = "falling"
            column.pin.when_changed = self._column_fell

    def disarm(self) -> None:
        """Let every row float and stop watching the columns."""
        for column in self._columns:
            column.pin.when_changed = None
        for row in self._rows:
            row.pin.function = "input"

    def any_low(self) -> bool:
        """Return whether some column reads low; while armed, that a key is down."""
        return any(column.is_active for column in self._columns)

    def scan(self) -> frozenset[Switch]:
        """Drive the rows in turn and return the contacts that look closed.  Call disarmed."""
        closed: set[Switch] = set()
        for number, row in enumerate(self._rows):
            row.pin.output_with_state(False)
            time.sleep(SETTLE_S)
            closed.update((number, c) for c, column in enumerate(self._columns) if column.is_active)
            row.pin.function = "input"
        return frozenset(closed)

    def close(self) -> None:
        """Let every pin float and release it."""
        with self._opened:
            self.disarm()

    def _column_fell(self, _ticks: object, _state: object) -> None:
        if self._woken is not None:
            self._woken()


def check_numbers(rows: Sequence[int], columns: Sequence[int]) -> None:
    """Raise KeypadError unless there are four rows and four columns, all different pins."""
    if len(rows) != ROWS or len(columns) != COLUMNS:
        raise KeypadError(
            f"a keypad has {ROWS} row and {COLUMNS} column pins;"
            f" the settings name {len(rows)} and {len(columns)}"
        )
    pins = [*rows, *columns]
    twice = sorted({pin for pin in pins if pins.count(pin) > 1})
    if twice:
        raise KeypadError(f"the keypad's settings name GPIO {twice[0]} more than once")


def _open_row(opened: ExitStack, number: int, factory: Any | None) -> GPIODevice:
    """Reserve a row's pin as a floating input."""
    from gpiozero import GPIODevice

    row = opened.enter_context(GPIODevice(number, pin_factory=factory))
    row.pin.function = "input"
    # GPIO 2 and 3 have a pull-up on the board that cannot be switched off; on a row it does no
    # harm.  Any other pull would fight the columns' pull-ups through a closed key.
    if not row.pin.info.pull and row.pin.pull != "floating":
        row.pin.pull = "floating"
    return row
