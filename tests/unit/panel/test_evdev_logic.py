"""Reports, lost events, noise and stuck keys of a number pad, on a clock moved by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.events import Key
from appliance.panel.evdev_codes import EVENT, PAD_KEYS
from appliance.panel.evdev_logic import MOST_KEYS, PadLogic
from appliance.panel.keypad import STUCK_AFTER_S
from hw_mocks.evdev_pad import (
    CODES,
    DOWN,
    EV_KEY,
    EV_SYN,
    REPEAT,
    SYN_REPORT,
    UP,
    event,
    overrun,
    report,
)

ONE, TWO, FIVE, NUMLOCK = CODES["1"], CODES["2"], CODES["5"], CODES["NumLock"]
KEY_A, KEY_CALC, BTN_LEFT = 30, 140, 0x110

# Typed from linux/input-event-codes.h by hand, not taken from the table under test.
FROM_THE_HEADER = {
    82: Key.DIGIT_0, 79: Key.DIGIT_1, 80: Key.DIGIT_2, 81: Key.DIGIT_3, 75: Key.DIGIT_4,
    76: Key.DIGIT_5, 77: Key.DIGIT_6, 71: Key.DIGIT_7, 72: Key.DIGIT_8, 73: Key.DIGIT_9,
    11: Key.DIGIT_0, 2: Key.DIGIT_1, 3: Key.DIGIT_2, 4: Key.DIGIT_3, 5: Key.DIGIT_4,
    6: Key.DIGIT_5, 7: Key.DIGIT_6, 8: Key.DIGIT_7, 9: Key.DIGIT_8, 10: Key.DIGIT_9,
    96: Key.OK, 28: Key.OK, 14: Key.CLEAR, 83: Key.POINT, 121: Key.POINT, 52: Key.POINT,
    78: Key.NEXT, 74: Key.BACK, 1: Key.BACK, 55: Key.INFO, 98: Key.INFO, 116: Key.POWER,
}  # fmt: skip


class Pad:
    """Feeds the logic and keeps what it says."""

    def __init__(self) -> None:
        self.logic = PadLogic()
        self.now_s = 1000.0
        self.pressed: list[Key] = []
        self.faults: list[str] = []

    def feed(self, data: bytes = b"") -> None:
        reading = self.logic.feed(data, self.now_s)
        self.pressed += reading.pressed
        if reading.fault is not None:
            self.faults.append(reading.fault)

    def keys(self, *changes: tuple[int, int]) -> None:
        """Feed each change as a report by itself."""
        for change in changes:
            self.feed(report(change))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.feed()


@pytest.fixture
def pad() -> Pad:
    return Pad()


def test_the_table_is_that_of_the_header() -> None:
    assert {code: each.key for code, each in PAD_KEYS.items()} == FROM_THE_HEADER
    assert EVENT.size in (16, 24)


@pytest.mark.parametrize("code", FROM_THE_HEADER)
def test_a_key_counts_when_it_goes_down_and_only_then(pad: Pad, code: int) -> None:
    pad.keys((code, DOWN))
    assert pad.pressed == [FROM_THE_HEADER[code]]
    pad.keys((code, REPEAT), (code, REPEAT), (code, UP))
    assert pad.pressed == [FROM_THE_HEADER[code]]
    pad.keys((code, DOWN))
    assert pad.pressed == [FROM_THE_HEADER[code]] * 2


def test_a_minute_of_holding_is_one_key_and_one_stuck_one(pad: Pad) -> None:
    pad.keys((FIVE, DOWN))
    for _ in range(60 * 30):
        pad.now_s += 1 / 30
        pad.keys((FIVE, REPEAT))
    assert pad.pressed == [Key.DIGIT_5]
    assert pad.faults == ["key 5 is stuck; release it"]
    pad.keys((FIVE, UP))
    assert pad.faults == ["key 5 is stuck; release it", ""]


def test_a_key_gets_stuck_by_time_alone_and_not_too_early(pad: Pad) -> None:
    pad.keys((FIVE, DOWN))
    pad.wait(STUCK_AFTER_S)
    assert pad.faults == []
    pad.wait(0.01)
    assert pad.faults == ["key 5 is stuck; release it"]
    pad.wait(60)
    assert len(pad.faults) == 1


def test_other_keys_work_beside_a_stuck_one(pad: Pad) -> None:
    pad.keys((CODES["Enter"], DOWN))
    pad.wait(11)
    pad.keys((ONE, DOWN), (ONE, UP), (TWO, DOWN))
    assert pad.pressed == [Key.OK, Key.DIGIT_1, Key.DIGIT_2]
    pad.wait(11)
    assert pad.faults == [
        "key Enter is stuck; release it",
        "keys 2 and Enter are stuck; release them",
    ]


def test_a_key_pressed_again_starts_anew(pad: Pad) -> None:
    for _ in range(5):
        pad.keys((FIVE, DOWN))
        pad.wait(9)
        pad.keys((FIVE, UP))
    assert pad.faults == []
    assert pad.pressed == [Key.DIGIT_5] * 5


def test_a_key_held_since_before_the_opening_is_no_press_and_gets_stuck(pad: Pad) -> None:
    pad.keys((FIVE, REPEAT))
    pad.wait(11)
    assert pad.pressed == []
    assert pad.faults == ["key 5 is stuck; release it"]


def test_rolling_from_key_to_key_counts_both(pad: Pad) -> None:
    pad.keys((ONE, DOWN), (TWO, DOWN), (ONE, UP), (TWO, UP))
    assert pad.pressed == [Key.DIGIT_1, Key.DIGIT_2]


def test_keys_of_one_report_have_no_order_and_none_counts(pad: Pad) -> None:
    pad.feed(report((ONE, DOWN), (TWO, DOWN)))
    pad.keys((ONE, UP), (TWO, UP))
    assert pad.pressed == []
    pad.keys((ONE, DOWN))
    assert pad.pressed == [Key.DIGIT_1]


def test_one_released_and_one_pressed_in_one_report_is_certain(pad: Pad) -> None:
    pad.keys((ONE, DOWN))
    pad.feed(report((ONE, UP), (TWO, DOWN)))
    assert pad.pressed == [Key.DIGIT_1, Key.DIGIT_2]


def test_numlock_around_and_inside_every_report_is_nothing(pad: Pad) -> None:
    for code in (ONE, TWO):
        pad.keys((NUMLOCK, DOWN), (NUMLOCK, UP))
        pad.feed(report((NUMLOCK, DOWN), (code, DOWN)))
        pad.feed(report((code, UP), (NUMLOCK, UP)))
    assert pad.pressed == [Key.DIGIT_1, Key.DIGIT_2]


@pytest.mark.parametrize("code", [NUMLOCK, KEY_A, KEY_CALC, BTN_LEFT, 0, 0xFFFF])
def test_codes_without_meaning_are_nothing_however_long_they_are_held(pad: Pad, code: int) -> None:
    pad.keys((code, DOWN), (code, REPEAT))
    pad.wait(60)
    pad.keys((code, UP))
    assert (pad.pressed, pad.faults) == ([], [])


@pytest.mark.parametrize("kind", [0x02, 0x03, 0x04, 0x05, 0x11, 0x14, 0x15, 0xFFFF])
def test_other_kinds_of_event_are_nothing_even_with_a_keys_code(pad: Pad, kind: int) -> None:
    pad.feed(event(kind, ONE, DOWN) + event(EV_SYN, SYN_REPORT, 0))
    assert pad.pressed == []


def test_a_key_counts_only_when_its_report_is_whole(pad: Pad) -> None:
    pad.feed(event(EV_KEY, ONE, DOWN))
    assert pad.pressed == []
    pad.feed(event(EV_SYN, SYN_REPORT, 0))
    assert pad.pressed == [Key.DIGIT_1]


def test_after_lost_events_all_is_ignored_up_to_the_end_of_the_report(pad: Pad) -> None:
    pad.feed(event(EV_KEY, FIVE, DOWN))
    pad.feed(overrun(event(EV_KEY, ONE, DOWN) + event(EV_SYN, SYN_REPORT, 0)))
    assert pad.pressed == []
    pad.keys((TWO, DOWN))
    assert pad.pressed == [Key.DIGIT_2]


def test_a_release_that_was_lost_neither_sticks_nor_hides_the_next_press(pad: Pad) -> None:
    pad.keys((ONE, DOWN))
    pad.feed(overrun(event(EV_SYN, SYN_REPORT, 0)))
    pad.wait(60)
    assert pad.faults == []
    pad.keys((ONE, DOWN))
    assert pad.pressed == [Key.DIGIT_1, Key.DIGIT_1]


def test_lost_events_while_a_key_is_held_do_not_count_it_again(pad: Pad) -> None:
    pad.keys((ONE, DOWN))
    pad.feed(overrun(report((ONE, REPEAT))))
    pad.keys((ONE, REPEAT))
    pad.wait(11)
    assert pad.pressed == [Key.DIGIT_1]
    assert pad.faults == ["key 1 is stuck; release it"]


def test_a_second_press_without_a_release_is_not_made_up(pad: Pad) -> None:
    pad.keys((ONE, DOWN), (ONE, DOWN))
    assert pad.pressed == [Key.DIGIT_1]


def test_a_report_without_end_is_dropped_and_takes_no_memory(pad: Pad) -> None:
    endless = b"".join(event(EV_KEY, ONE, REPEAT) for _ in range(2 * MOST_KEYS))
    pad.feed(endless + event(EV_KEY, FIVE, DOWN) + event(EV_SYN, SYN_REPORT, 0))
    assert pad.pressed == []
    pad.keys((TWO, DOWN))
    assert pad.pressed == [Key.DIGIT_2]


@given(st.data())
def test_cut_anywhere_the_bytes_tell_the_same(data: st.DataObject) -> None:
    typed = data.draw(st.lists(st.sampled_from(sorted(CODES)), max_size=12))
    stream = b"".join(
        report((NUMLOCK, DOWN)) + report((CODES[key], DOWN)) + report((CODES[key], UP))
        for key in typed
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=40)))
    cut, whole = Pad(), Pad()
    whole.feed(stream)
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        cut.feed(stream[begin:end])
    assert cut.pressed == whole.pressed
    assert len(whole.pressed) == sum(key != "NumLock" for key in typed)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_are_borne(chunks: list[bytes]) -> None:
    pad = Pad()
    for chunk in chunks:
        pad.feed(chunk)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from([ONE, TWO, NUMLOCK, KEY_A]), st.sampled_from([UP, REPEAT])),
            st.just(None),
        ),
        max_size=30,
    )
)
def test_without_a_key_going_down_nothing_is_pressed(story: list[tuple[int, int] | None]) -> None:
    pad = Pad()
    for change in story:
        end = event(EV_SYN, SYN_REPORT, 0)
        pad.feed(overrun(end) if change is None else report(change))
    assert pad.pressed == []
