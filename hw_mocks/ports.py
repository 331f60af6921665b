"""A serial port made of a pseudo-terminal, with a cable that can be pulled.

The port keeps one name (a symbolic link) while the pty behind it changes with every plug,
as a udev link keeps the name of a USB adapter.
"""

from __future__ import annotations

import os
import termios
import tty
from collections.abc import Callable
from pathlib import Path

from appliance.clock import Clock, SystemClock
from hw_mocks.damage import Damage


class SimulatedPort:
    """The instrument's end of one port.

    wire: what becomes of bytes on their way, in either direction; damages them in tests.
    damage: faults of the line towards the appliance; clock tells it when.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wire: Callable[[bytes], bytes] | None = None
        self.damage: Damage | None = None
        self.clock: Clock = SystemClock()
        self._master: int | None = None

    @property
    def plugged(self) -> bool:
        """Whether the cable is in."""
        return self._master is not None

    def plug(self) -> None:
        """Make the port appear under its name."""
        if self._master is not None:
            return
        master, slave = os.openpty()
        tty.setraw(slave, termios.TCSANOW)
        os.set_blocking(master, False)
        temporary = self.path.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(os.ttyname(slave))
        temporary.replace(self.path)
        # The slave is left to the appliance: while nobody has it open, writes are dropped.
        os.close(slave)
        self._master = master

    def unplug(self) -> None:
        """Make the port disappear; whoever has it open gets an error."""
        if self._master is None:
            return
        self.path.unlink(missing_ok=True)
        os.close(self._master)
        self._master = None

    def write(self, data: bytes) -> None:
        """Send bytes; they are lost when the cable is out or nobody reads."""
        if self._master is None:
            return
        if self.wire is not None:
            data = self.wire(data)
        pieces = [data]
        if self.damage is not None:
            pieces = self.damage.pieces(data, self.clock.now().mono_s)
        try:
            for piece in pieces:
                os.write(self._master, piece)
        except BlockingIOError:
            return

    def read(self) -> bytes:
        """Return what the appliance sent, or nothing."""
        if self._master is None:
            return b""
        if self.damage is not None:
            self.write(b"")  # what was held back may be due by now
        try:
            data = os.read(self._master, 4096)
        except OSError:
            # Nothing there, or nobody has the other end open.
            return b""
        return data if self.wire is None else self.wire(data)
