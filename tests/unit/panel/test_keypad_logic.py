"""Debouncing, ghosts and stuck keys, on a clock moved by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.panel.keypad import Switch, switch_of
from appliance.panel.matrix_logic import (
    SCAN_S,
    SLOW_SCAN_S,
    STUCK_AFTER_S,
    MatrixLogic,
    has_corner,
)


class Pad:
    """Feeds the logic one scan every SCAN_S and keeps what it says."""

    def __init__(self) -> None:
        self.logic = MatrixLogic()
        self.now_s = 1000.0
        self.pressed: list[Switch] = []
        self.faults: list[str] = []

    def scans(self, printed: str, count: int, every_s: float = SCAN_S) -> None:
        scan = frozenset(switch_of(key) for key in printed)
        for _ in range(count):
            reading = self.logic.feed(scan, self.now_s)
            self.now_s += every_s
            if reading.pressed is not None:
                self.pressed.append(reading.pressed)
            if reading.fault is not None:
                self.faults.append(reading.fault)

    def hold(self, printed: str, held_s: float) -> None:
        self.scans(printed, round(held_s / SCAN_S))

    def keys(self, printed: str) -> list[Switch]:
        return [switch_of(key) for key in printed]


@pytest.fixture
def pad() -> Pad:
    return Pad()


def test_a_key_counts_with_the_fourth_equal_scan_and_not_before(pad: Pad) -> None:
    pad.scans("5", 3)
    assert pad.pressed == []
    pad.scans("5", 1)
    assert pad.pressed == pad.keys("5")


def test_a_press_shorter_than_the_debouncing_is_ignored(pad: Pad) -> None:
    for _ in range(20):
        pad.scans("5", 3)
        pad.scans("", 1)
    assert pad.pressed == []


def test_equal_samples_taken_too_fast_do_not_count(pad: Pad) -> None:
    pad.scans("5", 10, every_s=0.001)
    assert pad.pressed == []


def test_two_samples_of_a_busy_machine_do_not_count_a_third_does(pad: Pad) -> None:
    pad.scans("5", 2, every_s=0.1)
    assert pad.pressed == []
    pad.scans("5", 1, every_s=0.1)
    assert pad.pressed == pad.keys("5")


def test_a_bounce_on_release_is_not_a_second_press(pad: Pad) -> None:
    pad.hold("5", 0.1)
    for _ in range(10):
        pad.scans("", 2)
        pad.scans("5", 1)
    pad.hold("5", 0.1)
    assert pad.pressed == pad.keys("5")


def test_the_same_key_counts_again_after_a_debounced_release(pad: Pad) -> None:
    for _ in range(50):
        pad.scans("5", 4)
        pad.scans("", 4)
    assert pad.pressed == pad.keys("5" * 50)


def test_fifty_presses_a_second_of_changing_keys_are_all_counted(pad: Pad) -> None:
    """20 ms for each key and nothing between them: the most that debouncing lets through."""
    started_s = pad.now_s
    for _ in range(10):
        for key in "12345":
            pad.scans(key, 4)
    assert pad.pressed == pad.keys("12345" * 10)
    assert pad.now_s - started_s == pytest.approx(1.0)


def test_a_key_held_for_a_minute_does_not_repeat(pad: Pad) -> None:
    pad.hold("5", 60.0)
    pad.hold("", 1.0)
    assert pad.pressed == pad.keys("5")


def test_a_second_key_beside_a_held_one_is_not_counted_until_all_are_up(pad: Pad) -> None:
    pad.hold("5", 0.1)
    pad.hold("56", 0.1)
    pad.hold("6", 0.1)
    assert pad.pressed == pad.keys("5")
    pad.hold("", 0.1)
    pad.hold("6", 0.1)
    assert pad.pressed == pad.keys("56")


def test_two_keys_together_count_as_nothing_even_when_one_stays(pad: Pad) -> None:
    pad.hold("56", 0.1)
    pad.hold("6", 0.1)
    pad.hold("", 0.1)
    assert pad.pressed == []


def test_three_corners_are_a_rectangle() -> None:
    assert has_corner(frozenset({(0, 0), (0, 1), (1, 0)}))
    assert has_corner(frozenset({(0, 0), (0, 3), (2, 0), (2, 3)}))
    assert not has_corner(frozenset({(0, 0), (0, 1), (0, 2)}))
    assert not has_corner(frozenset({(0, 0), (1, 0), (3, 0)}))
    assert not has_corner(frozenset({(0, 0), (1, 1), (2, 2), (3, 3)}))


def test_a_stuck_key_is_reported_once_and_again_when_it_is_well(pad: Pad) -> None:
    pad.hold("5", STUCK_AFTER_S - 0.5)
    assert pad.faults == []
    pad.hold("5", 60.0)
    assert pad.faults == ["key 5 is stuck; release it"]
    pad.hold("", 1.0)
    assert pad.faults == ["key 5 is stuck; release it", ""]
    pad.hold("5", 0.1)
    assert pad.pressed == pad.keys("55")


def test_other_keys_work_beside_a_stuck_one(pad: Pad) -> None:
    pad.hold("5", 11.0)
    for key in "1269D":
        pad.hold("5" + key, 0.1)
        pad.hold("5", 0.1)
    assert pad.pressed == pad.keys("51269D")


def test_a_key_that_makes_a_corner_with_stuck_ones_is_not_counted(pad: Pad) -> None:
    pad.hold("1", 11.0)
    pad.hold("12", 11.0)
    assert pad.faults[-1] == "keys 1 and 2 are stuck; release them"
    assert pad.pressed == pad.keys("12")
    pad.hold("124", 0.1)  # key 4 alone may be the ghost of key 5, or hide it
    pad.hold("12", 0.1)
    pad.hold("126", 0.1)
    assert pad.pressed == pad.keys("126")


def test_keys_stuck_together_are_named_together_and_leave_the_others_working(pad: Pad) -> None:
    pad.hold("156", 11.0)
    assert pad.faults == ["keys 1, 5 and 6 are stuck; release them"]
    pad.hold("1", 0.1)
    pad.hold("19", 0.1)
    pad.hold("", 0.1)
    assert pad.faults[1:] == ["key 1 is stuck; release it", ""]
    assert pad.pressed == pad.keys("9")


def test_one_key_left_of_two_gets_stuck_and_frees_the_rest(pad: Pad) -> None:
    pad.hold("5", 1.0)
    pad.hold("56", 1.0)
    pad.hold("5", 9.0)
    assert pad.faults == ["key 5 is stuck; release it"]
    pad.hold("57", 0.1)
    assert pad.pressed == pad.keys("57")


def test_a_stuck_key_that_lets_go_beside_a_held_one_does_not_count_that_one_twice(pad: Pad) -> None:
    pad.hold("5", 11.0)
    pad.hold("59", 0.1)
    pad.hold("9", 0.1)
    assert pad.faults[-1] == ""
    assert pad.pressed == pad.keys("59")


def test_scanning_slows_only_while_nothing_but_stuck_keys_is_down(pad: Pad) -> None:
    pad.hold("5", 9.0)
    assert pad.logic.pause_s == SCAN_S
    pad.hold("5", 2.0)
    assert pad.logic.pause_s == SLOW_SCAN_S
    pad.scans("56", 1)
    assert pad.logic.pause_s == SCAN_S


def test_it_is_at_rest_only_when_every_key_is_up_and_debounced(pad: Pad) -> None:
    assert pad.logic.at_rest
    pad.scans("5", 1)
    assert not pad.logic.at_rest
    pad.scans("5", 4)
    pad.scans("", 3)
    assert not pad.logic.at_rest
    pad.scans("", 1)
    assert pad.logic.at_rest


SCANS = st.lists(
    st.tuples(st.sets(st.sampled_from("1245"), max_size=3), st.integers(1, 8)), max_size=30
)


@given(SCANS)
def test_whatever_happens_a_counted_key_was_the_only_one_down(
    scans: list[tuple[set[str], int]],
) -> None:
    pad = Pad()
    for down, count in scans:
        before = len(pad.pressed)
        pad.scans("".join(sorted(down)), count)
        new = pad.pressed[before:]
        assert new == [] or new == pad.keys("".join(down))
