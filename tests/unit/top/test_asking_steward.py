"""Asking the steward from the daemon: never in the main loop's way, always answered."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from appliance.asking_steward import AskingSteward
from appliance.events import Asked, Event, StewardAnswered
from appliance.steward_client import StewardError


def test_done_refused_and_broken_each_come_as_an_event() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    asked: list[int] = []
    AskingSteward(events.put, asked.append).set_clock(1_800_000_000)
    assert events.get(timeout=10.0) == StewardAnswered(Asked.CLOCK)
    assert asked == [1_800_000_000]

    def refuse() -> None:
        raise StewardError("failed POWER", "It still runs.")

    AskingSteward(events.put, power_off=refuse).power_off()
    assert events.get(timeout=10.0) == StewardAnswered(
        Asked.POWER_OFF, "failed POWER", "It still runs."
    )

    def break_down() -> None:
        raise ValueError

    AskingSteward(events.put, power_off=break_down).power_off()
    broken = events.get(timeout=10.0)
    assert isinstance(broken, StewardAnswered)
    assert (broken.asked, broken.code) == (Asked.POWER_OFF, "ValueError")
    assert "power-off" in broken.words


def test_a_steward_that_hangs_keeps_nobody_waiting() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    go_on = threading.Event()
    AskingSteward(events.put, power_off=lambda: _wait_for(go_on)).power_off()
    assert events.empty()
    go_on.set()
    assert events.get(timeout=10.0) == StewardAnswered(Asked.POWER_OFF)


def _wait_for(event: threading.Event) -> None:
    assert event.wait(10.0)
