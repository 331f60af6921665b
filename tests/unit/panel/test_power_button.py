"""The power button on gpiozero's mock pins: one press, one event."""

from __future__ import annotations

import pytest
from gpiozero.pins.mock import MockFactory

from appliance.clock import SystemClock
from appliance.events import Event, Key, KeyPressed, PanelFaulted
from appliance.panel.power_button import BOUNCE_S, NO_PIN, PowerButton
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


def test_bounces_are_one_press_however_long_they_last(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [100.0]
    monkeypatch.setattr("appliance.panel.power_button.time.monotonic", lambda: now_s[0])
    events: list[Event] = []
    button = PowerButton(3, clock=SystemClock(), factory=factory)
    button.start(events.append)
    pin = factory.pin(3)
    for _ in range(20):
        for level in (pin.drive_low, pin.drive_high):
            now_s[0] += BOUNCE_S * 0.9
            level()
    assert pressed(events) == [Key.POWER]
    now_s[0] += BOUNCE_S
    pin.drive_low()
    assert pressed(events) == [Key.POWER, Key.POWER]
    button.stop()


def test_a_pin_that_somebody_else_has_is_a_fault_in_words(factory: MockFactory) -> None:
    first = PowerButton(3, clock=SystemClock(), factory=factory)
    first.start(lambda _: None)
    events: list[Event] = []
    second = PowerButton(3, clock=SystemClock(), factory=factory)
    second.start(events.append)
    assert events == [PanelFaulted("Power button", NO_PIN)]
    second.stop()
    first.stop()
