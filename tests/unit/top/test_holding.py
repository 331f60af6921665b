"""The safe state: out of service, alive under the watchdog, and one key that tries again."""

from __future__ import annotations

from dataclasses import replace
from queue import SimpleQueue

import pytest

from appliance.events import (
    Asked,
    Event,
    Key,
    KeyPressed,
    StewardAnswered,
    StopRequested,
    TimePassed,
    WorkerDied,
)
from appliance.heartbeat import Heartbeats
from appliance.holding import Holding, hold
from appliance.notify import Notifier
from appliance.panel.screens import lay_out
from appliance.views import PageView, View


class Screen:
    def __init__(self) -> None:
        self.shown: list[View] = []

    def show(self, view: View) -> None:
        self.shown.append(view)


class Bed:
    """A safe state with everything in hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *events: Event) -> None:
        monkeypatch.setenv("NOTIFY_SOCKET", "/not/used")
        self.told: list[str] = []
        self.tries = self.offs = 0
        self.full = False
        self.screen = Screen()
        self.beats = Heartbeats()
        queue: SimpleQueue[Event] = SimpleQueue()
        for event in events:
            queue.put(event)
        self.queue = queue
        self.holding = Holding(
            queue,
            self.screen,
            self.beats,
            Notifier(library=self.told.append),
            self.allow,
            0.01,
            5.0,
            self.power_off,
        )

    def power_off(self) -> None:
        self.offs += 1

    def allow(self) -> None:
        if self.full:
            self.full = False
            self.queue.put(StopRequested())
            raise OSError(28, "No space left on device")
        self.tries += 1


def test_it_says_out_of_service_and_why_and_fits_its_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bed = Bed(monkeypatch, StopRequested())
    hold(bed.holding, 3)
    (view,) = bed.screen.shown
    assert isinstance(view, PageView)
    assert view.name == "out-of-service"
    assert "3 boots" in " ".join(view.lines)
    assert [each.printed for each in view.keys] == ["A"]
    lay_out(view)
    assert bed.told == ["STATUS=held after failed boots", "READY=1", "STOPPING=1"]
    assert bed.tries == 0


def test_key_a_allows_one_try_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    bed = Bed(monkeypatch, KeyPressed(Key.BACK, 0.0), KeyPressed(Key.OK, 1.0))
    hold(bed.holding, 3)
    assert bed.tries == 1


def test_nothing_else_ends_it_and_the_watchdog_is_fed(monkeypatch: pytest.MonkeyPatch) -> None:
    others = (TimePassed(), WorkerDied("display", "OSError"), KeyPressed(Key.CLEAR, 0.0))
    bed = Bed(monkeypatch, *others, StopRequested())
    hold(bed.holding, 3)
    assert bed.told.count("WATCHDOG=1") == len(others)
    assert bed.tries == 0


def test_a_hung_worker_stops_the_feeding(monkeypatch: pytest.MonkeyPatch) -> None:
    bed = Bed(monkeypatch, TimePassed(), StopRequested())
    bed.beats.beat("display")
    monkeypatch.setattr("appliance.heartbeat.time.monotonic", lambda: 1e9)
    hold(bed.holding, 3)
    assert "WATCHDOG=1" not in bed.told


def test_a_try_that_cannot_be_written_down_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    bed = Bed(monkeypatch, KeyPressed(Key.OK, 0.0))
    bed.full = True
    hold(bed.holding, 3)
    assert bed.tries == 0


POWER = KeyPressed(Key.POWER, 0.0)


def test_the_power_key_twice_switches_off_and_the_page_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bed = Bed(monkeypatch, POWER, POWER, POWER, KeyPressed(Key.OK, 1.0), StopRequested())
    farewell = hold(bed.holding, 3)
    assert bed.offs == 1
    assert bed.tries == 0
    assert isinstance(farewell, PageView)
    assert farewell.name == "switching-off"
    assert bed.screen.shown[-1] == farewell
    lay_out(bed.screen.shown[1])


def test_one_press_and_another_key_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    bed = Bed(monkeypatch, POWER, KeyPressed(Key.BACK, 0.0), POWER, StopRequested())
    assert hold(bed.holding, 3) is None
    assert bed.offs == 0


def test_a_refusal_is_said_and_the_safe_state_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = StewardAnswered(Asked.POWER_OFF, "failed POWER", "It still runs.")
    bed = Bed(monkeypatch, POWER, POWER, refused, StopRequested())
    assert hold(bed.holding, 3) is None
    last = bed.screen.shown[-1]
    assert isinstance(last, PageView)
    assert (last.name, last.notice) == ("out-of-service", "It still runs.")


def test_a_machine_that_runs_on_without_a_word_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    bed = Bed(monkeypatch, POWER, POWER)
    show = bed.screen.show

    def ends(view: View) -> None:
        show(view)
        if isinstance(view, PageView) and "still runs" in view.notice:
            bed.queue.put(StopRequested())

    monkeypatch.setattr(bed.screen, "show", ends)
    assert hold(replace(bed.holding, off_within_s=0.05), 3) is None
    assert [view.name for view in bed.screen.shown if isinstance(view, PageView)] == [
        "out-of-service",
        "out-of-service",
        "switching-off",
        "out-of-service",
    ]
