"""Whether the cuff is empty: what counts as proof, and when to abort again.  Pure."""

from __future__ import annotations

ABORT_AGAIN_S = 1.0
ABORT_AT_MOST_EVERY_S = 0.25
"""An abort that was refused is repeated, but the line stays free for the answers."""
PROOF_WITHOUT_ANSWER_S = 3.0
"""A module may not confirm an abort while nothing runs: a cuff that stays empty over three
aborts is proof too."""
WARN_AFTER_S = 10.0
"""Ours: a cuff empties within a few seconds."""
EMPTIES_WITHIN_S = 5.0
"""Ours: after a measurement that ended well; then it is told to abort all the same."""

_FULL = "The cuff does not empty. Take it off the arm now."
_SILENT = "The module does not answer. If the cuff is on an arm, take it off."


class Emptying:
    """Follows one emptying from its first abort on.

    below_mmhg: a cuff with less than this is empty.  ended: the module itself has said that
    its measurement is over and empties the cuff; it is told to abort only if that takes long.
    """

    def __init__(self, below_mmhg: float, now_mono_s: float, *, ended: bool = False) -> None:
        self._below_mmhg = below_mmhg
        self._began_s = now_mono_s
        self._aborted_s: float | None = None
        self._empty_since_s: float | None = None
        self._confirmed = ended
        self._heard_s: float | None = None
        self._warned = ""
        self.abort_at_s = now_mono_s + (EMPTIES_WITHIN_S if ended else 0.0)

    def abort_is_due(self, now_mono_s: float) -> bool:
        """Whether an abort is to be sent now; it then counts as sent."""
        if now_mono_s < self.abort_at_s:
            return False
        self._aborted_s = now_mono_s
        self.abort_at_s = now_mono_s + ABORT_AGAIN_S
        return True

    @property
    def aborted(self) -> bool:
        """Whether an abort was needed."""
        return self._aborted_s is not None

    def hurry(self, now_mono_s: float) -> None:
        """Abort again soon: it was ordered once more, or the module spoke of something else."""
        soonest_s = (self._aborted_s or self._began_s) + ABORT_AT_MOST_EVERY_S
        self.abort_at_s = min(self.abort_at_s, max(now_mono_s, soonest_s))

    def confirmed(self, asked_mono_s: float) -> None:
        """Take note that the module confirmed an abort that was sent then."""
        self._confirmed = self._confirmed or asked_mono_s >= self._began_s

    def pressure(self, mmhg: float | None, asked_mono_s: float, now_mono_s: float) -> None:
        """Take a cuff pressure that answers what was asked then; None is no proof at all."""
        if asked_mono_s < self._began_s:
            return
        self._heard_s = now_mono_s
        if mmhg is None or mmhg >= self._below_mmhg:
            self._empty_since_s = None
        elif self._empty_since_s is None:
            self._empty_since_s = asked_mono_s

    def is_proven(self, now_mono_s: float) -> bool:
        """Whether the cuff is known to be empty and to stay so."""
        if self._empty_since_s is None or self._heard_s is None:
            return False
        return self._confirmed or (
            self._heard_s - self._empty_since_s >= PROOF_WITHOUT_ANSWER_S
            and now_mono_s - self._heard_s < ABORT_AGAIN_S
        )

    def warning(self, now_mono_s: float) -> str:
        """Return words for staff when it takes too long, once for each kind; else empty."""
        if now_mono_s - self._began_s < WARN_AFTER_S:
            return ""
        answers = self._heard_s is not None and now_mono_s - self._heard_s < WARN_AFTER_S
        words = _SILENT if not answers else _FULL if self._empty_since_s is None else ""
        if not words or words == self._warned:
            return ""
        self._warned = words
        return words
