"""What every keypad does, whatever it is made of.  A new kind joins with one more rig."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from gpiozero.pins.mock import MockFactory

from appliance.clock import Clock, Now
from appliance.events import Event, Key, KeyPressed
from appliance.heartbeat import Heartbeats
from appliance.panel.keypad import Keypad, switch_of
from appliance.panel.keypad_evdev import EvdevKeypad
from appliance.panel.keypad_matrix import MatrixKeypad
from hw_mocks.evdev_pad import SimulatedPad
from hw_mocks.gpio import SimulatedMatrix

DEADLINE_S = 10.0


class SteppedClock:
    """Moves only when told."""

    def __init__(self) -> None:
        self.mono_s = 50.0

    def now(self) -> Now:
        return Now(self.mono_s)

    def real_s(self, seconds: float) -> float:
        return seconds


@dataclass(frozen=True, slots=True)
class Hands:
    """One kind of keypad and how a finger touches it.

    press: press and release, each long enough to be noticed.  hold, release: one of the two.
    All three take what is printed on the matrix, as Key does.
    await_ready: until a finger is noticed; a pad that is found by its path takes a moment.
    put_away: give back what the simulation holds.
    """

    keypad: Keypad
    press: Callable[[str], None]
    hold: Callable[[str], None]
    release: Callable[[str], None]
    await_ready: Callable[[], None] = lambda: None
    put_away: Callable[[], None] = lambda: None


def matrix_hands(clock: Clock, heartbeats: Heartbeats) -> Hands:
    factory = MockFactory()
    rows, columns = (5, 6, 13, 19), (12, 16, 20, 21)
    matrix = SimulatedMatrix(factory, rows, columns)
    return Hands(
        keypad=MatrixKeypad(rows, columns, clock=clock, heartbeats=heartbeats, factory=factory),
        press=matrix.press_surely,
        hold=lambda printed: matrix.close_switch(*switch_of(printed)),
        release=lambda printed: matrix.open_switch(*switch_of(printed)),
    )


ON_A_NUMBER_PAD = {"A": "Enter", "B": "-", "C": "Backspace", "D": "+", "*": ".", "#": "/"} | {
    "power": "Power"
}


def number_pad_hands(clock: Clock, heartbeats: Heartbeats, noisy: bool = False) -> Hands:
    pad = SimulatedPad("/dev/input/by-id/usb-pad-event-kbd", noisy=noisy)
    return Hands(
        keypad=EvdevKeypad(
            pad.path, clock=clock, heartbeats=heartbeats, open_device=pad.open, grab=pad.grab
        ),
        press=lambda printed: pad.press(ON_A_NUMBER_PAD.get(printed, printed)),
        hold=lambda printed: pad.hold(ON_A_NUMBER_PAD.get(printed, printed)),
        release=lambda printed: pad.release(ON_A_NUMBER_PAD.get(printed, printed)),
        await_ready=pad.await_reader,
        put_away=pad.unplug,
    )


KINDS = {
    "matrix": matrix_hands,
    "evdev": number_pad_hands,
    "evdev-numlock": partial(number_pad_hands, noisy=True),
}


@dataclass(frozen=True, slots=True)
class Rig:
    """A started keypad and everything around it."""

    hands: Hands
    clock: SteppedClock
    heartbeats: Heartbeats
    events: queue.SimpleQueue[Event]

    def next(self) -> Event:
        return self.events.get(timeout=DEADLINE_S)


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    clock, heartbeats = SteppedClock(), Heartbeats()
    hands = KINDS[request.param](clock, heartbeats)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    hands.keypad.start(events.put)
    hands.await_ready()
    yield Rig(hands, clock, heartbeats, events)
    assert hands.keypad.stop(DEADLINE_S)
    hands.put_away()


# The matrix pad has no power key; the number pad's is in test_evdev_logic.
@pytest.mark.parametrize("key", [key for key in Key if key is not Key.POWER])
def test_every_key_is_posted_once(rig: Rig, key: Key) -> None:
    rig.hands.press(key.value)
    assert rig.next() == KeyPressed(key, 50.0)
    rig.hands.keypad.stop(DEADLINE_S)
    assert rig.events.empty()


@pytest.mark.parametrize("rig", ["evdev", "evdev-numlock"], indirect=True)
def test_a_number_pad_may_have_a_power_key(rig: Rig) -> None:
    rig.hands.press("power")
    assert rig.next() == KeyPressed(Key.POWER, 50.0)


def test_keys_come_in_order_and_none_is_lost(rig: Rig) -> None:
    typed = "1234567890*#ABCD5500"
    for printed in typed:
        rig.hands.press(printed)
    assert [rig.next() for _ in typed] == [KeyPressed(Key(key), 50.0) for key in typed]


def test_a_key_bears_the_time_of_the_appliances_clock(rig: Rig) -> None:
    rig.clock.mono_s = 86_400.0
    rig.hands.press("1")
    assert rig.next() == KeyPressed(Key.DIGIT_1, 86_400.0)


def test_a_key_counts_while_it_is_still_held_and_does_not_repeat(rig: Rig) -> None:
    rig.hands.hold("8")
    assert rig.next() == KeyPressed(Key.DIGIT_8, 50.0)
    with pytest.raises(queue.Empty):
        rig.events.get(timeout=0.7)  # a keyboard would repeat after 0.25 to 0.5 s
    rig.hands.release("8")


def test_its_heart_beats_while_nobody_touches_it(rig: Rig) -> None:
    assert rig.heartbeats.stale(-1.0) == ("keypad",)
    assert rig.heartbeats.stale(5.0) == ()


def test_stopping_is_quick_retires_the_heart_and_ends_the_thread(rig: Rig) -> None:
    rig.hands.hold("2")
    rig.next()
    assert rig.hands.keypad.stop(DEADLINE_S)
    assert rig.heartbeats.stale(-1.0) == ()
    assert threading.active_count() == 1
    rig.hands.release("2")
    assert rig.events.empty()


def test_stopping_twice_or_before_the_start_is_harmless() -> None:
    for make in KINDS.values():
        keypad = make(SteppedClock(), Heartbeats()).keypad
        assert keypad.stop(DEADLINE_S)
        assert keypad.stop(DEADLINE_S)
