"""Lamps and buzzer on GPIO pins: plays the patterns of lamp_patterns on a thread of its own.

Asking for a lamp or a sound only leaves a note for that thread: the main loop is never kept
waiting.  A lamp that fails stops nothing; `fault` says so in words.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from appliance.panel.lamp_patterns import LAMPS, SOUNDS, Phase, lamp_phase, sound_phase
from appliance.views import Lamp, Sound

BUZZER: Final = "buzzer"

RETRY_S: Final = 5.0
"""After a failure the pins are released and opened again this much later."""


@dataclass(frozen=True, slots=True)
class LampPins:
    """BCM numbers of the pins.  Each drives its lamp, or the buzzer, when high."""

    green: int
    yellow: int
    red: int
    buzzer: int

    def by_name(self) -> dict[str, int]:
        """Return the numbers by what hangs on them."""
        return {"green": self.green, "yellow": self.yellow, "red": self.red, BUZZER: self.buzzer}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for, and since when (monotonic seconds)."""

    lamp: Lamp = Lamp.OFF
    lamp_since_s: float = 0.0
    sound: Sound | None = None
    sound_since_s: float = 0.0


class Lamps:
    """Three lamps and a buzzer.  Started once, closed once; every other call returns at once."""

    def __init__(self, pins: LampPins, factory: Any | None = None) -> None:
        """Take the pins, and gpiozero's pin factory (None: its default); open nothing yet."""
        self._pins, self._factory = pins, factory
        self._lock = threading.Lock()
        self._wanted = _Wanted()
        self._woken = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._fault = ""
        self._errors = 0
        self._report: Callable[[str], None] = lambda _: None

    @property
    def fault(self) -> str:
        """Why the lamps cannot be relied on, in words for staff; empty while they work."""
        return self._fault

    @property
    def errors(self) -> int:
        """How often a lamp or the buzzer failed, for the technician."""
        return self._errors

    def start(self, report: Callable[[str], None] | None = None) -> None:
        """Open the pins, dark and silent, and begin to play.

        report: hears `fault` whenever it changes, on a foreign thread.
        """
        self._report = report or self._report
        self._thread = threading.Thread(target=self._run, name="lamps", daemon=True)
        self._thread.start()

    def show(self, lamp: Lamp) -> None:
        """Show this until told otherwise.  Asking again does not restart the blinking."""
        with self._lock:
            if lamp is self._wanted.lamp:
                return
            was = self._wanted
            self._wanted = _Wanted(lamp, time.monotonic(), was.sound, was.sound_since_s)
        self._woken.set()

    def sound(self, sound: Sound) -> None:
        """Play this once, unless something more important is playing."""
        now_s = time.monotonic()
        with self._lock:
            was = self._wanted
            if was.sound is not None:
                playing = SOUNDS[was.sound]
                left = now_s - was.sound_since_s < playing.length_s
                if left and playing.rank > SOUNDS[sound].rank:
                    return
            self._wanted = _Wanted(was.lamp, was.lamp_since_s, sound, now_s)
        self._woken.set()

    def off(self) -> None:
        """Everything dark and silent."""
        with self._lock:
            self._wanted = _Wanted()
        self._woken.set()

    def close(self, timeout_s: float = 1.0) -> bool:
        """Everything dark and silent, pins released; return whether that ended in time."""
        self._closing.set()
        self._woken.set()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._play()
            except Exception as error:  # noqa: BLE001 - worker top: pin libraries raise their own
                self._errors += 1
                self._say(
                    f"lamps and buzzer do not work ({type(error).__name__}):"
                    " go by the screen, and have them repaired"
                )
                self._closing.wait(RETRY_S)

    def _play(self) -> None:
        """Play until closed.  Leaves every pin an input again, so nothing stays lit."""
        # Here, beside the start of the rest: gpiozero is a fifth of all that a start imports.
        from gpiozero import LED

        with ExitStack() as opened:
            leds = {
                name: opened.enter_context(LED(number, pin_factory=self._factory))
                for name, number in self._pins.by_name().items()
            }
            lit: frozenset[str] = frozenset()
            while True:
                self._woken.clear()  # before reading what is wanted, or a wish might be missed
                if self._closing.is_set():
                    return
                on, left_s = self._phase(time.monotonic())
                for name in sorted(lit ^ on):
                    leds[name].value = name in on
                lit = on
                self._say("")
                self._woken.wait(left_s)

    def _say(self, fault: str) -> None:
        if fault != self._fault:
            self._fault = fault
            self._report(fault)

    def _phase(self, now_s: float) -> tuple[frozenset[str], float | None]:
        """Return what is on now, and how long it stays so (None: until asked otherwise)."""
        with self._lock:
            wanted = self._wanted
        pattern = LAMPS[wanted.lamp]
        lamp = lamp_phase(pattern, now_s - wanted.lamp_since_s)
        on = frozenset(led.value for led in pattern.leds) if lamp.on else frozenset()
        sound = Phase(False, None)
        if wanted.sound is not None:
            sound = sound_phase(SOUNDS[wanted.sound], now_s - wanted.sound_since_s)
        lefts = [phase.left_s for phase in (lamp, sound) if phase.left_s is not None]
        return on | {BUZZER} if sound.on else on, min(lefts, default=None)
