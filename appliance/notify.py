"""Telling systemd: one datagram for each message (sd_notify(3)).

systemd's own library sends it where its Python binding is installed, as on the card; else
this module does.  Without NOTIFY_SOCKET in the environment there is nobody to tell and
nothing is sent.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

try:
    from systemd.daemon import notify as _notify_by_library
except ImportError:
    _notify_by_library = None


class Notifier:
    """Sends READY, STATUS, WATCHDOG and STOPPING to the service manager, if there is one."""

    def __init__(
        self,
        address: str | None = None,
        library: Callable[[str], object] | None = _notify_by_library,
    ) -> None:
        """Take the address from the environment, or this one, which only our own way can use.

        library: systemd's own notify(); None: not installed.
        """
        self._library = library if address is None else None
        address = os.environ.get("NOTIFY_SOCKET", "") if address is None else address
        # A leading @ stands for an abstract socket, whose name begins with a NUL.
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def ready(self) -> None:
        """Say that the appliance serves, or shows why it does not."""
        self._send("READY=1")

    def status(self, words: str) -> None:
        """Say in one line what the appliance does; never a value of a patient."""
        self._send(f"STATUS={words}")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            if self._library is not None:
                self._library(message)
            else:
                self._send_datagram(message)
        except OSError:
            # The manager is gone or its queue is full.  A lost ping is the watchdog's
            # to judge; the bedside goes on.
            return

    def _send_datagram(self, message: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.sendto(message.encode(), self._address)
