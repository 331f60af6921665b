"""Runs on the test's machine, in a unit: tries what the daemon must not be able to do.

Prints one JSON object: for each attempt "ok", or the name of the error it met.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def open_device(path: str) -> None:
    """Open a device as the daemon opens its instruments."""
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY))


def open_to_read(path: str) -> None:
    """Open a file or device to read."""
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def make_socket(family: int) -> None:
    """Make one socket of this family."""
    socket.socket(family, socket.SOCK_DGRAM).close()


def write_and_run(folder: str) -> None:
    """Put a program in a folder and run it."""
    path = Path(folder) / "probe-program"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    try:
        subprocess.run([str(path)], check=True)
    finally:
        path.unlink()


def write(path: str) -> None:
    """Write a file."""
    Path(path).write_text("x")
    Path(path).unlink()


def map_to_execute() -> None:
    """Ask for memory that can be written and executed."""
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def set_clock() -> None:
    """Set the clock to what it reads."""
    time.clock_settime(time.CLOCK_REALTIME, time.time())


def new_namespace() -> None:
    """Make a user namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def others_seen() -> None:
    """Look for a process of another user."""
    if not Path("/proc/1").exists():
        raise OSError(errno.ENOENT, "no other process")


def ask_steward(request: str) -> str:
    """Return what the steward answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(10)
        asking.connect("/run/bedside-steward")
        asking.sendall(request.encode() + b"\n")
        return asking.recv(100).decode().strip()


ATTEMPTS: dict[str, Callable[[], object]] = {
    "socket inet": lambda: make_socket(socket.AF_INET),
    "socket inet6": lambda: make_socket(socket.AF_INET6),
    "socket netlink": lambda: make_socket(socket.AF_NETLINK),
    "socket packet": lambda: make_socket(socket.AF_PACKET),
    "socket unix": lambda: make_socket(socket.AF_UNIX),
    "device input": lambda: open_to_read("/dev/input/event99"),
    "device input to write": lambda: open_device("/dev/input/event99"),
    "device of the instrument": lambda: open_device("/dev/cuff"),
    "device of nobody's group": lambda: open_device("/dev/forbidden-group"),
    "device vcs": lambda: open_to_read("/dev/forbidden-vcs"),
    "device fuse": lambda: open_to_read("/dev/forbidden-fuse"),
    "device null": lambda: open_device("/dev/null"),
    "write state": lambda: write("/var/lib/bedside/probe"),
    "write run": lambda: write("/run/bedside/probe"),
    "write etc": lambda: write("/etc/bedside/probe"),
    "write program": lambda: write("/opt/bedside/probe"),
    "run from state": lambda: write_and_run("/var/lib/bedside"),
    "run from run": lambda: write_and_run("/run/bedside"),
    "run from tmp": lambda: write_and_run("/tmp"),
    "run from shm": lambda: write_and_run("/dev/shm"),
    "map to execute": map_to_execute,
    "set clock": set_clock,
    "new namespace": new_namespace,
    "see others": others_seen,
}


def outcome(attempt: Callable[[], object]) -> object:
    """Return "ok", the answer, or the error's name."""
    try:
        answer = attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return "ok" if answer is None else answer


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(outcome(lambda: ask_steward(sys.argv[1]))))
    else:
        print(json.dumps({name: outcome(attempt) for name, attempt in ATTEMPTS.items()}))
