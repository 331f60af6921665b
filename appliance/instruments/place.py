"""Where one instrument is plugged in: its port is found again and opened, never another's.

It is known by the path of the settings until it was opened once, and from then on by what the
device is: a number in /dev that another one took is left alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial

from appliance.instruments.identity import (
    ComPorts,
    PortIdentity,
    PortKind,
    find_again,
    identify,
)
from appliance.instruments.instrument import Instrument
from appliance.instruments.opening import open_patiently
from appliance.instruments.port import Port
from appliance.instruments.protocols import LineSettings

OpenPort = Callable[[str, LineSettings, threading.Event], Port]


class NotThereError(Exception):
    """The instrument's device is not plugged in."""


class PortPlace:
    """The port of one instrument.  `comports`, `open_port`: the hardware seams."""

    def __init__(self, instrument: Instrument, comports: ComPorts, open_port: OpenPort) -> None:
        self._instrument = instrument
        self._comports = comports
        self._open_port = open_port
        self._identity: PortIdentity | None = None

    @property
    def identity(self) -> PortIdentity | None:
        """The device that was opened; None before the first time."""
        return self._identity

    def device(self) -> str | None:
        """Return the device that is this instrument's now; None while it is away."""
        found = self._find()
        return None if found is None else os.path.realpath(found)

    def open(self, stop: threading.Event, waiting: Callable[[bool], None]) -> Port | None:
        """Return the open port; None when `stop` came first.  Raises NotThereError, PortLostError.

        waiting: called meanwhile, with whether it takes longer than any port should.
        """
        found = self._find()
        if found is None:
            raise NotThereError(self._instrument.name)
        # Identified before it is opened: what is there behind it may be another by then.
        identity = self._identity or identify(self._instrument.path, self._comports)
        line = self._instrument.line or self._instrument.protocol.line
        opening = partial(self._open_port, found, line, stop)
        port = open_patiently(opening, self._instrument.name, stop, waiting)
        if port is not None:
            self._identity = identity
        return port

    def _find(self) -> str | None:
        # Until it was opened once, the path of the settings is all that is known of it.
        identity = self._identity or PortIdentity(PortKind.PATH, self._instrument.path)
        return find_again(identity, self._comports)
