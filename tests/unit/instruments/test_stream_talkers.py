"""Talkers of instruments that stream, against the simulated instruments."""

import itertools

import pytest

from appliance.instruments.contec_v7_commands import (
    KEEP_ALIVE,
    KEEP_ALIVE_EVERY_S,
    START_LIVE,
    STOP_LIVE,
    STOP_STORE,
)
from appliance.instruments.protocols import PROTOCOLS
from appliance.instruments.stream_talkers import (
    ASK_ANY,
    ASK_METTLER,
    CONTINUOUS,
    NO_STREAM,
    ONE_READING,
    PARITY_NOTE,
    RECORDING,
)
from hw_mocks.encoding.contec import encode_v7
from tests.unit.instruments.talks import Room


def valid(room, quantity):
    return [v.value for v in room.values if v.quantity == quantity and v.status.value == "valid"]


def test_commands_are_those_of_the_sheets():
    assert bytes.fromhex("7D 81 A1 80 80 80 80 80 80") == START_LIVE
    assert KEEP_ALIVE[2] == 0xAF
    assert bytes.fromhex("A5 15 BA") == ONE_READING
    assert bytes.fromhex("A5 45 EA") == CONTINUOUS
    assert KEEP_ALIVE_EVERY_S <= 5


def test_only_the_cuff_has_a_driver_and_nobody_has_both():
    assert [name for name, p in PROTOCOLS.items() if p.driver] == ["suntech_nibp"]
    assert all(not (p.driver and p.talker) for p in PROTOCOLS.values())


def test_a_v7_is_started_and_kept_alive_for_minutes():
    room = Room("contec_cms50:v7").open()
    room.run(180)
    assert len(valid(room, "spo2_pct")) > 170 * 3
    assert set(valid(room, "spo2_pct")) == {97.0}
    alive = [at for at, command in room.board.commands if command == 0xAF]
    gaps = [b - a for a, b in itertools.pairwise(alive)]
    assert max(gaps) < 5.0
    assert len(room.said(START_LIVE)) == 1
    assert room.notes == [""]
    assert room.talker.last_words() == STOP_LIVE


def test_a_v7_that_is_switched_on_late_is_started_then():
    room = Room("contec_cms50:v7")
    room.board.deaf = True
    room.open().run(20)
    assert valid(room, "spo2_pct") == []
    assert room.notes == [NO_STREAM]
    starts = room.said(START_LIVE)
    assert all(b - a >= 1.9 for a, b in itertools.pairwise(starts))
    room.board.deaf = False
    room.run(5)
    assert valid(room, "spo2_pct")
    assert room.notes[-1] == ""


def test_a_v7_that_ends_the_connection_is_started_again():
    room = Room("contec_cms50:v7").open()
    room.run(5)
    room.board.streaming = False
    room.wire.write(encode_v7(0x0D, b"\x01"))
    room.run(5)
    assert room.board.streaming


def test_a_v7_that_records_is_told_to_staff():
    room = Room("contec_cms50:v7")
    room.board.deaf = True
    room.open().run(1)
    room.wire.write(encode_v7(0x0B, b"\xa1\x03"))
    room.run(5)
    assert RECORDING in room.notes
    assert room.said(STOP_STORE)


@pytest.mark.parametrize("protocol", ["and_scale", "and_scale:8n1"])
def test_a_scale_that_streams_is_never_asked(protocol):
    room = Room(protocol)
    room.board.weight_kg = 64.2
    room.open().run(60)
    assert room.written == []
    assert valid(room, "weight_kg")[-1] == 64.2


def test_a_scale_that_waits_is_asked_once_a_second():
    room = Room("and_scale")
    room.board.streaming, room.board.weight_kg = False, 64.2
    room.open().run(10)
    asked = room.said(ASK_ANY)
    assert all(b - a >= 0.99 for a, b in itertools.pairwise(asked))
    assert valid(room, "weight_kg")[-1] == 64.2


def test_a_scale_that_refuses_is_asked_as_mettler_asks():
    room = Room("and_scale:8n1")
    room.board.streaming = False
    room.wire.write(b"ES\r\n")
    room.open().run(5)
    assert room.said(ASK_METTLER)
    room.wire.write(b"ES\r\n")
    room.run(5)
    assert room.said(ASK_ANY)


def test_a_scale_on_another_line_is_told_to_the_technician():
    room = Room("and_scale:8n1")
    room.board.parity_spoiled, room.board.weight_kg = True, 64.2
    room.open().run(5)
    assert room.values == []
    assert room.notes == [PARITY_NOTE]
    room.board.parity_spoiled = False
    room.run(5)
    assert room.notes == [PARITY_NOTE, ""]


def test_a_thermometer_that_streams_is_left_alone_and_a_silent_one_is_asked():
    room = Room("gy_mcu90614").open()
    room.run(30)
    assert room.written == []
    assert len(valid(room, "surface_temp_degc")) > 300
    room.board.streaming = False
    room.run(4)
    assert room.board.commands == [CONTINUOUS]
    count = len(room.values)
    room.run(2)
    assert len(room.values) > count


@pytest.mark.parametrize("protocol", [name for name, p in PROTOCOLS.items() if p.talker])
def test_a_talker_whose_instrument_is_gone_asks_slowly_and_for_ever(protocol):
    room = Room(protocol)
    room.plugged = False
    room.open().run(300)
    assert len(room.written) <= 301
    assert room.values == []
    assert room.talker.due_mono_s() > room.clock.mono_s - 1
