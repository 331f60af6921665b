"""A recorded stream to the records that `appliance decode` prints."""

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.instruments.decode_file import InputRefused, decode_stream
from appliance.instruments.protocols import UnknownProtocol

RECORDED = (
    b"$PBVS,1,041,TMP,36.7,Cel,V*5A\r\n"
    b"boot\r\n"
    b"$PBVS,1,042,SPO2,,%,F*0D\r\n"
    b"$PBVS,1,043,WGT,71.35,kg,V*21"
)
RECORDS = [
    {
        "quantity": "temp_degc",
        "value": 36.7,
        "unit": "Cel",
        "status": "valid",
        "reason": "",
        "extra": {"seq": 41},
    },
    {"error": "not a line: no $ before it", "offset": 31, "bytes_hex": "626f6f740d0a"},
    {
        "quantity": "spo2_pct",
        "value": None,
        "unit": "%",
        "status": "missing",
        "reason": "probe or finger off",
        "extra": {"seq": 42},
    },
    {
        "quantity": "weight_kg",
        "value": 71.35,
        "unit": "kg",
        "status": "valid",
        "reason": "",
        "extra": {"seq": 43},
    },
]


class Trickle(io.RawIOBase):
    """A stream that gives so many bytes at a time, like a pipe."""

    def __init__(self, data, step):
        self._data, self._step = data, step

    def read(self, size=-1):
        taken, self._data = self._data[: self._step], self._data[self._step :]
        return taken


def decode(data, *, as_hex=False, step=None):
    stream = io.BytesIO(data) if step is None else Trickle(data, step)
    return list(decode_stream("line_nmea", stream, as_hex=as_hex))


def test_raw_bytes_give_plain_records():
    assert decode(RECORDED) == RECORDS
    assert json.loads(json.dumps(decode(RECORDED))) == RECORDS


@pytest.mark.parametrize(
    "text",
    [
        RECORDED.hex(),
        RECORDED.hex().upper(),
        RECORDED.hex(" "),
        RECORDED.hex("\n"),
        RECORDED.hex("\t") + "\r\n",
        ", ".join(f"0x{byte:02X}" for byte in RECORDED),
        ",\n".join(f"0X{byte:02x}" for byte in RECORDED),
        "\n".join(RECORDED[at : at + 16].hex() for at in range(0, len(RECORDED), 16)),
    ],
)
@pytest.mark.parametrize("step", [None, 1, 2, 3, 7])
def test_hex_text_in_every_usual_form_gives_the_same(text, step):
    assert decode(text.encode(), as_hex=True, step=step) == RECORDS


@given(st.binary(max_size=300), st.integers(1, 9), st.sampled_from(["", " ", "\n", ", 0x"]))
def test_hex_text_never_changes_a_byte(data, step, between):
    text = between.join(f"{byte:02x}" for byte in data).encode()
    assert decode(text, as_hex=True, step=step) == decode(data)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"24 50 zz", "line 1: 'z' is not a hex digit"),
        (b"24 50\n42 5g", "line 2: 'g' is not a hex digit"),
        (b"24 5", "line 1: the last byte has only one digit"),
        (b"24\n5 50\n", "line 2: a byte has only one digit"),
        (b"24\xff", "line 1: '\\xff' is not a hex digit"),
        (b"$PBVS,1", "line 1: '$' is not a hex digit"),
    ],
)
@pytest.mark.parametrize("step", [None, 1])
def test_text_that_is_no_hex_is_refused_with_its_line(text, words, step):
    with pytest.raises(InputRefused, match=re.escape(f"hex text, {words}")):
        decode(text, as_hex=True, step=step)


def test_nothing_gives_nothing():
    assert decode(b"") == []
    assert decode(b" \n", as_hex=True) == []


def test_records_come_while_the_stream_still_runs():
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            return RECORDED[:31]

    records = decode_stream("line_nmea", Endless())
    assert next(records) == RECORDS[0]


def test_an_unknown_protocol_names_those_that_are_known():
    with pytest.raises(
        UnknownProtocol,
        match=r"'line_nmae' is not known.*: and_scale, .*, line_nmea, nonin_oem3:1, ",
    ):
        decode_stream("line_nmae", io.BytesIO())
