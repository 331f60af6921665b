"""The real reading code on real descriptors: a simulated pad's bytes in, events out."""

from __future__ import annotations

import errno
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.clock import Now, SystemClock
from appliance.events import Event, Key, KeypadFaulted, KeyPressed, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.panel import evdev_logic, keypad_evdev
from appliance.panel.evdev_device import UNPLUGGED, trouble
from appliance.panel.keypad import KeypadError
from appliance.panel.keypad_evdev import EvdevKeypad
from appliance.panel.screens import lay_out
from appliance.views import Condition
from hw_mocks.evdev_pad import (
    CODES,
    DOWN,
    EV_KEY,
    EV_SYN,
    SYN_REPORT,
    UP,
    SimulatedPad,
    event,
    overrun,
    report,
)
from tests.unit.panel.sample_views import READY_FULL

PATH = "/dev/input/by-id/usb-pad-event-kbd"
DEADLINE_S = 10.0
LONG_S = 10 * DEADLINE_S


class HeldClock:
    """Stands still, so that a test knows what an event must bear."""

    def now(self) -> Now:
        return Now(123.5)

    def real_s(self, seconds: float) -> float:
        return seconds


class CountedBeats(Heartbeats):
    """Counts the beats, so that a test can wait for some."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._beaten = threading.Condition()

    def beat(self, worker: str) -> None:
        super().beat(worker)
        with self._beaten:
            self.count += 1
            self._beaten.notify_all()

    def wait_for_more(self, more: int) -> bool:
        with self._beaten:
            enough = self.count + more
            return self._beaten.wait_for(lambda: self.count >= enough, DEADLINE_S)


class Rig:
    """A pad, the keypad that reads it, and what that posted."""

    def __init__(self) -> None:
        self.pad = SimulatedPad(PATH)
        self.beats = CountedBeats()
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.keypad = self.make(self.pad.open, self.pad.grab)

    def make(
        self, open_device: Callable[[str], int], grab: Callable[[int], None] = lambda _: None
    ) -> EvdevKeypad:
        return EvdevKeypad(
            PATH, clock=HeldClock(), heartbeats=self.beats, open_device=open_device, grab=grab
        )

    def start(self) -> None:
        self.keypad.start(self.events.put)
        self.pad.await_reader()

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
    descriptors = open_descriptors()
    made = Rig()
    yield made
    assert made.keypad.stop(DEADLINE_S)
    made.pad.unplug()
    assert open_descriptors() == descriptors
    assert threading.active_count() == 1


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def pressed(*printed: str) -> list[Event]:
    return [KeyPressed(Key(key), 123.5) for key in printed]


def test_thousands_of_keys_at_once_come_in_order_and_none_is_lost(rig: Rig) -> None:
    rig.start()
    typed = [str(n * n % 7) for n in range(2000)]
    for printed in typed:
        rig.pad.press(printed)
    assert [rig.next() for _ in typed] == pressed(*typed)
    assert rig.stop() == []


def test_numlock_around_every_key_and_repeats_are_nothing(rig: Rig) -> None:
    rig.pad.noisy = True
    rig.start()
    rig.pad.hold("5", repeats=1800)
    rig.pad.release("5")
    rig.pad.press("Enter")
    assert [rig.next(), rig.next()] == pressed("5", "A")
    assert rig.stop() == []


def test_events_cut_anywhere_are_put_together(rig: Rig) -> None:
    rig.start()
    stream = b"".join(report((CODES[key], DOWN)) + report((CODES[key], UP)) for key in "123")
    for at in range(0, len(stream), 7):
        rig.pad.send(stream[at : at + 7])
        assert rig.beats.wait_for_more(1)
    assert rig.stop() == pressed("1", "2", "3")


def test_what_was_lost_is_not_made_up(rig: Rig) -> None:
    rig.start()
    rig.pad.press("1")
    rig.pad.send(overrun(event(EV_KEY, CODES["2"], DOWN) + event(EV_SYN, SYN_REPORT, 0)))
    rig.pad.press("3")
    assert [rig.next(), rig.next()] == pressed("1", "3")


def test_unplugging_closes_at_once_is_told_and_the_pad_works_when_it_is_back(rig: Rig) -> None:
    rig.start()
    rig.pad.send(event(EV_KEY, CODES["7"], DOWN)[:11])
    descriptors = open_descriptors()
    rig.pad.unplug()
    assert rig.next() == KeypadFaulted(UNPLUGGED)
    assert open_descriptors() == descriptors - 2  # the pad's end and the keypad's
    rig.pad.plug()
    assert rig.next() == KeypadFaulted("")
    rig.pad.await_reader()
    rig.pad.press("8")
    assert rig.next() == KeyPressed(Key.DIGIT_8, 123.5)
    assert rig.stop() == []


@pytest.mark.parametrize("number", [errno.ENODEV, errno.EIO])
def test_the_kernels_errors_for_an_unplugged_pad(
    rig: Rig, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.start()
    read = os.read

    def failing(descriptor: int, count: int) -> bytes:
        if threading.current_thread().name == "keypad":
            monkeypatch.setattr(os, "read", read)
            raise OSError(number, os.strerror(number))
        return read(descriptor, count)

    monkeypatch.setattr(os, "read", failing)
    assert [rig.next(), rig.next()] == [KeypadFaulted(UNPLUGGED), KeypadFaulted("")]


def test_a_file_that_ends_is_an_unplugged_pad() -> None:
    rig = Rig()
    reading, writing = os.pipe()
    ends = [reading]

    def open_once(_path: str) -> int:
        if not ends:
            raise OSError(errno.ENOENT, "")
        return ends.pop()

    rig.keypad = rig.make(open_once)
    rig.keypad.start(rig.events.put)
    os.write(writing, report((CODES["4"], DOWN)))
    assert rig.next() == KeyPressed(Key.DIGIT_4, 123.5)
    os.close(writing)
    assert rig.next() == KeypadFaulted(UNPLUGGED)
    assert rig.stop() == []


def test_an_absent_pad_is_a_fault_not_an_error_and_is_looked_for_at_most_4_times_a_second(
    rig: Rig,
) -> None:
    rig.pad.unplug()
    rig.keypad.start(rig.events.put)
    assert rig.next() == KeypadFaulted(UNPLUGGED)
    assert rig.pad.wait_until(lambda: len(rig.pad.attempts) >= 4, DEADLINE_S)
    first, *_, last = rig.pad.attempts[:4]
    assert last - first >= 3 * 0.25 - 0.01
    assert rig.beats.stale(5.0) == ()
    assert rig.events.empty()
    rig.pad.plug()
    assert rig.next() == KeypadFaulted("")


def test_a_pad_that_another_program_holds_is_told_in_words_and_tried_again(rig: Rig) -> None:
    rig.pad.grab_errno = errno.EBUSY
    rig.keypad.start(rig.events.put)
    fault = rig.next()
    assert isinstance(fault, KeypadFaulted)
    assert "in use by another program" in fault.words
    assert rig.pad.wait_until(lambda: len(rig.pad.attempts) >= 3, DEADLINE_S)
    rig.pad.press("1")  # reaches the other program, not us
    assert rig.events.empty()
    rig.pad.grab_errno = 0
    assert rig.next() == KeypadFaulted("")
    rig.pad.await_reader()
    rig.pad.press("2")
    assert rig.next() == KeyPressed(Key.DIGIT_2, 123.5)


def test_a_pad_at_another_path_is_not_ours(rig: Rig) -> None:
    other = SimulatedPad("/dev/input/by-id/usb-other-event-kbd")
    pads = {PATH: rig.pad, other.path: other}
    rig.keypad = rig.make(lambda path: pads[path].open(path), rig.pad.grab)
    rig.start()
    other.press("1")
    rig.pad.press("2")
    assert rig.next() == KeyPressed(Key.DIGIT_2, 123.5)
    rig.pad.unplug()
    assert rig.next() == KeypadFaulted(UNPLUGGED)
    assert rig.pad.wait_until(lambda: len(rig.pad.attempts) >= 3, DEADLINE_S)
    assert other.attempts == []
    assert rig.stop() == []


def test_a_stuck_key_is_told_while_nothing_is_sent_and_recovers(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evdev_logic, "STUCK_AFTER_S", 0.2)
    rig.start()
    rig.pad.hold("5", repeats=0)
    assert rig.next() == KeyPressed(Key.DIGIT_5, 123.5)
    assert rig.next() == KeypadFaulted("key 5 is stuck; release it")
    rig.pad.release("5")
    assert rig.next() == KeypadFaulted("")


def test_a_stuck_key_is_forgotten_when_the_pad_is_unplugged(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evdev_logic, "STUCK_AFTER_S", 0.1)
    rig.start()
    rig.pad.hold("5", repeats=0)
    assert rig.next() == KeyPressed(Key.DIGIT_5, 123.5)
    assert rig.next() == KeypadFaulted("key 5 is stuck; release it")
    rig.pad.unplug()
    assert rig.next() == KeypadFaulted(UNPLUGGED)
    rig.pad.plug()
    assert rig.next() == KeypadFaulted("")
    assert rig.beats.wait_for_more(3)
    assert rig.stop() == []


def test_stopping_beside_a_stuck_key_does_not_say_that_it_is_well(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evdev_logic, "STUCK_AFTER_S", 0.1)
    rig.start()
    rig.pad.hold("5", repeats=0)
    assert [rig.next(), rig.next()] == [
        KeyPressed(Key.DIGIT_5, 123.5),
        KeypadFaulted("key 5 is stuck; release it"),
    ]
    assert rig.stop() == []


def test_two_hundred_replugs_leave_no_descriptor_behind(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fixture counts descriptors and threads at the end."""
    monkeypatch.setattr(keypad_evdev, "RETRY_S", 0.001)
    rig.start()
    for turn in range(200):
        printed = str(turn % 10)
        rig.pad.press(printed)
        assert rig.next() == KeyPressed(Key(printed), 123.5)
        rig.pad.unplug()
        assert rig.next() == KeypadFaulted(UNPLUGGED)
        rig.pad.plug()
        assert rig.next() == KeypadFaulted("")
        rig.pad.await_reader()


def test_its_heart_beats_at_least_once_a_second_with_and_without_a_pad(rig: Rig) -> None:
    assert max(keypad_evdev.IDLE_CHECK_S, keypad_evdev.RETRY_S) <= 1.0
    rig.start()
    assert rig.beats.wait_for_more(2)
    rig.pad.unplug()
    assert rig.beats.wait_for_more(3)


def test_a_key_and_the_stop_wake_an_idle_keypad(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keypad_evdev, "IDLE_CHECK_S", LONG_S)
    rig.start()
    rig.pad.press("1")
    assert rig.next() == KeyPressed(Key.DIGIT_1, 123.5)
    assert rig.pad.grabbed
    assert rig.stop() == []
    assert not rig.pad.grabbed


def test_the_stop_ends_the_wait_for_an_absent_pad(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keypad_evdev, "RETRY_S", LONG_S)
    rig.pad.unplug()
    rig.keypad.start(rig.events.put)
    assert rig.next() == KeypadFaulted(UNPLUGGED)
    assert rig.stop() == []


def test_an_idle_keypad_hardly_wakes(rig: Rig) -> None:
    rig.start()
    rig.pad.press("1")
    rig.next()
    before, began_s = rig.beats.count, time.monotonic()
    assert rig.beats.wait_for_more(4)
    assert time.monotonic() - began_s >= 3 * 0.5 - 0.01
    assert rig.beats.count <= before + 4 + 1


def test_an_unexpected_failure_is_a_dead_worker_whose_heart_is_not_retired(rig: Rig) -> None:
    def broken(_descriptor: int) -> None:
        raise ValueError

    rig.keypad = rig.make(rig.pad.open, broken)
    rig.keypad.start(rig.events.put)
    assert rig.next() == WorkerDied("keypad", "ValueError")
    assert rig.keypad.stop(DEADLINE_S)
    assert rig.beats.stale(-1.0) == ("keypad",)


@pytest.mark.parametrize("what", ["null", "file", "folder"])
def test_the_real_opening_and_grabbing_refuse_what_is_no_input_device(
    what: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(report((CODES["1"], DOWN)))
    paths = {"null": Path("/dev/null"), "file": tmp_path / "file", "folder": tmp_path}
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    keypad = EvdevKeypad(str(paths[what]), clock=SystemClock(), heartbeats=Heartbeats())
    keypad.start(events.put)
    fault = events.get(timeout=DEADLINE_S)
    assert isinstance(fault, KeypadFaulted)
    assert "not an input device" in fault.words
    assert keypad.stop(DEADLINE_S)
    assert events.empty()


def test_the_real_opening_of_a_link_that_is_not_there_is_an_unplugged_pad(tmp_path: Path) -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    keypad = EvdevKeypad(str(tmp_path / "pad"), clock=SystemClock(), heartbeats=Heartbeats())
    keypad.start(events.put)
    assert events.get(timeout=DEADLINE_S) == KeypadFaulted(UNPLUGGED)
    assert keypad.stop(DEADLINE_S)


def test_a_keypad_without_a_path_is_refused() -> None:
    with pytest.raises(KeypadError, match=r"keypad\.device"):
        EvdevKeypad("", clock=SystemClock(), heartbeats=Heartbeats())


@pytest.mark.parametrize(
    "number",
    [errno.ENOENT, errno.EBUSY, errno.EACCES, errno.EPERM, errno.ENOTTY, errno.EMFILE, 0],
)
def test_every_trouble_fits_its_line_on_the_ready_screen(number: int) -> None:
    words = trouble(OSError(number, ""))
    condition = Condition("Keypad", words, well=False)
    frame = lay_out(replace(READY_FULL, conditions=(*READY_FULL.conditions[:-1], condition)))
    assert words in " ".join(text.text for text in frame.texts())
