"""Between a talker and the thread of its port: bytes out, values on, notes told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from appliance.clock import Clock
from appliance.events import InstrumentNoted
from appliance.instruments.commanding import DRAIN_WITHIN_S, SHORTEST_WAIT_S, PassOn
from appliance.instruments.decoding import Output
from appliance.instruments.port import READ_TIMEOUT_S, Port, PortLostError
from appliance.instruments.talker import Talk, Talker


@dataclass(slots=True)
class Conversation:
    """Owns the talker of one port while its worker runs.  Called from its thread only."""

    instrument: str
    talker: Talker
    clock: Clock
    post: Callable[[InstrumentNoted], None]
    _note: str = field(default="", init=False)

    def open(self, port: Port) -> None:
        """Say what comes first on this port.  Raises PortLostError."""
        self._carry_out(port, self.talker.opened(self.clock.now().mono_s))

    def exchange(self, port: Port, outputs: Sequence[Output], pass_on: PassOn) -> None:
        """Hand on what was heard, write what follows, pass on what counts.

        Raises PortLostError.
        """
        talk = self.talker.heard(outputs, self.clock.now().mono_s)
        pass_on(talk.values)
        self._carry_out(port, talk)

    def wait_s(self) -> float:
        """Return how many real seconds the port may be waited for until something is due."""
        now_mono_s = self.clock.now().mono_s
        due_s = self.clock.real_s(self.talker.due_mono_s() - now_mono_s)
        return min(READ_TIMEOUT_S, max(SHORTEST_WAIT_S, due_s))

    def lose(self) -> None:
        """Take note that the port is gone: whatever was noted is over."""
        self.talker.lost()
        self._tell("")

    def leave(self, port: Port) -> None:
        """Say the last words before the port is closed on purpose."""
        with contextlib.suppress(PortLostError):
            port.write(self.talker.last_words())
            port.drain(DRAIN_WITHIN_S)

    def _carry_out(self, port: Port, talk: Talk) -> None:
        if talk.write:
            port.write(talk.write)
        if talk.note is not None:
            self._tell(talk.note)

    def _tell(self, note: str) -> None:
        if note != self._note:
            self._note = note
            self.post(InstrumentNoted(self.instrument, note))


def conversation_for(
    instrument: str,
    talker: Callable[[], Talker] | None,
    clock: Clock,
    post: Callable[[InstrumentNoted], None],
) -> Conversation | None:
    """Return a conversation with a fresh talker; None for an instrument that needs none."""
    return None if talker is None else Conversation(instrument, talker(), clock, post)
