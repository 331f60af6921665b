"""A recorded device as a simulated instrument: says what a capture holds, when it was said.

Where the capture holds what was written to the device, the replay waits for as many bytes
before it goes on, so that an answer never comes before its question.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.instruments.capture import Batch
from hw_mocks.instruments.board import Board

QUESTION_WITHIN_S = 10.0
"""So long a question of the capture is waited for; then the device goes on without it."""


@dataclass(slots=True)
class ReplayBoard(Board):
    """One recorded device.  It speaks once each time it is plugged in.

    batches: of the capture.  done: whether all was said.
    """

    batches: tuple[Batch, ...] = ()
    _at: int = 0
    _began_s: float | None = None
    _heard: int = 0
    _asked: int = 0
    _late_s: float = 0.0

    @property
    def done(self) -> bool:
        """Whether all was said."""
        return self._at >= len(self.batches)

    def plug(self) -> None:
        """Put the cable back; the device begins anew."""
        with self._lock:
            self._at = self._heard = self._asked = 0
            self._began_s = None
            self.port.plug()

    def _act(self, now_mono_s: float) -> None:
        self._heard += len(self.port.read())
        if self._began_s is None:
            self._began_s = now_mono_s
            self._late_s = now_mono_s
        while not self.done and self._is_due(self.batches[self._at], now_mono_s):
            batch = self.batches[self._at]
            self._at += 1
            self._late_s = now_mono_s
            if batch.out:
                self._asked += len(batch.data)
            else:
                self.port.write(batch.data)

    def _is_due(self, batch: Batch, now_mono_s: float) -> bool:
        """Whether its time has come; of a question, whether it was heard."""
        began_s = self._began_s or 0.0
        if batch.out:
            heard = self._heard >= self._asked + len(batch.data)
            return heard or now_mono_s - self._late_s >= QUESTION_WITHIN_S
        return now_mono_s - began_s >= batch.t_s
