"""A 4x4 key matrix on GPIO pins as a keypad.

Idle costs nothing: every row is low and an edge on a column wakes the thread, which otherwise
wakes once a second to give a sign of life and to look for an edge that got lost.  While a key
is down or bouncing the matrix is scanned every few milliseconds.  What the scans mean is
decided in matrix_logic, the wires are in matrix_pins; here is only the thread between them.

Pins that cannot be opened are a fault in words, never an error: the appliance serves without
keys, says so on the screen, and tries them again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from appliance.clock import Clock
from appliance.events import KeypadFaulted, KeyPressed, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.panel.keypad import KeypadError, Post, key_at
from appliance.panel.matrix_logic import MatrixLogic
from appliance.panel.matrix_pins import MatrixPins, check_numbers

log = logging.getLogger("appliance")

WORKER: Final = "keypad"

NO_PINS: Final = (
    "The keypad's pins cannot be used. Tell the technician: keypad.kind, rows, columns, wiring."
)

IDLE_CHECK_S: Final = 1.0
"""How often an idle keypad beats its heart and looks at the columns without an edge."""

RETRY_CHECKS: Final = 5
"""Pins that cannot be opened are tried again after so many idle checks."""

LEAST_PAUSE_S: Final = 0.002
"""Left to the other threads after each scan, however long the scan took."""


class MatrixKeypad:
    """Scans a matrix on a thread of its own and posts KeyPressed and KeypadFaulted."""

    def __init__(
        self,
        rows: Sequence[int],
        columns: Sequence[int],
        *,
        clock: Clock,
        heartbeats: Heartbeats,
        factory: Any | None = None,
    ) -> None:
        """Take the pins' BCM numbers, top row and left column first; open nothing yet.

        factory: gpiozero's pin factory, None for its default.
        Raises KeypadError when the numbers cannot be a 4x4 pad.
        """
        check_numbers(rows, columns)
        self._rows, self._columns, self._factory = tuple(rows), tuple(columns), factory
        self._clock = clock
        self._heartbeats = heartbeats
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._faulted = False

    def start(self, post: Post) -> None:
        """Open the pins and begin to scan; a key that is already down counts.

        Pins that cannot be opened are a fault, not an error.
        """
        self._heartbeats.beat(WORKER)
        pins = self._open(post)
        self._thread = threading.Thread(target=self._run, args=(pins, post), name=WORKER)
        self._thread.daemon = True
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Stop scanning and release the pins; return whether that ended within the time."""
        self._stopping.set()
        self._woken.set()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self, pins: MatrixPins | None, post: Post) -> None:
        try:
            while pins is None and not self._stopping.is_set():
                self._pause()
                pins = self._open(post)
            if pins is not None:
                self._scan(pins, post)
        except Exception as error:  # noqa: BLE001 - worker top: pin libraries raise their own kinds
            # The heart is not retired: a dead keypad must stop the watchdog's pings.
            post(WorkerDied(WORKER, type(error).__name__))
        else:
            self._heartbeats.retire(WORKER)

    def _open(self, post: Post) -> MatrixPins | None:
        """Open the pins, or say once for staff and for the journal that they cannot be."""
        try:
            pins = MatrixPins(self._rows, self._columns, self._factory)
        except KeypadError as error:
            if not self._faulted:
                log.error('event=KEYPAD_PINS_REFUSED error="%s"', error)
                post(KeypadFaulted(NO_PINS))
            self._faulted = True
            return None
        if self._faulted:
            post(KeypadFaulted(""))
        return pins

    def _pause(self) -> None:
        """Wait before the pins are tried again."""
        for _ in range(RETRY_CHECKS):
            self._heartbeats.beat(WORKER)
            self._stopping.wait(IDLE_CHECK_S)

    def _scan(self, pins: MatrixPins, post: Post) -> None:
        logic = MatrixLogic()
        try:
            while not self._stopping.is_set():
                self._await_key(pins)
                self._follow_keys(pins, logic, post)
        finally:
            pins.close()

    def _await_key(self, pins: MatrixPins) -> None:
        """Wait until some key is down.

        The columns are read after arming and after every wait, always after `_woken` was
        cleared: a key that went down at any moment is seen by its level if not by its edge.
        """
        pins.arm(self._woken.set)
        while not self._stopping.is_set():
            self._heartbeats.beat(WORKER)
            self._woken.clear()
            if self._stopping.is_set() or pins.any_low():
                break
            self._woken.wait(IDLE_CHECK_S)
        pins.disarm()

    def _follow_keys(self, pins: MatrixPins, logic: MatrixLogic, post: Post) -> None:
        """Scan until all keys are up.

        Contacts bounce in real time, so debouncing uses it; the event bears the clock's time.
        """
        while not self._stopping.is_set():
            began_s = time.monotonic()
            reading = logic.feed(pins.scan(), began_s)
            if reading.pressed is not None:
                post(KeyPressed(key_at(reading.pressed), self._clock.now().mono_s))
            if reading.fault is not None:
                post(KeypadFaulted(reading.fault))
            self._heartbeats.beat(WORKER)
            # Waited even when nothing was found: a noisy line must not spin the processor.
            took_s = time.monotonic() - began_s
            self._stopping.wait(max(LEAST_PAUSE_S, logic.pause_s - took_s))
            if logic.at_rest:
                break
