"""The real input device: opening it, grabbing it, and what staff are told when that fails.

Everything above works on a plain file descriptor, so that tests give it one of theirs.
"""

from __future__ import annotations

import errno
import fcntl
import os
from typing import Final

from appliance.panel.evdev_codes import EVIOCGRAB

UNPLUGGED: Final = "The keypad is unplugged. Plug it in again."

_GONE: Final = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO})
"""No such link; a device that went (host-notes: read ends with errno 19), also while opening."""

_WORDS: Final = {
    errno.EBUSY: "The keypad is in use by another program. Tell the technician.",
    errno.EACCES: "The keypad may not be opened. Tell the technician: group input, DeviceAllow.",
    errno.EPERM: "The keypad may not be opened. Tell the technician: group input, DeviceAllow.",
    errno.ENOTTY: "keypad.device is not an input device. Tell the technician.",
    errno.EINVAL: "keypad.device is not an input device. Tell the technician.",
}


def open_input_device(path: str) -> int:
    """Open an input device; return its descriptor.  Raises OSError."""
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)


def grab_input_device(descriptor: int) -> None:
    """Take all events of an open input device, so that no console types them too.

    The kernel lets go when the descriptor is closed.
    Raises OSError: EBUSY when another program has grabbed it.
    """
    fcntl.ioctl(descriptor, EVIOCGRAB, 1)


def trouble(error: OSError) -> str:
    """Return for staff why the keypad cannot be used."""
    if error.errno in _GONE:
        return UNPLUGGED
    name = errno.errorcode.get(error.errno or 0, "unknown error")
    return _WORDS.get(error.errno or 0, f"The keypad does not work ({name}). Plug it in anew.")
