"""Opening a port that may hang in it: in a thread of its own, waited for without falling silent.

A driver or an adapter that is stuck can keep an open waiting for ever.  That must cost its own
instrument alone: the thread of the port goes on beating, refuses orders, and says so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from appliance.instruments.port import Port

OPENS_WITHIN_S = 3.0
"""Ours, in real time: an adapter that was just plugged in opens within a fraction of it."""
LOOK_EVERY_S = 0.2


class _Attempt:
    """One opening; whoever gave it up does not get the port any more."""

    def __init__(self, open_port: Callable[[], Port]) -> None:
        self._open_port = open_port
        self._lock = threading.Lock()
        self._given_up = False
        self._port: Port | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Open it; close it at once where nobody waits any more."""
        port: Port | None = None
        error: Exception | None = None
        try:
            port = self._open_port()
        except Exception as fault:  # noqa: BLE001 - handed on to the thread that waits
            error = fault
        with self._lock:
            self._port, self._error = port, error
            given_up = self._given_up
        if given_up and port is not None:
            port.close()

    def give_up(self) -> None:
        """Leave the port to whoever still opens it; one that is open by now is closed."""
        with self._lock:
            self._given_up = True
            port = self._port
        if port is not None:
            port.close()

    def result(self) -> Port:
        """Return the open port, or raise what the opening raised."""
        if self._error is not None:
            raise self._error
        if self._port is None:
            raise RuntimeError("the opening is not over")
        return self._port


def open_patiently(
    open_port: Callable[[], Port],
    name: str,
    stop: threading.Event,
    waiting: Callable[[bool], None],
) -> Port | None:
    """Return the open port; None when `stop` came first.  Raises what open_port raises.

    waiting: called again and again meanwhile, with whether it takes longer than any port should.
    """
    attempt = _Attempt(open_port)
    thread = threading.Thread(target=attempt.run, name=f"open:{name}", daemon=True)
    thread.start()
    late_s = time.monotonic() + OPENS_WITHIN_S
    while True:
        thread.join(LOOK_EVERY_S)
        if not thread.is_alive():
            return attempt.result()
        if stop.is_set():
            attempt.give_up()
            return None
        waiting(time.monotonic() >= late_s)
