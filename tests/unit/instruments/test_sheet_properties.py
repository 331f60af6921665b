"""What must hold of every protocol for any bytes whatever."""

import gc
import itertools
import random
import tracemalloc
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import RAW_LIMIT, Decoded, Rejected
from appliance.instruments.protocols import PROTOCOLS, find_protocol
from tests.unit.instruments.sheets import SHEETS, damaged

EVERY = pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
FEW = settings(max_examples=25, deadline=None)
"""The streams are long: so many keep the whole unit tier quick."""
VARIANTS = {
    "and_scale:8n1",
    "gy_mcu90614:115200",
    "nonin_oem3:8",
    "nonin_oem3:13",
}
"""Decoders of the same kind as another that is tested here."""


def decode(sheet, chunks):
    decoder = find_protocol(sheet.protocol).decoder()
    outputs = [output for chunk in chunks for output in decoder.feed(chunk)]
    return outputs + decoder.finish()


def accepted(outputs):
    """What counts as a value: valid or doubtful alike, where frames are checked."""
    return [o for o in outputs if isinstance(o, Decoded) and o.value is not None]


@st.composite
def streams(draw, sheet):
    """Good frames in rows, damaged ones and noise, in any order."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    alphabet = sheet.frame(random.Random(1))
    noise = st.one_of(
        st.binary(max_size=300),
        st.lists(st.sampled_from(alphabet), max_size=100).map(bytes),
    )
    stream = b""
    for kind in draw(st.lists(st.sampled_from(["row", "damaged", "noise"]), max_size=6)):
        frame = sheet.frame(chance)
        if kind == "row":
            stream += frame * draw(st.integers(1, min(60, sheet.in_a_row + 3)))
        elif kind == "damaged":
            stream += frame + damaged(frame, chance) + frame
        else:
            stream += draw(noise)
    return stream


def cut(data, sizes):
    start = 0
    for size in itertools.cycle(sizes):
        if start >= len(data):
            return
        yield data[start : start + size]
        start += size


def test_every_protocol_is_here():
    assert set(SHEETS) | VARIANTS == set(PROTOCOLS) | VARIANTS


@EVERY
@FEW
@given(st.data(), st.lists(st.integers(1, 200), min_size=1, max_size=6))
def test_the_answer_never_depends_on_the_chunks(sheet, data, sizes):
    stream = data.draw(streams(sheet))
    assert decode(sheet, cut(stream, sizes)) == decode(sheet, [stream])


@EVERY
@FEW
@given(st.data())
def test_byte_by_byte_gives_the_same(sheet, data):
    stream = data.draw(streams(sheet))
    assert decode(sheet, cut(stream, [1])) == decode(sheet, [stream])


@EVERY
@FEW
@given(st.data())
def test_rejected_bytes_are_bounded_and_stand_where_they_say(sheet, data):
    stream = data.draw(streams(sheet))
    end = 0
    for output in decode(sheet, [stream]):
        if isinstance(output, Rejected):
            assert 0 < len(output.raw) <= RAW_LIMIT
            assert output.offset >= end
            end = output.offset + len(output.raw)
            assert stream[output.offset : end] == output.raw


@EVERY
@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_value_from_a_frame_that_the_judge_refuses(sheet, data):
    stream = data.draw(streams(sheet))
    outputs = accepted(decode(sheet, [stream]))
    if not sheet.checked:
        outputs = [o for o in outputs if o.status is Status.VALID]
    taken = Counter((o.quantity, o.value) for o in outputs)
    assert taken <= sheet.possible(stream)


@EVERY
@FEW
@given(st.data())
def test_every_output_can_be_a_measurement(sheet, data):
    for output in decode(sheet, [data.draw(streams(sheet))]):
        if isinstance(output, Decoded):
            assert (output.value is None) == (output.status is Status.MISSING)
            assert (output.reason == "") == (output.status is Status.VALID)


@EVERY
@FEW
@given(st.binary(max_size=400), st.integers(0, 90), st.integers(0, 2**32))
def test_values_come_again_within_two_frames_after_any_noise(sheet, noise, lost, seed):
    chance = random.Random(seed)
    before, frame = sheet.frame(chance), sheet.frame(chance)
    if before.startswith(frame[:12]):
        before = b"\x00"  # a text line with the same number would be a copy
    stream = noise + before[lost % len(before) :] + frame * (sheet.in_a_row + 2)
    wanted = sheet.possible(frame * sheet.in_a_row)
    taken = {(o.quantity, o.value) for o in accepted(decode(sheet, [stream]))}
    # The last frame of a Nonin packet waits for the next, the rest for what follows.
    assert wanted
    assert taken >= {pair for pair in wanted if pair[0] != "cuff_pressure_mmhg"}


@EVERY
@pytest.mark.parametrize("endless", [b"\x00", b"\xff", "first", "frame", "session", "random"])
def test_memory_stays_bounded_whatever_comes(sheet, endless):
    noise = random.Random(3)  # a fixed seed: the same noise each time
    frame = sheet.frame(noise)
    kinds = {"first": frame[:1], "frame": frame, "session": frame[:-1]}
    piece = kinds.get(endless, endless)
    chunks = [
        noise.randbytes(2048) if endless == "random" else piece * (2048 // len(piece) + 1)
        for _ in range(4)
    ]
    decoder = find_protocol(sheet.protocol).decoder()
    for chunk in chunks:
        decoder.feed(chunk)
    tracemalloc.start()
    try:
        for chunk in chunks * 4:
            decoder.feed(chunk)
        gc.collect()  # the interpreter's own free lists count as held
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < sheet.held_bytes
