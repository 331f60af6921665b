"""What the daemon's unit may and may not do, tried in it; and the steward, asked from it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator

import pytest

from tests.systemd.conftest import Boot
from tests.systemd.instruments import Instruments
from tests.systemd.machine import PYTHON, Machine, MachineError

PROBE = f"{PYTHON} -I /opt/bedside/test/probe.py"
DAEMONS_OWN = r"(?m)^(Exec\w+|Type|Restart\w*|Watchdog\w+|NotifyAccess|StartLimit\w+)=.*\n"
PLAIN = "[Service]\nUser=bedside\nGroup=bedside\nStateDirectory=bedside\n"
"""A unit without a sandbox."""
GOOD_UTC_S = 1_800_000_000

DEVICES = {
    "input/event99": "13 163",
    "forbidden-vcs": "7 0",
    "forbidden-fuse": "10 229",
    "forbidden-group": "1 3",
}
"""Major and minor numbers: an input device that is not there, a console's memory, the way to
make file systems, and /dev/null under another name."""
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
    "device fuse": "EPERM",
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
    "device fuse": "ok",
    "run from state": "ok",
    "run from tmp": "ok",
    "run from shm": "ok",
    "map to execute": "ok",
    "see others": "ok",
}


@pytest.fixture
def machine(boot: Boot) -> Machine:
    """Return a machine without the daemon, with devices that only the sandbox may refuse."""
    machine = boot()
    machine.run("systemctl", "stop", "bedside.service")
    for name, numbers in DEVICES.items():
        machine.run("mknod", "-m", "0666", f"/dev/{name}", "c", *numbers.split())
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


@pytest.fixture
def instruments(machine: Machine) -> Iterator[Instruments]:
    instruments = Instruments(machine)
    instruments.order("plug cuff")
    yield instruments
    instruments.close()


@pytest.mark.usefixtures("instruments")
def test_the_daemons_unit_lets_pass_what_it_needs_and_nothing_else(machine: Machine) -> None:
    found = probe(machine, sandbox(machine))
    assert found == dict.fromkeys(ALLOWED, "ok") | REFUSED


@pytest.mark.usefixtures("instruments")
def test_it_is_the_sandbox_that_refuses(machine: Machine) -> None:
    found = probe(machine, PLAIN)
    assert isinstance(found, dict)
    assert {name: found[name] for name in WITHOUT_SANDBOX} == WITHOUT_SANDBOX


def test_a_daemon_without_the_group_has_no_instrument(
    machine: Machine, instruments: Instruments
) -> None:
    text = sandbox(machine).replace("SupplementaryGroups=dialout", "SupplementaryGroups=")
    found = probe(machine, text)
    assert isinstance(found, dict)
    assert found["device of the instrument"] == "EACCES"


def test_the_steward_serves_the_daemon_alone(machine: Machine) -> None:
    request = f"'set-clock {GOOD_UTC_S}'"
    # The machine has no power over the one clock that it shares with its host, so the request
    # comes as far as the kernel and is refused there.
    assert probe(machine, sandbox(machine), request) == "failed CLOCK"
    assert probe(machine, sandbox(machine), "reboot") == "refused REQUEST"
    assert probe(machine, sandbox(machine), "'set-clock 0'") == "refused RANGE"
    as_root = re.sub(r"(?m)^(User|Group)=.*\n", "", PLAIN)
    assert probe(machine, as_root, request) == "refused PEER"
    as_another = PLAIN.replace("=bedside", "=games")
    assert probe(machine, as_another, request) == "EACCES"
    journal = machine.journal("bedside-steward@*")
    assert "event=STEWARD answer=failed_CLOCK" in journal
    assert str(GOOD_UTC_S) not in journal


def test_the_steward_switches_off_and_the_daemon_ends_in_good_order(machine: Machine) -> None:
    machine.run("systemctl", "start", "bedside.service")
    machine.wait_until(lambda: "ready" in machine.screens, "the ready screen was shown")
    with contextlib.suppress(MachineError):
        probe(machine, sandbox(machine), "poweroff")
    machine.wait_for_end()
    # Once by the daemon itself, once by its aftermath, which saw an ordered end.
    assert machine.screens[-2:] == ["blank", "blank"]
