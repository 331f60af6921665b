"""GY-MCU90614, one rule of the sheet after another."""

import pytest

from appliance.clinical.measurement import Status
from appliance.clinical.quantities import NEVER_S, QUANTITIES
from appliance.instruments.gy_mcu90614 import (
    BAD_CHECK,
    BROKEN_OFF,
    LOOK_ALIKE,
    NO_FRAME,
    NOT_SKIN,
    NOT_THIS,
    OTHER_BOARD,
    OUTSIDE_SENSOR,
    ROOM,
)
from appliance.instruments.protocols import find_protocol
from hw_mocks.encoding.infrared import encode, encode_temperatures
from tests.unit.instruments.decoded import decode, errors, last, reports, values

GY = "gy_mcu90614"
GOOD = bytes.fromhex("5A 5A 45 04 0E 58 09 6F DB")


def test_worked_examples_of_the_sheet():
    assert encode_temperatures(36.72, 24.15) == GOOD
    (found,) = decode(GY, GOOD)
    assert (found.quantity, found.value, found.unit) == ("surface_temp_degc", 36.72, "Cel")
    assert (found.status, found.reason) == (Status.VALID, "")
    assert dict(found.extra) == {"ambient_degc": 24.15}
    (cold,) = decode(GY, bytes.fromhex("5A 5A 45 04 0E 79 FF 6A ED"))
    assert (cold.value, cold.extra["ambient_degc"]) == (37.05, -1.5)
    assert (cold.status, cold.reason) == (Status.DOUBTFUL, ROOM)


def test_a_surface_is_never_a_body():
    for degc in (20, 36.6, 37, 45):
        assert {o.quantity for o in decode(GY, encode_temperatures(degc))} == {"surface_temp_degc"}


@pytest.mark.parametrize(
    ("degc", "ambient", "value", "status", "words"),
    [
        (20.0, 24, 20.0, "valid", ""),
        (45.0, 40, 45.0, "valid", ""),
        (45.01, 24, 45.01, "doubtful", NOT_SKIN),
        (19.99, 10, 19.99, "doubtful", NOT_SKIN),
        (36.6, 9.99, 36.6, "doubtful", ROOM),
        (36.6, 40.01, 36.6, "doubtful", ROOM),
        (9.99, 24, None, "missing", "must be 10 to 60 Cel"),
        (-5.5, 24, None, "missing", "must be 10 to 60 Cel"),
        (60.01, 24, None, "missing", "must be 10 to 60 Cel"),
        (-70.01, 24, None, "missing", OUTSIDE_SENSOR),
        (36.6, 125.01, None, "missing", OUTSIDE_SENSOR),
        (36.6, -40.01, None, "missing", OUTSIDE_SENSOR),
    ],
)
def test_limits(degc, ambient, value, status, words):
    (found,) = decode(GY, encode_temperatures(degc, ambient))
    assert (found.value, found.status.value) == (value, status)
    assert words in found.reason


def test_every_hundredth_is_exact():
    for hundredths in range(1000, 6001):
        (found,) = decode(GY, encode_temperatures(hundredths / 100))
        assert found.value == hundredths / 100


def test_the_median_of_five_frames_in_a_row_is_told():
    degc = (36.1, 36.5, 39.0, 36.3, 36.2, 36.4)
    outputs = decode(GY, b"".join(encode_temperatures(each) for each in degc))
    assert [o.extra.get("median_degc") for o in outputs] == [None] * 4 + [36.3, 36.4]
    broken = b"".join(encode_temperatures(each) + b"\x00\x00" for each in degc)
    assert all("median_degc" not in o.extra for o in decode(GY, broken)[::2])


def test_a_tenth_byte_is_the_number_of_the_module():
    frames = b"".join(encode_temperatures(36 + at / 10) + b"\x07" for at in range(3))
    outputs = decode(GY, frames)
    assert errors(outputs) == []
    assert [o.extra.get("module") for o in outputs] == [None, 7, 7]


@pytest.mark.parametrize("at", range(9))
def test_one_wrong_byte_costs_its_frame_alone(at):
    bad = bytearray(encode_temperatures(30))
    bad[at] ^= 0x20
    outputs = decode(GY, GOOD + bytes(bad) + GOOD)
    assert values(outputs, "surface_temp_degc") == [36.72, 36.72]
    assert b"".join(raw for _, _, raw in errors(outputs)) == bytes(bad)
    assert errors(outputs)[0][1] == 9


def test_5a_in_the_data_is_data():
    for high, low in ((0x5A, 0x5A), (0x0E, 0x5A)):
        frame = encode(0x45, bytes([high, low, 0x0A, 0x5A]))
        outputs = decode(GY, frame[3:] + frame * 2)
        assert len(outputs) - len(errors(outputs)) == 2


@pytest.mark.parametrize("at", range(1, 9))
def test_joining_in_mid_frame_is_normal(at):
    outputs = decode(GY, GOOD[at:] + GOOD * 2)
    assert values(outputs, "surface_temp_degc") == [36.72, 36.72]
    assert errors(outputs) == [(NO_FRAME, 0, GOOD[at:])]


def test_frames_of_other_boards_give_nothing_and_say_whose_they_are():
    weather = encode(0x45, bytes([0x0E, 0x58, 0x09, 0x6F, 1, 2, 3, 4, 5, 6]))
    assert errors(decode(GY, weather * 2)) == [(NOT_THIS, 0, weather), (NOT_THIS, 15, weather)]
    cjmcu = bytes.fromhex("66 66 01 04 0E 58 09 6F") + b"\x11"
    outputs = decode(GY, cjmcu + GOOD)
    assert errors(outputs) == [(LOOK_ALIKE, 0, cjmcu)]
    assert values(outputs) == [("surface_temp_degc", 36.72)]
    assert errors(decode(GY, bytes.fromhex("A4 03 07 00 11 22 33")))[0][0] == OTHER_BOARD


def test_settings_are_told():
    outputs = decode(GY, encode(0x25, b"\x5f") + encode(0x35, b"\x01\x02"))
    assert [dict(o.extra) for o in reports(outputs)] == [{"emissivity": 95}, {"offset": 258}]


def test_a_false_beginning_never_costs_the_frame_behind_it():
    for false in (b"\x5a", b"\x5a\x5a", b"\x5a\x5a\x45", b"\x5a\x5a\x45\x04", b"\x5a\x5a\x45\x0a"):
        outputs = decode(GY, false + GOOD * 3)
        assert len(values(outputs)) == 3, false


def test_bad_check_and_the_end_of_the_bytes():
    bad = GOOD[:-1] + b"\x00"
    assert errors(decode(GY, bad)) == [(BAD_CHECK, 0, bad[:-3]), (BROKEN_OFF, 6, bad[-3:])]
    assert errors(decode(GY, GOOD + GOOD[:6])) == [(BROKEN_OFF, 9, GOOD[:6])]


def test_reset_forgets_half_a_frame():
    decoder = find_protocol(GY).decoder()
    decoder.feed(GOOD * 5 + GOOD[:4])
    decoder.reset()
    outputs = decode(GY, GOOD[4:] + GOOD, decoder=decoder)
    assert "median_degc" not in last(outputs, "surface_temp_degc").extra
    assert errors(outputs) == [(NO_FRAME, 49, GOOD[4:])]


def test_a_surface_temperature_is_never_used_for_an_assessment():
    assert QUANTITIES["surface_temp_degc"].usable_for_s == NEVER_S
