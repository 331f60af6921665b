"""A push button to ground as the power key, beside a pad that has none.

On BCM 3 the same button also wakes a Raspberry Pi that was switched off (Raspberry Pi
documentation, "GPIO 3 wake"), and there the board itself has a pull-up.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from appliance.clock import Clock
from appliance.events import Key, KeyPressed, PanelFaulted
from appliance.panel.keypad import Post

log = logging.getLogger("appliance")

NO_PIN = "it does not work. Tell the technician: power.button in the settings, or its wiring."
BOUNCE_S = 0.2
"""Two presses of one finger are never so close; the bounces of any contact are over by then."""


class PowerButton:
    """Posts KeyPressed(Key.POWER) when the button goes down; a held one says it once."""

    def __init__(self, pin: int, *, clock: Clock, factory: Any | None) -> None:
        """Take the pin (BCM number); open nothing yet.  factory None: gpiozero's default."""
        self._pin, self._clock, self._factory = pin, clock, factory
        self._button: Any | None = None
        self._post: Post | None = None
        self._moved_s = 0.0

    def start(self, post: Post) -> None:
        """Reserve the pin and begin to listen.

        A pin that does not exist or belongs to somebody else is a fault in words (PanelFaulted),
        never an error: the appliance can be switched off from its own page too.
        """
        self._post = post
        try:
            # Only where there is a pin: gpiozero is a fifth of all that a start imports.
            from gpiozero import Button

            self._button = Button(self._pin, pull_up=True, pin_factory=self._factory)
        except Exception as error:  # noqa: BLE001
            # Broad, because the library below gpiozero raises its own kind.
            log.error('event=POWER_BUTTON_REFUSED error="%s"', error)
            post(PanelFaulted("Power button", NO_PIN))
            return
        self._button.when_pressed = self._down
        self._button.when_released = self._up

    def stop(self) -> None:
        """Stop listening and release the pin."""
        if self._button is not None:
            self._button.close()
            self._button = None

    def _down(self) -> None:
        if self._settled() and self._post is not None:
            self._post(KeyPressed(Key.POWER, self._clock.now().mono_s))

    def _up(self) -> None:
        self._settled()

    def _settled(self) -> bool:
        """Note an edge; return whether the contact was at rest before it."""
        now_s = time.monotonic()
        at_rest, self._moved_s = now_s - self._moved_s >= BOUNCE_S, now_s
        return at_rest
