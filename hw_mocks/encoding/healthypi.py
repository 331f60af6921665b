"""Packets of HealthyPi boards."""

from __future__ import annotations


def encode(kind: int, payload: bytes) -> bytes:
    """Return a packet of any type."""
    return b"\x0a\xfa" + bytes([len(payload), 0, kind]) + payload + b"\x00\x0b"


def encode_v5(
    temp_100: int = 3664,
    spo2: int = 96,
    heart: int = 78,
    breaths: int = 17,
    ecg: int = -842,
    resp: int = 51200,
    ppg: tuple[int, int] = (70234, 81017),
) -> bytes:
    """Return a packet of version 5."""
    waves = b"".join(each.to_bytes(4, "little", signed=True) for each in (ecg, resp))
    light = b"".join(each.to_bytes(4, "little") for each in ppg)
    temperature = temp_100.to_bytes(2, "little", signed=True)
    return encode(2, waves + b"\x00" + light + temperature + bytes([spo2, heart, breaths]))


def encode_v4(
    temp_100: int = 3664,
    spo2: int = 96,
    heart: int = 78,
    breaths: int = 17,
    state: int = 0,
    ecg: int = 5,
) -> bytes:
    """Return a packet of version 4, with its two fixed numbers that mean nothing."""
    waves = ecg.to_bytes(2, "little", signed=True) + b"\x07\x00" + bytes(8)
    return encode(
        2,
        waves + temp_100.to_bytes(2, "little") + bytes([breaths, spo2, heart, 80, 120, state]),
    )


def encode_ecg(heart: int, breaths: int, ecg: int = 0) -> bytes:
    """Return a packet of type 3: eight ECG samples, four of breathing, two rates."""
    samples = b"".join((ecg + each).to_bytes(4, "little", signed=True) for each in range(12))
    return encode(3, samples + bytes([heart, breaths]))


def encode_ppg(spo2: int, temp_100: int, ppg: int = 0) -> bytes:
    """Return a packet of type 4: eight samples of light, saturation, temperature."""
    samples = b"".join((ppg + each).to_bytes(2, "little") for each in range(8))
    return encode(4, samples + bytes([spo2]) + temp_100.to_bytes(2, "little"))
