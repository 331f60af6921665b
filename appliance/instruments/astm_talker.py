"""Answers a laboratory device that sends results: ACK, NAK, and silence where it is due.

Results are passed on only when their session came to its end in time; all are marked as
stored and wait for a person's choice.  A device that asks for orders is told that there are
none.

Source: sheet protocols/astm_lis01, session and timers (timers from memory of E1381).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from appliance.instruments import astm_lis01, astm_records
from appliance.instruments.astm_sender import ACK, NAK, AstmSender
from appliance.instruments.decoding import (
    DEVICE,
    DEVICE_CLOCK,
    Decoded,
    Extra,
    Output,
    Rejected,
    Reported,
)
from appliance.instruments.talker import Talk

GIVES_UP_S = 30.0
"""The receiver forgets a session so long after its last good frame."""
NO_ORDERS = ("H|\\^&", "L|1|I")
"""I: no information for the last question (LIS02-A2, from memory)."""

BAD_FRAMES = frozenset(
    {
        astm_lis01.BAD_CHECK,
        astm_lis01.NO_NUMBER,
        astm_lis01.JUMPED,
        astm_lis01.BROKEN_FRAME,
        astm_lis01.LONG_FRAME,
    }
)
NOT_KEPT = frozenset(
    {astm_lis01.DISCARDED, astm_lis01.INCOMPLETE, astm_lis01.TOO_LARGE, astm_lis01.CUT_RECORD}
)
LOST_NOTE = "Results of the laboratory device did not arrive whole. Send them again there."
UNKNOWN_NOTE = "The laboratory device is not known. Nothing of it was kept. Call a technician."


class AstmTalker:
    """The host's side of the line."""

    def __init__(self) -> None:
        self.sender = AstmSender()
        self._receiving = False
        self._good_s = 0.0
        self._results: list[Decoded] = []
        self._device: Extra = {}
        self._note: str | None = None

    def opened(self, now_mono_s: float) -> Talk:
        """Listen: the device begins."""
        self.lost()
        return Talk(self._passed(now_mono_s))

    def heard(self, outputs: Sequence[Output], now_mono_s: float) -> Talk:
        """Answer what came; pass results on behind the end of their session."""
        write, values = bytearray(), []
        refused = False
        for output in outputs:
            if isinstance(output, Rejected):
                refused |= output.error in BAD_FRAMES
            elif isinstance(output, Decoded):
                self._results.append(self._with_device(output))
            else:
                answer, done = self._take(output, now_mono_s)
                refused = refused and not answer
                write += answer
                values += done
        if refused and self._receiving:
            write += NAK
        write += self._passed(now_mono_s)
        note, self._note = self._note, None
        return Talk(bytes(write), tuple(values), note)

    def lost(self) -> None:
        """Forget the session: whatever was sent is sent again, or never."""
        self.sender.reset()
        self._receiving = False
        self._results.clear()
        self._device = {}

    def due_mono_s(self) -> float:
        """Return when a session is given up, or our own turn goes on."""
        gives_up_s = self._good_s + GIVES_UP_S if self._receiving else float("inf")
        return min(gives_up_s, self.sender.due_mono_s)

    def last_words(self) -> bytes:
        """Nothing: a device that gets no answer keeps its results and sends them again."""
        return b""

    def _take(self, report: Reported, now: float) -> tuple[bytes, list[Decoded]]:
        """Take one report; return the answer, and the results of a session that ended."""
        control = report.extra.get(astm_lis01.CONTROL)
        if report.words in NOT_KEPT:
            self._note = LOST_NOTE
        elif report.words in (astm_records.NO_HEADER, astm_records.BAD_HEADER):
            self._note = UNKNOWN_NOTE
        elif report.words == astm_records.QUESTION:
            self.sender.queue(NO_ORDERS)
        elif DEVICE in report.extra:
            self._device = {
                name: report.extra[name] for name in (DEVICE, DEVICE_CLOCK) if name in report.extra
            }
        match control:
            case "ENQ":
                self.sender.heard_enq(now)
                self._receiving, self._good_s = True, now
                self._results.clear()
                return ACK, []
            case "frame" if self._receiving:
                self._good_s = now
                return ACK, []
            case "EOT":
                return self._ended(now)
            case "ACK" | "NAK":
                return self.sender.heard(str(control), now), []
        return b"", []

    def _ended(self, now: float) -> tuple[bytes, list[Decoded]]:
        # A session that was given up ends like any other: nothing of it counts any more.
        done = list(self._results) if self._receiving else []
        if done and self._note is None:
            self._note = ""
        self._receiving = False
        self._results.clear()
        self._device = {}
        return self.sender.heard("EOT", now), done

    def _passed(self, now: float) -> bytes:
        if self._receiving and now - self._good_s >= GIVES_UP_S:
            self._receiving = False
            self._results.clear()
            self._note = LOST_NOTE
        return self.sender.passed(now, line_is_free=not self._receiving)

    def _with_device(self, result: Decoded) -> Decoded:
        extra = MappingProxyType({**self._device, **result.extra})
        return Decoded(
            result.quantity,
            result.value,
            result.status,
            result.reason,
            result.group,
            extra,
        )
