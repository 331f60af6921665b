"""The real scanning code on simulated wires: closed switches in, events out."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory

from appliance.clock import Now, SystemClock
from appliance.events import Event, Key, KeypadFaulted, KeyPressed, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.panel import keypad_matrix, matrix_logic
from appliance.panel.keypad import KeypadError, switch_of
from appliance.panel.keypad_matrix import MatrixKeypad
from appliance.panel.matrix_pins import MatrixPins
from hw_mocks.gpio import MatrixPin, SimulatedMatrix

ROWS, COLUMNS = (5, 6, 13, 19), (12, 16, 20, 21)
DEADLINE_S = 10.0


class HeldClock:
    """Stands still, so that a test knows what an event must bear."""

    def now(self) -> Now:
        return Now(123.5)

    def real_s(self, seconds: float) -> float:
        return seconds


class Rig:
    """A pad, the keypad on it, and what it posted."""

    def __init__(self) -> None:
        self.factory = MockFactory()
        self.matrix = SimulatedMatrix(self.factory, ROWS, COLUMNS)
        self.heartbeats = Heartbeats()
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.keypad = MatrixKeypad(
            ROWS, COLUMNS, clock=HeldClock(), heartbeats=self.heartbeats, factory=self.factory
        )

    def start(self) -> None:
        self.keypad.start(self.events.put)
        assert self.matrix.wait_until(lambda: self.matrix.armed, DEADLINE_S)

    def next(self) -> Event:
        return self.events.get(timeout=DEADLINE_S)

    def stop(self) -> list[Event]:
        """Stop in good order; return what nobody took."""
        assert self.keypad.stop(DEADLINE_S)
        left = []
        while not self.events.empty():
            left.append(self.events.get())
        return left


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    assert made.keypad.stop(DEADLINE_S)
    assert not made.matrix.ever_shorted


def pressed(*printed: str) -> list[Event]:
    return [KeyPressed(Key(key), 123.5) for key in printed]


def test_a_closed_switch_becomes_its_key_with_the_clocks_time(rig: Rig) -> None:
    rig.start()
    rig.matrix.press_surely("5")
    assert rig.next() == KeyPressed(Key.DIGIT_5, 123.5)
    assert rig.stop() == []


def bounced_press(rig: Rig, printed: str) -> bool:
    """Press a key whose contact bounces at both ends; return whether it really bounced.

    A machine that holds one toggle up for 10 ms has pressed the key, not bounced it.
    """
    switch = switch_of(printed)
    going_down_s = rig.matrix.bounce(*switch, toggles=20, over_s=0.01)
    rig.matrix.press_surely(printed)
    going_up_s = rig.matrix.bounce(*switch, toggles=20, over_s=0.01)
    rig.matrix.press_surely("D")
    return max(going_down_s, going_up_s) < 0.01


def test_twenty_bounces_in_ten_milliseconds_are_one_key(rig: Rig) -> None:
    rig.start()
    for _ in range(50):
        faithful = bounced_press(rig, "5")
        events = []
        while KeyPressed(Key.NEXT, 123.5) not in events:
            events.append(rig.next())
        if faithful:
            break
    assert faithful
    assert events == pressed("5", "D")


def test_three_real_keys_show_the_ghost_and_count_as_nothing(rig: Rig) -> None:
    """1, 2 and 4 down: 5 looks closed though nobody touched it."""
    pins = MatrixPins(ROWS, COLUMNS, rig.factory)
    for printed in "124":
        rig.matrix.close_switch(*switch_of(printed))
    assert pins.scan() == {switch_of(key) for key in "1245"}
    pins.close()
    for printed in "124":
        rig.matrix.open_switch(*switch_of(printed))

    rig.start()
    with rig.matrix.lock:
        for printed in "124":
            rig.matrix.close_switch(*switch_of(printed))
    rig.matrix.await_scans(DEADLINE_S)
    with rig.matrix.lock:
        for printed in "124":
            rig.matrix.open_switch(*switch_of(printed))
    rig.matrix.await_scans(DEADLINE_S)
    rig.matrix.press_surely("9")
    assert rig.stop() == pressed("9")


def test_two_keys_in_one_column_short_nothing_and_count_as_one(rig: Rig) -> None:
    rig.start()
    rig.matrix.close_switch(*switch_of("2"))
    assert rig.next() == KeyPressed(Key.DIGIT_2, 123.5)
    rig.matrix.press_surely("5")
    rig.matrix.open_switch(*switch_of("2"))
    rig.matrix.await_scans(DEADLINE_S)
    assert rig.stop() == []
    assert not rig.matrix.ever_shorted


def test_a_stuck_key_is_reported_leaves_the_others_working_and_recovers(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix_logic, "STUCK_AFTER_S", 0.2)
    rig.start()
    rig.matrix.close_switch(*switch_of("5"))
    assert rig.next() == KeyPressed(Key.DIGIT_5, 123.5)
    assert rig.next() == KeypadFaulted("key 5 is stuck; release it")
    rig.matrix.close_switch(*switch_of("1"))
    assert rig.next() == KeyPressed(Key.DIGIT_1, 123.5)
    with rig.matrix.lock:
        rig.matrix.open_switch(*switch_of("1"))
        rig.matrix.open_switch(*switch_of("5"))
    assert rig.next() == KeypadFaulted("")
    assert rig.stop() == []


def test_a_key_that_goes_down_while_arming_is_not_lost(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No edge comes for it, and the once-a-second look would come too late to be the rescue."""
    monkeypatch.setattr(keypad_matrix, "IDLE_CHECK_S", 10 * DEADLINE_S)
    rig.matrix.before_arming = lambda: rig.matrix.close_switch(*switch_of("1"))
    rig.keypad.start(rig.events.put)
    assert rig.next() == KeyPressed(Key.DIGIT_1, 123.5)


def test_a_key_already_down_at_the_start_counts(rig: Rig) -> None:
    rig.matrix.close_switch(*switch_of("#"))
    rig.keypad.start(rig.events.put)
    assert rig.next() == KeyPressed(Key.INFO, 123.5)


def test_a_lost_edge_costs_a_second_at_most_not_the_key(rig: Rig) -> None:
    rig.start()
    rig.matrix.lose_edges = True
    rig.matrix.press_surely("7")
    assert rig.next() == KeyPressed(Key.DIGIT_7, 123.5)


def test_an_edge_wakes_an_idle_pad(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keypad_matrix, "IDLE_CHECK_S", 10 * DEADLINE_S)
    rig.start()
    rig.matrix.press_surely("1")
    rig.matrix.press_surely("D")
    assert rig.stop() == pressed("1", "D")


def test_an_idle_pad_is_not_scanned(rig: Rig) -> None:
    rig.start()
    rig.matrix.press_surely("1")
    assert rig.matrix.wait_until(lambda: rig.matrix.armed, DEADLINE_S)
    scans = rig.matrix.scans
    assert not rig.matrix.wait_until(lambda: rig.matrix.scans > scans, 0.3)


def test_scanning_is_not_disturbed_by_its_own_edges(rig: Rig) -> None:
    """Driving rows makes columns fall hundreds of times a second: nobody may be called for it."""
    rig.start()
    assert rig.matrix.watched
    rig.matrix.close_switch(0, 0)
    assert isinstance(rig.next(), KeyPressed)
    assert not rig.matrix.watched


def test_stop_releases_the_pins_even_while_a_key_is_held(rig: Rig) -> None:
    rig.start()
    rig.matrix.close_switch(0, 0)
    assert isinstance(rig.next(), KeyPressed)
    rig.stop()
    assert rig.matrix.released
    again = MatrixPins(ROWS, COLUMNS, rig.factory)
    again.close()


def test_a_failing_pin_is_a_dead_worker_whose_heart_is_not_retired(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_pins: MatrixPins) -> bool:
        raise OSError(5, "Input/output error")

    rig.start()
    monkeypatch.setattr(MatrixPins, "any_low", broken)
    rig.matrix.close_switch(0, 0)
    assert rig.next() == WorkerDied("keypad", "OSError")
    assert rig.keypad.stop(DEADLINE_S)
    assert rig.heartbeats.stale(-1.0) == ("keypad",)
    assert rig.matrix.released


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        ((5, 6, 13), COLUMNS, "the settings name 3 and 4"),
        (ROWS, (12, 16, 20, 21, 26), "the settings name 4 and 5"),
        (ROWS, (12, 16, 20, 19), "GPIO 19 more than once"),
    ],
)
def test_pins_that_cannot_be_a_pad_are_refused_at_once(
    rows: tuple[int, ...], columns: tuple[int, ...], words: str
) -> None:
    with pytest.raises(KeypadError, match=words):
        MatrixKeypad(rows, columns, clock=SystemClock(), heartbeats=Heartbeats())


def test_a_pin_in_use_is_a_fault_until_it_is_free(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The appliance serves without keys, and the other pins are released meanwhile."""
    monkeypatch.setattr(keypad_matrix, "IDLE_CHECK_S", 0.01)
    taker = LED(COLUMNS[3], pin_factory=rig.factory)
    rig.keypad.start(rig.events.put)
    assert rig.next() == KeypadFaulted(keypad_matrix.NO_PINS)
    assert f"GPIO{COLUMNS[3]} is already in use" in caplog.text
    LED(COLUMNS[0], pin_factory=rig.factory).close()
    taker.close()
    assert rig.next() == KeypadFaulted("")
    assert rig.matrix.wait_until(lambda: rig.matrix.armed, DEADLINE_S)
    rig.matrix.press_surely("5")
    assert rig.next() == KeyPressed(Key.DIGIT_5, 123.5)
    assert rig.stop() == []


def test_it_lives_and_stops_while_its_pins_cannot_be_used(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told once however often they are tried; its heart beats."""
    tries = 0

    def refused(*_: object) -> MatrixPins:
        nonlocal tries
        tries += 1
        raise KeypadError("there are no pins here")

    monkeypatch.setattr(keypad_matrix, "IDLE_CHECK_S", 0.01)
    monkeypatch.setattr(keypad_matrix, "MatrixPins", refused)
    rig.keypad.start(rig.events.put)
    assert rig.matrix.wait_until(lambda: tries >= 3, DEADLINE_S)
    assert rig.heartbeats.stale(DEADLINE_S) == ()
    assert rig.stop() == [KeypadFaulted(keypad_matrix.NO_PINS)]
    assert rig.heartbeats.ages_s() == {}, "a stopped keypad is not missed"


class BackendError(Exception):
    """Stands for the own error class of the library below gpiozero."""


def test_a_pin_that_the_kernel_has_is_told_in_words(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    set_pull = MatrixPin._set_pull

    def busy(pin: MatrixPin, value: str) -> None:
        if value == "up":
            raise BackendError("GPIO busy")
        set_pull(pin, value)

    monkeypatch.setattr(MatrixPin, "_set_pull", busy)
    rig.keypad.start(rig.events.put)
    assert rig.stop() == [KeypadFaulted(keypad_matrix.NO_PINS)]
    assert "GPIO busy; compare the row and column pins" in caplog.text


def test_a_board_pull_up_on_a_row_does_no_harm() -> None:
    """GPIO 2 and 3 have pull-ups that cannot be switched off."""
    factory = MockFactory()
    matrix = SimulatedMatrix(factory, (2, 3, 13, 19), COLUMNS)
    pins = MatrixPins((2, 3, 13, 19), COLUMNS, factory)
    matrix.close_switch(1, 2)
    assert pins.scan() == {(1, 2)}
    pins.close()
