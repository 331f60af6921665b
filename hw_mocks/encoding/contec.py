"""Frames of Contec CMS50 oximeters, both generations."""

from __future__ import annotations


def encode_old(
    pulse: int = 72, spo2: int = 97, pleth: int = 50, first: int = 0x05, third: int = 0x03
) -> bytes:
    """Return a live frame of the first generation.

    first: flags and signal strength of byte 0.  third: flags and bar graph of byte 2.
    """
    return bytes(
        [0x80 | first, pleth & 0x7F, third | (0x40 if pulse >= 128 else 0), pulse % 128, spo2]
    )


def encode_old_store(records: list[tuple[int, int]]) -> bytes:
    """Return a download of the store: (pulse, saturation) for each second."""
    size = 3 * len(records) - 1
    head = b"\xf2\x80\x00" * 3 + bytes([0x80 | size // 16384, 0x80 | size // 128 % 128, size % 128])
    return head + b"".join(
        bytes([0xF0 + pulse // 128, 0x80 + pulse % 128, spo2]) for pulse, spo2 in records
    )


def encode_v7(kind: int, data: bytes) -> bytes:
    """Return a package of the V7 generation with its high byte."""
    high = 0x80
    for number, byte in enumerate(data):
        if byte >= 128:
            high += 2**number
    return bytes([kind, high]) + bytes(byte % 128 + 128 for byte in data)


def encode_v7_live(
    pulse: int = 72,
    spo2: int = 97,
    index_100: int | None = 124,
    pleth: int = 50,
    first: int = 0x05,
    bar: int = 3,
) -> bytes:
    """Return a live package.  index_100: perfusion in hundredths; None for one not valid."""
    index = 0xFFFF if index_100 is None else index_100
    third = bar | (0x10 if index_100 is None else 0)
    return encode_v7(1, bytes([first, pleth, third, pulse, spo2, index % 256, index // 256]))
