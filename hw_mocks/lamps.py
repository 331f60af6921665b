"""Simulated lamps and buzzer on gpiozero's mock pins, with their history for a timeline."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gpiozero.pins.mock import MockFactory, MockPin

from appliance.panel.lamps import LampPins

KEPT: Final = 1_000
"""Changes kept; a day of blinking must not fill the memory."""


@dataclass(frozen=True, slots=True)
class LampChange:
    """A lamp or the buzzer went on or off at this real monotonic time."""

    part: str
    on: bool
    mono_s: float


class LampPin(MockPin):  # type: ignore[misc]  # gpiozero is untyped
    """A mock pin that tells when current flows: an output that is high."""

    on_change: Callable[[LampPin], None] | None = None
    broken = False

    @property
    def lit(self) -> bool:
        """Whether current flows."""
        return bool(self._function == "output" and self._state)

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        self._tell()

    def _set_state(self, value: float) -> None:
        if self.broken:
            raise OSError(5, "Input/output error")
        super()._set_state(value)
        del self.states[:-1]
        self._tell()

    def _tell(self) -> None:
        if self.on_change is not None:
            self.on_change(self)


class SimulatedLamps:
    """What a person at the bedside sees and hears.  Make it before the lamps under test.

    listener: called with each change, on the thread that made it.
    """

    def __init__(
        self,
        factory: MockFactory,
        pins: LampPins,
        listener: Callable[[LampChange], None] | None = None,
    ) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)
        self._history: deque[LampChange] = deque(maxlen=KEPT)
        self._names: dict[LampPin, str] = {}
        self._lit: set[str] = set()
        for name, number in pins.by_name().items():
            pin = factory.pin(number, pin_class=LampPin)
            if not isinstance(pin, LampPin):
                raise ValueError(f"GPIO {number} is already in use by something else")
            pin.on_change = self._changed
            self._names[pin] = name

    @property
    def on(self) -> frozenset[str]:
        """What is on now: names of lamps, and "buzzer"."""
        with self._lock:
            return frozenset(self._lit)

    @property
    def history(self) -> tuple[LampChange, ...]:
        """The changes so far, oldest first."""
        with self._lock:
            return tuple(self._history)

    def break_pins(self, broken: bool) -> None:
        """Make every write fail with an input/output error, or work again."""
        for pin in self._names:
            pin.broken = broken

    def wait_for(self, on: frozenset[str], deadline_s: float = 5.0) -> bool:
        """Wait until exactly these are on; return whether it happened in time."""
        with self._lock:
            return self._moved.wait_for(lambda: self._lit == on, deadline_s)

    def _changed(self, pin: LampPin) -> None:
        name = self._names[pin]
        with self._lock:
            if pin.lit == (name in self._lit):
                return
            self._lit ^= {name}
            change = LampChange(name, pin.lit, time.monotonic())
            self._history.append(change)
            self._moved.notify_all()
        if self._listener is not None:
            self._listener(change)
