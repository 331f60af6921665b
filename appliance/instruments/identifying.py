"""Who is there: finds out which protocol speaks on a port, within 5 s.

First it only listens, on each line that any protocol speaks.  Only if nothing at all was heard,
it asks what cannot disturb a device that is something else:

- a disconnect of the OneTouch meter, which changes nothing in it (its sheet);
- Q of a scale, which only sends its weight;
- the cuff pressure of a SunTech module, which moves nothing; nothing that starts or stops it;
- the start of a Contec V7 stream, ended again.  At 115200 baud its nine bytes last less than
  one byte at 9600: a module there sees no command in them.

Opening a port resets some sensor boards: it is done when a technician asks for it, and to a
port that nobody's settings name when something was plugged in there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from appliance.instruments.contec_v7_commands import START_LIVE, STOP_LIVE
from appliance.instruments.ears import Ears, on_line
from appliance.instruments.port import Port, PortLostError
from appliance.instruments.protocols import LineSettings, SerialProtocol
from appliance.instruments.stream_talkers import ASK_ANY
from appliance.instruments.suntech_commands import GET_CUFF_PRESSURE
from appliance.instruments.ultraeasy_talker import DISCONNECT

LIMIT_S = 5.0
"""All of it ends by then; a port that hangs in its opening is left to its time-out."""

OpenPort = Callable[[str, LineSettings, threading.Event], Port]


@dataclass(frozen=True, slots=True)
class Turn:
    """One line that is listened to, and what is asked there meanwhile.

    listen_s: seconds, after each question if there are any.  more_s: so much longer when bytes
    came and nobody is clear yet.  goodbye: the last words.
    """

    line: LineSettings
    listen_s: float
    questions: tuple[bytes, ...] = ()
    goodbye: bytes = b""
    more_s: float = 0.0


_9600 = LineSettings()
_V7 = LineSettings(baud=115200)
LISTENING = (
    # Two frames of an oximeter that speaks once a second.
    Turn(_9600, 2.2),
    # A HealthyPi board fills a second with waves before it names a number.
    Turn(_V7, 0.3, more_s=1.1),
    Turn(LineSettings(baud=19200, parity="O"), 0.4),
    Turn(LineSettings(baud=2400, data_bits=7, parity="E"), 0.5),
)
ASKING = (
    Turn(_9600, 0.25, (DISCONNECT, ASK_ANY, GET_CUFF_PRESSURE)),
    Turn(_V7, 0.3, (START_LIVE,), STOP_LIVE),
    Turn(LineSettings(baud=2400, data_bits=7, parity="E"), 0.3, (ASK_ANY,)),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found.  protocol: who speaks; None if unknown.  bytes_heard: on all lines.

    fault: why the port could not be listened to, in words; empty when it could.
    """

    protocol: SerialProtocol | None = None
    bytes_heard: int = 0
    fault: str = ""

    @property
    def words(self) -> str:
        """Say it for a technician."""
        if self.fault:
            return self.fault
        if self.protocol is not None:
            return f"{self.protocol.words}: protocol {self.protocol.name}"
        return "speaks, but is not understood" if self.bytes_heard else "nothing speaks"


def find_out(
    path: str, *, open_port: OpenPort = Port, stop: threading.Event | None = None
) -> Found:
    """Listen and, if all is silent, ask; return what speaks on a port."""
    found = overhear(path, open_port=open_port, stop=stop)
    if found.protocol is not None or found.bytes_heard or found.fault:
        return found
    return _through(ASKING, path, open_port, stop or threading.Event())


def overhear(
    path: str, *, open_port: OpenPort = Port, stop: threading.Event | None = None
) -> Found:
    """Only listen; return what speaks on a port by itself."""
    return _through(LISTENING, path, open_port, stop or threading.Event())


def _through(
    turns: tuple[Turn, ...], path: str, open_port: OpenPort, stop: threading.Event
) -> Found:
    heard = 0
    try:
        for turn in turns:
            if stop.is_set():
                break
            ears = _take(turn, path, open_port, stop)
            heard += ears.heard
            if (found := ears.verdict()) is not None:
                return Found(found, heard)
    except PortLostError as lost:
        words = "in use by another program" if lost.held else f"cannot be read ({lost.fault})"
        return Found(None, heard, words)
    return Found(None, heard)


def _take(turn: Turn, path: str, open_port: OpenPort, stop: threading.Event) -> Ears:
    """Listen on one line.  Raises PortLostError."""
    ears, echo = Ears(on_line(turn.line)), _Echo()
    port = open_port(path, turn.line, stop)
    try:
        for question in turn.questions or (b"",):
            if question:
                port.write(question)
                echo.expect(question)
            _listen(port, ears, turn.listen_s, stop, echo)
            if turn.questions and ears.verdict() is not None:
                break
        if ears.heard and ears.verdict() is None:
            _listen(port, ears, turn.more_s, stop, echo)
        if turn.goodbye:
            port.write(turn.goodbye)
            port.drain(0.1)
    finally:
        port.close()
    return ears


class _Echo:
    """Our own questions that come back: from a loop-back plug, or a line of one wire.

    Several protocols take frames of both directions, so a plug would be named an instrument.
    """

    def __init__(self) -> None:
        self._expected = self._held = b""

    def expect(self, question: bytes) -> None:
        """Take note of what was written."""
        self._expected += question

    def without(self, data: bytes) -> bytes:
        """Return what is no echo; the beginning of one is held until it is clear."""
        held, self._held = self._held + data, b""
        size = len(self._expected)
        if len(held) < size and self._expected.startswith(held):
            self._held = held
            return b""
        if held.startswith(self._expected):
            held = held[size:]
        self._expected = b""
        return held


def _listen(port: Port, ears: Ears, for_s: float, stop: threading.Event, echo: _Echo) -> None:
    until_s = time.monotonic() + for_s
    while (left_s := until_s - time.monotonic()) > 0 and not stop.is_set():
        if data := echo.without(port.read_batch(min(left_s, 0.1))):
            ears.hear(data)
