"""Frames worked out from the sheets by hand: encoders that share nothing with hw_mocks or ours."""

from __future__ import annotations

import struct
from collections.abc import Mapping


def nonin(
    rate: int = 72,
    spo2: int = 97,
    *,
    status: Mapping[int, int] | None = None,
    floating: Mapping[int, int] | None = None,
    seven: bool = False,
) -> bytes:
    """One packet of format 2 or 7.  status: bits by frame number, from 1."""
    carried = {1: rate >> 7, 2: rate & 127, 3: spo2, 4: 1, 14: rate >> 7, 15: rate & 127}
    carried |= {9: spo2, 16: spo2, 17: spo2, 20: rate >> 7, 21: rate & 127, **(floating or {})}
    packet = b""
    for number in range(1, 26):
        state = 0x80 | (number == 1) | (status or {}).get(number, 0)
        wave, said = 64 + number, carried.get(number, 0)
        body = [state, 0x4E, wave, said] if seven else [1, state, wave, said]
        packet += bytes([*body, sum(body) % 256])
    return packet


def nonin_1(rate: int, spo2: int, status: int = 0) -> bytes:
    """One frame of format 1."""
    return bytes([0x80 | status | rate >> 7, rate & 127, spo2])


def spot(status: int, rate: int, spo2: int, *, off: int = 0) -> bytes:
    """One frame of format 13.  off: added to its check."""
    data = bytes((20, 26, 3, 1, 8, 15, 0, 0)) + struct.pack(">HHBB", status, rate, 0, spo2)
    return b"\x00\x02\x00\x0d\x00\x0e" + data + bytes([(sum(data) + off) % 256, 3])


def contec(rate: int, spo2: int, first: int = 0x47, third: int = 9, wave: int = 100) -> bytes:
    """One old live frame."""
    return bytes([0x80 | first, wave, (rate >= 128) << 6 | third, rate & 127, spo2])


def contec_7(
    rate: int, spo2: int, index: int = 124, first: int = 7, wave: int = 100, third: int = 9
) -> bytes:
    """One V7 live package."""
    data = [first, wave, third, rate, spo2, index & 255, index >> 8]
    high = sum(1 << place for place, byte in enumerate(data) if byte > 127)
    return bytes([1, 0x80 | high, *(byte | 0x80 for byte in data)])


def suntech(*data: int) -> bytes:
    """One frame of the module with its check."""
    return bytes([0x3E, *data, -(0x3E + sum(data)) % 256])


def pressures(
    systolic: int, diastolic: int, mean: int, rate: int, status: int = 1, error: int = 0
) -> bytes:
    """One result frame."""
    low_first = [byte for each in (systolic, diastolic) for byte in (each & 255, each >> 8)]
    return suntech(
        0x18, *low_first, 22, status, *bytes(8), rate, 0, mean & 255, mean >> 8, error, 0, 0
    )


def infrared(surface: int, ambient: int, off: int = 0) -> bytes:
    """One frame of a GY-MCU90614, in hundredths of a degree."""
    frame = b"\x5a\x5a\x45\x04" + struct.pack(">hh", surface, ambient)
    return frame + bytes([(sum(frame) + off) % 256])


def healthypi(
    spo2: int = 96, heart: int = 78, breath: int = 17, degc: int = 3664, count: int = 125
) -> bytes:
    """Packets of a HealthyPi 5, each with another wave."""
    return b"".join(
        b"\x0a\xfa\x16\x00\x02"
        + struct.pack("<iiBiihBBB", wave, 51200, 0, 70234, 81017, degc, spo2, heart, breath)
        + b"\x00\x0b"
        for wave in range(count)
    )


def sentence(body: str, off: int = 0) -> bytes:
    """One text line with its check."""
    check = off
    for character in body.encode():
        check ^= character
    return f"${body}*{check:02X}\r\n".encode()


def reading(kind: str, value: str, unit: str, status: str = "V") -> bytes:
    """One PBVS line."""
    return sentence(f"PBVS,1,042,{kind},{value},{unit},{status}")


def ultraeasy(link: int, message: bytes, off: int = 0) -> bytes:
    """One frame of the meter."""
    frame = bytes([2, len(message) + 6, link]) + message + b"\x03"
    check = 0xFFFF
    for byte in frame:
        for bit in range(8):
            top = (check >> 15) ^ (byte >> (7 - bit) & 1)
            check = (check << 1 & 0xFFFF) ^ (0x1021 if top else 0)
    return frame + struct.pack("<H", check ^ off)


def glucose(mg_dl: int, off: int = 0) -> bytes:
    """One record of the meter."""
    return ultraeasy(2, b"\x05\x06" + struct.pack("<II", 1772352900, mg_dl), off)


def scale(*lines: str) -> bytes:
    """Lines of a scale."""
    return "".join(f"{line}\r\n" for line in lines).encode()


def even_parity(data: bytes) -> bytes:
    """Characters of seven bits and even parity as a port of eight bits hears them."""
    return bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in data)


def astm_frame(number: int, text: bytes, end: bytes = b"\x03", off: int = 0) -> bytes:
    """One frame of a laboratory device."""
    body = b"%d" % (number % 8) + text + end
    return b"\x02" + body + b"%02X\r\n" % ((sum(body) + off) % 256)


def astm(*records: bytes, header: bytes = b"H|\\^&|||Lab", end: bytes = b"\x03") -> bytes:
    """A whole session, one record in each frame."""
    frames = [
        astm_frame(number, record + b"\r", end)
        for number, record in enumerate((header, *records), 1)
    ]
    return b"\x05" + b"".join(frames) + b"\x04"


def result(
    value: str = "5.4", unit: str = "mmol/L", *, flag: str = "N", state: str = "F", at: str = "0815"
) -> bytes:
    """One result record."""
    return f"R|1|^^^Glucose|{value}|{unit}||{flag}||{state}||||20260301{at}00".encode()
