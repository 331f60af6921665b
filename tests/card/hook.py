"""The test's way into the machine, made outside the image: one service, put into /run.

An archive is laid behind the image's own initrd.  Its one script runs there, after the root
was mounted, and copies the files of `inside/` to /run, which systemd takes over: a unit that
obeys commands on a serial port of its own.  Neither the image nor its initrd is changed.
"""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path

INSIDE = Path(__file__).parent / "inside"
FOLDER = "bedside-test"
_SCRIPT = f"""#!/bin/sh
[ "$1" = prereqs ] && exit 0
mkdir -p /run/{FOLDER} /run/systemd/system/sysinit.target.wants
for each in /{FOLDER}/*; do
    name=${{each##*/}}
    case $name in
        *.service | *.target) cat "$each" >"/run/systemd/system/$name" ;;
        *) cat "$each" >"/run/{FOLDER}/$name" ;;
    esac
done
ln -s ../bedside-test-hook.service /run/systemd/system/sysinit.target.wants/
"""
_ORDER = '/scripts/local-bottom/bedside-test "$@"\n'


class HookError(Exception):
    """A command on the machine failed, or was not answered."""


def with_hook(initrd: bytes, port: str) -> bytes:
    """Return the image's initrd with the hook behind it.  port: the machine's serial device."""
    unit = (INSIDE / "bedside-test-hook.service").read_text("ascii").replace("@PORT@", port)
    files = {f"{FOLDER}/{path.name}": path.read_bytes() for path in sorted(INSIDE.iterdir())}
    files[f"{FOLDER}/bedside-test-hook.service"] = unit.encode("ascii")
    files["scripts/local-bottom/bedside-test"] = _SCRIPT.encode("ascii")
    files["scripts/local-bottom/ORDER"] = _ORDER.encode("ascii")
    padding = bytes(-len(initrd) % 512)
    return initrd + padding + archive(files)


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return files, and the folders they are in, as the kernel unpacks them.

    Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst (newc).
    """
    folders = {str(each) for name in files for each in Path(name).parents if str(each) != "."}
    entries = [(name, 0o040755, b"") for name in sorted(folders)]
    entries += [(name, 0o100755, content) for name, content in sorted(files.items())]
    data = b"".join(_entry(i, *entry) for i, entry in enumerate(entries, 1))
    return data + _entry(0, "TRAILER!!!", 0, b"")


def _entry(number: int, name: str, mode: int, content: bytes) -> bytes:
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % each for each in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


class Hook:
    """Listens for the machine's serial port and gives commands there, as root."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._connection: socket.socket | None = None
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._asked = 0
        self._ready = False

    def accept(self, within_s: float) -> None:
        """Wait for QEMU."""
        self._listener.settimeout(within_s)
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(None)
        threading.Thread(target=self._read, args=(self._connection,), daemon=True).start()

    def wait_until_ready(self, within_s: float) -> None:
        """Wait until the service obeys.  Raises HookError."""
        if not self._ready:
            self.wait_for_line("HOOK ", within_s)
            self._ready = True

    def run(self, command: str, within_s: float = 120.0, check: bool = True) -> str:
        """Run a command of the shell; return what it printed.  Raises HookError."""
        number = self.start(command)
        answer = self.wait_for_line(f"DONE {number} ", within_s, unless="HOOK ")
        code, _, words = answer.partition(" ")
        printed = base64.b64decode(words).decode("utf-8", "replace")
        if check and code != "0":
            raise HookError(f"{command!r} ended with {code}: {printed}")
        return printed

    def start(self, command: str) -> int:
        """Give a command without waiting; return its number."""
        if self._connection is None:
            raise HookError("the machine is not connected")
        self._asked += 1
        words = base64.b64encode(command.encode()).decode()
        self._connection.sendall(f"{self._asked} {words}\n".encode())
        return self._asked

    def wait_for_line(self, begins: str, within_s: float, unless: str = "") -> str:
        """Return the rest of the first line that begins so, and forget it.

        unless: what the service says only when it begins.  Raises HookError, also then.
        """
        until_s = time.monotonic() + within_s
        with self._changed:
            while True:
                for line in self._lines:
                    if line.startswith(begins):
                        self._lines.remove(line)
                        return line[len(begins) :]
                if unless and any(line.startswith(unless) for line in self._lines):
                    raise HookError(f"the machine began anew before {begins!r}")
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    raise HookError(f"the machine sent no {begins!r} within {within_s:g} s")
                self._changed.wait(left_s)

    def take_lines(self, begins: str) -> list[str]:
        """Return the rest of all lines so far that begin so, and forget them."""
        with self._changed:
            found = [line[len(begins) :] for line in self._lines if line.startswith(begins)]
            self._lines = [line for line in self._lines if not line.startswith(begins)]
            return found

    def close(self) -> None:
        """Hang up."""
        for each in (self._connection, self._listener):
            if each is not None:
                each.close()

    def _read(self, connection: socket.socket) -> None:
        rest = b""
        while True:
            try:
                data = connection.recv(65536)
            except OSError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            with self._changed:
                self._lines += [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
                self._changed.notify_all()
