"""What must hold of the binary protocols for any bytes whatever."""

import itertools
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.instruments.decoding import RAW_LIMIT, Decoded, Rejected
from appliance.instruments.protocols import find_protocol
from tests.unit.instruments.binary_streams import (
    NIBP,
    OXIMETERS,
    nibp_frames_in,
    nibp_result,
    nonin_packet,
    nonin_packets_in,
)

PROTOCOLS = [*OXIMETERS, NIBP]
FEW = settings(max_examples=40)
"""The streams are long: so many keep the whole unit tier quick."""


def decode(protocol, chunks):
    decoder = find_protocol(protocol).decoder()
    outputs = [output for chunk in chunks for output in decoder.feed(chunk)]
    return outputs + decoder.finish()


def good_bytes(protocol, rate=72, spo2=97):
    if protocol == NIBP:
        return nibp_result(spo2 + 30, spo2 - 30, spo2, rate)
    return nonin_packet(protocol[-1], rate, spo2)


@st.composite
def streams(draw, protocol):
    """Good frames, damaged ones and noise, in any order."""
    good = st.builds(good_bytes, st.just(protocol), st.integers(40, 200), st.integers(75, 100))
    noise = st.one_of(
        st.binary(max_size=300),
        st.lists(st.sampled_from(b"\x01\x80\x81\x3e\x04\x05\x18\x43\x00"), max_size=200).map(bytes),
    )
    pieces = draw(st.lists(st.one_of(good, noise, good.flatmap(damaged)), max_size=8))
    return b"".join(pieces)


def damaged(data):
    """The frame with one byte changed, lost or doubled."""
    at = st.integers(0, len(data) - 1)
    return st.one_of(
        st.tuples(at, st.integers(0, 255)).map(
            lambda said: data[: said[0]] + bytes([said[1]]) + data[said[0] + 1 :]
        ),
        at.map(lambda i: data[:i] + data[i + 1 :]),
        at.map(lambda i: data[: i + 1] + data[i:]),
    )


def cut(data, sizes):
    start = 0
    for size in itertools.cycle(sizes):
        if start >= len(data):
            return
        yield data[start : start + size]
        start += size


@pytest.mark.parametrize("protocol", PROTOCOLS)
@FEW
@given(st.data(), st.lists(st.integers(1, 200), min_size=1, max_size=6))
def test_the_answer_never_depends_on_the_chunks(protocol, data, sizes):
    stream = data.draw(streams(protocol))
    assert decode(protocol, cut(stream, sizes)) == decode(protocol, [stream])


@pytest.mark.parametrize("protocol", PROTOCOLS)
@FEW
@given(st.data())
def test_rejected_bytes_are_bounded_and_stand_where_they_say(protocol, data):
    stream = data.draw(streams(protocol))
    end = 0
    for output in decode(protocol, [stream]):
        if isinstance(output, Rejected):
            assert 0 < len(output.raw) <= RAW_LIMIT
            assert output.offset >= end
            end = output.offset + len(output.raw)
            assert stream[output.offset : end] == output.raw


@pytest.mark.parametrize("protocol", OXIMETERS)
@FEW
@given(st.data())
def test_no_value_without_25_good_frames_in_a_row(protocol, data):
    stream = data.draw(streams(protocol))
    possible = nonin_packets_in(stream, protocol[-1])
    outputs = [o for o in decode(protocol, [stream]) if isinstance(o, Decoded)]
    for spo2, rate in zip(outputs[::2], outputs[1::2], strict=True):
        assert (spo2.quantity, rate.quantity) == ("spo2_pct", "pulse_rate_bpm")
        if spo2.value is not None and rate.value is not None:
            assert (rate.value, spo2.value) in possible


@FEW
@given(st.data())
def test_no_reading_without_a_frame_that_sums_to_zero(data):
    stream = data.draw(streams(NIBP))
    frames = nibp_frames_in(stream)
    for output in decode(NIBP, [stream]):
        if isinstance(output, Decoded) and output.quantity == "systolic_mmhg" and output.value:
            assert any(
                len(f) == 24 and int.from_bytes(f[2:4], "little") == output.value for f in frames
            )
        if isinstance(output, Decoded) and output.quantity == "cuff_pressure_mmhg":
            assert any(len(f) == 5 for f in frames)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@FEW
@given(st.binary(max_size=400), st.integers(0, 90))
def test_values_come_again_within_two_packets_after_any_noise(protocol, noise, lost):
    sent = good_bytes(protocol)[lost:] + good_bytes(protocol, 80) * 4
    outputs = decode(protocol, [noise + sent])
    kept = [o.value for o in outputs if isinstance(o, Decoded) and o.quantity == "pulse_rate_bpm"]
    assert kept.count(80.0) >= (2 if protocol != NIBP else 1)
    assert outputs[-1].value == 80.0 or protocol == NIBP


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("endless", [b"\x00", b"\x01", b"\x3e", b"\x3e\x43", b"\x81", b"random"])
def test_memory_stays_bounded_whatever_comes(protocol, endless):
    noise = random.Random(3)  # a fixed seed: the same noise each time
    decoder = find_protocol(protocol).decoder()
    chunks = [noise.randbytes(4096) if endless == b"random" else endless * 2048 for _ in range(4)]
    for chunk in chunks:
        decoder.feed(chunk)
    tracemalloc.start()
    try:
        for chunk in chunks * 6:
            decoder.feed(chunk)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 20_000
