"""A talker and a simulated instrument on one wire, without threads: time goes in steps."""

from appliance.instruments.protocols import find_protocol
from hw_mocks.more_boards import MORE_KINDS
from tests.unit.instruments.test_simulated_boards import Clock, Wire

STEP_S = 0.02


class Room:
    """Both sides of one port, and everything that was said."""

    def __init__(self, protocol):
        self.clock, self.wire = Clock(), Wire()
        self.board = MORE_KINDS[protocol].make("it", self.wire, self.clock, 7)
        self.decoder = find_protocol(protocol).decoder()
        self.talker = find_protocol(protocol).talker()
        self.values, self.notes, self.written = [], [], []
        self.plugged = True
        self.hook = lambda data: data

    def open(self):
        self.decoder.reset()
        self._carry_out(self.talker.opened(self.clock.mono_s))
        return self

    def run(self, seconds, until=lambda: False):
        for _ in range(round(seconds / STEP_S)):
            if until():
                return True
            self.clock.mono_s += STEP_S
            if self.plugged:
                self.board._act(self.clock.mono_s)
            heard = self.hook(self.wire.take()) if self.plugged else b""
            outputs = self.decoder.feed(heard)
            if heard or self.clock.mono_s >= self.talker.due_mono_s():
                self._carry_out(self.talker.heard(outputs, self.clock.mono_s))
        return until()

    def _carry_out(self, talk):
        if talk.write:
            self.written.append((self.clock.mono_s, talk.write))
            if self.plugged:
                self.wire.told += talk.write
        self.values += talk.values
        if talk.note is not None and self.notes[-1:] != [talk.note]:
            self.notes.append(talk.note)

    def said(self, data):
        return [at for at, write in self.written if data in write]
