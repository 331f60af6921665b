"""Frames of OneTouch UltraEasy meters; the CRC is worked out bit by bit."""

from __future__ import annotations


def crc(data: bytes) -> int:
    """Return CRC-16/CCITT-FALSE."""
    state = 0xFFFF
    for byte in data:
        state ^= byte * 256
        for _ in range(8):
            state = state * 2 ^ 0x11021 if state >= 0x8000 else state * 2
    return state


def encode(link: int, message: bytes = b"") -> bytes:
    """Return a frame."""
    body = bytes([2, len(message) + 6, link]) + message + b"\x03"
    check = crc(body)
    return body + bytes([check % 256, check // 256])


def encode_record(link: int, time_s: int, mg_dl: int) -> bytes:
    """Return the answer that carries a record."""
    return encode(link, b"\x05\x06" + time_s.to_bytes(4, "little") + mg_dl.to_bytes(4, "little"))
