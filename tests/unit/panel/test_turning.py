"""Pages turn by time, begin anew with what is new, and always say the newest view's words."""

from __future__ import annotations

from dataclasses import replace

from appliance.panel.frame import Frame
from appliance.panel.small import lay_out_pages
from appliance.panel.small_looks import MEDIUM, SMALL
from appliance.panel.turning import Turning
from appliance.views import Shown
from tests.unit.panel.sample_views import COLLECT, HIGH, LOW, READY, TAG, VIEWS


def mark(frame: Frame) -> str:
    return next((text.text for text in frame.texts() if text.name == "page"), "")


def test_pages_turn_when_their_time_is_over_and_come_round() -> None:
    turning, pages = Turning(), lay_out_pages(HIGH, MEDIUM)
    assert len(pages) == 3
    assert turning.frame(HIGH, MEDIUM.size, 100.0) == pages[0]
    assert turning.left_s(100.0) == MEDIUM.page_s
    assert turning.due(100.0 + MEDIUM.page_s - 0.1) is None
    now_s = 100.0
    for expected in (1, 2, 0, 1):
        now_s += MEDIUM.page_s
        assert turning.due(now_s) is HIGH
        assert turning.frame(HIGH, MEDIUM.size, now_s) == pages[expected]


def test_another_answer_begins_at_its_first_page() -> None:
    turning = Turning()
    turning.frame(HIGH, MEDIUM.size, 0.0)
    assert mark(turning.frame(HIGH, MEDIUM.size, 6.0)).startswith("2/")
    assert mark(turning.frame(LOW, MEDIUM.size, 6.1)).startswith("1/")
    other = replace(LOW, patient=Shown("Patient 8", TAG + 1))
    turning.frame(LOW, MEDIUM.size, 13.0)
    assert mark(turning.frame(other, MEDIUM.size, 13.1)).startswith("1/")


def test_a_running_age_does_not_begin_the_view_anew_and_is_the_newest() -> None:
    turning = Turning()
    turning.frame(HIGH, MEDIUM.size, 0.0)
    turning.frame(HIGH, MEDIUM.size, 6.0)
    later = replace(HIGH, valid_until=Shown("Valid 11 more minutes", TAG))
    frame = turning.frame(later, MEDIUM.size, 7.0)
    assert mark(frame).startswith("2/")
    assert "11 more" in " ".join(text.text for text in frame.texts())


def test_a_new_notice_is_seen_at_once_and_its_countdown_does_not_hold_the_pages() -> None:
    turning, look = Turning(), SMALL
    turning.frame(COLLECT, look.size, 0.0)
    turning.frame(COLLECT, look.size, 3.0)
    warned = replace(COLLECT, notice="Nobody there? Cleared in 12 s. Press [D] to stay.")
    frame = turning.frame(warned, look.size, 3.5)
    assert any(text.name == "notice" for text in frame.texts())
    turning.frame(warned, look.size, 6.5)
    counted = replace(warned, notice=warned.notice.replace("12", "8"))
    again = turning.frame(counted, look.size, 7.0)
    assert not mark(again).startswith("1/")


def test_another_selected_line_is_seen_at_once() -> None:
    turning = Turning()
    turning.frame(COLLECT, SMALL.size, 0.0)
    rows = tuple(replace(row, selected=index == 0) for index, row in enumerate(COLLECT.rows))
    frame = turning.frame(replace(COLLECT, rows=rows), SMALL.size, 1.0)
    assert any("Age" in text.text for text in frame.texts() if text.name == "label")


def test_a_view_of_one_page_and_a_large_panel_are_never_turned() -> None:
    turning = Turning()
    turning.frame(HIGH, (800, 480), 0.0)
    assert turning.left_s(1000.0) is None
    assert turning.due(1000.0) is None
    turning.frame(VIEWS["starting"], MEDIUM.size, 0.0)
    assert turning.due(1000.0) is None


def test_a_view_with_fewer_pages_than_before_shows_one_of_its_own() -> None:
    turning = Turning()
    full = VIEWS["ready-full"]
    for second in range(0, 40, 3):
        turning.frame(full, SMALL.size, float(second))
    assert turning.frame(READY, SMALL.size, 40.0) in lay_out_pages(READY, SMALL)
