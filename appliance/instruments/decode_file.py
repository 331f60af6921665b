"""A recorded byte stream, raw or as hex text, to one plain record for each value or error.

Pure over the stream it is given: opens nothing.  Memory stays bounded, so the stream may
be a pipe that never ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from appliance.clinical.measurement import Status
from appliance.instruments.capture import Capture, with_pauses
from appliance.instruments.decoding import Decoded, Decoder, Output, Reported
from appliance.instruments.protocols import find_protocol

_CHUNK = 65536
_HEX_PREFIX = re.compile(rb"0[xX]")
_NOT_HEX = re.compile(rb"[^0-9A-Fa-f\s]")


class InputRefused(ValueError):
    """The input is not what it was said to be; the message says where."""


def decode_stream(
    protocol: str, stream: BinaryIO, *, as_hex: bool = False
) -> Iterator[dict[str, object]]:
    """Return a record for each value and each rejection, in the order of the bytes.

    A value: quantity, value (None when missing), unit, status, reason, extra.
    A frame without a value (an acknowledgement): the same keys, with no quantity, no unit
    and its words as the reason.  A rejection: error, offset (of the first byte, from 0), bytes_hex.
    Raises UnknownProtocol at once, and InputRefused when it meets hex text that is none;
    records of what came well before the fault may have been given by then.
    """
    decoder = find_protocol(protocol).decoder()
    chunks = _read_chunks(stream)
    return _decode_chunks(decoder, _from_hex(chunks) if as_hex else chunks)


def decode_capture(capture: Capture, protocol: str = "") -> Iterator[dict[str, object]]:
    """Return the same records for a recording.  protocol: other than the recording names.

    Over a pause half a frame is forgotten, as on a live port.  Raises UnknownProtocol.
    """
    spoken = find_protocol(protocol or capture.protocol)
    decoder = spoken.decoder()
    for data, after_pause in with_pauses(capture.heard(), spoken.pause_s):
        if after_pause:
            decoder.reset()
        yield from map(record_of, decoder.feed(data))
    yield from map(record_of, decoder.finish())


def record_of(output: Output) -> dict[str, object]:
    """Return one output of a decoder as the plain record that is printed."""
    if isinstance(output, Decoded):
        return {
            "quantity": output.quantity,
            "value": output.value,
            "unit": output.unit,
            "status": output.status.value,
            "reason": output.reason,
            "extra": dict(output.extra),
        }
    if isinstance(output, Reported):
        return {
            "quantity": None,
            "value": None,
            "unit": None,
            "status": Status.MISSING.value,
            "reason": output.words,
            "extra": dict(output.extra),
        }
    return {"error": output.error, "offset": output.offset, "bytes_hex": output.raw.hex()}


def _decode_chunks(decoder: Decoder, chunks: Iterator[bytes]) -> Iterator[dict[str, object]]:
    for chunk in chunks:
        for output in decoder.feed(chunk):
            yield record_of(output)
    for output in decoder.finish():
        yield record_of(output)


def _read_chunks(stream: BinaryIO) -> Iterator[bytes]:
    # read1 gives what a pipe holds now; read would wait until a whole chunk is there.
    read = getattr(stream, "read1", stream.read)
    while chunk := read(_CHUNK):
        yield chunk


def _from_hex(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Turn hex text into bytes; spaces, line ends, commas and 0x between bytes are skipped."""
    held, line = b"", 1
    for chunk in chunks:
        text = _HEX_PREFIX.sub(b" ", (held + chunk).replace(b",", b" "))
        # The last digit may be half a byte, or the 0 of an 0x.
        tail = len(text) - len(text.rstrip(b"0123456789abcdefABCDEF"))
        held = text[-1:] if tail % 2 else b""
        whole = text[: len(text) - len(held)]
        yield _pairs(whole, line)
        line += whole.count(b"\n")
    if held:
        raise InputRefused(f"hex text, line {line}: the last byte has only one digit")


def _pairs(text: bytes, line: int) -> bytes:
    """Turn one stretch of hex digits in pairs into bytes; say where it fails."""
    if wrong := _NOT_HEX.search(text):
        line += text.count(b"\n", 0, wrong.start())
        shown = ascii(wrong.group().decode("latin-1"))
        raise InputRefused(f"hex text, line {line}: {shown} is not a hex digit")
    for token in re.finditer(rb"\S+", text):
        if len(token.group()) % 2:
            line += text.count(b"\n", 0, token.start())
            raise InputRefused(f"hex text, line {line}: a byte has only one digit")
    return bytes.fromhex(text.decode("ascii"))
