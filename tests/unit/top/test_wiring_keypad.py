"""Which keypad the wiring makes of the settings."""

from __future__ import annotations

import queue

from gpiozero.pins.mock import MockFactory

from appliance.clock import SystemClock
from appliance.events import Event, KeypadFaulted
from appliance.heartbeat import Heartbeats
from appliance.panel.evdev_device import UNPLUGGED
from appliance.panel.keypad import Keypad
from appliance.panel.keypad_evdev import EvdevKeypad
from appliance.panel.keypad_matrix import MatrixKeypad
from appliance.settings import KeypadSettings, Settings
from appliance.wiring_parts import keypad_of


def made_of(keypad: KeypadSettings) -> Keypad | None:
    return keypad_of(Settings(keypad=keypad), SystemClock(), Heartbeats(), MockFactory())


def test_no_keypad() -> None:
    assert made_of(KeypadSettings("none")) is None


def test_a_matrix() -> None:
    pins = KeypadSettings("matrix", (5, 6, 13, 19), (12, 16, 20, 21))
    assert isinstance(made_of(pins), MatrixKeypad)


def test_a_number_pad_at_the_path_of_the_settings() -> None:
    keypad = made_of(KeypadSettings("evdev", device="/dev/input/by-id/none-here"))
    assert isinstance(keypad, EvdevKeypad)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    keypad.start(events.put)
    assert events.get(timeout=10.0) == KeypadFaulted(UNPLUGGED)
    assert keypad.stop(10.0)
