"""Contec CMS50, both generations, one rule of the sheet after another."""

import pytest

from appliance.clinical.measurement import Status
from appliance.instruments.contec_cms50 import BAD_FRAME, BROKEN_OFF, NO_FRAME
from appliance.instruments.contec_readings import (
    EVERY,
    NO_READING,
    NO_WAVE,
    NOT_CONFIRMED,
    PATIENCE,
)
from appliance.instruments.contec_v7 import NOT_ZERO, TOO_MANY, UNKNOWN_TYPE, WRONG_LENGTH
from appliance.instruments.protocols import find_protocol
from hw_mocks.encoding.contec import encode_old, encode_old_store, encode_v7, encode_v7_live
from tests.unit.instruments.decoded import decode, errors, last, reports, values

OLD, V7 = "contec_cms50:old", "contec_cms50:v7"
LIVE = {OLD: encode_old, V7: encode_v7_live}
BOTH = pytest.mark.parametrize("protocol", [OLD, V7])


def test_worked_examples_of_the_sheet_old():
    frame = bytes.fromhex("C7 64 49 0E 58")
    assert encode_old(142, 88, 100, 0x47, 9) == frame
    outputs = decode(OLD, frame * 3)
    assert values(outputs) == [("spo2_pct", 88.0), ("pulse_rate_bpm", 142.0)]
    extra = last(outputs, "spo2_pct").extra
    assert dict(extra) == {
        "signal": 7,
        "beep": True,
        "spo2_dropping": False,
        "pleth": 100,
        "bar": 9,
    }
    out = decode(OLD, bytes.fromhex("90 40 10 00 00"))
    assert [(o.value, o.status) for o in out] == [(None, Status.MISSING)] * 2
    assert "finger out of the sensor" in out[0].reason


def test_worked_examples_of_the_sheet_v7():
    frame = bytes.fromhex("01 88 C7 E4 89 8E D8 FC 80")
    assert encode_v7(1, bytes.fromhex("47 64 09 8E 58 7C 00")) == frame
    outputs = decode(V7, frame * 3)
    assert values(outputs) == [
        ("spo2_pct", 88.0),
        ("pulse_rate_bpm", 142.0),
        ("perfusion_index_pct", 1.24),
    ]
    assert last(outputs, "spo2_pct").extra["signal"] == 7
    out = decode(V7, bytes.fromhex("01 E9 84 C0 90 FF FF FF FF"))
    assert [(o.value, o.reason) for o in out] == [(None, "finger out of the sensor")] * 3


def test_a_stored_record_of_the_old_generation_is_told_and_never_a_reading():
    (told,) = decode(OLD, bytes.fromhex("F1 8E 58"))
    assert dict(told.extra) == {"stored_pulse_rate_bpm": 142.0, "stored_spo2_pct": 88.0}
    download = encode_old_store([(142, 88), (72, 97), (0, 0), (255, 127)])
    rest_of_a_frame = encode_old()[2:]
    outputs = decode(OLD, rest_of_a_frame + download + encode_old() * 3)
    assert errors(outputs) == [(NO_FRAME, 0, rest_of_a_frame)]
    assert [dict(o.extra) for o in reports(outputs)] == [
        {"stored_bytes": 12},
        {"stored_pulse_rate_bpm": 142.0, "stored_spo2_pct": 88.0},
        {"stored_pulse_rate_bpm": 72.0, "stored_spo2_pct": 97.0},
        {},
        {},
    ]
    assert values(outputs) == [("spo2_pct", 97.0), ("pulse_rate_bpm", 72.0)]


@BOTH
def test_never_from_a_single_frame_nor_from_two(protocol):
    frame = LIVE[protocol](72, 97)
    for count in (1, 2):
        outputs = decode(protocol, frame * count)
        assert values(outputs) == []
        assert {(o.value, o.reason) for o in outputs} == {(None, NOT_CONFIRMED)}
        assert last(outputs, "spo2_pct").extra["unconfirmed"] == 97.0
    assert values(decode(protocol, frame * 3), "spo2_pct") == [97.0]


@BOTH
def test_one_wrong_number_among_good_frames_never_counts(protocol):
    good, wrong = LIVE[protocol](72, 97), LIVE[protocol](72, 37)
    outputs = decode(protocol, good * 5 + wrong + good * 5 + wrong * 2 + good * 40)
    assert set(values(outputs, "spo2_pct")) == {97.0}
    assert all(o.status is Status.VALID for o in outputs[6:])


@BOTH
def test_what_never_agrees_is_missing_before_long(protocol):
    frames = b"".join(LIVE[protocol](72, 90 + at % 2) for at in range(PATIENCE + 1))
    outputs = decode(protocol, LIVE[protocol](72, 97) * 3 + frames)
    assert set(values(outputs, "spo2_pct")) == {97.0}
    assert (last(outputs, "spo2_pct").value, last(outputs, "spo2_pct").reason) == (
        None,
        NOT_CONFIRMED,
    )
    assert values(outputs, "pulse_rate_bpm")[-1] == 72.0


@BOTH
def test_a_value_is_given_when_it_changes_and_three_times_a_second(protocol):
    frames = LIVE[protocol](72, 97) * (2 + 4 * EVERY + 1)
    assert values(decode(protocol, frames), "spo2_pct") == [97.0] * 5
    outputs = decode(protocol, LIVE[protocol](72, 97) * 5 + LIVE[protocol](73, 97) * 3)
    assert values(outputs, "pulse_rate_bpm") == [72.0, 73.0]
    groups = [o.group for o in outputs]
    assert len(set(groups)) == 3


@BOTH
@pytest.mark.parametrize(("pulse", "spo2"), [(0, 0), (255, 127)])
def test_both_missing_marks_are_missing_at_once(protocol, pulse, spo2):
    outputs = decode(protocol, LIVE[protocol](72, 97) * 10 + LIVE[protocol](pulse, spo2))
    for quantity in ("spo2_pct", "pulse_rate_bpm"):
        found = last(outputs, quantity)
        assert (found.value, found.status, found.reason) == (None, Status.MISSING, NO_READING)


@BOTH
def test_a_wave_that_stands_where_it_stands_without_a_finger_is_none(protocol):
    """A device that keeps its last numbers and sets no flag when the finger is gone."""
    flat, beating = LIVE[protocol](72, 97, pleth=64), LIVE[protocol](72, 97, pleth=65)
    outputs = decode(protocol, flat * 59 + beating + flat * 59)
    assert all(o.status is Status.VALID for o in outputs if o.reason != NOT_CONFIRMED)
    outputs = decode(protocol, beating * 5 + flat * 60)
    assert {(o.value, o.reason) for o in outputs[-2:]} == {(None, NO_WAVE)}
    assert values(decode(protocol, flat * 200 + beating * 3), "spo2_pct")[-1] == 97.0


@BOTH
@pytest.mark.parametrize("spo2", [101, 120])
def test_more_than_100_percent_is_missing(protocol, spo2):
    outputs = decode(protocol, LIVE[protocol](72, spo2) * 5)
    assert values(outputs)
    assert not values(outputs, "spo2_pct")


@BOTH
@pytest.mark.parametrize(("pulse", "spo2"), [(250, 30), (128, 100), (127, 64), (20, 99)])
def test_numbers_to_their_limits(protocol, pulse, spo2):
    outputs = decode(protocol, LIVE[protocol](pulse, spo2) * 3)
    assert values(outputs, "pulse_rate_bpm") == [pulse]
    assert values(outputs, "spo2_pct") == [spo2]


@BOTH
def test_what_cannot_be_a_reading_is_missing_and_says_so(protocol):
    outputs = decode(protocol, LIVE[protocol](19, 29) * 3)
    assert "30 to 100" in last(outputs, "spo2_pct").reason
    assert "20 to 300" in last(outputs, "pulse_rate_bpm").reason


@pytest.mark.parametrize(
    ("first", "third", "words"),
    [
        (0x10, 0, "finger out of the sensor, or searched too long for a pulse"),
        (0, 0x20, "searching for a pulse"),
        (0, 0x10, "sensor fault"),
    ],
)
def test_flags_of_the_old_frame_take_the_values_away_whatever_the_numbers_say(first, third, words):
    outputs = decode(OLD, encode_old() * 5 + encode_old(first=first | 5, third=third | 3) * 5)
    assert {(o.value, o.reason) for o in outputs[-2:]} == {(None, words)}


@pytest.mark.parametrize(
    ("first", "pleth", "words"),
    [
        (0x85, 50, "finger out of the sensor"),
        (0x15, 50, "searched too long for a pulse"),
        (0x05, 0x80 + 50, "searching for a pulse"),
    ],
)
def test_flags_of_the_v7_package_take_the_values_away(first, pleth, words):
    bad = encode_v7(1, bytes([first, pleth, 3, 72, 97, 124, 0]))
    outputs = decode(V7, encode_v7_live() * 5 + bad)
    assert {(o.value, o.reason) for o in outputs[-3:]} == {(None, words)}


@BOTH
def test_a_falling_saturation_is_no_reason_to_hide_it(protocol):
    frame = LIVE[protocol](72, 80, first=0x25)
    outputs = decode(protocol, frame * 3)
    assert values(outputs, "spo2_pct") == [80.0]
    said = last(outputs, "spo2_pct").extra
    assert said.get("spo2_dropping", said.get("spo2_low")) is True


@pytest.mark.parametrize(
    ("third", "index", "value"),
    [
        (3, 124, 1.24),
        (3, 1, 0.01),
        (3, 2200, 22.0),
        (3, 2201, None),
        (3, 0, None),
        (3, 0xFFFF, None),
        (0x13, 124, None),  # bit 4 set: NOT valid, against what one public reader says
    ],
)
def test_the_perfusion_index(third, index, value):
    data = bytes([5, 50, third, 72, 97, index % 256, index // 256])
    outputs = decode(V7, encode_v7(1, data) * 3)
    assert last(outputs, "perfusion_index_pct").value == value
    assert values(outputs, "spo2_pct") == [97.0]


def test_a_lost_byte_of_the_old_stream_costs_its_frame_alone():
    for at in range(5):
        broken = encode_old(180, 70)[:at] + encode_old(180, 70)[at + 1 :]
        outputs = decode(OLD, encode_old() * 4 + broken * 3 + encode_old() * 4)
        assert set(values(outputs, "spo2_pct")) == {97.0}, at
        assert set(values(outputs, "pulse_rate_bpm")) == {72.0}, at
        # Without its first byte a frame spoils the one before it: nobody can tell which is whole.
        assert {words for words, _, _ in errors(outputs)} <= {BAD_FRAME, NO_FRAME}


def test_a_byte_too_many_never_shifts_the_numbers():
    for at in range(1, 6):
        broken = encode_old(180, 70)[:at] + b"\x49" + encode_old(180, 70)[at:]
        outputs = decode(OLD, broken * 20)
        assert values(outputs) == [], at


def test_a_broken_row_counts_from_the_start_again():
    two = encode_old(72, 97) * 2
    assert values(decode(OLD, two + b"\x01" + two + b"\x01" + two)) == []
    assert values(decode(V7, (encode_v7_live() * 2 + b"\x01") * 4)) == []


def test_old_and_v7_never_read_each_other():
    assert values(decode(OLD, encode_v7_live() * 50)) == []
    assert values(decode(V7, encode_old() * 50)) == []


def test_the_old_stream_at_a_wrong_parity_gives_nothing_wrong():
    """A port without parity reads the parity bit as a stop bit: such bytes come as zeros."""
    spoiled = bytes(b if bin(b).count("1") % 2 == 0 else 0 for b in encode_old(72, 96) * 60)
    got = values(decode(OLD, spoiled))
    assert set(got) <= {("spo2_pct", 96.0), ("pulse_rate_bpm", 72.0)}


@pytest.mark.parametrize(
    ("package", "words", "extra"),
    [
        (encode_v7(0x0B, bytes([0xA1, 0])), "start live, done", {"command": 0xA1, "reason": 0}),
        (encode_v7(0x0B, bytes([0xAE, 4])), "delete, delete failed", {"reason": 4}),
        (encode_v7(0x0B, bytes([0xC3, 0xFF])), "command C3, unknown", {"command": 0xC3}),
        (encode_v7(0x0C, b""), "free", {"type": 12}),
        (encode_v7(0x0D, bytes([1])), "ends the connection: shut down", {"reason": 1}),
        (encode_v7(0x0D, bytes([0x33])), "ends the connection: unknown", {"reason": 0x33}),
        (encode_v7(0x08, bytes([1, 2, 0x10, 0x27, 0x80, 0])), "", {"stored_bytes": 0x802710}),
        (encode_v7(0x04, b"CMS50D+"), "device id", {"text": "CMS50D+"}),
        (
            encode_v7(0x09, bytes([97, 200, 124, 0])),
            "another person's",
            {"stored_pulse_rate_bpm": 200.0, "stored_perfusion_index_pct": 1.24},
        ),
        (
            encode_v7(0x0F, bytes([97, 200, 96, 201, 0x7F, 0xFF])),
            "another person's",
            {"stored_spo2_pct_2": 96.0, "stored_pulse_rate_bpm_1": 200.0},
        ),
        (bytes.fromhex("7D 81 A1 80 80 80 80 80 80"), "start live", {"command": 0xA1}),
    ],
)
def test_packages_that_are_no_reading_are_told(package, words, extra):
    outputs = decode(V7, encode_v7_live() * 3 + package + encode_v7_live() * 3)
    (told,) = reports(outputs)
    assert words in told.words
    assert extra.items() <= told.extra.items()
    assert "stored_spo2_pct_3" not in told.extra
    assert errors(outputs) == []


def test_an_answer_counts_before_the_next_package_comes():
    decoder = find_protocol(V7).decoder()
    assert decoder.feed(encode_v7(0x0D, b"\x00")[:2]) == []
    assert len(decoder.feed(encode_v7(0x0D, b"\x00")[2:])) == 1


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (encode_v7_live() + b"\x80", TOO_MANY),
        (encode_v7_live()[:-1], WRONG_LENGTH),
        (encode_v7(0x0F, bytes(4)), WRONG_LENGTH),
        (b"\x33\x80\x80", UNKNOWN_TYPE),
        (encode_v7(1, bytes([5, 50, 0x43, 72, 97, 1, 0])), NOT_ZERO),
    ],
)
def test_what_is_no_package_is_refused_whole_with_its_offset(bad, words):
    good = encode_v7_live()
    outputs = decode(V7, good * 3 + bad + good * 3)
    assert errors(outputs) == [(words, 27, bad)]


def test_the_end_of_the_bytes_says_what_was_left_over():
    assert errors(decode(OLD, encode_old() * 3 + encode_old()[:3])) == [
        (BROKEN_OFF, 15, encode_old()[:3])
    ]
    outputs = decode(V7, encode_v7_live() * 3 + encode_v7_live()[:4])
    assert [each[1:] for each in errors(outputs)] == [(27, encode_v7_live()[:4])]


@BOTH
def test_reset_forgets_half_a_frame_and_the_row(protocol):
    decoder = find_protocol(protocol).decoder()
    frame = LIVE[protocol](72, 97)
    decoder.feed(frame * 2 + frame[:3])
    decoder.reset()
    outputs = decode(protocol, frame * 2, decoder=decoder)
    assert values(outputs) == []
    assert not errors(outputs)
