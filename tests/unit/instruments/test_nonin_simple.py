"""Nonin formats 1 and 8, one rule of the sheet after another."""

import pytest

from appliance.clinical.measurement import Status
from appliance.instruments.nonin_simple import (
    BAD_FRAME,
    FINGER_OUT,
    NO_READING,
    NO_SENSOR,
    NOT_CONFIRMED,
)
from appliance.instruments.protocols import find_protocol
from tests.unit.instruments.decoded import decode, errors, last, values

ONE, EIGHT = "nonin_oem3:1", "nonin_oem3:8"
BOTH = pytest.mark.parametrize("protocol", [ONE, EIGHT])


def frame(protocol, rate=72, spo2=97, status=0, more=0):
    first = [0x80 + status + rate // 128, rate % 128, spo2]
    return bytes(first if protocol == ONE else [*first, more])


def test_the_bits_of_the_sheet():
    assert frame(ONE, 137, 94) == bytes.fromhex("81 09 5E")
    assert values(decode(ONE, bytes.fromhex("81 09 5E") * 3)) == [
        ("spo2_pct", 94.0),
        ("pulse_rate_bpm", 137.0),
    ]


@BOTH
def test_a_value_counts_when_three_frames_in_a_row_agree(protocol):
    outputs = decode(protocol, frame(protocol) * 4)
    assert [o.value for o in outputs] == [None] * 4 + [97.0, 72.0] * 2
    assert outputs[0].reason == NOT_CONFIRMED
    assert outputs[0].extra["unconfirmed"] == 97.0
    assert outputs[4].group == outputs[5].group != outputs[6].group


@BOTH
def test_one_wrong_number_among_good_ones_never_counts(protocol):
    for wrong in (93, 99, 60, 127):
        stream = frame(protocol) * 4 + frame(protocol, spo2=wrong) + frame(protocol) * 4
        got = values(decode(protocol, stream), "spo2_pct")
        assert set(got) == {97.0}, wrong
    drift = b"".join(frame(protocol, rate=70 + at) for at in range(8))
    assert values(decode(protocol, drift), "pulse_rate_bpm") == [71, 72, 73, 74, 75, 76]
    wild = b"".join(frame(protocol, rate=70 + 20 * (at % 2)) for at in range(20))
    assert values(decode(protocol, wild), "pulse_rate_bpm") == []


@BOTH
@pytest.mark.parametrize("rate", [20, 127, 128, 255, 256, 300])
def test_the_rate_has_nine_bits(protocol, rate):
    assert values(decode(protocol, frame(protocol, rate) * 3), "pulse_rate_bpm") == [rate]


@BOTH
def test_missing_marks(protocol):
    outputs = decode(protocol, frame(protocol, 511, 127) * 4)
    assert {(o.value, o.reason) for o in outputs} == {(None, NO_READING)}
    outputs = decode(protocol, frame(protocol, 511, 97) * 3)
    assert values(outputs) == [("spo2_pct", 97.0)]


@BOTH
@pytest.mark.parametrize(
    ("bit", "words"),
    [
        (0x20, "out of track: no run of good pulses"),
        (0x10, "low perfusion: weak pulse at the sensor"),
        (0x04, "movement or artefact"),
    ],
)
def test_doubt_keeps_the_values_with_their_reason(protocol, bit, words):
    outputs = decode(protocol, frame(protocol) * 2 + frame(protocol, status=bit))
    assert {(o.status, o.reason) for o in outputs[-2:]} == {(Status.DOUBTFUL, words)}
    outputs = decode(protocol, frame(protocol, status=bit) + frame(protocol) * 3)
    assert outputs[-1].status is Status.VALID
    assert outputs[-3].status is Status.DOUBTFUL, "it is one of the three"


@BOTH
def test_marginal_perfusion_is_told(protocol):
    outputs = decode(protocol, frame(protocol, status=0x08) * 3)
    assert (outputs[-1].status, outputs[-1].extra["marginal_perfusion"]) == (Status.VALID, True)


@BOTH
def test_a_sensor_that_is_off_takes_the_values_away_at_once(protocol):
    outputs = decode(protocol, frame(protocol) * 3 + frame(protocol, status=0x40))
    assert {(o.value, o.reason) for o in outputs[-2:]} == {(None, NO_SENSOR)}
    outputs = decode(protocol, frame(protocol, status=0x40) + frame(protocol) * 2)
    assert values(outputs) == []


def test_the_fourth_byte_of_format_8():
    outputs = decode(EIGHT, frame(EIGHT) * 3 + frame(EIGHT, more=0x08))
    assert {(o.value, o.reason) for o in outputs[-2:]} == {(None, FINGER_OUT)}
    said = last(decode(EIGHT, frame(EIGHT, more=0x21) * 3), "spo2_pct").extra
    assert (said["smartpoint"], said["battery_low"]) == (True, True)


@BOTH
def test_a_lost_or_an_added_byte_breaks_the_row(protocol):
    good = frame(protocol)
    for broken in (good[:1] + good[2:], b"\x01", good[1:], good[:-1]):
        outputs = decode(protocol, (good * 2 + broken) * 4)
        assert values(outputs) == [], broken
        assert len(errors(outputs)) >= 4


def test_one_format_never_reads_the_other():
    assert values(decode(ONE, frame(EIGHT) * 30)) == []
    assert values(decode(EIGHT, frame(ONE) * 30)) == []
    assert {words for words, _, _ in errors(decode(EIGHT, frame(ONE) * 30))} >= {BAD_FRAME}


def test_reset_forgets_the_row():
    decoder = find_protocol(ONE).decoder()
    decoder.feed(frame(ONE) * 2 + frame(ONE)[:2])
    decoder.reset()
    assert values(decode(ONE, frame(ONE) * 2, decoder=decoder)) == []
