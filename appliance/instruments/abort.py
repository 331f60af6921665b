"""Tell every cuff to empty, without the daemon: after its death, and before it starts.

Needs nothing of the daemon's memory: only which ports have a blood-pressure module.  Starts
fast (standard library alone), asks all ports at once, and never waits long: it may run while
a dead daemon's file is still open, and while systemd counts the seconds.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import termios
import time
import tty
from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.instruments.suntech_commands import ABORT, ABORTED, BAUD

LOCK_WITHIN_S = 0.2
"""So long the port is waited for; then it is written to in spite of whoever holds it."""
BETWEEN_S = 0.05
"""Between the two aborts: the first may only end a command that was broken off."""
ANSWER_WITHIN_S = 0.5

_AGAIN_S = 0.01
_READ_BYTES = 4096
_SPEEDS = {9600: termios.B9600, 19200: termios.B19200, 115200: termios.B115200}


@dataclass(frozen=True, slots=True)
class AbortReport:
    """What became of one port.

    written: both aborts went out.  answered: the module confirmed one (another program that
    holds the port may have read the answer).  words: for a technician.
    """

    path: str
    written: bool
    answered: bool
    words: str


@dataclass(slots=True)
class _Cuff:
    path: str
    baud: int
    file: int | None = None
    shared: bool = False
    fault: str = ""
    written: int = 0
    heard: bytearray = field(default_factory=bytearray)

    @property
    def answered(self) -> bool:
        return ABORTED in self.heard


def abort_all(ports: Iterable[tuple[str, int] | str]) -> list[AbortReport]:
    """Tell the module on each port (path, or path and baud) to abort; report on each.

    Never raises for what a port does.  Takes less than a second, however many there are.
    """
    cuffs = [_Cuff(port, BAUD) if isinstance(port, str) else _Cuff(*port) for port in ports]
    try:
        _open_all(cuffs)
        for _ in range(2):
            for cuff in cuffs:
                _write(cuff)
            _listen(cuffs, BETWEEN_S, until_all_answered=False)
        _listen(cuffs, ANSWER_WITHIN_S, until_all_answered=True)
    finally:
        for cuff in cuffs:
            if cuff.file is not None:
                with contextlib.suppress(OSError):
                    os.close(cuff.file)
    return [_report(cuff) for cuff in cuffs]


def _open_all(cuffs: list[_Cuff]) -> None:
    until_s = time.monotonic() + LOCK_WITHIN_S
    waiting = list(cuffs)
    while waiting:
        last = time.monotonic() >= until_s
        waiting = [cuff for cuff in waiting if not _open(cuff, last=last)]
        if waiting:
            time.sleep(_AGAIN_S)


def _open(cuff: _Cuff, *, last: bool) -> bool:
    """Try to open one; whether it is settled.  The last attempt takes it without the lock."""
    try:
        if cuff.file is None:
            # Without NONBLOCK an open may wait for a carrier for ever.
            cuff.file = os.open(cuff.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            fcntl.flock(cuff.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not last:
                return False
            cuff.shared = True
        _set_line(cuff.file, cuff.baud)
    except (OSError, termios.error, KeyError) as error:
        code = getattr(error, "errno", None) or (error.args[0] if error.args else None)
        cuff.fault = errno.errorcode.get(code, type(error).__name__) if code else "fault"
        return last or code != errno.EBUSY
    cuff.fault = ""
    return True


def _set_line(file: int, baud: int) -> None:
    """8N1 without any flow control, and no modem lines: nothing may hold the abort back."""
    tty.setraw(file, termios.TCSANOW)
    iflag, oflag, cflag, lflag, _, _, characters = termios.tcgetattr(file)
    cflag &= ~(termios.PARENB | termios.CSTOPB | termios.HUPCL | termios.CRTSCTS)
    cflag |= termios.CLOCAL | termios.CREAD | termios.CS8
    iflag &= ~(termios.IXON | termios.IXOFF)
    speed = _SPEEDS[baud]
    settings = [iflag, oflag, cflag, lflag, speed, speed, characters]
    termios.tcsetattr(file, termios.TCSANOW, settings)
    termios.tcflow(file, termios.TCOON)
    # What waits to go out may be half a command, what waits to be read an old answer.
    termios.tcflush(file, termios.TCIOFLUSH)


def _write(cuff: _Cuff) -> None:
    if cuff.file is None or cuff.fault:
        return
    try:
        if os.write(cuff.file, ABORT) == len(ABORT):
            cuff.written += 1
    except OSError as error:
        cuff.fault = errno.errorcode.get(error.errno or 0, "fault")


def _listen(cuffs: list[_Cuff], for_s: float, *, until_all_answered: bool) -> None:
    until_s = time.monotonic() + for_s
    while (left_s := until_s - time.monotonic()) > 0:
        files = {c.file: c for c in cuffs if c.file is not None and not c.fault}
        if until_all_answered and all(cuff.answered for cuff in files.values()):
            return
        ready, _, _ = select.select(list(files), [], [], left_s)
        for file in ready:
            _read(files[file])


def _read(cuff: _Cuff) -> None:
    if cuff.file is None:
        return
    try:
        heard = os.read(cuff.file, _READ_BYTES)
    except BlockingIOError:
        return
    except OSError as error:
        cuff.fault = errno.errorcode.get(error.errno or 0, "fault")
        return
    cuff.heard += heard
    del cuff.heard[:-_READ_BYTES]
    if not heard:
        cuff.fault = "hung up"


def _report(cuff: _Cuff) -> AbortReport:
    written = cuff.written == 2
    if cuff.answered:
        words = "the module confirmed the abort"
    elif written:
        words = "told to abort, no answer seen"
    else:
        words = f"NOT told to abort ({cuff.fault}): if the cuff is on an arm, take it off"
    if cuff.shared:
        words += "; another program holds the port"
    return AbortReport(cuff.path, written, cuff.answered, words)
