"""The checked text line against bytes that nobody planned."""

import re
import sys

from hypothesis import given
from hypothesis import strategies as st

from appliance.clinical.measurement import Status
from appliance.clinical.quantities import QUANTITIES
from appliance.instruments.decoding import RAW_LIMIT, Decoded, Rejected
from appliance.instruments.line_nmea import LineNmeaDecoder


def line(body):
    check = 0
    for character in body:
        check ^= ord(character)
    return f"${body}*{check:02X}\r\n".encode("ascii")


KINDS = ("TMP", "SPO2", "PR", "RR", "SBP", "DBP", "MAP", "GLU", "WGT", "HGT", "XXX", "")
UNITS = ("Cel", "%", "/min", "mm[Hg]", "mg/dL", "mmol/L", "kg", "cm", "K", "")
BODIES = st.builds(
    "PBVS,{},{:03d},{},{},{},{}".format,
    st.sampled_from(["1", "1", "1", "2"]),
    st.integers(0, 999),
    st.sampled_from(KINDS),
    st.one_of(
        st.just(""),
        st.floats(-10, 400, allow_nan=False).map("{:.2f}".format),
        st.integers(0, 300).map(str),
        st.sampled_from(["nan", "1e2", "+5", "5.", "--1"]),
    ),
    st.sampled_from(UNITS),
    st.sampled_from(["V", "VB", "F", "M", "VM", "VF", "B", "", "X", "VV"]),
)
SENSIBLE = st.builds(
    "PBVS,1,{:03d},SPO2,{},%,{}".format,
    st.integers(0, 999),
    st.integers(30, 100),
    st.sampled_from(["V", "VB", "M"]),
)
NOISE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"$", b"$$", b"\n", b"\r\n", b"*5A\r\n", b"\x00" * 300, b"U" * 700]),
)


@st.composite
def damaged(draw):
    """Return a good line with one byte changed, dropped or doubled."""
    whole = line(draw(BODIES))
    at = draw(st.integers(0, len(whole) - 1))
    instead = draw(st.one_of(st.just(b""), st.binary(min_size=1, max_size=2)))
    return whole[:at] + instead + whole[at + 1 :]


STREAMS = st.lists(
    st.one_of(BODIES.map(line), SENSIBLE.map(line), NOISE, damaged()), max_size=12
).map(b"".join)


def decode(data):
    decoder = LineNmeaDecoder()
    return decoder.feed(data) + decoder.finish()


@given(STREAMS, st.data())
def test_any_chunking_gives_the_same_output(stream, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    decoder = LineNmeaDecoder()
    outputs = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        outputs += decoder.feed(stream[start:end])
    assert outputs + decoder.finish() == decode(stream)


@given(STREAMS)
def test_byte_by_byte_gives_the_same_output(stream):
    decoder = LineNmeaDecoder()
    outputs = [output for byte in stream for output in decoder.feed(bytes([byte]))]
    assert outputs + decoder.finish() == decode(stream)


GOOD = re.compile(rb"\$([\x20-\x7e]*)\*([0-9a-fA-F]{2})\r?(?:\n|\Z)")


def checks(stream):
    """Yield the number of every value in a line that checks, by another road than ours."""
    for start in (m.start() for m in re.finditer(rb"\$", stream)):
        if (found := GOOD.match(stream, start)) is None:
            continue
        body, check = found.groups()
        total = 0
        for at in range(len(body)):
            total = total ^ body[at]
        if b"$" not in body and total == int(check, 16):
            fields = body.decode("ascii").split(",")
            if len(fields) >= 3:  # a line with less has no value at all
                yield fields[-3]


@given(STREAMS)
def test_no_value_comes_from_a_line_that_does_not_check(stream):
    sent = list(checks(stream))
    decoded = [output for output in decode(stream) if isinstance(output, Decoded)]
    assert len(decoded) <= len(sent)
    for output in decoded:
        if output.value is not None:
            shown = output.extra.get("reported_value", output.value)
            assert shown in [float(each) for each in sent if re.fullmatch(r"-?\d+(\.\d+)?", each)]


@given(STREAMS)
def test_what_is_decoded_can_be_a_reading_and_gives_its_reason(stream):
    for output in decode(stream):
        if isinstance(output, Rejected):
            continue
        assert (output.value is None) == (output.status is Status.MISSING)
        assert (output.reason == "") == (output.status is Status.VALID)
        if output.value is not None:
            QUANTITIES[output.quantity].check(output.value)


@given(STREAMS)
def test_rejections_quote_the_stream_and_are_bounded(stream):
    for output in decode(stream):
        if isinstance(output, Rejected):
            assert stream[output.offset : output.offset + len(output.raw)] == output.raw
            assert 0 < len(output.raw) <= RAW_LIMIT


@given(SENSIBLE, st.integers(0, 2**32))
def test_one_changed_bit_never_passes(body, seed):
    whole = bytearray(line(body))
    bit = seed % ((len(whole) - 2) * 8)
    whole[bit // 8] ^= 1 << bit % 8
    values = [output for output in decode(bytes(whole)) if isinstance(output, Decoded)]
    # Only a bit that turns a hex digit of the check into its other case changes nothing.
    assert not values or bytes(whole).upper() == line(body).upper()


@given(NOISE, NOISE, SENSIBLE, SENSIBLE)
def test_after_any_noise_the_second_line_is_read_at_the_latest(one, two, first, second):
    if first.split(",")[2] == second.split(",")[2]:
        return
    outputs = decode(one + two + line(first) + line(second))
    assert isinstance(outputs[-1], Decoded)
    assert outputs[-1].extra["seq"] == int(second.split(",")[2])


def test_after_noise_even_the_first_line_is_read():
    outputs = decode(b"\x00$PBVS,1,0\xff" + line("PBVS,1,001,SPO2,97,%,V"))
    assert outputs[-1].value == 97.0


def test_memory_stays_bounded_on_endless_input():
    for endless in (b"A" * 4096, b"$" + b"A" * 4095, b"$" * 4096, b"\r" * 4096, b"\x00" * 4096):
        decoder = LineNmeaDecoder()
        fed = rejected = 0
        while fed < 10_000_000 // (40 if endless[:2] == b"$$" else 1):
            outputs = decoder.feed(endless)
            fed += len(endless)
            rejected += sum(len(output.raw) for output in outputs)
            held = sum(sys.getsizeof(getattr(decoder, name)) for name in decoder.__dict__)
            assert held < 1024
        # Nothing is kept: what is not held any more was handed on (or was an empty line).
        assert rejected >= fed - RAW_LIMIT or endless[:1] == b"\r"
        assert decoder.feed(b"\n" + line("PBVS,1,001,SPO2,97,%,V"))[-1].value == 97.0
