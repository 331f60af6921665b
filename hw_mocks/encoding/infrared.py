"""Frames of GY-MCU90614 thermometers."""

from __future__ import annotations


def encode(kind: int, data: bytes) -> bytes:
    """Return a frame of any type."""
    body = bytes([0x5A, 0x5A, kind, len(data)]) + data
    return body + bytes([sum(body) % 256])


def encode_temperatures(object_degc: float, ambient_degc: float = 24.0) -> bytes:
    """Return a frame of temperatures."""
    hundredths = (round(degc * 100) % 65536 for degc in (object_degc, ambient_degc))
    return encode(0x45, b"".join(bytes([each // 256, each % 256]) for each in hundredths))
