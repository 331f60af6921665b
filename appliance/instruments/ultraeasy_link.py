"""Frames of a LifeScan OneTouch UltraEasy or UltraMini, as both sides send them.

Source: sheet protocols/onetouch_ultraeasy, frame and conversation.  The command that erases
the meter is not here and never will be.
"""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import dataclass

STX, ETX = 0x02, 0x03
OVERHEAD = 6
"""Bytes of a frame beside its message."""
LONGEST = 40
"""Of a whole frame.  Ours: the longest that is known, a version of about 20 letters, has 29."""
SEQUENCE, EXPECTS, ACK, DISCONNECT, MORE = 0x01, 0x02, 0x04, 0x08, 0x10
"""Bits of the link byte."""
LINK_BITS = SEQUENCE | EXPECTS | ACK | DISCONNECT | MORE

MESSAGE = 0x05
"""First byte of every message."""
GOOD, NO_SUCH_RECORD = 0x06, 0x0F
"""Second byte of an answer; anything else: failed."""

VERSION = bytes((MESSAGE, 0x0D, 0x02))
SERIAL = bytes((MESSAGE, 0x0B, 0x02)) + bytes(9)
CLOCK = bytes((MESSAGE, 0x20, 0x02)) + bytes(4)
UNIT = bytes((MESSAGE, 0x09, 0x02, 0x09)) + bytes(4)
RECORD = bytes((MESSAGE, 0x1F))
"""Requests; the number of a record follows, low byte first."""
COUNT_OF_RECORDS = 501
"""Asking for this record, which is none, tells how many there are."""


@dataclass(frozen=True, slots=True)
class Link:
    """The link byte.  sequence: of its sender.  expects: the next of the other side."""

    sequence: int = 0
    expects: int = 0
    ack: bool = False
    disconnect: bool = False
    more: bool = False

    def encode(self) -> int:
        """Return it as a byte."""
        flags = (self.sequence, self.expects, self.ack, self.disconnect, self.more)
        return sum(int(flag) << bit for bit, flag in enumerate(flags))


def decode_link(byte: int) -> Link:
    """Return what a link byte says."""
    return Link(
        byte & SEQUENCE,
        int(bool(byte & EXPECTS)),
        bool(byte & ACK),
        bool(byte & DISCONNECT),
        bool(byte & MORE),
    )


def crc_of(data: bytes) -> int:
    """Return CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, nothing reflected."""
    return crc_hqx(data, 0xFFFF)


def encode(link: Link, message: bytes = b"") -> bytes:
    """Return a whole frame."""
    body = bytes((STX, len(message) + OVERHEAD, link.encode())) + message + bytes((ETX,))
    return body + crc_of(body).to_bytes(2, "little")


def request_record(number: int) -> bytes:
    """Return the message that asks for one record."""
    return RECORD + number.to_bytes(2, "little")
