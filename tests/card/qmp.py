"""Talks to QEMU: the QEMU Machine Protocol over a local socket, with a deadline on everything.

Source: QEMU, docs/interop/qmp-spec.rst.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

ANSWER_WITHIN_S = 30.0
"""An emulator on a loaded machine; it answers in milliseconds otherwise."""


class QemuError(Exception):
    """QEMU refused a command, did not answer, or is gone."""


class Qmp:
    """One connection; it listens, and QEMU connects.  events: all that QEMU told so far."""

    def __init__(self, path: Path) -> None:
        self.events: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._asked = 0
        self._gone = False
        self._connection: socket.socket | None = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)

    def accept(self, within_s: float) -> None:
        """Wait for QEMU.  Raises QemuError."""
        self._listener.settimeout(within_s)
        try:
            self._connection, _ = self._listener.accept()
        except TimeoutError as error:
            raise QemuError(f"QEMU did not connect within {within_s:g} s") from error
        self._connection.settimeout(None)
        threading.Thread(target=self._read, args=(self._connection,), daemon=True).start()
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: object) -> Any:
        """Give a command; return what it returns.  Raises QemuError."""
        if self._connection is None:
            raise QemuError("QEMU is not connected")
        self._asked += 1
        number = self._asked
        words = {"execute": command, "arguments": arguments, "id": number}
        try:
            self._connection.sendall(json.dumps(words).encode() + b"\n")
        except OSError as error:
            raise QemuError(f"QEMU is gone: {command} could not be given") from error
        with self._changed:
            told = self._changed.wait_for(
                lambda: number in self._answers or self._gone, ANSWER_WITHIN_S
            )
            answer = self._answers.pop(number, None)
        if answer is None:
            why = "is gone" if told else f"did not answer within {ANSWER_WITHIN_S:g} s"
            raise QemuError(f"QEMU {why}: {command}")
        if "error" in answer:
            raise QemuError(f"{command} {arguments}: {answer['error']['desc']}")
        return answer["return"]

    def wait_for(self, name: str, within_s: float) -> dict[str, Any]:
        """Return the first event of this name; wait for it.  Raises QemuError."""
        until_s = time.monotonic() + within_s
        with self._changed:
            while True:
                for event in self.events:
                    if event["event"] == name:
                        return event
                left_s = until_s - time.monotonic()
                if left_s <= 0 or self._gone:
                    raise QemuError(f"QEMU told of no {name} within {within_s:g} s")
                self._changed.wait(left_s)

    def close(self) -> None:
        """Hang up."""
        for each in (self._connection, self._listener):
            if each is not None:
                with contextlib.suppress(OSError):  # QEMU hung up first
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def _read(self, connection: socket.socket) -> None:
        lines = connection.makefile("r", encoding="utf-8")
        with lines, contextlib.suppress(OSError, ValueError):
            for line in lines:
                self._keep(json.loads(line))
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def _keep(self, told: dict[str, Any]) -> None:
        with self._changed:
            if "event" in told:
                self.events.append(told)
            elif "id" in told:
                self._answers[told["id"]] = told
            self._changed.notify_all()
