"""The display worker: latest view wins, a failed frame blanks, and it goes on trying."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from PIL import Image

from appliance.events import DisplayFaulted, Event, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.panel.display import DisplayWorker
from appliance.panel.drawing import draw
from appliance.panel.frame import Frame
from appliance.panel.framebuffer import Framebuffer, Geometry
from appliance.panel.manner import Manner
from appliance.panel.port import DisplayError
from appliance.panel.screens import lay_out
from appliance.tongue import Tongue
from appliance.views import View
from tests.unit.panel.sample_views import HIGH, OUT_OF_SERVICE, READY, shown

BLACK = ("black",)
UNFIT = replace(HIGH, todo=shown("much too long " * 200))
DEADLINE_S = 10.0


class FakeDisplay:
    """Remembers what is on it; fails when told to."""

    size = (800, 480)

    def __init__(self) -> None:
        self.showing: object = ("whatever was there",)
        self.fail_show: Exception | None = None
        self.fail_blank: Exception | None = None
        self.closed: bool | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def show(self, image: Image.Image, frame: Frame) -> None:
        self.entered.set()
        self.gate.wait(DEADLINE_S)
        if self.fail_show is not None:
            raise self.fail_show
        self.showing = frame.name

    def blank(self) -> None:
        if self.fail_blank is not None:
            raise self.fail_blank
        self.showing = BLACK

    def close(self, *, keep: bool = False) -> None:
        if not keep:
            self.blank()
        self.closed = keep


class Rig:
    def __init__(self) -> None:
        self.display = FakeDisplay()
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.beats = Heartbeats()
        self.frames: SimpleQueue[tuple[Frame, float]] = SimpleQueue()
        self.worker = DisplayWorker(
            self.display, self.events.put, self.beats, lambda f, at: self.frames.put((f, at))
        )

    def shown(self, view: View) -> Frame:
        self.worker.show(view)
        return self.frames.get(timeout=DEADLINE_S)[0]

    def event(self) -> Event:
        return self.events.get(timeout=DEADLINE_S)


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    made.worker.start()
    yield made
    made.display.gate.set()
    made.display.fail_blank = made.display.fail_show = None
    assert made.worker.stop(DEADLINE_S)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_view_becomes_a_frame_with_its_time(rig: Rig) -> None:
    before = time.monotonic()
    rig.worker.show(READY)
    frame, at = rig.frames.get(timeout=DEADLINE_S)
    assert frame == lay_out(READY)
    assert before < at <= time.monotonic()
    assert rig.worker.times.shown == 1
    assert 0 < rig.worker.times.last_s <= rig.worker.times.longest_s
    assert rig.events.empty()


def test_of_views_that_wait_only_the_latest_is_shown(rig: Rig) -> None:
    rig.display.gate.clear()
    rig.worker.show(READY)
    assert rig.display.entered.wait(DEADLINE_S)
    for view in (HIGH, READY, OUT_OF_SERVICE):
        rig.worker.show(view)
    rig.display.gate.set()
    names = [rig.frames.get(timeout=DEADLINE_S)[0].name for _ in range(2)]
    assert names == ["ready", "out-of-service"]
    with pytest.raises(Empty):
        rig.frames.get_nowait()


@pytest.mark.parametrize("how", ["device", "layout"])
def test_a_failed_frame_blanks_at_once_and_is_reported_in_words(rig: Rig, how: str) -> None:
    rig.shown(READY)
    if how == "device":
        rig.display.fail_show = DisplayError("The display did not take the picture.")
    rig.worker.show(HIGH if how == "device" else UNFIT)
    fault = rig.event()
    assert isinstance(fault, DisplayFaulted)
    assert "The screen was blanked." in fault.words
    assert "too long" not in fault.words
    assert rig.display.showing == BLACK


def test_it_shows_the_latest_view_again_once_the_display_works(rig: Rig) -> None:
    rig.display.fail_show = DisplayError("gone")
    rig.worker.show(HIGH)
    assert rig.event() != DisplayFaulted("")
    rig.worker.show(READY)
    rig.display.fail_show = None
    assert rig.event() == DisplayFaulted("")
    until(lambda: rig.display.showing == "ready")


def test_a_lasting_fault_is_reported_once_and_tried_again(rig: Rig) -> None:
    rig.display.fail_show = DisplayError("gone")
    rig.worker.show(HIGH)
    until(lambda: rig.worker.times.failed >= 3)
    rig.display.fail_show = None
    assert rig.event() == DisplayFaulted("gone The screen was blanked.")
    assert rig.event() == DisplayFaulted("")
    assert rig.display.showing == "result"


def test_a_picture_that_cannot_be_blanked_is_said_to_be_untrustworthy(rig: Rig) -> None:
    rig.shown(READY)
    rig.display.fail_show = rig.display.fail_blank = DisplayError("gone")
    rig.worker.show(HIGH)
    fault = rig.event()
    assert isinstance(fault, DisplayFaulted)
    assert "do not trust what it shows" in fault.words


def test_after_blank_a_failed_view_does_not_come_back(rig: Rig) -> None:
    rig.display.fail_show = DisplayError("gone")
    rig.worker.show(HIGH)
    rig.event()
    rig.worker.blank()
    assert rig.event() == DisplayFaulted("")
    rig.display.fail_show = None
    assert rig.display.showing == BLACK
    assert rig.shown(READY).name == "ready"
    assert rig.worker.times.shown == 1


def test_it_beats_while_idle(rig: Rig) -> None:
    rig.beats.retire("display")
    until(lambda: "display" in rig.beats.stale(-1.0))


def test_a_display_that_hangs_stops_the_beats(rig: Rig) -> None:
    rig.display.gate.clear()
    rig.worker.show(READY)
    assert rig.display.entered.wait(DEADLINE_S)
    until(lambda: rig.beats.stale(0.05) == ("display",))


def test_stopping_leaves_it_black_and_let_go(rig: Rig) -> None:
    rig.shown(HIGH)
    assert rig.worker.stop(DEADLINE_S)
    assert rig.display.showing == BLACK
    assert rig.display.closed is False
    assert rig.beats.stale(-1.0) == ()


def test_stopping_with_a_last_page_leaves_that_standing(rig: Rig) -> None:
    rig.shown(HIGH)
    assert rig.worker.stop(DEADLINE_S, OUT_OF_SERVICE)
    assert rig.display.showing == "out-of-service"
    assert rig.display.closed is True
    rig.worker.show(HIGH)
    assert rig.display.showing == "out-of-service"


def test_a_last_page_that_fails_leaves_it_black(rig: Rig) -> None:
    rig.shown(HIGH)
    rig.display.fail_show = DisplayError("gone")
    assert rig.worker.stop(DEADLINE_S, OUT_OF_SERVICE)
    assert rig.display.showing == BLACK
    assert rig.display.closed is False


def test_an_unexpected_error_blanks_and_is_reported_by_its_class(rig: Rig) -> None:
    rig.shown(READY)
    rig.display.fail_show = RuntimeError("a patient's value")
    rig.worker.show(HIGH)
    assert rig.event() == WorkerDied("display", "RuntimeError")
    assert rig.display.showing == BLACK


def test_no_older_pixels_stay_in_a_framebuffer_after_a_failure(tmp_path: Path) -> None:
    """The whole way down to bytes: first the answer, then black, then the next view."""
    path, geometry = tmp_path / "fb", Geometry(800, 480, 32, 3200, (16, 8, 0))
    path.write_bytes(bytes(3200 * 480))
    events: SimpleQueue[Event] = SimpleQueue()
    frames: SimpleQueue[Frame] = SimpleQueue()
    display = Framebuffer(path, geometry=geometry)
    worker = DisplayWorker(display, events.put, Heartbeats(), lambda f, _: frames.put(f))
    worker.start()
    worker.show(HIGH)
    frames.get(timeout=DEADLINE_S)
    assert any(path.read_bytes())
    worker.show(UNFIT)
    assert isinstance(events.get(timeout=DEADLINE_S), DisplayFaulted)
    assert not any(path.read_bytes())
    worker.show(READY)
    assert frames.get(timeout=DEADLINE_S).name == "ready"
    assert path.read_bytes() == draw(lay_out(READY)).tobytes("raw", "BGRX")
    assert worker.stop(DEADLINE_S)
    assert not any(path.read_bytes())


def test_it_speaks_the_clinics_language_in_large_type_and_turns_the_pages() -> None:
    shown_frames: SimpleQueue[Frame] = SimpleQueue()
    display = FakeDisplay()
    worker = DisplayWorker(
        display,
        lambda _: None,
        Heartbeats(),
        lambda frame, _: shown_frames.put(frame),
        Manner(Tongue("xx", {"Ready": "Pronto", "What to do": "Que"}), large_type=True),
    )
    worker.start()
    try:
        worker.show(READY)
        frame = shown_frames.get(timeout=DEADLINE_S)
        assert "Pronto" in [text.text for text in frame.texts()]
        worker.show(HIGH)
        frame = shown_frames.get(timeout=DEADLINE_S)
        pages = [text.text for text in frame.texts() if text.name == "page"]
        assert pages[0].startswith("1/")
    finally:
        assert worker.stop(DEADLINE_S)
