"""Sends records to a laboratory device: the host's turn of ASTM E1381 / LIS01.  Pure.

The device has priority: when both begin at once the host gives way and waits.

Source: sheet protocols/astm_lis01, session and timers (timers from memory of E1381).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum, auto

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"

ANSWER_WITHIN_S = 15.0
BUSY_PAUSE_S = 10.0
"""After a NAK to ENQ."""
CONTENTION_PAUSE_S = 20.0
INTERRUPT_PAUSE_S = 15.0
"""After the device asked for the line by answering a frame with EOT."""
TRIES = 6
TEXT_LIMIT = 240
"""Characters of a frame; LIS01-A2 allows more, older devices do not."""


class _Turn(Enum):
    NEUTRAL = auto()
    ASKING = auto()
    SENDING = auto()


def encode_frame(number: int, text: bytes, *, last: bool) -> bytes:
    """Return one frame with its checksum."""
    body = b"%d" % (number % 8) + text + (b"\x03" if last else b"\x17")
    return b"\x02" + body + b"%02X\r\n" % (sum(body) & 0xFF)


def encode_frames(records: Sequence[str]) -> list[bytes]:
    """Return the frames of a message: one or more for each record."""
    frames: list[bytes] = []
    for record in records:
        text = (record + "\r").encode("latin-1", "replace")
        pieces = [text[at : at + TEXT_LIMIT] for at in range(0, len(text), TEXT_LIMIT)]
        for number, piece in enumerate(pieces, 1):
            frames.append(encode_frame(len(frames) + 1, piece, last=number == len(pieces)))
    return frames


class AstmSender:
    """Messages that wait, and the one that is being sent.

    sent, given_up: how many messages came to their end, and how many did not.
    """

    def __init__(self) -> None:
        self._waiting: deque[list[bytes]] = deque(maxlen=16)
        self._frames: deque[bytes] = deque()
        self._turn = _Turn.NEUTRAL
        self._tries = 0
        self._due_s = 0.0
        self.sent = 0
        self.given_up = 0

    @property
    def busy(self) -> bool:
        """Whether the line is ours."""
        return self._turn is not _Turn.NEUTRAL

    @property
    def due_mono_s(self) -> float:
        """When something is to be done; infinite when nothing waits."""
        return self._due_s if self.busy or self._waiting else float("inf")

    def queue(self, records: Sequence[str]) -> None:
        """Have a message sent as soon as the line is free."""
        self._waiting.append(encode_frames(records))

    def reset(self) -> None:
        """Forget the turn: the line was opened again.  What was half sent is sent again."""
        self._turn, self._due_s = _Turn.NEUTRAL, 0.0

    def heard_enq(self, now_mono_s: float) -> None:
        """Give way: the device begins as well, or begins while we had the line."""
        if self.busy:
            self._turn, self._due_s = _Turn.NEUTRAL, now_mono_s + CONTENTION_PAUSE_S

    def heard(self, control: str, now_mono_s: float) -> bytes:
        """Take ACK, NAK or EOT in our turn; return what is sent."""
        if self._turn is _Turn.ASKING:
            if control == "ACK":
                self._turn, self._tries = _Turn.SENDING, 0
                self._frames = deque(self._waiting[0])
                return self._send(now_mono_s)
            if control == "NAK":
                self._turn, self._due_s = _Turn.NEUTRAL, now_mono_s + BUSY_PAUSE_S
        elif self._turn is _Turn.SENDING:
            if control == "ACK":
                self._frames.popleft()
                self._tries = 0
                return self._send(now_mono_s)
            if control == "NAK":
                return self._send(now_mono_s)
            if control == "EOT":
                return self._end(now_mono_s, INTERRUPT_PAUSE_S, whole=False, again=True)
        return b""

    def passed(self, now_mono_s: float, *, line_is_free: bool) -> bytes:
        """Begin when the line is free; give up what has no answer."""
        if now_mono_s < self.due_mono_s:
            return b""
        if self.busy:
            return self._end(now_mono_s, BUSY_PAUSE_S, whole=False)
        if not line_is_free:
            return b""
        self._turn, self._due_s = _Turn.ASKING, now_mono_s + ANSWER_WITHIN_S
        return ENQ

    def _send(self, now_mono_s: float) -> bytes:
        if not self._frames:
            return self._end(now_mono_s, 0.0, whole=True)
        if self._tries >= TRIES:
            return self._end(now_mono_s, BUSY_PAUSE_S, whole=False)
        self._tries += 1
        self._due_s = now_mono_s + ANSWER_WITHIN_S
        return self._frames[0]

    def _end(self, now_mono_s: float, pause_s: float, *, whole: bool, again: bool = False) -> bytes:
        self._turn, self._due_s = _Turn.NEUTRAL, now_mono_s + pause_s
        if not again:
            self._waiting.popleft()
            self.sent += whole
            self.given_up += not whole
        return EOT
