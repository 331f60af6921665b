"""Drives a SunTech blood-pressure module: start, watch, fetch the result, abort on any doubt.

The cuff comes first: a port that is opened hears an abort before anything else, and no
measurement ends, in whatever way, without proof that the cuff is empty.  Only what was asked
counts: an answer that comes too late, or to nothing, is never a value.

Source: sheet protocols/suntech_nibp, sequence and timing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from appliance.events import MeasuringPhase
from appliance.instruments import suntech_words as texts
from appliance.instruments.asked import Asked, Kind
from appliance.instruments.decoding import Decoded, Output, Rejected, Reported
from appliance.instruments.driver import Step, Told
from appliance.instruments.emptying import Emptying
from appliance.instruments.suntech_commands import (
    ABORT,
    GET_CUFF_PRESSURE,
    GET_RESULT,
    START,
    set_initial_inflation,
)
from appliance.instruments.suntech_stages import (
    ANSWER_WITHIN_S,
    EMPTY_BELOW_MMHG,
    FILLS_WITHIN_S,
    LONGEST_S,
    PHASES,
    POLL_EVERY_S,
    REST_POLL_EVERY_S,
    Stage,
)
from appliance.orders import HIGHEST_MMHG, AbortMeasuring, Order, Patient


class SuntechDriver:
    """One module on one port.  See `driver.Driver` for what each method takes and gives."""

    def __init__(self) -> None:
        self._stage = Stage.CLOSED
        self._patient = Patient.ADULT
        self._asked = Asked()
        self._command = b""  # to be sent as soon as nothing else is open
        self._poll_at_s = 0.0
        self._started_s = 0.0
        self._emptied_s = 0.0  # what was asked before is given up, its answer is not awaited
        self._filled = False
        self._may_be_full = False  # ordered to fill, or seen full, and not proven empty since
        self._emptying = Emptying(0.0, 0.0)
        self._afterwards = Told(MeasuringPhase.IDLE)
        self._write = bytearray()
        self._told: list[Told] = []
        self._values: list[Decoded] = []
        self._reading: tuple[Decoded, ...] = ()  # counts once the cuff has emptied by itself
        self._reading_s = 0.0
        self._unasked = 0

    def opened(self, now_mono_s: float) -> Step:
        """Abort before anything else: nobody knows what the module is doing."""
        self._asked.clear()
        self._stage = Stage.RESTING
        self._patient = Patient.ADULT
        self._empty(self._afterwards, now_mono_s, texts.MAKING_SURE)
        return self._step()

    def lost(self) -> Step:
        """Tell what it means for the patient; the next opening aborts first."""
        if self._may_be_full:
            self._told.append(Told(MeasuringPhase.FAILED, texts.LOST, urgent=True))
            self._afterwards = Told(MeasuringPhase.FAILED, texts.BROKEN_OFF)
        else:
            self._afterwards = Told(MeasuringPhase.IDLE)
        self._stage = Stage.CLOSED
        return self._step()

    def last_words(self) -> bytes:
        """Abort: it costs nothing when nothing runs."""
        return ABORT

    def ordered(self, order: Order, now_mono_s: float) -> Step:
        """Start only from rest; abort always."""
        if self._stage is Stage.CLOSED:
            self._told.append(Told(MeasuringPhase.FAILED, texts.NO_ANSWER))
        elif isinstance(order, AbortMeasuring):
            ends = MeasuringPhase.FAILED if self._stage in PHASES else MeasuringPhase.IDLE
            self._empty(Told(ends, texts.STOPPED if self._stage in PHASES else ""), now_mono_s)
        elif self._stage is Stage.EMPTYING:
            self._told.append(Told(MeasuringPhase.ABORTING, texts.NOT_YET))
        elif self._stage in PHASES:
            self._told.append(Told(PHASES[self._stage], texts.RUNNING))
        else:
            self._patient = order.patient
            self._filled, self._may_be_full = False, True
            self._told.append(Told(MeasuringPhase.STARTING))
            if order.initial_inflation_mmhg is None:
                self._go_on(Stage.STARTING, START[order.patient], now_mono_s)
            else:
                command = set_initial_inflation(order.initial_inflation_mmhg)
                self._go_on(Stage.SETTING, command, now_mono_s)
        return self._step()

    def heard(self, outputs: Sequence[Output], now_mono_s: float) -> Step:
        """Count each answer for the oldest question of its kind."""
        result: list[Decoded] = []
        for output in outputs:
            if isinstance(output, Reported):
                self._take_letter(str(output.extra.get("letter", "")), now_mono_s)
            elif isinstance(output, Rejected):
                continue
            elif output.quantity == "cuff_pressure_mmhg":
                self._take_pressure(output, now_mono_s)
            else:
                result.append(output)
                if output.quantity == "pulse_rate_bpm":  # the last of a result frame
                    self._take_result(tuple(result), now_mono_s)
                    result.clear()
        return self.passed(now_mono_s)

    def passed(self, now_mono_s: float) -> Step:
        """Send what is due; doubt what did not come in time."""
        now = now_mono_s
        if self._stage is Stage.EMPTYING:
            self._go_on_emptying(now)
        elif self._stage is not Stage.CLOSED:
            kinds = (Kind.COMMAND, Kind.PRESSURE, Kind.RESULT)
            asked_s = self._asked.since(now, *kinds, from_mono_s=self._emptied_s)
            if asked_s is not None and now - asked_s >= ANSWER_WITHIN_S:
                self._doubt(texts.NO_ANSWER, now)
            elif self._stage is Stage.MEASURING and self._overdue(now):
                self._doubt(texts.TOO_LONG if self._filled else texts.NEVER_FILLED, now)
            elif self._command:
                self._send_command(now)
            elif self._stage in (Stage.RESTING, Stage.MEASURING):
                self._poll(now, POLL_EVERY_S if self._stage in PHASES else REST_POLL_EVERY_S)
        return self._step()

    def due_mono_s(self, now_mono_s: float) -> float:
        """Return the time of the next question, or of the doubt about an open one."""
        if self._stage is Stage.CLOSED:
            return now_mono_s + ANSWER_WITHIN_S
        asked_s = self._asked.since(now_mono_s)
        due = self._poll_at_s if asked_s is None else asked_s + ANSWER_WITHIN_S
        return min(due, self._emptying.abort_at_s) if self._stage is Stage.EMPTYING else due

    def _overdue(self, now: float) -> bool:
        limit_s = LONGEST_S[self._patient] if self._filled else FILLS_WITHIN_S
        return now - self._started_s >= limit_s

    def _go_on(self, stage: Stage, command: bytes, now: float) -> None:
        self._stage, self._command = stage, command
        self._send_command(now)

    def _send_command(self, now: float) -> None:
        """Send it once nothing is open: its answer is then its own."""
        if self._asked.since(now) is None:
            self._asked.ask(Kind.RESULT if self._command == GET_RESULT else Kind.COMMAND, now)
            self._write += self._command
            self._command = b""

    def _poll(self, now: float, every_s: float) -> None:
        if now >= self._poll_at_s and self._asked.since(now, Kind.PRESSURE) is None:
            self._asked.ask(Kind.PRESSURE, now)
            self._write += GET_CUFF_PRESSURE
            self._poll_at_s = now + every_s

    def _take_letter(self, letter: str, now: float) -> None:
        kind = {"A": Kind.ABORT, "O": Kind.COMMAND, "B": Kind.COMMAND, "E": Kind.COMMAND}
        asked_s = self._asked.answer(kind[letter], now) if letter in kind else None
        if letter == "K":
            self._end(now)
        elif letter == "A" and asked_s is not None:
            self._emptying.confirmed(asked_s)
        elif asked_s is not None and asked_s < self._emptied_s:
            self._unasked += 1  # to an order that was given up
        elif letter in texts.DOUBTS:
            self._doubt(texts.DOUBTS[letter], now)
        elif letter == "O" and asked_s is not None and self._stage is Stage.SETTING:
            self._go_on(Stage.STARTING, START[self._patient], now)
        elif letter == "O" and asked_s is not None and self._stage is Stage.STARTING:
            self._stage, self._started_s, self._poll_at_s = Stage.MEASURING, now, now
            self._told.append(Told(MeasuringPhase.INFLATING))
        else:
            self._unasked += 1

    def _end(self, now: float) -> None:
        if self._stage is not Stage.MEASURING:
            self._unasked += 1
        elif not self._filled:
            # It may be the end of an older measurement: its result would be another's.
            self._doubt(texts.EARLY_END, now)
        else:
            self._go_on(Stage.FETCHING, GET_RESULT, now)

    def _take_pressure(self, pressure: Decoded, now: float) -> None:
        asked_s = self._asked.answer(Kind.PRESSURE, now)
        if asked_s is None:
            self._unasked += 1
            return
        if now - asked_s < ANSWER_WITHIN_S and self._stage is not Stage.RESTING:
            self._values.append(pressure)
        if self._stage is Stage.EMPTYING:
            self._emptying.pressure(pressure.value, asked_s, now)
            if pressure.value is not None and pressure.value >= EMPTY_BELOW_MMHG[Patient.ADULT]:
                self._may_be_full = True
        elif now - asked_s >= ANSWER_WITHIN_S:
            self._doubt(texts.NO_ANSWER, now)
        elif pressure.value is None:
            self._doubt(texts.NOT_TRUE, now)
        elif pressure.value > HIGHEST_MMHG[self._patient]:
            self._doubt(texts.TOO_HIGH, now)
        elif pressure.value >= EMPTY_BELOW_MMHG[Patient.ADULT]:
            self._filled = self._may_be_full = True
            if self._stage is Stage.RESTING:
                self._empty(Told(MeasuringPhase.IDLE), now, texts.EMPTYING)

    def _take_result(self, result: tuple[Decoded, ...], now: float) -> None:
        if self._asked.answer(Kind.RESULT, now) is None or self._stage is not Stage.FETCHING:
            self._unasked += 1
            return
        if result[0].value is None:
            self._values += result
            self._doubt(result[0].reason, now)
            return
        self._reading, self._reading_s = result, now
        self._empty(Told(MeasuringPhase.DONE), now, texts.EMPTYING, ended=True)

    def _doubt(self, words: str, now: float) -> None:
        """Abort, and fail a measurement that is under way."""
        if self._stage in PHASES:
            self._empty(Told(MeasuringPhase.FAILED, words), now, words)
        elif self._stage is Stage.RESTING:
            self._empty(Told(MeasuringPhase.IDLE), now, words)
        elif self._stage is Stage.EMPTYING:
            self._emptying.hurry(now)

    def _empty(self, afterwards: Told, now: float, words: str = "", *, ended: bool = False) -> None:
        if self._stage is Stage.EMPTYING:
            self._emptying.hurry(now)
            self._go_on_emptying(now)
            return
        self._stage, self._afterwards, self._command = Stage.EMPTYING, afterwards, b""
        self._emptying = Emptying(EMPTY_BELOW_MMHG[self._patient], now, ended=ended)
        self._poll_at_s = now if ended else now + POLL_EVERY_S
        self._told.append(Told(MeasuringPhase.ABORTING, words or afterwards.words))
        self._go_on_emptying(now)

    def _go_on_emptying(self, now: float) -> None:
        if self._emptying.is_proven(now):
            self._stage, self._poll_at_s = Stage.RESTING, now + REST_POLL_EVERY_S
            self._emptied_s = now
            self._may_be_full = False
            self._release(now)
            self._told.append(self._afterwards)
            self._afterwards = Told(MeasuringPhase.IDLE)
        elif self._emptying.abort_is_due(now):
            self._asked.ask(Kind.ABORT, now)
            self._write += ABORT
        else:
            asked_s = self._asked.since(now, Kind.PRESSURE)
            if now >= self._poll_at_s and (asked_s is None or now - asked_s >= ANSWER_WITHIN_S):
                self._asked.ask(Kind.PRESSURE, now)
                self._write += GET_CUFF_PRESSURE
                self._poll_at_s = now + (POLL_EVERY_S if asked_s is None else ANSWER_WITHIN_S)
        if self._stage is Stage.EMPTYING and (words := self._emptying.warning(now)):
            self._told.append(Told(MeasuringPhase.ABORTING, words, urgent=self._may_be_full))

    def _release(self, now: float) -> None:
        """Count the reading, unless the cuff was told to empty: then its end was not the true one.

        The protocol has no addresses; a module that measures on has not reported its end.
        """
        if self._afterwards.phase is not MeasuringPhase.DONE:
            return
        if self._emptying.aborted:
            self._afterwards = Told(MeasuringPhase.FAILED, texts.STAYED_FULL)
            return
        self._values += [replace(each, age_s=now - self._reading_s) for each in self._reading]

    def _step(self) -> Step:
        step = Step(bytes(self._write), tuple(self._told), tuple(self._values), self._unasked)
        self._write.clear()
        self._told.clear()
        self._values.clear()
        self._unasked = 0
        return step
