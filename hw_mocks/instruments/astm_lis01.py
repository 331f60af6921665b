"""A laboratory device that sends its results over ASTM E1381, as its sheet says.

It begins a session when it has a result, waits for the host's answers, sends again what was
refused, gives up after six tries, and can be told to misbehave.  It also answers a host that
wants to send, and insists on its own turn when both begin at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto

from hw_mocks.encoding.astm import ACK, ENQ, EOT, NAK, encode_frames, glucose_records
from hw_mocks.instruments.board import Board

ANSWER_S = 15.0
PAUSE_S = 10.0
TRIES = 6


class _Turn(Enum):
    NEUTRAL = auto()
    ASKING = auto()
    SENDING = auto()
    RECEIVING = auto()


@dataclass(slots=True)
class AstmBoard(Board):
    """One device.

    pending: messages (lists of records) that wait.  damage: so many of the next frames get a
    wrong checksum.  short: leaves CR LF out and writes lower-case digits.  stop_after: breaks
    the session off behind so many frames, as a pulled cable does.  size: frames are cut at so
    many characters, 0 sends one for each record.  contend: begins whenever the host begins.
    heard: what the host sent as frames.  ended: sessions that came to their end.
    """

    pending: deque[list[str]] = field(default_factory=deque)
    damage: int = 0
    short: bool = False
    stop_after: int | None = None
    size: int = 0
    contend: bool = False
    refuse: int = 0
    heard: list[bytes] = field(default_factory=list)
    ended: int = 0
    given_up: int = 0
    answers: list[bytes] = field(default_factory=list)
    _turn: _Turn = _Turn.NEUTRAL
    _frames: deque[bytes] = field(default_factory=deque)
    _sent: int = 0
    _tries: int = 0
    _until_mono_s: float = 0.0
    _received: bytearray = field(default_factory=bytearray)
    _newest_mmol_l: float = 0.0

    @property
    def newest_mmol_l(self) -> float:
        """The newest glucose result; setting it makes one, to be sent as soon as can be."""
        return self._newest_mmol_l

    @newest_mmol_l.setter
    def newest_mmol_l(self, mmol_l: float) -> None:
        self._newest_mmol_l = mmol_l
        moment = datetime.fromtimestamp(self.clock.now().utc_s or 0.0, UTC)
        self.tell(glucose_records(f"{mmol_l:.1f}", moment=f"{moment:%Y%m%d%H%M%S}"))

    def tell(self, records: list[str]) -> None:
        """Have a result to send."""
        with self._lock:
            self.pending.append(records)

    def _act(self, now_mono_s: float) -> None:
        for byte in self.port.read():
            self._hear(bytes([byte]), now_mono_s)
        if self._turn is _Turn.NEUTRAL and self.pending and now_mono_s >= self._until_mono_s:
            self._begin(now_mono_s)
        elif self._turn in (_Turn.ASKING, _Turn.SENDING) and now_mono_s >= self._until_mono_s:
            self._end(now_mono_s, whole=False)

    def _begin(self, now_mono_s: float) -> None:
        self._turn, self._sent, self._tries = _Turn.ASKING, 0, 0
        self._frames = deque(encode_frames(self.pending[0], self.size))
        self._until_mono_s = now_mono_s + ANSWER_S
        self._pace(ENQ)

    def _hear(self, byte: bytes, now_mono_s: float) -> None:
        if self._turn is _Turn.RECEIVING:
            self._hear_frame(byte)
        elif byte == ENQ and self._turn is _Turn.NEUTRAL:
            self._host_begins(now_mono_s)
        elif byte in (ACK, NAK) and self._turn in (_Turn.ASKING, _Turn.SENDING):
            self.answers.append(byte)
            self._until_mono_s = now_mono_s + ANSWER_S
            self._go_on(byte == ACK, now_mono_s)

    def _host_begins(self, now_mono_s: float) -> None:
        if self.contend and self.pending:
            self._begin(now_mono_s)
        elif self.refuse:
            self.refuse -= 1
            self._pace(NAK)
        else:
            self._turn = _Turn.RECEIVING
            self._received.clear()
            self._pace(ACK)

    def _hear_frame(self, byte: bytes) -> None:
        if byte == EOT:
            self._turn = _Turn.NEUTRAL
            return
        self._received += byte
        if self._received.endswith(b"\r\n"):
            frame = bytes(self._received)
            self._received.clear()
            body, check = frame[1:-4], frame[-4:-2]
            good = frame[:1] == b"\x02" and b"%02X" % (sum(body) % 256) == check
            if self.refuse:
                self.refuse -= 1
                good = False
            if good:
                self.heard.append(frame)
            self._pace(ACK if good else NAK)

    def _go_on(self, accepted: bool, now_mono_s: float) -> None:
        if self._turn is _Turn.ASKING and not accepted:
            self._turn, self._until_mono_s = _Turn.NEUTRAL, now_mono_s + PAUSE_S
            return
        if self._turn is _Turn.SENDING and accepted:
            self._frames.popleft()
            self._sent, self._tries = self._sent + 1, 0
        self._turn = _Turn.SENDING
        if self._sent == self.stop_after:
            self._turn, self.stop_after = _Turn.NEUTRAL, None
            self._until_mono_s = now_mono_s + ANSWER_S
        elif not self._frames:
            self._end(now_mono_s, whole=True)
        elif self._tries >= TRIES:
            self._end(now_mono_s, whole=False)
        else:
            self._tries += 1
            self._pace(self._on_the_line(self._frames[0]))

    def _on_the_line(self, frame: bytes) -> bytes:
        if self.damage:
            self.damage -= 1
            return frame[:3] + bytes([frame[3] ^ 1]) + frame[4:]
        return frame[:-4] + frame[-4:-2].lower() if self.short else frame

    def _end(self, now_mono_s: float, *, whole: bool) -> None:
        self._turn, self._until_mono_s = _Turn.NEUTRAL, now_mono_s + PAUSE_S
        self._pace(EOT)
        if whole:
            self.pending.popleft()
            self.ended += 1
        else:
            self.given_up += 1
