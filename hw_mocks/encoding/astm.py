"""Frames and sessions of laboratory devices."""

from __future__ import annotations

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"


def encode_frame(number: int, text: bytes, last: bool = True) -> bytes:
    """Return a frame with its checksum and line end."""
    body = b"%d" % (number % 8) + text + (b"\x03" if last else b"\x17")
    total = 0
    for byte in body:
        total += byte
    return b"\x02" + body + b"%02X\r\n" % (total % 256)


def encode_frames(records: list[str], size: int = 0) -> list[bytes]:
    """Return the frames of records: one for each, or cut at so many characters."""
    texts = [(record + "\r").encode("latin-1") for record in records]
    if not size:
        return [encode_frame(number + 1, text) for number, text in enumerate(texts)]
    whole = b"".join(texts)
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    return [
        encode_frame(number + 1, piece, last=number + 1 == len(pieces))
        for number, piece in enumerate(pieces)
    ]


def encode_session(records: list[str], size: int = 0) -> bytes:
    """Return a whole session as the device sends it."""
    return ENQ + b"".join(encode_frames(records, size)) + EOT


def glucose_records(
    value: str = "5.4",
    unit: str = "mmol/L",
    moment: str = "20260301081500",
    flags: str = "N",
    state: str = "F",
) -> list[str]:
    """Return the records of a message with one result."""
    return [
        "H|\\^&|||Simulated^1.0|||||||P|1|20260301081600",
        "P|1",
        "O|1|S-17",
        f"R|1|^^^Glucose|{value}|{unit}||{flags}||{state}||||{moment}",
        "L|1|N",
    ]
