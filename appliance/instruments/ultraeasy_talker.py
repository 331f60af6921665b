"""Fetches the results of a OneTouch UltraEasy: request, acknowledgement, reply, and so on.

A meter is looked for with disconnects, which change nothing in it.  Once it answers, its
serial number, its clock and all of its records are read; they are handed over together, the
device's clock with each, and wait for a person's choice.  Nothing is ever written to it.

Source: sheet protocols/onetouch_ultraeasy, conversation.  Pauses without a source are ours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from types import MappingProxyType

from appliance.instruments.decoding import (
    DEVICE,
    DEVICE_CLOCK,
    Decoded,
    Extra,
    Output,
    Rejected,
    Reported,
)
from appliance.instruments.onetouch_ultraeasy import ANSWER
from appliance.instruments.talker import Talk
from appliance.instruments.ultraeasy_link import (
    CLOCK,
    COUNT_OF_RECORDS,
    SERIAL,
    Link,
    encode,
    request_record,
)

ANSWER_WITHIN_S = 1.0
LOOK_EVERY_S = 5.0
RESTARTS = 3
"""So often a conversation that broke off is begun again at once."""
MOST_RECORDS = 500
"""The meter holds so many."""

DISCONNECT = encode(Link(disconnect=True))
STUCK = "The glucose meter answers badly. Pull its plug, put it in again, and wait for PC."
COUNT = request_record(COUNT_OF_RECORDS)


class _Stage(Enum):
    LOOKING = auto()
    """No meter, or none that answers: it is looked for."""
    GREETING = auto()
    ASKED = auto()
    ACKNOWLEDGED = auto()
    DONE = auto()
    """All was read; the meter is looked after until it is pulled."""


class UltraEasyTalker:
    """Talks with one meter at a time."""

    def __init__(self) -> None:
        self._stage = _Stage.LOOKING
        self._due_s = 0.0
        self._restarts = 0
        self._answered = True
        self._begin()

    def opened(self, now_mono_s: float) -> Talk:
        """Look for a meter at once."""
        self._restarts = 0
        return self._look(_Stage.LOOKING, now_mono_s, within_s=LOOK_EVERY_S)

    def heard(self, outputs: Sequence[Output], now_mono_s: float) -> Talk:
        """Go on with the conversation; begin it again when it stalls."""
        write, note = b"", None
        results: tuple[Decoded, ...] = ()
        for output in outputs:
            if isinstance(output, Rejected):
                continue  # the answer that does not come in time says it all
            step = self._take(output, now_mono_s)
            write, results, note = write + step.write, step.values or results, step.note or note
        if write or results or now_mono_s < self._due_s:
            return Talk(write, results, "" if results else note)
        return self._too_late(now_mono_s)

    def lost(self) -> None:
        """Forget what was read of a meter that may be another one next time."""
        self._stage = _Stage.LOOKING
        self._begin()

    def due_mono_s(self) -> float:
        """Return when an answer is too late, or a meter is looked for."""
        return self._due_s

    def last_words(self) -> bytes:
        """Leave the meter as the sheet says."""
        return DISCONNECT

    def _begin(self) -> None:
        self._sequence = self._expects = 0
        self._requests: deque[bytes] = deque()
        self._results: list[Decoded] = []
        self._serial = self._clock = ""

    def _take(self, output: Decoded | Reported, now: float) -> Talk:
        said = output.extra
        if said.get("disconnect"):
            return self._greeted(now) if said.get("ack") else Talk()
        if said.get("ack"):
            if self._stage is _Stage.ASKED and said.get("expects") != self._sequence:
                self._sequence ^= 1
                self._stage, self._due_s = _Stage.ACKNOWLEDGED, now + ANSWER_WITHIN_S
            return Talk()
        if self._stage is not _Stage.ACKNOWLEDGED or said.get("sequence") != self._expects:
            return Talk()  # a reply that comes again, or to nothing
        self._expects ^= 1
        acknowledgement = encode(Link(self._sequence, self._expects, ack=True))
        step = self._next(output, now)
        return Talk(acknowledgement + step.write, step.values, step.note)

    def _greeted(self, now: float) -> Talk:
        """Begin the conversation with a meter that answered; both counters are 0 now."""
        self._answered = True
        if self._stage is _Stage.DONE:
            return Talk()
        self._begin()
        self._requests.extend((SERIAL, CLOCK, COUNT))
        return Talk(self._ask(now))

    def _ask(self, now: float) -> bytes:
        self._stage, self._due_s = _Stage.ASKED, now + ANSWER_WITHIN_S
        return encode(Link(self._sequence, self._expects), self._requests[0])

    def _next(self, output: Decoded | Reported, now: float) -> Talk:
        """Note what a reply says, and ask on; hand all over at the end."""
        request = self._requests.popleft()
        said = output.extra
        if request == SERIAL:
            self._serial = str(said.get("text", ""))
        elif request == CLOCK:
            self._clock = str(said.get(DEVICE_CLOCK, ""))
        elif request == COUNT:
            if said.get(ANSWER) != "count":
                return self._too_late(now)
            count = min(int(said["records"]), MOST_RECORDS)
            self._requests.extend(request_record(number) for number in range(count))
        elif isinstance(output, Decoded):
            self._results.append(output)
        elif said.get(ANSWER) != "count":  # there is one less than it said: that is all right
            return self._too_late(now)
        if self._requests:
            return Talk(self._ask(now))
        results = tuple(self._with_meter(each) for each in self._results)
        self._restarts = 0
        looking = self._look(_Stage.DONE, now, within_s=LOOK_EVERY_S)
        return Talk(looking.write, results)

    def _with_meter(self, result: Decoded) -> Decoded:
        extra: Extra = {**result.extra, DEVICE: self._serial}
        if self._clock:
            extra = {**extra, DEVICE_CLOCK: self._clock}
        return Decoded(
            result.quantity,
            result.value,
            result.status,
            result.reason,
            result.group,
            MappingProxyType(extra),
        )

    def _look(self, stage: _Stage, now: float, *, within_s: float) -> Talk:
        self._stage, self._due_s, self._answered = stage, now + within_s, False
        return Talk(DISCONNECT)

    def _too_late(self, now: float) -> Talk:
        """Begin again from the disconnect; after some times wait for the next look."""
        if self._stage in (_Stage.LOOKING, _Stage.DONE):
            # A meter that was read and does not answer any more was pulled.
            stage = self._stage if self._answered else _Stage.LOOKING
            return self._look(stage, now, within_s=LOOK_EVERY_S)
        self._restarts += 1
        if self._restarts <= RESTARTS:
            return self._look(_Stage.GREETING, now, within_s=ANSWER_WITHIN_S)
        self._restarts = 0
        looking = self._look(_Stage.LOOKING, now, within_s=LOOK_EVERY_S)
        return Talk(looking.write, (), STUCK)
