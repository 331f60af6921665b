"""OneTouch UltraEasy, one rule of the sheet after another."""

import pytest

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import STORED
from appliance.instruments.onetouch_ultraeasy import (
    BAD_CHECK,
    BAD_END,
    BROKEN_OFF,
    NO_FRAME,
)
from appliance.instruments.protocols import find_protocol
from appliance.instruments.ultraeasy_link import (
    CLOCK,
    SERIAL,
    UNIT,
    VERSION,
    Link,
    crc_of,
    decode_link,
    request_record,
)
from appliance.instruments.ultraeasy_link import (
    encode as encode_ours,
)
from hw_mocks.encoding.ultraeasy import crc, encode, encode_record
from tests.unit.instruments.decoded import decode, errors, reports, values

METER = "onetouch_ultraeasy"
MOMENT = 1772352900
"""2026-03-01 08:15:00."""
READING = bytes.fromhex("02 10 02 05 06 84 F5 A3 69 70 00 00 00 03 BB B4")


def test_the_check_value_of_the_sheet():
    assert crc_of(b"123456789") == crc(b"123456789") == 0x29B1


def test_worked_examples_of_the_sheet():
    assert encode_record(2, MOMENT, 112) == READING
    (found,) = decode(METER, READING)
    assert (found.quantity, found.unit, found.status) == (
        "glucose_mmol_l",
        "mmol/L",
        Status.VALID,
    )
    assert found.value == 112 / 18.016
    assert found.extra[STORED] is True
    assert found.extra["device_time"] == "2026-03-01T08:15:00"
    assert (found.extra["reported_value"], found.extra["reported_unit"]) == (112, "mg/dL")
    assert found.extra["mg_dl_per_mmol_l"] == 18.016
    (high,) = decode(METER, bytes.fromhex("02 10 02 05 06 84 F5 A3 69 FF FF 00 00 03 31 B8"))
    assert (high.value, high.status, high.extra["flag"]) == (None, Status.MISSING, "HI")
    (count,) = decode(METER, bytes.fromhex("02 0A 02 05 0F 25 00 03 7A 6C"))
    assert count.extra["records"] == 37


def test_what_the_host_says_by_the_sheet():
    assert encode_ours(Link(disconnect=True)) == bytes.fromhex("02 06 08 03 C2 62")
    ask = bytes.fromhex("02 0A 00 05 1F 00 00 03 AB 91")
    assert encode_ours(Link(), request_record(0)) == ask
    told = decode(METER, bytes.fromhex("02 06 08 03 C2 62") + ask)
    assert [o.words for o in told] == ["disconnect request", "request: record"]
    assert told[1].extra["record"] == 0


@pytest.mark.parametrize("byte", range(32))
def test_the_link_byte(byte):
    assert decode_link(byte).encode() == byte


@pytest.mark.parametrize(
    ("mg_dl", "value", "flag"),
    [
        (0, None, "LO"),
        (19, None, "LO"),
        (20, 20 / 18.016, None),
        (126, 126 / 18.016, None),
        (600, 600 / 18.016, None),
        (601, None, "HI"),
        (0xFFFF, None, "HI"),
        (0x10070, None, "HI"),
        (0xFFFFFFFF, None, "HI"),
    ],
)
def test_high_and_low_are_flags_without_a_number(mg_dl, value, flag):
    (found,) = decode(METER, encode_record(2, MOMENT, mg_dl))
    assert (found.value, found.extra.get("flag")) == (value, flag)
    assert ("reported_value" in found.extra) == (flag is None)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (VERSION, {"answer": "request"}),
        (SERIAL, {"answer": "request"}),
        (CLOCK, {"answer": "request"}),
        (UNIT, {"answer": "request"}),
        (b"\x05\x1f\xf5\x01", {"answer": "request", "record": 501}),
        (b"\x05\x06\x0dP02.00.00 30/08"[:-2], {"answer": "version", "text": "P02.00.00 30/"}),
        (b"\x05\x06C176SA00G", {"answer": "serial", "text": "C176SA00G"}),
        (
            b"\x05\x06" + MOMENT.to_bytes(4, "little"),
            {"answer": "clock", "device_clock": "2026-03-01T08:15:00"},
        ),
        (b"\x05\x06\x00\x00\x00\x00", {"answer": "unit", "unit": "mg/dL"}),
        (b"\x05\x06\x01\x00\x00\x00", {"answer": "unit", "unit": "mmol/L"}),
        (b"\x05\x07\x00", {"answer": "failed", "code": 7}),
        (b"\x05\x06\x80\x81\x82", {"answer": "other"}),
        (b"\x05", {"answer": "failed"}),
    ],
)
def test_answers_are_told_apart_by_their_form(message, said):
    (told,) = reports(decode(METER, encode(2, message)))
    assert said.items() <= told.extra.items()


def test_acknowledgement_and_answer_in_one_read_are_two_frames():
    outputs = decode(METER, encode(0x06) + READING)
    assert (outputs[0].extra["ack"], outputs[0].extra["expects"]) == (True, 1)
    assert values(outputs) == [("glucose_mmol_l", 112 / 18.016)]
    (bye,) = decode(METER, encode(0x0C))
    assert (bye.words, bye.extra["disconnect"], bye.extra["ack"]) == ("disconnect", True, True)


@pytest.mark.parametrize("at", range(16))
def test_one_wrong_byte_costs_its_frame_alone(at):
    bad = bytearray(READING)
    bad[at] ^= 0x08
    other = encode_record(2, MOMENT, 90)
    outputs = decode(METER, other + bytes(bad) + other * 4)
    assert set(values(outputs)) == {("glucose_mmol_l", 90 / 18.016)}
    assert len(values(outputs)) == 5
    assert b"".join(raw for _, _, raw in errors(outputs)) == bytes(bad)
    assert {words for words, _, _ in errors(outputs)} <= {BAD_CHECK, BAD_END, NO_FRAME}


def test_the_end_of_the_bytes_and_a_false_beginning():
    outputs = decode(METER, b"\x02\x28\x02\x05" + READING)
    assert errors(outputs) == [(BROKEN_OFF, 0, b"\x02\x28\x02\x05")]
    assert len(values(outputs)) == 1
    assert errors(decode(METER, READING[:9])) == [(BROKEN_OFF, 0, READING[:9])]


def test_reset_forgets_half_a_frame():
    decoder = find_protocol(METER).decoder()
    decoder.feed(READING[:9])
    decoder.reset()
    outputs = decode(METER, READING[9:] + READING, decoder=decoder)
    assert errors(outputs) == [(NO_FRAME, 9, READING[9:])]
    assert len(values(outputs)) == 1
