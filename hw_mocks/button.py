"""A simulated push button to ground on one of gpiozero's mock pins."""

from __future__ import annotations

import time

from gpiozero.pins.mock import MockFactory

from appliance.panel.power_button import BOUNCE_S

PRESS_S = 0.05


class SimulatedButton:
    """Pressed and let go as a finger does."""

    def __init__(self, factory: MockFactory, pin: int) -> None:
        self._pin = factory.pin(pin)

    def press(self) -> None:
        """Close the contact and open it; return when the next press would be another one."""
        self._pin.drive_low()
        time.sleep(PRESS_S)
        self._pin.drive_high()
        time.sleep(BOUNCE_S)
