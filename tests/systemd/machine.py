"""A machine to test the units on: a real systemd as PID 1 of namespaces and a root of its own.

See boot.sh for what is kept apart.  A machine that is not ended in time is killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = "/opt/bedside/bin/python"
PACKAGES = "/opt/bedside/lib/python3.11/site-packages"
LIFE_S = 110.0
"""A machine older than this is killed: less than the time-out of one test."""
DEADLINE_S = 45.0

SETTINGS = """
[tasks]
bundles = ["/opt/bedside/models/maternal-risk"]
[display]
kind = "capture"
folder = "/var/lib/bedside/screens"
[provisioned]
folder = "/run/bedside-settings"
notes = "/run/bedside-notes"
[[instruments]]
name = "cuff"
protocol = "suntech_nibp"
port = "/dev/cuff"
[[instruments]]
name = "board"
protocol = "line_nmea"
port = "/dev/board"
"""
UNITS = "etc/systemd/system"
WANTED = {
    "bedside.service": "multi-user.target",
    "bedside-provision.service": "multi-user.target",
    "bedside-maintenance.service": "multi-user.target",
    "bedside-status.service": "multi-user.target",
    "bedside-status.timer": "timers.target",
    "bedside-steward.socket": "sockets.target",
}
"""Units that the card starts by itself, and what wants them."""
PLACES = {
    **{name: f"{UNITS}/{name}" for name in WANTED},
    "bedside-steward@.service": f"{UNITS}/bedside-steward@.service",
    "bedside-login.service": f"{UNITS}/bedside-login.service",
    "bedside.sysusers": "usr/lib/sysusers.d/bedside.conf",
    "bedside.tmpfiles": "usr/lib/tmpfiles.d/bedside.conf",
    "bedside.modules-load": "usr/lib/modules-load.d/bedside.conf",
    "bedside.shutdown": "usr/lib/systemd/system-shutdown/bedside",
    "bedside.sshd-config": "usr/lib/bedside/maintenance-sshd.conf",
    "bedside-maintenance.network": "usr/lib/systemd/network/bedside-maintenance.network",
}
MASKED = ("ssh.service", "ssh.socket")
"""Debian's own units that the card never starts."""


class MachineError(Exception):
    """Something on the machine did not come about; the text has the end of its journal."""


def make_tree(tree: Path) -> None:
    """Lay out what is installed beside Debian: program, models, units, settings, test helpers."""
    packages = tree / PACKAGES[1:]
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("appliance", "hw_mocks"):
        shutil.copytree(ROOT / name, packages / name, ignore=ignored)
    shutil.copytree(ROOT / "models/maternal-risk", tree / "opt/bedside/models/maternal-risk")
    shutil.copytree(HERE / "inside", tree / "opt/bedside/test", ignore=ignored)
    for name, place in PLACES.items():
        target = tree / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "systemd" / name, target)
    for name, target in WANTED.items():
        wants = tree / UNITS / f"{target}.wants"
        wants.mkdir(exist_ok=True)
        (wants / name).symlink_to(f"../{name}")
    for name in MASKED:
        (tree / UNITS / name).symlink_to("/dev/null")
    (tree / "etc/bedside").mkdir()
    (tree / "etc/bedside/appliance.toml").write_text(SETTINGS, "utf-8")
    for folder, _, files in os.walk(tree):
        os.chmod(folder, 0o755)
        for file in files:
            if not os.path.islink(os.path.join(folder, file)):
                os.chmod(os.path.join(folder, file), 0o644)
    os.chmod(tree / PLACES["bedside.shutdown"], 0o755)


class Card:
    """What survives a boot: boot partition, state of the daemon, settings, host key."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, folder / "state"
        self.firmware, self.settings = folder / "firmware", folder / "settings"
        self.maintenance = folder / "maintenance"
        for each in (folder, self.state, self.firmware, self.settings, self.maintenance):
            each.mkdir()
        self.edit("# as in the factory\n")

    def edit(self, text: str | bytes) -> None:
        """Write the technician's file, as on a laptop."""
        content = text if isinstance(text, bytes) else text.encode("utf-8")
        (self.firmware / "bedside.toml").write_bytes(content)


class Machine:
    """One boot.  Use as a context manager."""

    def __init__(self, root: Path, tree: Path, work: Path, card: Card) -> None:
        self._arguments = [str(each) for each in (root, tree, work, card.state, card.folder)]
        self._booted: subprocess.Popen[bytes] | None = None
        self._init = 0
        self._timer = threading.Timer(LIFE_S, self._kill)
        self.state, self.card = card.state, card

    def __enter__(self) -> Machine:
        """Boot, and wait until systemd answers."""
        self._booted = subprocess.Popen(["bash", str(HERE / "boot.sh"), *self._arguments])
        self._timer.daemon = True
        self._timer.start()
        try:
            self.wait_until(self._answers, "systemd answered")
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Kill whatever is left of it."""
        self.end()

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command on the machine as root; return what it printed."""
        done = subprocess.run(
            [*self._enter(), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        if check and done.returncode != 0:
            raise MachineError(f"{command} ended with {done.returncode}: {done.stdout}")
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command on the machine; talk to it over its standard streams."""
        return subprocess.Popen(
            [*self._enter(), *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def show(self, key: str, unit: str = "bedside.service") -> str:
        """Return one property of a unit."""
        return self.run("systemctl", "show", "--value", f"--property={key}", unit).strip()

    def journal(self, *unit: str) -> str:
        """Return the messages of a unit, or of everything."""
        chosen = [f"--unit={each}" for each in unit]
        return self.run("journalctl", "--no-pager", "--output=cat", *chosen)

    def status(self) -> dict[str, Any]:
        """Return what the daemon says of itself."""
        answer: dict[str, Any] = json.loads(
            self.run(PYTHON, "-I", "-m", "appliance", "status", "--json")
        )
        return answer

    def firmware(self, name: str) -> str:
        """Return a file on the boot partition."""
        return self.run("cat", f"/boot/firmware/{name}")

    def keep_firmware(self) -> None:
        """Let the next boot find the boot partition as it is now."""
        shutil.rmtree(self.card.firmware)
        self.card.firmware.mkdir()
        for name in self.run("ls", "-A", "/boot/firmware").split():
            (self.card.firmware / name).write_text(self.firmware(name), "utf-8", newline="")

    def write(self, path: str, text: str) -> None:
        """Write a file on the machine."""
        self.run("sh", "-c", 'mkdir -p "${1%/*}" && printf %s "$2" >"$1"', "sh", path, text)

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for a condition; raise MachineError with the journal's end if it stays away."""
        until_s = time.monotonic() + DEADLINE_S
        while not holds():
            if time.monotonic() > until_s:
                raise MachineError(f"waited in vain until {what}\n{self._tail()}")
            if self.ended:
                raise MachineError(f"the machine ended before {what}")
            time.sleep(0.05)

    def wait_for_end(self) -> None:
        """Wait until the machine is off, or would reboot."""
        until_s = time.monotonic() + DEADLINE_S
        while not self.ended:
            if time.monotonic() > until_s:
                raise MachineError(f"the machine did not end\n{self._tail()}")
            time.sleep(0.05)

    @property
    def ended(self) -> bool:
        """Whether the machine is off."""
        return self._booted is None or self._booted.poll() is not None

    @property
    def screens(self) -> list[str]:
        """Names of the screens shown so far, in order."""
        return [path.stem[4:] for path in sorted((self.state / "screens").glob("*.json"))]

    def words_on_screen(self) -> str:
        """Return the words of the newest screen."""
        newest = max((self.state / "screens").glob("*.json"))
        return " ".join(each["text"] for each in json.loads(newest.read_text("utf-8")))

    def _enter(self) -> list[str]:
        names = ["mount", "pid", "uts", "ipc", "net", "cgroup"]
        return ["nsenter", f"--target={self._init}", *(f"--{name}" for name in names)]

    def _answers(self) -> bool:
        if not self._init:
            if self._booted is None:
                return False
            path = Path(f"/proc/{self._booted.pid}/task/{self._booted.pid}/children")
            with contextlib.suppress(OSError, ValueError, IndexError):
                child = int(path.read_text("ascii").split()[0])
                if Path(f"/proc/{child}/comm").read_text("ascii") == "systemd\n":
                    self._init = child
            return False
        state = self.run("systemctl", "is-system-running", check=False).strip()
        return state in ("running", "degraded", "starting")

    def _tail(self) -> str:
        with contextlib.suppress(MachineError, subprocess.TimeoutExpired):
            return "\n".join(self.journal().splitlines()[-40:])
        return "(no journal)"

    def _kill(self) -> None:
        if self._booted is not None:
            self._booted.kill()

    def end(self) -> None:
        self._timer.cancel()
        if self._booted is None:
            return
        self._booted.kill()
        self._booted.wait()
        _remove_groups(f"bedside-test-{self._booted.pid}")


def _remove_groups(name: str) -> None:
    """Take the control groups away that the machine left; its processes are gone."""
    for mount in _cgroup2_mounts():
        for folder, _, _ in os.walk(mount / name, topdown=False):
            until_s = time.monotonic() + 5.0
            while True:
                try:
                    os.rmdir(folder)
                    break
                except OSError:
                    if time.monotonic() > until_s:
                        break
                    time.sleep(0.02)


def _cgroup2_mounts() -> Iterator[Path]:
    for line in Path("/proc/self/mountinfo").read_text("ascii").splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            yield Path(before.split()[4])
            return
