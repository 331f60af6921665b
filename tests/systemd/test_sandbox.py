"""What the daemon's unit may and may not do, tried in it; and the steward, asked from it."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.systemd.conftest import Boot
from tests.systemd.machine import PYTHON, Machine

PROBE = f"{PYTHON} -I /opt/bedside/test/probe.py"
DAEMONS_OWN = r"(?m)^(Exec\w+|Type|Restart\w*|Watchdog\w+|NotifyAccess|StartLimit\w+)=.*\n"
GOOD_UTC_S = 1_800_000_000

ALLOWED = {
    "socket unix",
    "device null",
    "device of the instrument",
    "write state",
    "write run",
}
"""All that the daemon's sandbox lets pass."""
REFUSED = {
    "socket inet": "EAFNOSUPPORT",
    "socket inet6": "EAFNOSUPPORT",
    "socket netlink": "EAFNOSUPPORT",
    "socket packet": "EAFNOSUPPORT",
    # The device class is allowed to read: the kernel goes on to find that there is none.
    "device input": "ENXIO",
    "device input to write": "EPERM",
    "device of nobody's group": "EACCES",
    "device vcs": "EPERM",
    "device kvm": "EPERM",
    "write etc": "EROFS",
    "write program": "EROFS",
    "run from state": "EACCES",
    "run from run": "EACCES",
    "run from tmp": "EACCES",
    "run from shm": "EACCES",
    "map to execute": "EPERM",
    "set clock": "EPERM",
    "new namespace": "EPERM",
    "see others": "ENOENT",
}
WITHOUT_SANDBOX = {
    # The same user in a unit without a sandbox: these only the sandbox forbids.
    "socket inet": "ok",
    "socket inet6": "ok",
    "socket netlink": "ok",
    "device input to write": "ENXIO",
    "device vcs": "ok",
    "device kvm": "ok",
    "run from state": "ok",
    "run from tmp": "ok",
    "run from shm": "ok",
    "map to execute": "ok",
    "see others": "ok",
}


@pytest.fixture
def machine(boot: Boot) -> Machine:
    """Return a machine without the daemon, with devices to try: anybody's, but for the sandbox."""
    machine = boot()
    machine.run("systemctl", "stop", "bedside.service")
    nodes = {
        "input/event99": "c 13 163",
        "forbidden-class": "c 1 11",
        "forbidden-misc": "c 10 229",
        "forbidden-group": "c 1 3",
        "cuff": "c 1 5",
    }
    del nodes["cuff"]
    for name, numbers in nodes.items():
        machine.run("sh", "-c", f"mknod -m 0666 /dev/{name} {numbers}")
    machine.run("chmod", "0660", "/dev/forbidden-group")
    return machine


def probe(machine: Machine, unit_text: str, *arguments: str) -> object:
    """Run the probe in a unit; return what it printed."""
    command = " ".join([PROBE, *arguments])
    text = unit_text.replace("[Service]\n", f"[Service]\nType=oneshot\nExecStart={command}\n", 1)
    machine.write("/run/systemd/system/probe.service", text)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "probe.service")
    printed = machine.run("journalctl", "--no-pager", "--output=cat", "--unit=probe.service")
    lines = [line for line in printed.splitlines() if line.startswith(("{", '"'))]
    return json.loads(lines[-1])


def sandbox(machine: Machine) -> str:
    text = machine.run("cat", "/etc/systemd/system/bedside.service")
    return re.sub(DAEMONS_OWN, "", text)
