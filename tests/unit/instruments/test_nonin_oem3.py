"""Nonin formats 2 and 7, one rule of the sheet after another."""

import pytest

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import Decoded, Rejected
from appliance.instruments.nonin_oem3 import (
    BAD_FRAME,
    BROKEN_OFF,
    FORMATS,
    NO_FRAME,
    SYNC_EARLY,
    SYNC_LATE,
    NoninDecoder,
    is_frame,
)

SYNC, GREEN, RED, YELLOW = 0x01, 0x02, 0x04, 0x06
SNSA, OOT, ARTF, SNSD = 0x08, 0x10, 0x20, 0x40


def frame(status, floating, data_format="2", pleth=0x57):
    body = [1, status, pleth, floating] if data_format == "2" else [status, 0x4E, pleth, floating]
    return bytes([*body, sum(body) % 256])


def packet(rate=137, spo2=94, *, status=0, at=5, data_format="2", floating=(), timer=1):
    """One packet; `status` bits are set in frame `at` only; `floating` is (frame, byte)."""
    carried = {1: rate >> 7, 2: rate & 127, 3: spo2, 6: timer >> 7, 7: timer & 127}
    carried |= {14: 3, 15: 127, 16: 127, **dict(floating)}
    return b"".join(
        frame(
            0x80 | (SYNC if n == 1 else 0) | (status if n == at else 0),
            carried.get(n, 0),
            data_format,
        )
        for n in range(1, 26)
    )


def decode(data, data_format="2"):
    decoder = NoninDecoder(data_format)
    return decoder.feed(data) + decoder.finish()


def values(outputs):
    return [(o.quantity, o.value) for o in outputs if isinstance(o, Decoded)]


def one(**said):
    spo2, rate = decode(packet(**said), said.get("data_format", "2"))
    assert (spo2.quantity, rate.quantity) == ("spo2_pct", "pulse_rate_bpm")
    return spo2, rate


def test_worked_examples_of_the_sheet():
    assert frame(0x81, 0x01).hex(" ") == "01 81 57 01 da"
    for text in ("01 81 57 01 DA", "01 80 58 09 E2", "01 82 59 5E 3A", "01 88 40 7F 48"):
        assert is_frame(bytes.fromhex(text), FORMATS["2"])
    assert is_frame(bytes.fromhex("81 4E 20 01 F0"), FORMATS["7"])
    head = bytes.fromhex("01 81 57 01 DA 01 80 58 09 E2 01 82 59 5E 3A")
    spo2, rate = decode(head + packet()[15:])
    assert (spo2.value, spo2.unit, spo2.status, spo2.reason) == (94.0, "%", Status.VALID, "")
    assert (rate.value, rate.unit, rate.status) == (137.0, "/min", Status.VALID)


def test_the_finger_out_of_the_sheet_is_missing():
    sum_of_high = bytes.fromhex("01 88 40 03 CC")
    assert is_frame(sum_of_high, FORMATS["2"])
    head = frame(0x89, 3, pleth=0x40) + bytes.fromhex("01 88 40 7F 48")
    spo2, rate = decode(head + packet(spo2=127)[10:])
    for each in (spo2, rate):
        assert (each.value, each.status) == (None, Status.MISSING)
        assert each.reason == "finger out of the sensor"


@pytest.mark.parametrize("data_format", ["2", "7"])
def test_both_values_of_a_packet_share_one_group_and_no_other_has_it(data_format):
    outputs = decode(packet(data_format=data_format) * 3, data_format)
    assert values(outputs) == [("spo2_pct", 94.0), ("pulse_rate_bpm", 137.0)] * 3
    groups = [o.group for o in outputs]
    assert groups[0::2] == groups[1::2]
    assert len(set(groups)) == 3


def test_the_display_averages_are_never_read():
    stale = ((9, 97), (20, 0), (21, 72), (17, 97), (22, 0), (23, 72))
    spo2, rate = one(rate=511, spo2=127, floating=stale)
    assert (spo2.status, rate.status) == (Status.MISSING, Status.MISSING)
    assert spo2.reason == "no reading yet"


@pytest.mark.parametrize(("rate", "spo2"), [(60, 100), (127, 99), (128, 98), (255, 30), (300, 70)])
def test_the_rate_has_nine_bits_joined_at_seven(rate, spo2):
    got_spo2, got_rate = one(rate=rate, spo2=spo2)
    assert (got_rate.value, got_spo2.value) == (rate, spo2)


def test_high_bits_that_mean_nothing_are_masked():
    _, rate = one(floating=((1, 0xFD), (2, 0x89)))
    assert rate.value == 137.0
    spo2, _ = one(floating=((3, 0x80 | 94),))
    assert spo2.value == 94.0


def test_one_missing_mark_does_not_take_the_other_value():
    spo2, rate = one(rate=511)
    assert (spo2.value, rate.value) == (94.0, None)
    spo2, rate = one(spo2=127)
    assert (spo2.value, rate.value) == (None, 137.0)


@pytest.mark.parametrize("at", [2, 13, 25])
@pytest.mark.parametrize(
    ("bit", "words"),
    [(SNSD, "sensor disconnected or unusable"), (SNSA, "finger out of the sensor")],
)
def test_a_sensor_bit_in_any_frame_makes_both_missing(bit, words, at):
    for each in one(status=bit, at=at):
        assert (each.value, each.status, each.reason) == (None, Status.MISSING, words)


@pytest.mark.parametrize("at", [2, 25])
@pytest.mark.parametrize(
    ("bits", "words"),
    [
        (OOT, "out of track: no run of good pulses"),
        (ARTF, "movement or artefact"),
        (OOT | ARTF, "out of track: no run of good pulses, movement or artefact"),
        (RED, "low perfusion: weak pulse at the sensor"),
    ],
)
def test_doubt_keeps_the_values_with_their_reason(bits, words, at):
    spo2, rate = one(status=bits, at=at)
    assert (spo2.value, rate.value) == (94.0, 137.0)
    assert {(o.status, o.reason) for o in (spo2, rate)} == {(Status.DOUBTFUL, words)}


def test_a_missing_value_out_of_track_says_so():
    spo2, _ = one(spo2=127, status=OOT)
    assert spo2.reason == "out of track: no run of good pulses"


@pytest.mark.parametrize(("bits", "name"), [(GREEN, "green"), (YELLOW, "yellow"), (RED, "red")])
def test_perfusion_is_told_and_no_flag_is_not_no_signal(bits, name):
    spo2, rate = one(status=bits)
    assert spo2.extra["perfusion"] == rate.extra["perfusion"] == name
    quiet, _ = one()
    assert "perfusion" not in quiet.extra
    assert quiet.status is Status.VALID


def test_perfusion_is_judged_over_three_seconds():
    outputs = decode(packet(status=RED) + packet(status=GREEN) + packet() * 9)
    assert [o.status for o in outputs[::2]] == [Status.DOUBTFUL] * 9 + [Status.VALID] * 2
    assert [o.extra.get("perfusion") for o in outputs[::2]] == ["red"] * 9 + ["green", None]


def test_a_finger_taken_out_ends_the_judgement_of_its_perfusion():
    outputs = decode(packet(status=RED) + packet(status=SNSA) + packet())
    assert outputs[-1].status is Status.VALID


def test_what_cannot_be_a_reading_is_missing_and_names_the_limits():
    spo2, rate = one(rate=301, spo2=29)
    assert (spo2.value, rate.value) == (None, None)
    assert "30 to 100 %" in spo2.reason
    assert "20 to 300 /min" in rate.reason


def test_the_rest_is_told_beside_the_values():
    said = ((4, 33), (8, 0x21), (14, 1), (15, 8), (16, 93))
    spo2, rate = one(timer=9000, floating=said)
    assert spo2.extra == rate.extra
    assert dict(spo2.extra) == {
        "timer": 9000,
        "firmware": 33,
        "smartpoint": True,
        "battery_low": True,
        "e_spo2_pct": 93.0,
        "e_pulse_rate_bpm": 136.0,
    }


def test_packets_that_never_came_are_counted_by_the_timer():
    timers = (16382, 16383, 0, 3, 3, 9000)
    outputs = decode(b"".join(packet(timer=t) for t in timers))
    assert [o.extra.get("lost_lines") for o in outputs] == [None] * 6 + [2] + [None] * 5


def test_a_bad_frame_costs_its_packet_alone():
    for at in range(125):
        damaged = bytearray(packet(rate=72))
        damaged[at] ^= 0x10
        outputs = decode(packet() + bytes(damaged) + packet(spo2=90))
        assert values(outputs)[::2] == [("spo2_pct", 94.0), ("spo2_pct", 90.0)], at
        rejected = [o for o in outputs if isinstance(o, Rejected)]
        assert b"".join(r.raw for r in rejected) == bytes(damaged)
        assert rejected[0].offset == 125
        assert rejected[0].error == (NO_FRAME if at < 5 else BAD_FRAME)


def test_a_lost_byte_or_frame_costs_its_packet_alone():
    for lost in (1, 2, 5, 7, 60, 124):
        for at in (0, 3, 40, 125 - lost):
            broken = packet(rate=72)
            broken = broken[:at] + broken[at + lost :]
            outputs = decode(packet() + broken + packet(spo2=90))
            kept = values(outputs)[::2]
            # Frames lost from the very front leave a 26th frame that does not begin a packet.
            before = [] if at == 0 and lost % 5 == 0 else [("spo2_pct", 94.0)]
            assert kept == [*before, ("spo2_pct", 90.0)], (lost, at)


def test_sync_before_the_25th_frame_begins_a_new_packet():
    outputs = decode(packet(rate=72)[:-5] + packet())
    assert values(outputs) == [("spo2_pct", 94.0), ("pulse_rate_bpm", 137.0)]
    assert outputs[0] == Rejected(SYNC_EARLY, 0, packet(rate=72)[:-5])


def test_a_26th_frame_without_sync_drops_what_was_collected():
    doubled = packet(rate=72) + frame(0x80, 0)
    outputs = decode(doubled + packet())
    assert values(outputs) == [("spo2_pct", 94.0), ("pulse_rate_bpm", 137.0)]
    assert outputs[0] == Rejected(SYNC_LATE, 0, doubled)


def test_two_halves_are_never_put_together():
    """Frames 5 to 25 of one and 1 to 10 of the next are lost: 30 frames, one sync."""
    first, second = packet(rate=72, spo2=70), packet(rate=180, spo2=99)
    outputs = decode(first[:20] + second[50:] + packet())
    assert values(outputs) == [("spo2_pct", 94.0), ("pulse_rate_bpm", 137.0)]


def test_a_packet_waits_for_the_frame_behind_it():
    decoder = NoninDecoder("2")
    assert decoder.feed(packet()) == []
    assert decoder.feed(packet()[:4]) == []
    assert len(decoder.feed(packet()[4:5])) == 2


@pytest.mark.parametrize("data_format", ["2", "7"])
def test_bit_7_of_status_is_part_of_a_frame(data_format):
    assert not is_frame(frame(0x01, 1, data_format), FORMATS[data_format])
    assert is_frame(frame(0x81, 1, data_format), FORMATS[data_format])


def test_one_format_never_reads_the_other():
    assert values(decode(packet(data_format="7") * 20, "2")) == []
    assert values(decode(packet() * 20, "7")) == []


def test_a_false_beginning_never_costs_the_true_one_behind_it():
    false = frame(0x81, 0)
    for size in range(1, 5):
        outputs = decode(false + b"\x00" * size + packet())
        assert values(outputs)[0] == ("spo2_pct", 94.0), size


def test_noise_is_handed_on_in_bounded_pieces_with_its_offsets():
    noise = bytes(b for b in range(256) if b != 1) * 4
    outputs = decode(noise + packet())
    rejected = [o for o in outputs if isinstance(o, Rejected)]
    assert b"".join(r.raw for r in rejected) == noise
    assert [r.offset for r in rejected] == [0, 256, 512, 768]
    assert {r.error for r in rejected} == {NO_FRAME}
    assert len(values(outputs)) == 2


def test_the_end_of_the_bytes_says_what_was_left_over():
    rest = packet()[:-1]
    assert decode(packet() + rest)[2:] == [Rejected(BROKEN_OFF, 125, rest)]


def test_reset_never_joins_what_came_before_with_what_comes_after():
    decoder = NoninDecoder("2")
    decoder.feed(packet(status=RED) * 2 + packet(rate=72)[:60])
    decoder.reset()
    outputs = decoder.feed(packet(rate=80)[60:] + packet()) + decoder.finish()
    assert values(outputs) == [("spo2_pct", 94.0), ("pulse_rate_bpm", 137.0)]
    assert outputs[0].offset == 310
    assert outputs[-1].status is Status.VALID


def test_between_two_disturbed_pulses_the_number_is_no_better_than_theirs():
    # 40/min: a pulse in every fifth packet; only around it the module flags anything.
    pulse, between = packet(status=ARTF | GREEN), packet()
    outputs = decode(pulse + between * 4 + pulse + between * 4)
    assert {each.status for each in outputs} == {Status.DOUBTFUL}
    calm = decode(pulse + between * 2 + packet(status=GREEN) + between * 2)
    assert [each.status for each in calm[::2]] == [Status.DOUBTFUL] * 3 + [Status.VALID] * 3


def test_a_disturbed_pulse_is_forgotten_when_three_seconds_bring_none():
    outputs = decode(packet(status=ARTF) + packet() * 9)
    assert [each.status for each in outputs[::2]] == [Status.DOUBTFUL] * 9 + [Status.VALID]
