"""A USB number pad as a keypad, read from its input device with the standard library alone.

The pad is grabbed, so that its keys reach no console.  It may be absent at the start and may
be unplugged at any time: that is a fault in words, never an error, and the pad is used again
as soon as the same path leads to it again.  Which path that is must not depend on the order of
plugging: a link of /dev/input/by-id, by-path, or an own udev rule.

What the bytes mean is decided in evdev_logic, the codes are in evdev_codes, the real device is
in evdev_device; here is only the thread between them.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from appliance.clock import Clock
from appliance.events import KeypadFaulted, KeyPressed, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.panel.evdev_codes import EVENT
from appliance.panel.evdev_device import UNPLUGGED, grab_input_device, open_input_device, trouble
from appliance.panel.evdev_logic import PadLogic
from appliance.panel.keypad import KeypadError, Post

WORKER: Final = "keypad"

IDLE_CHECK_S: Final = 0.5
"""How often an idle keypad beats its heart and looks for stuck keys."""

RETRY_S: Final = 0.25
"""From one attempt at the device to the next while it cannot be used."""

READ_BYTES: Final = 64 * EVENT.size
"""The kernel keeps at least 64 events for a slow reader; so many are taken at once."""


class InputDevices(Protocol):
    """Opens and grabs input devices; both raise OSError."""

    def open(self, path: str) -> int:
        """Return the descriptor of a device."""
        ...

    def grab(self, descriptor: int) -> None:
        """Take all its events."""
        ...


class EvdevKeypad:
    """Reads an input device on a thread of its own; posts KeyPressed and KeypadFaulted."""

    def __init__(
        self,
        device: str,
        *,
        clock: Clock,
        heartbeats: Heartbeats,
        open_device: Callable[[str], int] = open_input_device,
        grab: Callable[[int], None] = grab_input_device,
    ) -> None:
        """Take the path of the input device; open nothing yet.

        open_device: gives the descriptor of a path, which is closed here.  grab: takes all its
        events.  Both raise OSError.
        Raises KeypadError when there is no path.
        """
        if not device:
            raise KeypadError("the settings name no keypad.device")
        self._device = device
        self._clock = clock
        self._heartbeats = heartbeats
        self._open_device = open_device
        self._grab = grab
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._bell: int | None = None
        self._fault = ""

    def start(self, post: Post) -> None:
        """Begin to look for the pad and to read it.  An absent pad is a fault, not an error."""
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._heartbeats.beat(WORKER)
        self._thread = threading.Thread(target=self._run, args=(self._bell, post), name=WORKER)
        self._thread.daemon = True
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Stop reading and close the device; return whether that ended within the time."""
        self._stopping.set()
        if self._thread is None:
            return True
        if self._bell is not None:
            os.eventfd_write(self._bell, 1)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        if self._bell is not None:
            os.close(self._bell)
            self._bell = None
        return True

    def _run(self, bell: int, post: Post) -> None:
        try:
            while not self._stopping.is_set():
                self._heartbeats.beat(WORKER)
                self._use_device(bell, post)
                # Waited after every loss, however it came: a pad with a bad plug must not spin.
                _wait(RETRY_S, bell)
        except Exception as error:  # noqa: BLE001 - worker top: whatever it is must be told
            # The heart is not retired: a dead keypad must stop the watchdog's pings.
            post(WorkerDied(WORKER, type(error).__name__))
        else:
            self._heartbeats.retire(WORKER)

    def _use_device(self, bell: int, post: Post) -> None:
        """Open the device, and read it until it is lost or the keypad is stopped."""
        try:
            descriptor = self._open_device(self._device)
        except OSError as error:
            self._tell(trouble(error), post)
            return
        try:
            os.set_blocking(descriptor, False)
            self._grab(descriptor)
            self._tell("", post)
            words = self._read_keys(descriptor, bell, post)
        except OSError as error:
            words = trouble(error)
        finally:
            # Closed before anything is told: while it is open the pad comes back as another.
            with contextlib.suppress(OSError):  # some kernels say ENODEV here; it is closed
                os.close(descriptor)
        if not self._stopping.is_set():
            self._tell(words, post)

    def _read_keys(self, descriptor: int, bell: int, post: Post) -> str:
        """Post keys until the keypad is stopped; return what staff need to know of the end.

        Raises OSError when the device is lost.
        """
        logic = PadLogic()
        while not self._stopping.is_set():
            self._heartbeats.beat(WORKER)
            _wait(IDLE_CHECK_S, bell, descriptor)
            try:
                data = os.read(descriptor, READ_BYTES)
            except BlockingIOError:
                data = b""
            else:
                if not data:
                    return UNPLUGGED
            reading = logic.feed(data, time.monotonic())
            for key in reading.pressed:
                post(KeyPressed(key, self._clock.now().mono_s))
            if reading.fault is not None:
                self._tell(reading.fault, post)
        return ""

    def _tell(self, words: str, post: Post) -> None:
        if words != self._fault:
            self._fault = words
            post(KeypadFaulted(words))


def _wait(timeout_s: float, *descriptors: int) -> None:
    """Wait until one of them has something to read or has failed, or the time is over."""
    waiting = select.poll()
    for descriptor in descriptors:
        waiting.register(descriptor, select.POLLIN)
    waiting.poll(timeout_s * 1000)
