"""A OneTouch UltraEasy meter with its stored results, as its sheet says.

It says nothing by itself.  It keeps the two counters of the link byte, answers each request
with an acknowledgement and a reply in one go, and forgets everything at a disconnect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from hw_mocks.encoding.ultraeasy import crc, encode
from hw_mocks.instruments.board import Board

MG_DL_PER_MMOL_L = 18.016


class MeterFault(Enum):
    """What can be wrong with a meter."""

    NONE = "none"
    OFF = "not in PC mode"
    BAD_CRC = "bad crc"
    NO_REPLY = "acknowledges and never replies"
    REFUSES = "refuses every request"


@dataclass(slots=True)
class UltraEasyBoard(Board):
    """One meter.

    records: (seconds since 1970 of its own clock, mg/dL), the newest first.  clock_ahead_s:
    how far its clock is ahead of the true time.  bad_frames: so many of the next replies get
    a wrong CRC.  requests: the messages that it was asked, and DISCONNECT for a disconnect.
    """

    records: list[tuple[int, int]] = field(default_factory=list)
    clock_ahead_s: float = 0.0
    serial_number: bytes = b"C176SA00G"
    fault: MeterFault = MeterFault.NONE
    bad_frames: int = 0
    requests: list[bytes] = field(default_factory=list)
    sent_counter: int = 0
    expected_counter: int = 0
    _received: bytearray = field(default_factory=bytearray)

    @property
    def newest_mmol_l(self) -> float:
        """The newest result; setting it adds one, measured now by the meter's clock."""
        return self.records[0][1] / MG_DL_PER_MMOL_L if self.records else 0.0

    @newest_mmol_l.setter
    def newest_mmol_l(self, mmol_l: float) -> None:
        moment = round((self.clock.now().utc_s or 0.0) + self.clock_ahead_s)
        self.records.insert(0, (moment, round(mmol_l * MG_DL_PER_MMOL_L)))

    def _act(self, _now_mono_s: float) -> None:
        self._received += self.port.read()
        while (frame := self._next_frame()) is not None:
            if self.fault is not MeterFault.OFF:
                self._answer(frame[2], frame[3:-3])

    def _next_frame(self) -> bytes | None:
        while self._received:
            size = self._received[1] if len(self._received) > 1 else 6
            if self._received[0] != 2 or size < 6:
                del self._received[0]
                continue
            if len(self._received) < size:
                return None
            frame = bytes(self._received[:size])
            if crc(frame[:-2]) != frame[-2] + 256 * frame[-1]:
                del self._received[0]
                continue
            del self._received[:size]
            return frame
        return None

    def _answer(self, link: int, message: bytes) -> None:
        if link & 8:
            self.requests.append(b"DISCONNECT")
            self.sent_counter = self.expected_counter = 0
            self._send(0x0C)
        elif not message:
            return  # the host acknowledges a reply
        elif link & 1 == self.expected_counter:
            self.requests.append(message)
            self.expected_counter ^= 1
            self._send(4 | self.expected_counter << 1 | self.sent_counter)
            if self.fault is not MeterFault.NO_REPLY:
                self._send(self.expected_counter << 1 | self.sent_counter, self._reply(message))
                self.sent_counter ^= 1

    def _send(self, link: int, message: bytes = b"") -> None:
        frame = encode(link, message)
        bad = self.fault is MeterFault.BAD_CRC or self.bad_frames
        if message and bad:
            self.bad_frames = max(0, self.bad_frames - 1)
            frame = frame[:-1] + bytes([frame[-1] ^ 0x10])
        self._pace(frame)

    def _reply(self, message: bytes) -> bytes:
        if self.fault is MeterFault.REFUSES:
            return b"\x05\x07"
        match message[1]:
            case 0x0D:
                text = b"P02.00.00 30/08/06"
                return b"\x05\x06" + bytes([len(text)]) + text
            case 0x0B:
                return b"\x05\x06" + self.serial_number
            case 0x20:
                utc_s = self.clock.now().utc_s or 0.0
                return b"\x05\x06" + round(utc_s + self.clock_ahead_s).to_bytes(4, "little")
            case 0x09:
                return b"\x05\x06\x00\x00\x00\x00"
            case 0x1F:
                number = int.from_bytes(message[2:4], "little")
                if number >= len(self.records):
                    return b"\x05\x0f" + len(self.records).to_bytes(2, "little")
                moment, mg_dl = self.records[number]
                return b"\x05\x06" + moment.to_bytes(4, "little") + mg_dl.to_bytes(4, "little")
            case _:
                return b"\x05\x07"
