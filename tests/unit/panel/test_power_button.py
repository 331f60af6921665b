"""The power button on gpiozero's mock pins: one press, one event."""

from __future__ import annotations

import time

import pytest
from gpiozero.pins.mock import MockFactory

from appliance.clock import SystemClock
from appliance.events import Event, Key, KeyPressed
from appliance.panel.keypad import KeypadError
from appliance.panel.power_button import BOUNCE_S, PowerButton
from hw_mocks.button import SimulatedButton


@pytest.fixture
def factory() -> MockFactory:
    return MockFactory()


def pressed(events: list[Event]) -> list[Key]:
    return [each.key for each in events if isinstance(each, KeyPressed)]


def test_each_press_counts_once_and_none_after_the_end(factory: MockFactory) -> None:
    events: list[Event] = []
    finger = SimulatedButton(factory, 3)
    button = PowerButton(3, clock=SystemClock(), factory=factory)
    button.start(events.append)
    finger.press()
    finger.press()
    assert pressed(events) == [Key.POWER, Key.POWER]
    button.stop()
    finger.press()
    assert len(events) == 2


def test_twenty_bounces_are_one_press(factory: MockFactory) -> None:
    events: list[Event] = []
    button = PowerButton(3, clock=SystemClock(), factory=factory)
    button.start(events.append)
    pin = factory.pin(3)
    for _ in range(20):
        pin.drive_low()
        pin.drive_high()
    pin.drive_low()
    deadline = time.monotonic() + BOUNCE_S
    while time.monotonic() < deadline:
        pin.drive_high()
        pin.drive_low()
    pin.drive_high()
    assert pressed(events) == [Key.POWER]
    button.stop()


def test_a_pin_that_somebody_else_has_is_refused_in_words(factory: MockFactory) -> None:
    first = PowerButton(3, clock=SystemClock(), factory=factory)
    first.start(lambda _: None)
    with pytest.raises(KeypadError, match="power button"):
        PowerButton(3, clock=SystemClock(), factory=factory).start(lambda _: None)
    first.stop()
