"""What is printed on the pad, and which key it is."""

import pytest

from appliance.events import Key
from appliance.panel.keypad import COLUMNS, PRINTED, ROWS, key_at, printed_at, switch_of


def test_every_key_stands_on_the_pad_once() -> None:
    printed = "".join(PRINTED)
    assert sorted(printed) == sorted(key.value for key in Key if key is not Key.POWER)
    assert {len(row) for row in PRINTED} == {COLUMNS} == {4}
    assert ROWS == 4


@pytest.mark.parametrize("key", [key for key in Key if key is not Key.POWER])
def test_a_key_is_found_by_its_print_and_read_from_its_contact(key: Key) -> None:
    switch = switch_of(key.value)
    assert printed_at(switch) == key.value
    assert key_at(switch) is key


def test_the_corners_are_where_they_are_on_the_pad() -> None:
    assert [printed_at(corner) for corner in ((0, 0), (0, 3), (3, 0), (3, 3))] == list("1A*D")


@pytest.mark.parametrize("printed", ["", "E", "12"])
def test_what_no_key_bears_is_refused(printed: str) -> None:
    with pytest.raises(KeyError):
        switch_of(printed)
