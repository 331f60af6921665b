"""Laboratory devices over ASTM E1381 / CLSI LIS01-A2: frames, sessions, and their results.

The tables stand in the order of the sheet (protocols/astm_lis01).  A result counts only when
its whole session came: every frame in turn with a good checksum, from ENQ to EOT.  Whatever
is broken off, skipped or too large is discarded as a whole.  What the records say is read in
astm_records; what is answered to the device is decided in astm_talker.

Source: the sheet (framing high: five projects and ten instruments).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType

from appliance.instruments.astm_records import TESTS, read_records
from appliance.instruments.decoding import DEVICE_TIME, Decoded, Output, Reported
from appliance.instruments.framing import Framing

ENQ, ACK, NAK, EOT, STX, ETX, ETB = 0x05, 0x06, 0x15, 0x04, 0x02, 0x03, 0x17
CR, LF = 0x0D, 0x0A
NUMBERS = 8
"""Frames are numbered 1 to 7, 0, 1 and so on."""
FRAME_LIMIT = 256 * 1024
"""Bytes.  The standard's 240 are ignored by real devices; frames over 20 000 exist."""
SESSION_LIMIT = 2 * 1024 * 1024
REMEMBERED = 2000
"""Results that are known again when a device sends a session a second time."""

CONTROL, FRAME_NUMBER, REPEATED = "control", "frame", "repeated"
"""Keys of `Reported.extra`, for whoever has to answer the device."""

BEGINS, ENDS = "a session begins", "a session ends"
RECEIVED = "frame received"
AGAIN = "frame came again: the copy is dropped"
ACKNOWLEDGED, REFUSED = "acknowledged", "refused by the other side"
DISCARDED = "session broken off before its end: nothing of it is kept"
INCOMPLETE = "session with a frame missing or damaged: nothing of it is kept"
TOO_LARGE = "session larger than the appliance can hold: nothing of it is kept"
BARE = "frames were recorded without the beginning and end of their session"
CUT_RECORD = "session ends within a record: nothing of it is kept"
CAME_BEFORE = "result came before: the copy is dropped"

NO_FRAME = "no frame begins here"
BAD_CHECK = "check does not match the frame"
NO_NUMBER = "frame without a number"
JUMPED = "frame number is not the next one"
BROKEN_FRAME = "frame broken off by another beginning"
LONG_FRAME = "frame longer than the appliance can hold"
BROKEN_OFF = "frame broken off at the end of the bytes"

_BEGIN = re.compile(rb"[\x02\x04\x05\x06\x15]")
_STOP = re.compile(rb"[\x02\x03\x04\x05\x17]")
_CHECK = re.compile(rb"[0-9A-Fa-f]{0,2}")
_SINGLE = {ACK: (ACKNOWLEDGED, "ACK"), NAK: (REFUSED, "NAK")}


class AstmDecoder:
    """Decoder of both directions of a session.

    tests: the device's test ids (small letters) to quantities.
    """

    def __init__(self, tests: Mapping[str, str] = TESTS) -> None:
        self._tests = tests
        self._bytes = Framing(NO_FRAME)
        self._scanned = 1
        self._behind_frame = False
        self._known: deque[tuple[object, ...]] = deque(maxlen=REMEMBERED)
        self._sessions = 0
        self._begin()

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        self._bytes.add(chunk)
        while self._step():
            pass
        return self._bytes.collect()

    def finish(self) -> list[Output]:
        """Say what was left over; a session without its end is discarded."""
        given: list[Output] = []
        while len(self._bytes):
            self._bytes.drop_unfinished(BROKEN_OFF)
            self._scanned = 1
            given += self.feed(b"")
        given += self._bytes.finish(BROKEN_OFF)
        if not self._texts:
            return given
        if self._began or self._faults or self._open_text:
            return [*given, self._discarded(DISCARDED)]
        # Nothing but frames, as in a manual: told with doubt.  A port never ends, so no
        # session whose cable was pulled comes here.
        self._read(BARE)
        return given + self._bytes.collect()

    def reset(self) -> None:
        """Forget the session and half a frame: the link was opened again."""
        self._bytes.reset()
        self._scanned = 1
        self._behind_frame = False
        self._begin()

    def _begin(self) -> None:
        self._expected: int | None = None  # None: the first frame may be any
        self._last = b""  # the last good frame, from its number to its end
        self._texts: list[bytes] = []
        self._size = 0
        self._faults: set[str] = set()
        self._open_text = False
        self._began = False
        self._may_go_on: int | None = None  # behind a header that came before the session

    def _step(self) -> bool:
        """Decide on what waits; whether there was enough of it."""
        first = self._bytes.peek(0, 1)
        if not first:
            return False
        if self._behind_frame and first[0] in (CR, LF):
            self._bytes.take(1)
            self._behind_frame = first[0] == CR
            return True
        self._behind_frame = False
        if before := self._bytes.search(_BEGIN):
            self._bytes.skip(before)
            return True
        if first[0] == STX:
            return self._step_frame()
        self._bytes.take(1)
        if first[0] == ENQ:
            self._open()
            self._bytes.give(_told(BEGINS, "ENQ"))
        elif first[0] == EOT:
            self._end()
        else:
            self._bytes.give(_told(*_SINGLE[first[0]]))
        return True

    def _open(self) -> None:
        """Begin a session.  A Contour meter sends its header alone before it, and may go on."""
        lone = self._texts[0] if len(self._texts) == 1 and not self._began else b""
        number, text = self._expected, lone if lone.startswith(b"H") else b""
        if self._texts and not text:
            self._bytes.give(self._discarded(DISCARDED))
        self._begin()
        self._expected, self._began = 1, True
        if text:
            self._texts, self._may_go_on = [text], number

    def _forget_prelude(self, number: int) -> None:
        """Drop the header that came before the session when the first frame begins anew."""
        if self._may_go_on not in (None, number):
            self._texts = []
        self._may_go_on = None

    def _step_frame(self) -> bool:
        end = self._bytes.search(_STOP, self._scanned)
        if end == len(self._bytes):
            self._scanned = end
            if end <= FRAME_LIMIT:
                return False
            self._refuse(LONG_FRAME, 1)
            return True
        stop = self._bytes.peek(end, 1)[0]
        if stop not in (ETX, ETB):
            self._refuse(BROKEN_FRAME, end)
            return True
        digits = self._bytes.peek(end + 1, 2)
        if not _CHECK.fullmatch(digits):
            self._refuse(BAD_CHECK, end + 1)
        elif len(digits) < 2:
            self._scanned = end
            return False
        else:
            self._judge_frame(self._bytes.peek(1, end), digits, end + 3)
        return True

    def _judge_frame(self, body: bytes, digits: bytes, size: int) -> None:
        """Take or refuse a frame.  body: from the number up to ETX or ETB."""
        if sum(body) & 0xFF != int(digits, 16):
            self._refuse(BAD_CHECK, size)
            return
        number = body[0] - ord("0")
        if not 0 <= number < NUMBERS:
            self._refuse(NO_NUMBER, size)
        elif body == self._last:
            self._taken(size)
            self._bytes.give(_told(AGAIN, "frame", {FRAME_NUMBER: number, REPEATED: True}))
        elif self._expected not in (None, number) and number != self._may_go_on:
            self._refuse(JUMPED, size)
        else:
            self._forget_prelude(number)
            self._taken(size)
            self._faults.discard(INCOMPLETE)
            self._last, self._expected = body, (number + 1) % NUMBERS
            self._open_text = body[-1] == ETB
            self._keep(body[1:-1])
            self._bytes.give(_told(RECEIVED, "frame", {FRAME_NUMBER: number}))

    def _taken(self, size: int) -> None:
        self._bytes.take(size)
        self._scanned, self._behind_frame = 1, True

    def _refuse(self, words: str, size: int) -> None:
        self._bytes.drop(words, size)
        self._bytes.end_run()  # at once: the device waits for an answer
        self._scanned, self._behind_frame = 1, True
        self._faults.add(INCOMPLETE)

    def _keep(self, text: bytes) -> None:
        self._size += len(text)
        if self._size > SESSION_LIMIT:
            self._faults.add(TOO_LARGE)
            self._texts = [b""]
        else:
            self._texts.append(text)

    def _end(self) -> None:
        """Read the records of the session, now that all of it is here."""
        if self._texts or self._faults:
            text = b"".join(self._texts)
            if self._open_text and not text.endswith(b"\r"):
                self._faults.add(CUT_RECORD)
            if self._faults:
                self._bytes.give(self._discarded(min(self._faults)))
            else:
                self._read("")
        self._begin()
        self._bytes.give(_told(ENDS, "EOT"))

    def _read(self, doubt: str) -> None:
        self._sessions += 1
        text, session = _characters(b"".join(self._texts)), f"session {self._sessions}"
        outputs = read_records(text, session, self._tests, doubt)
        self._bytes.give(*(self._unless_known(output) for output in outputs))
        # Only now: two patients of one session may have the same value in the same minute.
        self._known += [key for output in outputs if (key := _key_of(output)) is not None]

    def _unless_known(self, output: Decoded | Reported) -> Decoded | Reported:
        """Return a result, or that it came before: power was lost and all is sent again."""
        if _key_of(output) in self._known:
            return Reported(CAME_BEFORE, output.extra)
        return output

    def _discarded(self, words: str) -> Reported:
        return _told(words, "discarded", {"discarded_frames": len(self._texts)})


def _key_of(output: Decoded | Reported) -> tuple[object, ...] | None:
    """Return by what a result is known again; None where nothing dates it."""
    if not isinstance(output, Decoded) or DEVICE_TIME not in output.extra:
        return None
    names = ("sample", "test", DEVICE_TIME, "reported_value", "result_status", "flags")
    return tuple(output.extra.get(name) for name in names)


def _told(words: str, control: str, more: Mapping[str, float | bool] | None = None) -> Reported:
    return Reported(words, MappingProxyType({CONTROL: control, **(more or {})}))


def _characters(text: bytes) -> str:
    """Return the text of a device: none declares its character set."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
