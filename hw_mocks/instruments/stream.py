"""What every simulated instrument is that sends frames by itself, so many a second."""

from __future__ import annotations

from dataclasses import dataclass

from hw_mocks.instruments.board import Board

CATCHES_UP_S = 2.0
"""What is older when the clock jumps was streamed while nobody could have read it."""


@dataclass(slots=True)
class StreamBoard(Board):
    """One that streams from power-up on, or while `streaming`.

    damage: so many of the next frames get one wrong bit.  lose: so many of the next lack a
    byte.  damage_every, lose_every: the same for every so many-th frame.  wrong_parity: the
    port that reads has no parity, so bytes with an odd number of ones arrive as zeros.
    sent_frames: how many were sent whole and right.
    """

    silent: bool = False
    streaming: bool = True
    wrong_parity: bool = False
    damage: int = 0
    lose: int = 0
    damage_every: int = 0
    lose_every: int = 0
    sent_frames: int = 0
    _last_mono_s: float | None = None
    _owed: float = 0.0
    _at: int = 0

    def _frames_per_s(self) -> float:
        raise NotImplementedError

    def _frame(self, at: int) -> bytes:
        """Return the frame with this number."""
        raise NotImplementedError

    def _obey(self, _now_mono_s: float) -> None:
        """Read what the appliance sent; most devices listen to nothing."""
        self.port.read()

    def _act(self, now_mono_s: float) -> None:
        self._obey(now_mono_s)
        last, self._last_mono_s = self._last_mono_s, now_mono_s
        passed_s = 0.0 if last is None else min(CATCHES_UP_S, now_mono_s - last)
        if not self.streaming:
            self._owed = 0.0
            return
        self._owed += passed_s * self._frames_per_s()
        lump = bytearray()
        while self._owed >= 1.0:
            self._owed -= 1.0
            self._at += 1
            lump += self._on_the_line(self._frame(self._at))
        if not self.silent:
            self.port.write(bytes(lump))

    def _on_the_line(self, frame: bytes) -> bytes:
        middle = len(frame) // 2
        if self.lose or (self.lose_every and self._at % self.lose_every == 0):
            self.lose = max(0, self.lose - 1)
            return frame[:middle] + frame[middle + 1 :]
        if self.damage or (self.damage_every and self._at % self.damage_every == 0):
            self.damage = max(0, self.damage - 1)
            return frame[:middle] + bytes([frame[middle] ^ 0x02]) + frame[middle + 1 :]
        if self.wrong_parity:
            return bytes(0 if bin(byte).count("1") % 2 else byte for byte in frame)
        self.sent_frames += 1
        return frame
