"""The file of a recording: read back as it was written, and refused where it is none."""

from __future__ import annotations

import contextlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.instruments.capture import (
    LONGEST_LINE,
    Batch,
    Capture,
    CaptureRefused,
    batch_line,
    head_line,
    read_capture,
    with_pauses,
)
from appliance.instruments.decode_file import decode_capture
from appliance.instruments.protocols import LineSettings

LINE = LineSettings(19200, 8, "O", 1, dtr=True)
HEAD = head_line("contec_cms50:old", LINE)
BATCHES = st.lists(
    st.builds(
        Batch,
        st.integers(0, 86_400_0000).map(lambda n: n / 10_000),
        st.binary(min_size=1, max_size=60),
        st.booleans(),
    ),
    max_size=20,
).map(lambda each: sorted(each, key=lambda batch: batch.t_s))


def text_of(batches: list[Batch]) -> bytes:
    return (HEAD + "".join(map(batch_line, batches))).encode()


def read(text: bytes | str) -> Capture:
    return read_capture(io.BytesIO(text.encode() if isinstance(text, str) else text))


@given(BATCHES)
def test_it_is_read_back_as_it_was_written(batches: list[Batch]) -> None:
    assert read(text_of(batches)) == Capture("contec_cms50:old", LINE, tuple(batches))


@given(BATCHES, st.integers(1, 10_000))
def test_a_file_that_was_cut_off_gives_what_came_before(batches: list[Batch], left: int) -> None:
    text = text_of(batches)
    whole = max(len(HEAD), len(text) - left)
    whole_lines = text[:whole].count(b"\n") - 1
    # A last line that lacks only its end is whole.
    assert read(text[:whole]).batches in (
        tuple(batches[:whole_lines]),
        tuple(batches[: whole_lines + 1]),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no capture"),
        ("\x00\xff rubbish", "line 1 is not JSON"),
        ("[1]\n", "no capture"),
        ('{"capture": true}\n', "no capture"),
        ('{"capture": 2}\n', "no capture"),
        (HEAD.replace("19200", '"19200"'), "baud"),
        (HEAD + '{"t_s": 1}\n', "line 2"),
        (HEAD + '{"t_s": true, "in": "00"}\n', "line 2"),
        (HEAD + '{"t_s": 1, "in": "00", "out": "00"}\n', "line 2"),
        (HEAD + '{"t_s": 1, "in": "0"}\n', "pairs"),
        (HEAD + '{"t_s": 1, "in": ""}\n', "pairs"),
        (HEAD + '{"t_s": -1, "in": "00"}\n', "0 to"),
        (HEAD + '{"t_s": NaN, "in": "00"}\n', "0 to"),
        (HEAD + '{"t_s": 2, "in": "00"}\n{"t_s": 1, "in": "00"}\n', "before that"),
        (HEAD + "nonsense\n" + '{"t_s": 1, "in": "00"}\n', "line 2 is not JSON"),
        (HEAD + "[" * 60_000 + "\n", "line 2 is not JSON"),
        (HEAD + " " * (LONGEST_LINE + 1), "longer than"),
    ],
)
def test_what_is_no_capture_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(CaptureRefused, match=words):
        read(text)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(rubbish: bytes) -> None:
    for text in (rubbish, HEAD.encode() + rubbish):
        with contextlib.suppress(CaptureRefused):
            assert isinstance(read(text), Capture)


def test_it_holds_no_date_and_no_name() -> None:
    assert set(json.loads(HEAD)) == {
        "capture", "protocol", "baud", "data_bits", "parity", "stop_bits", "dtr",
    }  # fmt: skip


def test_a_pause_parts_what_came_before_and_after() -> None:
    batches = [Batch(0.0, b"a"), Batch(1.0, b"b"), Batch(3.1, b"c")]
    assert list(with_pauses(batches, 2.0)) == [(b"a", False), (b"b", False), (b"c", True)]


def test_over_a_pause_half_a_line_is_forgotten_as_on_a_live_port() -> None:
    good = b"$PBVS,1,041,TMP,36.7,Cel,V*5A\r\n"
    near = Capture("line_nmea", LINE, (Batch(0.0, good[:9]), Batch(1.0, good[9:])))
    far = Capture("line_nmea", LINE, (Batch(0.0, good[:9]), Batch(9.0, good[9:])))
    assert [each.get("value") for each in decode_capture(near)] == [36.7]
    assert not [each for each in decode_capture(far) if each.get("value")]
