"""The serial port itself: how it is opened, read in batches, and how its loss shows.

Unplugging surfaces as several exceptions, depending on where it strikes (pyserial issues
86, 341, 297, 401, 417, 572): the one place that knows them is here.
"""

from __future__ import annotations

import contextlib
import errno
import select
import termios
import threading
import time

import serial

from appliance.instruments.protocols import GATHER_S, LineSettings

READ_TIMEOUT_S = 0.2
"""The longest wait for a first byte; a request to stop is seen after it."""
SETTLE_S = 0.02
"""How long after opening bytes are thrown away: adapters hold some for up to 16 ms."""
WRITE_TIMEOUT_S = 0.5
"""A port that takes no bytes for so long is lost: commands are a few bytes."""
BATCH_BYTES = 4096
"""At most so many bytes are taken at once."""

_HELD = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EBUSY})
_LOSS = (serial.SerialException, OSError, termios.error, TypeError)


class PortLostError(Exception):
    """The port cannot be used (any more).

    fault: what kind of fault, in one word that may be counted.  held: another program
    has it.
    """

    def __init__(self, error: Exception) -> None:
        number = getattr(error, "errno", None)
        if number is None and isinstance(error, termios.error) and error.args:
            number = error.args[0]
        name = errno.errorcode.get(number) if isinstance(number, int) else None
        self.fault = name or type(error).__name__
        self.held = number in _HELD
        super().__init__(self.fault)


class Port:
    """An open serial port of which this program is the only reader."""

    def __init__(self, path: str, line: LineSettings, stop: threading.Event) -> None:
        """Open it and throw away what was waiting there: it may be another patient's.

        Raises PortLostError; nothing is left open then.  `stop` cuts every wait short.
        """
        self._stop = stop
        self._serial = serial.Serial(
            baudrate=line.baud,
            bytesize=line.data_bits,
            parity=line.parity,
            stopbits=line.stop_bits,
            timeout=0,  # a read takes what is there; the waiting is in read_batch
            write_timeout=WRITE_TIMEOUT_S,
            exclusive=True,
        )
        # Set before opening, so that the levels do not swing and reset the board.  Both
        # alike: RTS without DTR holds boards with an ESP32 in reset.
        self._serial.dtr = line.dtr
        self._serial.rts = line.dtr
        self._serial.port = path
        try:
            self._serial.open()
            self._stop.wait(SETTLE_S)
            self._serial.reset_input_buffer()
        except _LOSS as error:
            self.close()
            raise PortLostError(error) from error

    def read_batch(self, wait_s: float = READ_TIMEOUT_S, gather_s: float = GATHER_S) -> bytes:
        """Return the bytes that came, none after wait_s.  Raises PortLostError.

        gather_s: how long after the first byte the rest of the batch is waited for.
        """
        try:
            ready, _, _ = select.select([self._serial.fileno()], [], [], wait_s)
            if not ready:
                return b""
            # A plain sleep: half the price of waiting for the stop, which can wait so long.
            time.sleep(gather_s)
            batch: bytes = self._serial.read(BATCH_BYTES)
        except _LOSS as error:
            raise PortLostError(error) from error
        return batch

    def write(self, data: bytes) -> None:
        """Write all of it.  Raises PortLostError when the port does not take it in time."""
        try:
            self._serial.write(data)
        except _LOSS as error:
            raise PortLostError(error) from error

    def drain(self, within_s: float) -> bool:
        """Wait until what was written has left the system; whether it has, in this time.

        What has not is thrown away then: to close the port, the kernel would wait 30 s for it.
        """
        until_s = time.monotonic() + within_s
        try:
            # Not flush(): that waits for ever on an adapter that hangs.
            while self._serial.out_waiting:
                if time.monotonic() >= until_s:
                    self._serial.reset_output_buffer()
                    return False
                time.sleep(0.005)
        except _LOSS as error:
            raise PortLostError(error) from error
        return True

    def close(self) -> None:
        """Close it at once: a dead file that stays open makes the device change its number."""
        with contextlib.suppress(*_LOSS):
            self._serial.close()
