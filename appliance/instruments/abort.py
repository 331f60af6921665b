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
import threading
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
WITHIN_S = 1.5
"""All of it, for each port: the aftermath of the daemon has 2 s for everything."""

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

    Never raises for what a port does.  Each port has a thread: one that hangs in the kernel
    is left behind after WITHIN_S and keeps no other waiting.  Usually less than a second.
    """
    cuffs = [_Cuff(port, BAUD) if isinstance(port, str) else _Cuff(*port) for port in ports]
    threads = [threading.Thread(target=_abort, args=(cuff,), daemon=True) for cuff in cuffs]
    for thread in threads:
        thread.start()
    until_s = time.monotonic() + WITHIN_S
    for thread in threads:
        thread.join(max(0.0, until_s - time.monotonic()))
    return [
        _report(cuff, "it hangs" if thread.is_alive() else cuff.fault)
        for cuff, thread in zip(cuffs, threads, strict=True)
    ]


def _abort(cuff: _Cuff) -> None:
    try:
        _open_in_time(cuff)
        for _ in range(2):
            _write(cuff)
            _listen(cuff, BETWEEN_S, until_answered=False)
        _listen(cuff, ANSWER_WITHIN_S, until_answered=True)
    finally:
        if cuff.file is not None:
            with contextlib.suppress(OSError):
                os.close(cuff.file)


def _open_in_time(cuff: _Cuff) -> None:
    until_s = time.monotonic() + LOCK_WITHIN_S
    while not _open(cuff, last=time.monotonic() >= until_s):
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


def _listen(cuff: _Cuff, for_s: float, *, until_answered: bool) -> None:
    until_s = time.monotonic() + for_s
    while (left_s := until_s - time.monotonic()) > 0 and cuff.file is not None and not cuff.fault:
        if until_answered and cuff.answered:
            return
        if select.select([cuff.file], [], [], left_s)[0]:
            _read(cuff)


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


def _report(cuff: _Cuff, fault: str) -> AbortReport:
    written = cuff.written == 2
    if cuff.answered:
        words = "the module confirmed the abort"
    elif written:
        words = "told to abort, no answer seen"
    else:
        words = f"NOT told to abort ({fault}): if the cuff is on an arm, take it off"
    if cuff.shared:
        words += "; another program holds the port"
    return AbortReport(cuff.path, written, cuff.answered, words)
