"""The conversation with a glucose meter, against the simulated one."""

import pytest

from appliance.instruments.ultraeasy_talker import DISCONNECT, STUCK
from hw_mocks.encoding.ultraeasy import encode
from hw_mocks.instruments.onetouch_ultraeasy import MeterFault
from tests.unit.instruments.talks import Room

METER = "onetouch_ultraeasy"
RECORDS = [(1772352900 - 600 * n, 100 + n) for n in range(40)]


def room_with(records=RECORDS, fault=MeterFault.NONE):
    room = Room(METER)
    room.board.records = list(records)
    room.board.fault = fault
    return room.open()


def test_all_records_are_read_once_and_handed_over_with_clock_and_serial():
    room = room_with()
    room.board.clock_ahead_s = 3600
    room.run(60)
    assert [v.extra["reported_value"] for v in room.values] == [mg_dl for _, mg_dl in RECORDS]
    assert {v.extra["stored"] for v in room.values} == {True}
    assert {v.extra["device"] for v in room.values} == {"C176SA00G"}
    assert room.values[0].extra["device_clock"].startswith("2026-03-01T09:15:0")
    assert room.values[0].extra["device_time"] == "2026-03-01T08:15:00"


def test_the_link_bytes_are_those_of_the_sheet():
    room = room_with(RECORDS[:3])
    room.run(10)
    frames = b"".join(write for _, write in room.written)
    links, at = [], 0
    while at < len(frames):
        links.append((frames[at + 2], frames[at + 1] > 6))
        at += frames[at + 1]
    requests = [link for link, is_request in links if is_request]
    assert requests == [0x00, 0x03] * 3
    acknowledgements = [link for link, is_request in links if not is_request and link != 8]
    assert acknowledgements == [0x07, 0x04] * 3
    assert links[0] == (8, False)
    assert links[-1] == (8, False), "it finishes with a disconnect"


def test_the_erase_command_is_never_sent():
    room = room_with()
    room.run(120)
    kinds = {request[1] for request in room.board.requests if request != b"DISCONNECT"}
    assert kinds == {0x0B, 0x20, 0x1F}


def test_a_meter_that_stays_is_read_once_and_one_that_comes_again_is_read_again():
    room = room_with(RECORDS[:5])
    room.run(60)
    assert len(room.values) == 5
    room.plugged = False
    room.run(15)
    room.board.records.insert(0, (1772360000, 250))
    room.plugged = True
    room.run(15)
    assert len(room.values) == 11


def test_another_meter_on_the_same_cable_is_read_as_another():
    room = room_with(RECORDS[:2])
    room.run(10)
    room.plugged = False
    room.run(15)
    room.board.serial_number, room.plugged = b"D999XX11A", True
    room.run(15)
    assert [v.extra["device"] for v in room.values] == ["C176SA00G"] * 2 + ["D999XX11A"] * 2


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_some_damaged_replies_are_asked_for_again_from_the_start(bad):
    room = room_with(RECORDS[:5])
    room.board.bad_frames = bad
    room.run(60)
    assert [v.extra["reported_value"] for v in room.values] == [100, 101, 102, 103, 104]
    assert STUCK not in room.notes


@pytest.mark.parametrize("fault", [MeterFault.BAD_CRC, MeterFault.NO_REPLY, MeterFault.REFUSES])
def test_a_meter_that_answers_badly_gives_nothing_and_is_told(fault):
    room = room_with(fault=fault)
    room.run(60)
    assert room.values == []
    assert STUCK in room.notes
    room.board.fault = MeterFault.NONE
    room.run(60)
    assert len(room.values) == len(RECORDS)
    assert room.notes[-1] == ""


def test_a_meter_that_is_off_is_looked_for_gently():
    room = room_with(fault=MeterFault.OFF)
    room.run(60)
    assert {write for _, write in room.written} == {DISCONNECT}
    assert len(room.written) <= 13
    assert room.notes == []


def test_a_meter_that_is_pulled_in_the_middle_gives_nothing():
    room = room_with()
    room.run(30, until=lambda: len(room.board.requests) > 20)
    room.plugged = False
    room.run(30)
    assert room.values == []
    room.plugged = True
    room.run(60)
    assert len(room.values) == len(RECORDS)


def test_a_meter_without_records_and_one_with_high_and_low():
    room = room_with([])
    room.run(20)
    assert room.values == []
    room = room_with([(1772352900, 700), (1772352000, 10)])
    room.run(20)
    assert [(v.value, v.extra["flag"]) for v in room.values] == [(None, "HI"), (None, "LO")]


def test_a_reply_with_the_wrong_sequence_is_never_taken():
    room = room_with(RECORDS[:3])
    stray = encode(0x02 | 0x01, b"\x05\x06" + bytes([1, 2, 3, 4, 99, 0, 0, 0]))
    room.hook = lambda data: data and stray + data
    room.run(60)
    assert 99 not in [v.extra.get("reported_value") for v in room.values]


def test_the_last_words_are_a_disconnect():
    assert room_with().talker.last_words() == DISCONNECT
