"""What an instrument was asked and has not answered yet.

Answers carry no number: each is counted for the oldest question of its kind, so that a late
answer to an old question is never taken for the answer to a new one.
"""

from __future__ import annotations

from enum import Enum, auto


class Kind(Enum):
    """Kinds of question that are told apart by their answers."""

    COMMAND = auto()
    ABORT = auto()
    PRESSURE = auto()
    RESULT = auto()


FORGET_S = 3.0
"""A question that has no answer after so long will never get one."""


class Asked:
    """Questions with the time they were asked, the oldest first."""

    def __init__(self) -> None:
        self._open: list[tuple[Kind, float]] = []

    def ask(self, kind: Kind, now_mono_s: float) -> None:
        """Note a question."""
        self._open.append((kind, now_mono_s))

    def answer(self, kind: Kind, now_mono_s: float) -> float | None:
        """Return when the question was asked that this answers; None when it was not asked."""
        self._forget(now_mono_s)
        for at, (each, asked_mono_s) in enumerate(self._open):
            if each is kind:
                del self._open[at]
                return asked_mono_s
        return None

    def since(self, now_mono_s: float, *kinds: Kind, from_mono_s: float = 0.0) -> float | None:
        """Return when the oldest open question of these kinds (or any) was asked, or None.

        from_mono_s: pass over those that were asked before.
        """
        self._forget(now_mono_s)
        asked = (at for kind, at in self._open if not kinds or kind in kinds)
        return next((at for at in asked if at >= from_mono_s), None)

    def clear(self) -> None:
        """Forget all: the link was opened again."""
        self._open.clear()

    def _forget(self, now_mono_s: float) -> None:
        self._open = [each for each in self._open if now_mono_s - each[1] < FORGET_S]
