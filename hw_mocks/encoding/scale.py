"""Lines of weight scales."""

from __future__ import annotations


def encode_line(
    value: float, header: str = "ST", mode: str = "", unit: str = "kg", decimals: int = 2
) -> bytes:
    """Return a line of the A&D standard format."""
    sign = "-" if value < 0 else "+"
    digits = f"{abs(value):08.{decimals}f}"
    if mode:
        return f"{header},{mode},{sign}{digits}{unit:>2}\r\n".encode("ascii")
    return f"{header},{sign}{digits}{unit:>3}\r\n".encode("ascii")


OVERLOAD = b"OL,+9999999E+19\r\n"


def encode_sics(value: float, stable: bool, unit: str = "kg", decimals: int = 2) -> bytes:
    """Return a weight as MT-SICS answers it."""
    letter = "S" if stable else "D"
    return f"S {letter} {value:10.{decimals}f} {unit}\r\n".encode("ascii")


def spoil_parity(line: bytes) -> bytes:
    """Return a line of 7 bits with even parity as a port at 8N1 reads it."""
    return bytes(byte | 0x80 if bin(byte).count("1") % 2 else byte for byte in line)
