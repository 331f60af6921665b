"""Talkers of instruments that stream: they start the stream, keep it alive, or ask for it.

All three pass on every value that their decoder gives, and say nothing while a device speaks
by itself: what it was set to do is its owner's choice.

Sources: sheets protocols/contec_cms50 (commands, keep-alive), protocols/and_scale (host
commands) and protocols/gy_mcu90614 (host commands).  Pauses without a source are ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from appliance.instruments import and_scale, contec_v7
from appliance.instruments.contec_v7_commands import (
    ANSWER_WITHIN_S,
    KEEP_ALIVE,
    KEEP_ALIVE_EVERY_S,
    START_LIVE,
    STOP_LIVE,
    STOP_STORE,
)
from appliance.instruments.decoding import Decoded, Output, Rejected, Reported
from appliance.instruments.talker import Talk

START_EVERY_S = 2.0
STARTS_BEFORE_NOTE = 3
NO_STREAM = "The oximeter does not answer. Switch it on and look at its cable."
RECORDING = "The oximeter is recording. End the recording at the device."
_RECORDING = 3
_START = 0xA1

QUIET_S, ASK_EVERY_S = 1.5, 1.0
ASK_ANY, ASK_METTLER = b"Q\r\n", b"SI\r\n"
PARITY_NOTE = (
    "The scale is set to another line than the appliance. A technician has to set data bits "
    "and parity."
)

INFRARED_QUIET_S, CONTINUE_EVERY_S = 2.0, 5.0


def command(code: int) -> bytes:
    """Return a command to the infrared thermometer: A5, code, low byte of their sum."""
    return bytes((0xA5, code, (0xA5 + code) & 0xFF))


CONTINUOUS, ONE_READING = command(0x45), command(0x15)


class ContecTalker:
    """Starts the live stream of a V7 oximeter and keeps it alive."""

    def __init__(self) -> None:
        self._live_s = 0.0
        self._start_s = 0.0
        self._alive_s = 0.0
        self._starts = 0
        self._recording = False

    def opened(self, now_mono_s: float) -> Talk:
        """Start at once."""
        self._starts, self._recording = 0, False
        return self._start(now_mono_s)

    def heard(self, outputs: Sequence[Output], now_mono_s: float) -> Talk:
        """Pass values on; start again what does not stream; say that we are still there."""
        values = tuple(each for each in outputs if isinstance(each, Decoded))
        for output in outputs:
            if isinstance(output, Reported):
                self._take_report(output, now_mono_s)
        if values:
            self._live_s, self._starts, self._recording = now_mono_s, 0, False
            if now_mono_s - self._alive_s >= KEEP_ALIVE_EVERY_S:
                self._alive_s = now_mono_s
                return Talk(KEEP_ALIVE, values, "")
            return Talk(b"", values, "")
        if now_mono_s - self._live_s >= ANSWER_WITHIN_S and now_mono_s >= self._start_s:
            return self._start(now_mono_s)
        return Talk()

    def lost(self) -> None:
        """Nothing is kept of a port that is gone."""

    def due_mono_s(self) -> float:
        """Return when to start again."""
        return max(self._start_s, self._live_s + ANSWER_WITHIN_S)

    def last_words(self) -> bytes:
        """Stop the stream: the device's battery is small."""
        return STOP_LIVE

    def _take_report(self, report: Reported, now_mono_s: float) -> None:
        kind = report.extra.get("type")
        if kind == contec_v7.GOODBYE:
            self._live_s, self._start_s = 0.0, now_mono_s + ANSWER_WITHIN_S
        elif kind == contec_v7.RESULT and report.extra.get("command") == _START:
            self._recording = report.extra.get("reason") == _RECORDING

    def _start(self, now_mono_s: float) -> Talk:
        self._starts += 1
        self._start_s = now_mono_s + START_EVERY_S
        self._alive_s = now_mono_s
        note = None
        if self._recording:
            note = RECORDING
        elif self._starts > STARTS_BEFORE_NOTE:
            note = NO_STREAM
        # Live and store cannot run together; a download that hangs is ended from the second try.
        return Talk((STOP_STORE if self._starts > 1 else b"") + START_LIVE, (), note)


class ScaleTalker:
    """Asks a scale that does not speak by itself."""

    def __init__(self) -> None:
        self._ask_s = 0.0
        self._ask = ASK_ANY

    def opened(self, now_mono_s: float) -> Talk:
        """Listen first: a scale that streams must not be disturbed."""
        self._ask_s = now_mono_s + QUIET_S
        self._ask = ASK_ANY
        return Talk()

    def heard(self, outputs: Sequence[Output], now_mono_s: float) -> Talk:
        """Pass weights on; ask after a while of silence; try Mettler's command when refused."""
        values = tuple(each for each in outputs if isinstance(each, Decoded))
        note = "" if values else None
        for output in outputs:
            if isinstance(output, Reported) and output.words in and_scale.REFUSALS:
                self._ask = ASK_METTLER if self._ask == ASK_ANY else ASK_ANY
            elif isinstance(output, Rejected) and output.error == and_scale.PARITY:
                note = PARITY_NOTE
        if outputs:
            self._ask_s = max(self._ask_s, now_mono_s + ASK_EVERY_S)
        elif now_mono_s >= self._ask_s:
            self._ask_s = now_mono_s + ASK_EVERY_S
            return Talk(self._ask, values, note)
        return Talk(b"", values, note)

    def lost(self) -> None:
        """Nothing is kept of a port that is gone."""

    def due_mono_s(self) -> float:
        """Return when to ask."""
        return self._ask_s

    def last_words(self) -> bytes:
        """Nothing: the scale was only asked."""
        return b""


class InfraredTalker:
    """Asks a thermometer that is silent to go on by itself; the setting is not stored in it."""

    def __init__(self) -> None:
        self._ask_s = 0.0

    def opened(self, now_mono_s: float) -> Talk:
        """Listen first: most modules stream from power-up on."""
        self._ask_s = now_mono_s + INFRARED_QUIET_S
        return Talk()

    def heard(self, outputs: Sequence[Output], now_mono_s: float) -> Talk:
        """Pass temperatures on; ask after a while of silence."""
        values = tuple(each for each in outputs if isinstance(each, Decoded))
        if outputs:
            self._ask_s = now_mono_s + INFRARED_QUIET_S
        elif now_mono_s >= self._ask_s:
            self._ask_s = now_mono_s + CONTINUE_EVERY_S
            return Talk(CONTINUOUS)
        return Talk(b"", values)

    def lost(self) -> None:
        """Nothing is kept of a port that is gone."""

    def due_mono_s(self) -> float:
        """Return when to ask."""
        return self._ask_s

    def last_words(self) -> bytes:
        """Nothing: the module goes on as it did before."""
        return b""
