"""The daemon's state over a local socket: one JSON object for each connection, then the end.

The server never reads what a client sends, waits for none, and keeps none: a client that
connects and goes away, or does not take its answer, costs one bounded send.  The socket
belongs to the appliance's group (mode 0660).  Nothing of a patient is in a status.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from appliance.events import Event, WorkerDied
from appliance.heartbeat import Heartbeats

NAME = "status"
FORM = 1
"""Version of the JSON form; a change of meaning raises it."""
SEND_WITHIN_S = 0.5
TURN_S = 1.0
BACKLOG = 16
QUEUE_RETRY_S = 0.02
MAX_ANSWER_BYTES = 1024 * 1024


class NotRunning(Exception):
    """No daemon answers on the socket.  Its text is for the person who asked."""


class StatusServer:
    """Answers on one socket until stopped.

    snapshot: what to say; called on this thread, so it may only read what is safe to read.
    """

    def __init__(
        self,
        path: Path,
        snapshot: Callable[[], Mapping[str, Any]],
        post: Callable[[Event], None],
        beats: Heartbeats,
    ) -> None:
        self._path, self._snapshot, self._post, self._beats = path, snapshot, post, beats
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)

    def start(self) -> None:
        """Bind and begin to answer; raise OSError where the socket cannot be made."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o117)
        try:
            self._listener.bind(str(self._path))
        finally:
            os.umask(before)
        self._listener.listen(BACKLOG)
        self._listener.settimeout(TURN_S)
        self._beats.beat(NAME)
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """End the thread and remove the socket; whether it ended in time."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        self._listener.close()
        self._path.unlink(missing_ok=True)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._beats.beat(NAME)
                self._answer_one()
        except Exception as error:  # noqa: BLE001 - top of a thread: nobody else would hear of it
            self._post(WorkerDied(NAME, type(error).__name__))
            return
        self._beats.retire(NAME)

    def _answer_one(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except TimeoutError:
            return
        with connection:
            connection.settimeout(SEND_WITHIN_S)
            try:
                connection.sendall(json.dumps(self._snapshot()).encode() + b"\n")
            except OSError:
                # The client is gone or does not listen; that is its own affair.
                return


def read_status(path: Path, within_s: float = 2.0) -> dict[str, Any]:
    """Ask the daemon on this socket; raise NotRunning."""
    chunks: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asker:
        asker.settimeout(within_s)
        try:
            _connect(asker, path, time.monotonic() + within_s)
            while chunk := asker.recv(65536):
                chunks.append(chunk)
                if sum(map(len, chunks)) > MAX_ANSWER_BYTES:
                    raise NotRunning(f"what answers on {path} is not the appliance")
        except OSError as error:
            words = error.strerror or "no answer in time"
            raise NotRunning(f"no appliance answers on {path}: {words}") from error
    try:
        answer = json.loads(b"".join(chunks))
    except ValueError as error:
        raise NotRunning(f"what answers on {path} is not the appliance") from error
    if not isinstance(answer, dict):
        raise NotRunning(f"what answers on {path} is not the appliance")
    return answer


def _connect(asker: socket.socket, path: Path, until_s: float) -> None:
    """Connect, waiting for a place in the queue of a daemon that many ask at once."""
    while True:
        try:
            asker.connect(str(path))
        except BlockingIOError:
            if time.monotonic() > until_s:
                raise
            time.sleep(QUEUE_RETRY_S)
        else:
            return
