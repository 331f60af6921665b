"""The main loop feeds the watchdog only while every worker lives; the journal holds codes."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from queue import SimpleQueue

import pytest

from appliance import daemon
from appliance.clinical.measurement import KEYPAD, Measurement, Origin, Source, Status
from appliance.clock import SystemClock
from appliance.daemon import Daemon
from appliance.events import (
    BundleRefused,
    DisplayFaulted,
    Event,
    Key,
    KeypadFaulted,
    KeyPressed,
    LinkChanged,
    LinkState,
    MeasurementReceived,
    ModelAdmitted,
    PanelFaulted,
    SelfTestFinished,
    StopRequested,
    TimePassed,
    WorkerDied,
)
from appliance.heartbeat import Heartbeats
from appliance.journal import code_of, is_fault
from appliance.notify import Notifier
from appliance.orders import Order
from appliance.parts import Parts
from appliance.presenting import Place
from appliance.states import Assess, State
from appliance.views import InputsView, Lamp, Sound, View
from tests.sample_task import TASK


class Silent:
    """Signals, model and instruments that do nothing."""

    def show(self, lamp: Lamp) -> None: ...

    def order(self, instrument: str, order: Order) -> None: ...

    def facts(self) -> list[dict[str, object]]:
        return []

    def sound(self, sound: Sound) -> None: ...

    def submit(self, request: Assess) -> None: ...


class Screen:
    """Keeps what was shown and when."""

    def __init__(self) -> None:
        self.shown: list[tuple[float, View]] = []

    def show(self, view: View) -> None:
        self.shown.append((time.monotonic(), view))


class Manager:
    """A service manager: the other end of NOTIFY_SOCKET.

    As systemd does, it takes every message at once: its queue may hold as few as ten, and
    systemd's own library waits for a place in it.
    """

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._heard: SimpleQueue[str] = SimpleQueue()
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        while message := self._socket.recv(4096):
            self._heard.put(message.decode())

    def heard(self) -> str:
        return self._heard.get(timeout=10.0)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RD)
        self._thread.join(10.0)
        self._socket.close()

    def hear_until(self, message: str) -> list[str]:
        heard = [self.heard()]
        while heard[-1] != message:
            heard.append(self.heard())
        return heard


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.close()


@pytest.fixture
def events(
    manager: Manager,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    beats: Heartbeats,
    screen: Screen,
) -> Iterator[SimpleQueue[Event]]:
    """Run a daemon whose every turn is started by an event of the test."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setattr(daemon, "TURN_S", 3600.0)
    queue: SimpleQueue[Event] = SimpleQueue()
    silent = Silent()
    parts = Parts(
        queue,
        SystemClock(),
        screen,
        silent,
        silent,
        silent,
        silent,
        beats,
        Notifier(),
        Place(),
        lambda: (),
    )
    loop = Daemon(parts, daemon.starting_state(State(), SystemClock().now()))
    thread = threading.Thread(target=loop.run)
    thread.start()
    yield queue
    queue.put(StopRequested())
    thread.join(10.0)
    assert not thread.is_alive()


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def beats() -> Heartbeats:
    return Heartbeats()


def age(beats: Heartbeats, worker: str, by_s: float) -> None:
    """Let a worker's last sign of life lie so far back."""
    beats._last[worker] = time.monotonic() - by_s


def test_a_worker_that_stops_beating_stops_the_watchdogs_food(
    manager: Manager, events: SimpleQueue[Event], beats: Heartbeats
) -> None:
    beats.beat("port:cuff")
    events.put(TimePassed())
    manager.hear_until("READY=1")
    manager.hear_until("WATCHDOG=1")

    age(beats, "port:cuff", daemon.STALE_AFTER_S + 1.0)
    for _ in range(5):
        events.put(TimePassed())
    age_until_drained(events)
    beats.beat("port:cuff")
    events.put(KeyPressed(Key.INFO, 0.0))
    heard = manager.hear_until("STATUS=about")
    # One turn may have ended just before the worker grew old.
    assert heard.count("WATCHDOG=1") <= 1
    manager.hear_until("WATCHDOG=1")


def age_until_drained(events: SimpleQueue[Event]) -> None:
    until = time.monotonic() + 10.0
    while not events.empty():
        assert time.monotonic() < until
        time.sleep(0.001)


def test_a_worker_that_retired_is_not_waited_for(
    manager: Manager, events: SimpleQueue[Event], beats: Heartbeats
) -> None:
    age(beats, "port:cuff", 60.0)
    events.put(TimePassed())
    before = manager.hear_until("READY=1")
    assert "WATCHDOG=1" not in before
    beats.retire("port:cuff")
    events.put(TimePassed())
    manager.hear_until("WATCHDOG=1")


def test_the_end_is_told(manager: Manager, events: SimpleQueue[Event]) -> None:
    events.put(StopRequested())
    assert manager.hear_until("STOPPING=1")[-1] == "STOPPING=1"


def reading(value: float) -> MeasurementReceived:
    source = Source(Origin.INSTRUMENT, "cuff", "line_nmea")
    mono_s = SystemClock().now().mono_s
    return MeasurementReceived(Measurement("glucose_mmol_l", value, Status.VALID, source, mono_s))


def says(screen: Screen, value: str) -> float:
    """Wait until a view shows this value; return when it did."""
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        for moment, view in tuple(screen.shown):
            rows = view.rows if isinstance(view, InputsView) else ()
            if any(row.value is not None and row.value.text == value for row in rows):
                return moment
        time.sleep(0.001)
    raise AssertionError(f"{value} was never shown")


def collects(screen: Screen) -> None:
    """Wait until the collect screen was shown."""
    until = time.monotonic() + 10.0
    while not any(isinstance(view, InputsView) for _, view in tuple(screen.shown)):
        assert time.monotonic() < until
        time.sleep(0.001)


def test_a_storm_of_readings_is_shown_calmly_and_its_last_one_surely(
    manager: Manager, events: SimpleQueue[Event], screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.put(ModelAdmitted(TASK, proof="all"))
    manager.hear_until("READY=1")
    for key in (Key.OK, Key.OK):
        events.put(KeyPressed(key, 0.0))
    manager.hear_until("STATUS=collect")
    collects(screen)
    began = time.monotonic()
    for number in range(60, 100):
        events.put(reading(number / 10))
        age_until_drained(events)
    sent = time.monotonic()
    says(screen, "9.9")
    storm = [moment for moment, _ in screen.shown if began < moment]
    # The empty form, the first reading, one for each pause, and the last.
    assert len(storm) <= (sent - began) / daemon.CALM_S + 3
    assert storm[-1] - sent < daemon.CALM_S + 5.0


def test_a_key_is_answered_at_once_in_a_storm_of_readings(
    manager: Manager, events: SimpleQueue[Event], screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "CALM_S", 3600.0)
    events.put(ModelAdmitted(TASK, proof="all"))
    manager.hear_until("READY=1")
    for key in (Key.OK, Key.OK):
        events.put(KeyPressed(key, 0.0))
    manager.hear_until("STATUS=collect")
    events.put(reading(6.1))
    events.put(reading(6.2))
    events.put(KeyPressed(Key.NEXT, 0.0))
    assert says(screen, "6.2")


def test_what_else_is_drawn_does_not_hold_a_reading_up(
    manager: Manager, events: SimpleQueue[Event], screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "CALM_S", 3600.0)
    events.put(ModelAdmitted(TASK, proof="all"))
    manager.hear_until("READY=1")
    for key in (Key.OK, Key.OK, Key.NEXT):
        events.put(KeyPressed(key, 0.0))
    manager.hear_until("STATUS=collect")
    age_until_drained(events)
    events.put(reading(6.3))
    assert says(screen, "6.3")


@pytest.mark.parametrize(
    ("event", "code", "fault"),
    [
        (WorkerDied("port:cuff", "ValueError"), "WORKER_DIED error=ValueError", True),
        (KeypadFaulted("key 5 is stuck"), "KEYPAD_FAULT", True),
        (KeypadFaulted(""), "KEYPAD_WELL", False),
        (PanelFaulted("Power button", "it does not work"), "PANEL_FAULT part=power-button", True),
        (PanelFaulted("Lamps", ""), "PANEL_WELL part=lamps", False),
        (DisplayFaulted("no frame"), "DISPLAY_FAULT", True),
        (DisplayFaulted(""), "DISPLAY_WELL", False),
        (ModelAdmitted(TASK, refusal="wrong hash"), "MODEL_REFUSED task=", True),
        (ModelAdmitted(TASK, proof="all"), "MODEL_ADMITTED task=", False),
        (BundleRefused("maternal-risk", "not TOML"), "BUNDLE_REFUSED folder=maternal-risk", True),
        (LinkChanged("cuff", LinkState.ABSENT), "LINK state=ABSENT instrument=cuff", True),
        (LinkChanged("cuff", LinkState.SPEAKING), "LINK state=SPEAKING instrument=cuff", False),
        (SelfTestFinished(("no display",)), "SELF_TEST_FAILED", True),
        (SelfTestFinished(), "SELF_TEST_PASSED", False),
    ],
)
def test_the_journal_names_what_happened(event: Event, code: str, fault: bool) -> None:
    assert code_of(event).startswith(code)
    assert is_fault(event) is fault
    said = {getattr(event, field.name) for field in fields(event) if field.name != "faults"}
    sentences = {words for words in said if isinstance(words, str) and " " in words}
    assert not any(words in code_of(event) for words in sentences)


@pytest.mark.parametrize(
    "event",
    [
        KeyPressed(Key.DIGIT_5, 1.0),
        MeasurementReceived(Measurement("temp_degc", 36.9, Status.VALID, KEYPAD, 1.0)),
        TimePassed(),
    ],
)
def test_keys_and_measurements_are_never_in_the_journal(event: Event) -> None:
    assert code_of(event) == ""
    assert not is_fault(event)


def test_faults_are_logged_as_errors(
    manager: Manager, events: SimpleQueue[Event], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "appliance")
    events.put(TimePassed())
    manager.hear_until("READY=1")
    events.put(LinkChanged("cuff", LinkState.BUSY))
    events.put(LinkChanged("cuff", LinkState.SPEAKING))
    events.put(KeyPressed(Key.INFO, 0.0))
    manager.hear_until("STATUS=about")
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ("ERROR", "event=LINK state=BUSY instrument=cuff") in said
    assert ("INFO", "event=LINK state=SPEAKING instrument=cuff") in said
