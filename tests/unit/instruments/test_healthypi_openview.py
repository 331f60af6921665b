"""HealthyPi packets, one rule of the sheet after another."""

import pytest

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import Decoded
from appliance.instruments.healthypi_openview import (
    ALONE,
    BAD_FRAME,
    BROKEN_OFF,
    NO_FRAME,
    NO_READING,
    STALE,
    TOO_FEW,
)
from appliance.instruments.protocols import find_protocol
from hw_mocks.encoding.healthypi import encode, encode_ecg, encode_ppg, encode_v4, encode_v5
from tests.unit.instruments.decoded import decode, errors, last, values

PI = "healthypi_openview"
EXAMPLE = bytes.fromhex(
    "0A FA 16 00 02 B6 FC FF FF 00 C8 00 00 00 5A 12 01 00 79 3C 01 00 50 0E 60 4E 11 00 0B"
)
ALL_FOUR = [
    ("temp_degc", 36.64),
    ("spo2_pct", 96.0),
    ("heart_rate_bpm", 78.0),
    ("respiratory_rate_bpm", 17.0),
]


def alive(count, encoder=encode_v5, **said):
    """A stream whose waves go on."""
    return b"".join(encoder(ecg=at % 997, **said) for at in range(count))


def test_worked_example_of_the_sheet():
    assert encode_v5() == EXAMPLE
    assert values(decode(PI, EXAMPLE * 125)) == ALL_FOUR
    assert errors(decode(PI, EXAMPLE)) == [(BROKEN_OFF, 0, EXAMPLE)]


def test_a_second_needs_fifty_good_packets():
    few = decode(PI, alive(49))
    assert {(o.value, o.reason) for o in few} == {(None, TOO_FEW)}
    assert values(decode(PI, alive(50))) == ALL_FOUR


def test_values_come_once_a_second():
    outputs = decode(PI, alive(125 * 4))
    assert values(outputs) == ALL_FOUR * 4
    assert len({o.group for o in outputs}) == 4
    assert outputs[0].extra["good_packets"] == 125


def test_the_median_counts():
    low, high = alive(30, heart=200, spo2=40), alive(95)
    assert values(decode(PI, low + high)) == ALL_FOUR
    (rate,) = values(decode(PI, alive(60, heart=80) + alive(65, heart=84)), "heart_rate_bpm")
    assert rate == 84.0


@pytest.mark.parametrize(
    ("said", "quantity"),
    [
        ({"spo2": 0}, "spo2_pct"),
        ({"spo2": 25}, "spo2_pct"),
        ({"heart": 0}, "heart_rate_bpm"),
        ({"breaths": 0}, "respiratory_rate_bpm"),
    ],
)
def test_missing_marks(said, quantity):
    found = last(decode(PI, alive(125, **said)), quantity)
    assert (found.value, found.status, found.reason) == (None, Status.MISSING, NO_READING)
    assert len(values(decode(PI, alive(125, **said)))) == 3


@pytest.mark.parametrize("spo2", [96, 98, 99])
def test_bit_1_of_the_saturation_is_part_of_the_number(spo2):
    assert values(decode(PI, alive(125, spo2=spo2)), "spo2_pct") == [spo2]


@pytest.mark.parametrize(
    ("temp_100", "value"), [(3664, 36.64), (2500, 25.0), (4501, None), (-150, None), (0, None)]
)
def test_temperature_is_signed_hundredths_of_a_degree(temp_100, value):
    assert last(decode(PI, alive(125, temp_100=temp_100)), "temp_degc").value == value


def test_version_4_and_its_two_fixed_numbers():
    outputs = decode(PI, alive(125, encode_v4))
    assert sorted(values(outputs)) == sorted(ALL_FOUR)
    assert {o.quantity for o in outputs} == {quantity for quantity, _ in ALL_FOUR}


@pytest.mark.parametrize(
    ("state", "gone"),
    [
        (1, {"heart_rate_bpm", "respiratory_rate_bpm"}),
        (2, {"spo2_pct"}),
        (3, {"heart_rate_bpm", "respiratory_rate_bpm", "spo2_pct"}),
    ],
)
def test_version_4_says_what_is_off(state, gone):
    outputs = decode(PI, alive(100, encode_v4) + alive(25, encode_v4, state=state))
    missing = {o.quantity: o.reason for o in outputs if o.value is None}
    assert set(missing) == gone
    assert all("off" in words or "out of" in words for words in missing.values())


def test_the_newer_firmware_sends_two_kinds():
    stream = b"".join(encode_ecg(78, 17, at) + encode_ppg(96, 3664, at) for at in range(16))
    assert sorted(values(decode(PI, stream))) == sorted(ALL_FOUR)


def test_numbers_that_do_not_change_for_ten_seconds_are_stale():
    outputs = decode(PI, EXAMPLE * (125 * 11))
    by_second = [outputs[at : at + 4] for at in range(0, 44, 4)]
    assert [{o.status for o in second} for second in by_second[:9]] == [{Status.VALID}] * 9
    assert {(o.value, o.reason) for o in by_second[-1]} == {(None, STALE)}
    assert all(o.status is Status.VALID for o in decode(PI, alive(125 * 12)))


def test_two_packets_in_a_row_before_the_stream_is_trusted():
    packet = encode_v5()
    outputs = decode(PI, (packet + b"\x00") * 60)
    assert {o[0] for o in errors(outputs)} == {ALONE}
    assert values(outputs) == []


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 27, 28])
def test_a_wrong_byte_in_the_frame_loses_the_sync(at):
    bad = bytearray(encode_v5(heart=200))
    bad[at] ^= 0x41
    outputs = decode(PI, alive(60) + bytes(bad) + alive(60))
    assert values(outputs) == ALL_FOUR
    # The packet is refused, and so is nothing else.
    assert b"".join(raw for _, _, raw in errors(outputs)) == bytes(bad)
    assert errors(outputs)[0][0] in (BAD_FRAME, NO_FRAME)


def test_a_second_that_lost_too_much_is_missing():
    outputs = decode(PI, alive(30) + b"\x55" * (95 * 29) + alive(130))
    told = [o for o in outputs if isinstance(o, Decoded)]
    assert [{o.reason for o in told[:4]}, {o.reason for o in told[4:]}] == [{TOO_FEW}, {""}]
    assert values(outputs) == ALL_FOUR


def test_a_doubled_start_byte_is_no_miss_of_the_packet():
    assert values(decode(PI, b"\x0a" + alive(60))) == ALL_FOUR
    assert values(decode(PI, alive(30) + b"\x0a" + alive(60))) == ALL_FOUR


def test_a_start_within_the_payload_is_data():
    inside = encode_v5(ecg=int.from_bytes(b"\x0a\xfa\x16\x00", "little", signed=True))
    assert values(decode(PI, (inside + encode_v5()) * 62)) == ALL_FOUR


def test_lengths_and_types_that_are_not_known_are_refused():
    for strange in (encode(2, bytes(21)), encode(3, bytes(22)), encode(9, bytes(22))):
        outputs = decode(PI, strange * 60)
        assert len(errors(outputs)) > 0
        assert [o for o in outputs if o not in errors(outputs) and hasattr(o, "quantity")] == []


def test_reset_forgets_the_second():
    decoder = find_protocol(PI).decoder()
    decoder.feed(alive(100) + EXAMPLE[:7])
    decoder.reset()
    outputs = decode(PI, alive(49), decoder=decoder)
    assert {o.reason for o in outputs} == {TOO_FEW}
