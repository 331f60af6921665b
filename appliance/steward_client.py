"""Asking the steward to set the clock or to switch the machine off.

Blocks for as long as `timeout_s`: never call it from the main loop.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path

SOCKET = Path("/run/bedside-steward")
TIMEOUT_S = 5.0
"""A root program is started for each request; a slow card takes a second for that."""
NO_ANSWER, LATE = "NO_ANSWER", "LATE"
"""It died without an answer; it has not answered yet."""
_MAX_ANSWER_BYTES = 64


class StewardError(Exception):
    """The steward did not do it.

    code: what it answered, or NO_STEWARD, NO_ANSWER, LATE; for the journal.  The message is for
    the person at the keypad.
    """

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(words)


def set_clock(utc_s: int, *, path: Path = SOCKET, timeout_s: float = TIMEOUT_S) -> None:
    """Set the machine's clock to this many UTC seconds.  Raises StewardError."""
    code = _ask(f"set-clock {utc_s}", path, timeout_s)
    if code == "refused RANGE":
        raise StewardError(code, "The clock was not set: no true clock reads that. Check the date.")
    if code != "done":
        raise StewardError(code, "The clock was not set and runs on as before. Tell a technician.")


def power_off(*, path: Path = SOCKET, timeout_s: float = TIMEOUT_S) -> None:
    """Have the machine end everything in good order and switch off.  Raises StewardError.

    Returns as soon as that has begun; the daemon is then told to stop like any other.  No answer
    is no refusal: a busy machine may be on its way already, and what ends everything may end the
    steward before it has answered.  The caller waits anyhow, and says if nothing came of it.
    """
    code = _ask("poweroff", path, timeout_s)
    if code not in ("done", LATE, NO_ANSWER):
        words = "The appliance could not switch off by itself. It still runs. Tell a technician."
        raise StewardError(code, words)


def _ask(request: str, path: Path, timeout_s: float) -> str:
    """Return the steward's answer, or a code that says why there is none."""
    heard, until_s = b"", time.monotonic() + timeout_s
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as asking:
        asking.settimeout(timeout_s)
        try:
            asking.connect(str(path))
        except OSError:
            return "NO_STEWARD"
        try:
            asking.sendall(f"{request}\n".encode("ascii"))
        except OSError:
            return NO_ANSWER
        while not heard.endswith(b"\n") and len(heard) < _MAX_ANSWER_BYTES:
            asking.settimeout(max(until_s - time.monotonic(), 0.001))
            try:
                more = asking.recv(_MAX_ANSWER_BYTES - len(heard))
            except TimeoutError:
                return LATE
            except OSError:
                return NO_ANSWER
            if not more:
                return NO_ANSWER
            heard += more
    return heard.decode("ascii", "replace").strip()
