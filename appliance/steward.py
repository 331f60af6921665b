"""The steward: sets the clock or switches the machine off for the daemon, which may do neither.

A root program that systemd starts for one connection, with the connection as its standard
input.  It reads one line of a fixed vocabulary, checks who sent it, does it or refuses, and
answers with one line:

    set-clock <UTC seconds>     whole seconds, within what the appliance believes
    poweroff

    done | refused <code> | failed <code>

It never runs anything that it was sent, and imports little: the standard library and the
limits of the clock.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from appliance.clock import EARLIEST_UTC_S, LATEST_UTC_S

SERVED_USER = "bedside"
MAX_REQUEST_BYTES = 64
"""The longest request is 20 bytes; more is not read."""
READ_WITHIN_S = 2.0

_PEER = struct.Struct("=iII")
"""struct ucred: process, user, group.  Source: unix(7)."""
_SET_CLOCK = re.compile(r"set-clock ([0-9]{1,12})")
_POWER_OFF = ("systemctl", "--no-block", "--no-wall", "start", "poweroff.target",
              "--job-mode=replace-irreversibly")  # fmt: skip
"""Straight to the service manager; `systemctl poweroff` would ask logind first."""


class Answer(StrEnum):
    """All that the steward ever answers, and all that it writes to the journal."""

    DONE = "done"
    NOT_YOU = "refused PEER"
    NOT_A_REQUEST = "refused REQUEST"
    TOO_LATE = "refused TIMEOUT"
    NOT_A_TIME = "refused RANGE"
    CLOCK_FAILED = "failed CLOCK"
    POWER_FAILED = "failed POWER"


@dataclass(frozen=True, slots=True)
class Powers:
    """What the steward does when it does something.  Each raises OSError when it fails."""

    set_clock: Callable[[int], None]
    power_off: Callable[[], None]


def serve(connection: socket.socket, served_uid: int | None, powers: Powers) -> Answer:
    """Answer one request; served_uid: the only user that is served, None for nobody."""
    with contextlib.suppress(OSError):
        connection.settimeout(READ_WITHIN_S)
    answer = _answer(connection, served_uid, powers)
    # Whoever asked may be gone: what was done is done.
    with contextlib.suppress(OSError):
        connection.sendall(f"{answer}\n".encode())
    return answer


def _answer(connection: socket.socket, served_uid: int | None, powers: Powers) -> Answer:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, uid, _ = _PEER.unpack(credentials)
    if served_uid is None or uid != served_uid:
        return Answer.NOT_YOU
    line = _read_line(connection)
    if line is None:
        return Answer.TOO_LATE
    if line == "poweroff":
        return _attempt(powers.power_off, Answer.POWER_FAILED)
    wanted = _SET_CLOCK.fullmatch(line)
    if wanted is None:
        return Answer.NOT_A_REQUEST
    utc_s = int(wanted[1])
    if not EARLIEST_UTC_S <= utc_s <= LATEST_UTC_S:
        return Answer.NOT_A_TIME
    return _attempt(lambda: powers.set_clock(utc_s), Answer.CLOCK_FAILED)


def _attempt(act: Callable[[], None], failed: Answer) -> Answer:
    try:
        act()
    except OSError:
        return failed
    return Answer.DONE


def _read_line(connection: socket.socket) -> str | None:
    """Return the first line without its end, empty if it is not one; None if it took too long."""
    heard, until_s = b"", time.monotonic() + READ_WITHIN_S
    while not heard.endswith(b"\n"):
        left_s = until_s - time.monotonic()
        if left_s <= 0 or not select.select([connection], [], [], left_s)[0]:
            return None
        try:
            more = connection.recv(MAX_REQUEST_BYTES + 1 - len(heard))
        except OSError:
            return ""
        heard += more
        if not more or len(heard) > MAX_REQUEST_BYTES:
            return ""
    return heard[:-1].decode("ascii", "replace")


def _set_clock(utc_s: int) -> None:
    time.clock_settime(time.CLOCK_REALTIME, utc_s)


def _power_off() -> None:
    try:
        subprocess.run(_POWER_OFF, check=True, timeout=5, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    except subprocess.SubprocessError as error:
        raise OSError("the service manager did not take it") from error


def main() -> int:
    """Serve the connection on standard input; return 0 when it was done."""
    try:
        served_uid: int | None = pwd.getpwnam(SERVED_USER).pw_uid
    except KeyError:
        served_uid = None
    with socket.socket(fileno=os.dup(0)) as connection:
        answer = serve(connection, served_uid, Powers(_set_clock, _power_off))
    print(f"event=STEWARD answer={answer.replace(' ', '_')}", file=sys.stderr)  # noqa: T201
    return 0 if answer is Answer.DONE else 1


if __name__ == "__main__":
    sys.exit(main())
