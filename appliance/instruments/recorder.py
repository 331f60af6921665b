"""Records what a device says: its port is opened, listened to, and nothing else is done.

With `ask`, the protocol's talker starts, keeps alive or answers the device as the daemon would;
an instrument that measures on command is never given an order.  Only for a technician: the
appliance must not hold the port meanwhile.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from appliance.clock import Clock
from appliance.events import Event
from appliance.instruments.capture import Batch, batch_line, head_line
from appliance.instruments.conversing import conversation_for
from appliance.instruments.decoding import Decoder, Output
from appliance.instruments.port import READ_TIMEOUT_S, Port, PortLostError
from appliance.instruments.protocols import GATHER_S, LineSettings, SerialProtocol

MODE = 0o600
"""Only for who records it: nobody knows beforehand what a device puts on its line."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What is to be recorded.

    path: the port.  protocol: what is believed to speak; None when nothing is.  line: of the
    port.  for_s: seconds; infinite until the stop.  ask: whether the protocol's talker speaks.
    """

    path: str
    line: LineSettings
    protocol: SerialProtocol | None = None
    for_s: float = float("inf")
    ask: bool = False


class _Tapped(Port):
    """A port that tells of every byte that is written to it."""

    written: Callable[[bytes], None]

    def write(self, data: bytes) -> None:
        """Write all of it and tell.  Raises PortLostError."""
        super().write(data)
        if data:
            self.written(data)


def create(path: Path) -> TextIO:
    """Make the file, readable for its owner alone; never over another.  Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, MODE), "w", encoding="ascii")


@dataclass(slots=True)
class Recorder:
    """One recording.  It ends by itself, by `stop`, or when the port is lost."""

    recording: Recording
    file: TextIO
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)
    _began_s: float = field(default=0.0, init=False)

    def run(self) -> Iterator[Output]:
        """Record, and return what the decoder makes of it.  Raises PortLostError, OSError."""
        asked = self.recording
        line = asked.line
        port = _Tapped(asked.path, line, self.stop)
        port.written = self._wrote
        self._began_s = self.clock.now().mono_s
        self.file.write(head_line(asked.protocol.name if asked.protocol else "", line))
        try:
            yield from self._listen(port)
        finally:
            port.close()

    def _listen(self, port: Port) -> Iterator[Output]:
        protocol = self.recording.protocol
        decoder = None if protocol is None else protocol.decoder()
        talker = protocol.talker if protocol is not None and self.recording.ask else None
        talk = conversation_for("", talker, self.clock, _forget)
        gather_s = GATHER_S if protocol is None else protocol.gather_s
        pause_s = float("inf") if protocol is None else protocol.pause_s
        if talk is not None:
            talk.open(port)
        heard_s = 0.0
        while not self.stop.is_set() and (t_s := self._passed_s()) < self.recording.for_s:
            wait_s = READ_TIMEOUT_S if talk is None else talk.wait_s()
            data = port.read_batch(min(wait_s, self.recording.for_s - t_s), gather_s)
            outputs: list[Output] = []
            if data:
                t_s = self._passed_s()
                self._write(Batch(t_s, data))
                if decoder is not None:
                    if t_s - heard_s > pause_s:
                        decoder.reset()
                    outputs = decoder.feed(data)
                heard_s = t_s
            if talk is not None:
                talk.exchange(port, outputs, _ignore)
            yield from outputs
        yield from _rest(decoder)
        if talk is not None:
            with suppress(PortLostError):
                talk.leave(port)

    def _passed_s(self) -> float:
        return self.clock.now().mono_s - self._began_s

    def _wrote(self, data: bytes) -> None:
        self._write(Batch(self._passed_s(), data, out=True))

    def _write(self, batch: Batch) -> None:
        self.file.write(batch_line(batch))
        self.file.flush()  # whatever ends the recording, what was heard until then is kept


def _rest(decoder: Decoder | None) -> list[Output]:
    return [] if decoder is None else decoder.finish()


def _forget(_event: Event) -> None:
    """Let a note go: it is for staff, and a technician reads what is decoded."""


def _ignore(_values: object) -> None:
    """Let values go: everything that was decoded is returned anyway."""
