"""The login for maintenance, with the real sshd: one key, one boot, and otherwise nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.systemd.conftest import Boot
from tests.systemd.machine import Card, Machine
from tests.systemd.test_provisioning import STATUS, failed_units, ready

LOGIN = "bedside-login.service"
NETWORK = "systemd-networkd.service"
MARKERS = ("maintenance", "maintenance.txt")


def make_key(folder: Path, name: str) -> tuple[str, str]:
    """Return private and public half of a new key."""
    path = folder / name
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", str(path)]
    subprocess.run(made, check=True, timeout=60)
    return path.read_text("ascii"), path.with_suffix(".pub").read_text("ascii").strip()


@pytest.fixture
def keys(tmp_path: Path, card: Card) -> tuple[str, str]:
    """Return the private half of the key that is in the technician's file, and of another."""
    private, public = make_key(tmp_path, "ours")
    other, _ = make_key(tmp_path, "other")
    card.edit(f'[maintenance]\npublic_key = "{public}"\n')
    return private, other


def log_in(machine: Machine, private: str, *options: str, command: str = "id -un") -> str:
    """Return what the login answers or prints, over the machine's own loopback."""
    machine.write("/run/key", private)
    machine.run("chmod", "0600", "/run/key")
    given = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/run/known",
             "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-i", "/run/key"]  # fmt: skip
    return machine.run("ssh", *given, *options, "root@127.0.0.1", command, check=False)


def open_login(machine: Machine) -> Machine:
    ready(machine)
    machine.wait_until(lambda: machine.show("ActiveState", LOGIN) == "active", "the login opened")
    return machine


def nothing_listens(machine: Machine) -> bool:
    """Whether no TCP socket listens at all.  Source: proc(5), /proc/net/tcp, state 0A."""
    lines = machine.run("cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines()
    return not [line for line in lines if line.split()[3:4] == ["0A"]]


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_opens_it_for_one_boot_and_for_one_key(
    boot: Boot, card: Card, keys: tuple[str, str], marker: str
) -> None:
    private, other = keys
    (card.firmware / marker).touch()
    machine = open_login(boot())
    assert log_in(machine, private).splitlines()[-1] == "root"
    assert "Permission denied (publickey)" in log_in(machine, other)
    shown = machine.words_on_screen()
    assert "The maintenance login is open until the next start. Host key" in shown
    fingerprint = machine.run(
        "ssh-keygen", "-lf", "/var/lib/bedside-maintenance/ssh_host_ed25519_key"
    ).split()[1]
    assert f"Host key {fingerprint}" in machine.firmware(STATUS)
    assert marker not in machine.run("ls", "-A", "/boot/firmware").split()
    assert machine.show("ActiveState", NETWORK) == "active"
    assert failed_units(machine) == ""
    host_key = (card.maintenance / "ssh_host_ed25519_key").read_bytes()
    machine.keep_firmware()
    machine.end()

    machine = ready(boot())
    assert machine.show("ActiveState", LOGIN) == "inactive"
    assert machine.show("ActiveState", NETWORK) == "inactive"
    assert nothing_listens(machine)
    assert "Connection refused" in log_in(machine, private)
    assert "maintenance" not in machine.words_on_screen().lower()
    assert (card.maintenance / "ssh_host_ed25519_key").read_bytes() == host_key


def test_a_password_opens_nothing(boot: Boot, card: Card, keys: tuple[str, str]) -> None:
    (card.firmware / "maintenance").touch()
    machine = open_login(boot())
    machine.run("sh", "-c", "echo root:secret | chpasswd")
    for method in ("password", "keyboard-interactive", "none", "gssapi-with-mic"):
        said = log_in(machine, "", "-o", f"PreferredAuthentications={method}")
        assert "Permission denied (publickey)" in said, method
    machine.run("useradd", "--create-home", "somebody")
    for user in ("somebody", "bedside", "root "):
        said = machine.run(
            "ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-i", "/run/key",
            "-l", user, "127.0.0.1", "true", check=False,
        )  # fmt: skip
        assert "Permission denied (publickey)" in said
    private = keys[0]
    # No way through to elsewhere either.
    forwarded = log_in(machine, private, "-o", "ExitOnForwardFailure=yes", "-R", "9000:[::1]:22")
    assert "remote port forwarding failed" in forwarded


def test_without_a_key_a_marker_opens_nothing_and_is_used_up(boot: Boot, card: Card) -> None:
    (card.firmware / "maintenance").touch()
    machine = ready(boot())
    assert "has no public_key: no login is open" in machine.words_on_screen()
    assert machine.show("ActiveState", LOGIN) == "inactive"
    assert nothing_listens(machine)
    assert "maintenance" not in machine.run("ls", "-A", "/boot/firmware").split()
    assert not list(card.maintenance.iterdir())


def test_without_a_marker_nothing_runs(boot: Boot, card: Card, keys: tuple[str, str]) -> None:
    machine = ready(boot())
    for unit in (LOGIN, NETWORK, "ssh.service", "ssh.socket"):
        assert machine.show("ActiveState", unit) == "inactive"
    assert machine.show("ConditionResult", "bedside-maintenance.service") == "no"
    assert nothing_listens(machine)
    assert not list(card.maintenance.iterdir())
    # Not by hand either: whom to let in is named only by the one that uses the marker up.
    machine.run("systemctl", "start", LOGIN, check=False)
    assert machine.show("ActiveState", LOGIN) in ("inactive", "failed")
    assert nothing_listens(machine)


@pytest.mark.parametrize(
    "spoil", [b"", bytes(400), b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn", None]
)
def test_a_host_key_that_a_cut_spoilt_is_made_anew(
    boot: Boot, card: Card, keys: tuple[str, str], spoil: bytes | None
) -> None:
    path = card.maintenance / "ssh_host_ed25519_key"
    if spoil is None:
        (card.maintenance / "ssh_host_ed25519_key.part").write_bytes(b"half")
        (card.maintenance / "ssh_host_ed25519_key.part.pub").write_bytes(b"half")
    else:
        path.write_bytes(spoil)
        path.chmod(0o600)
    (card.firmware / "maintenance").touch()
    machine = open_login(boot())
    assert log_in(machine, keys[0]).splitlines()[-1] == "root"
    assert [each.name for each in card.maintenance.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600


CABLE = "[NetDev]\nName=cable0\nKind=veth\n[Peer]\nName=cable1\n"


def test_a_cable_has_one_fixed_address_and_leads_nowhere_else(
    boot: Boot, card: Card, keys: tuple[str, str]
) -> None:
    (card.firmware / "maintenance").touch()
    machine = open_login(boot())
    machine.write("/run/systemd/network/10-cable.netdev", CABLE)
    machine.run("systemctl", "restart", NETWORK)
    machine.wait_until(
        lambda: "192.168.76.1\n" in machine.run("cat", "/proc/net/fib_trie"), "it had its address"
    )
    routes = [line.split() for line in machine.run("cat", "/proc/net/route").splitlines()[1:]]
    assert routes
    assert {gateway for _, _, gateway, *_ in routes} == {"00000000"}
    assert {destination for _, destination, *_ in routes} == {"004CA8C0"}  # 192.168.76.0
    assert "cable" not in machine.run("cat", "/proc/net/if_inet6")
