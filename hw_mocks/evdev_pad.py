"""A simulated USB number pad: the bytes of its input device, on a real descriptor.

Each opening gives the far end of a new pseudo-terminal in raw mode.  So the reader under test
polls and reads a real file, events may be cut anywhere, and pulling the plug ends its next
read with a real errno (EIO; a real pad's is ENODEV).

Streams are as the kernel makes them: MSC_SCAN before each change, SYN_REPORT after it, repeats
of a held key, SYN_DROPPED after an overrun.  What is typed while nobody has the device open is
lost, as on a machine.  Source: linux/input-event-codes.h, drivers/input/input.c, evdev.c.
"""

from __future__ import annotations

import errno
import os
import select
import struct
import threading
import time
import tty
from collections.abc import Callable, Iterable
from typing import Final

INPUT_EVENT: Final = struct.Struct("llHHi")

EV_SYN, EV_KEY, EV_MSC, EV_LED = 0x00, 0x01, 0x04, 0x11
SYN_REPORT, SYN_DROPPED, MSC_SCAN, LED_NUML = 0, 3, 4, 0
UP, DOWN, REPEAT = 0, 1, 2

CODES: Final = {
    "NumLock": 69, "/": 98, "*": 55, "Backspace": 14,
    "7": 71, "8": 72, "9": 73, "-": 74,
    "4": 75, "5": 76, "6": 77, "+": 78,
    "1": 79, "2": 80, "3": 81, "Enter": 96,
    "0": 82, ".": 83, "Power": 116,
}  # fmt: skip
"""The keys as they lie on a pad, and the code that the kernel gives each."""

_OF_A_MATRIX: Final = {
    "A": "Enter", "B": "-", "C": "Backspace", "D": "+", "*": ".", "#": "/", "power": "Power",
}  # fmt: skip

REPEATS: Final = 20
"""What a second of holding a key brings: one after 250 ms, then 30 a second."""


def on_a_pad(printed: str) -> str:
    """Return the pad's key that means the same as this one of the 4x4 matrix."""
    return _OF_A_MATRIX.get(printed, printed)


def event(kind: int, code: int, value: int) -> bytes:
    """Return one struct input_event of now."""
    now_us = time.time_ns() // 1000
    return INPUT_EVENT.pack(now_us // 1_000_000, now_us % 1_000_000, kind, code, value)


def report(*changes: tuple[int, int], scan: bool = True) -> bytes:
    """Return one report: changes of keys (code, value) that happened at one time.

    A repeat comes from the kernel, not from the pad: no scan code, and a 1 in its SYN_REPORT.
    """
    parts = []
    for code, value in changes:
        if scan and value != REPEAT:
            parts.append(event(EV_MSC, MSC_SCAN, 0x70000 | code))
        parts.append(event(EV_KEY, code, value))
    only_repeats = all(value == REPEAT for _, value in changes)
    return b"".join(parts) + event(EV_SYN, SYN_REPORT, int(bool(changes) and only_repeats))


def overrun(last: bytes) -> bytes:
    """Return what a reader finds that was too slow: SYN_DROPPED, then the rest of a report."""
    return event(EV_SYN, SYN_DROPPED, 0) + last


class SimulatedPad:
    """One pad and its path.  `open` and `grab` are what the keypad under test is given.

    noisy: sends NumLock around every key, as many pads do.
    grab_errno: grabbing is refused so; 0 when it works.
    """

    def __init__(self, path: str, *, noisy: bool = False, plugged: bool = True) -> None:
        self.path = path
        self.noisy = noisy
        self.grab_errno = 0
        self.attempts: list[float] = []
        self._plugged = plugged
        self._grabbed = False
        self._master = -1
        self._slave = -1
        self._moved = threading.Condition()

    def open(self, path: str) -> int:
        """Open the device at this path, as os.open would; a second opening ends the first."""
        with self._moved:
            self.attempts.append(time.monotonic())
            self._moved.notify_all()
            if path != self.path or not self._plugged:
                raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            self._let_go()
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._slave, False)
            return self._master

    def grab(self, descriptor: int) -> None:
        """Grab the device, as EVIOCGRAB would."""
        with self._moved:
            if self.grab_errno:
                raise OSError(self.grab_errno, os.strerror(self.grab_errno))
            if descriptor != self._master:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            self._grabbed = True
            self._moved.notify_all()

    @property
    def grabbed(self) -> bool:
        """Whether somebody has all its events; closing the descriptor lets go of them."""
        with self._moved:
            if not self._grabbed:
                return False
            hung_up = select.poll()
            hung_up.register(self._slave, 0)
            return not hung_up.poll(0)

    def plug(self) -> None:
        """Put the plug in: the path leads to the pad again."""
        with self._moved:
            self._plugged = True

    def unplug(self) -> None:
        """Pull the plug: the path is gone, and so is what nobody has read yet."""
        with self._moved:
            self._plugged = False
            self._let_go()

    def press(self, printed: str) -> None:
        """Press and release a key."""
        code = CODES[printed]
        self.send(self._with_noise(report((code, DOWN)) + report((code, UP))))

    def hold(self, printed: str, repeats: int = REPEATS) -> None:
        """Press a key and keep it down for so many repeats."""
        code = CODES[printed]
        held = report((code, DOWN)) + b"".join(report((code, REPEAT)) for _ in range(repeats))
        self.send(self._with_noise(held))

    def release(self, printed: str) -> None:
        """Release a key."""
        self.send(self._with_noise(report((CODES[printed], UP))))

    def send(self, data: bytes, deadline_s: float = 5.0) -> None:
        """Give these bytes to whoever has the device open; without a reader they are lost.

        Raises TimeoutError when a reader does not read.
        """
        with self._moved:
            slave = self._slave
            if slave < 0 or self.grab_errno == errno.EBUSY:
                return  # nobody has it open, or only the program that grabbed it hears it
        writable = select.poll()
        writable.register(slave, select.POLLOUT)
        until_s = time.monotonic() + deadline_s
        while data:
            if time.monotonic() > until_s:
                raise TimeoutError("nobody reads the simulated number pad")
            writable.poll(100)
            try:
                data = data[os.write(slave, data) :]
            except BlockingIOError:
                continue
            except OSError:
                return

    def send_in_pieces(self, pieces: Iterable[bytes]) -> None:
        """Give each of these bytes by itself, in order."""
        for piece in pieces:
            self.send(piece)

    def await_reader(self, deadline_s: float = 10.0) -> None:
        """Wait until somebody has grabbed the pad.  Raises TimeoutError."""
        if not self.wait_until(lambda: self._grabbed, deadline_s):
            raise TimeoutError("nobody grabbed the simulated number pad")

    def wait_until(self, condition: Callable[[], bool], deadline_s: float) -> bool:
        """Wait until this holds of the pad; return whether it did before the deadline."""
        with self._moved:
            return self._moved.wait_for(condition, deadline_s)

    def _with_noise(self, data: bytes) -> bytes:
        if not self.noisy:
            return data
        lock = CODES["NumLock"]
        lamp_on, lamp_off = (event(EV_LED, LED_NUML, on) for on in (1, 0))
        turned = report((lock, DOWN)) + report((lock, UP))
        return turned + lamp_on + report() + data + turned + lamp_off + report()

    def _let_go(self) -> None:
        if self._slave >= 0:
            os.close(self._slave)
        self._master = self._slave = -1
        self._grabbed = False
