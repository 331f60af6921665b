"""The card's units under a real systemd: the technician's file in, the status file out."""

from __future__ import annotations

import re

import pytest

from appliance.card.kept import seal
from tests.systemd.conftest import Boot
from tests.systemd.machine import PACKAGES, Card, Machine
from tests.systemd.test_sandbox import probe

GOOD = '# a comment\n[clinic]\nname = "Bhola"\n[timeouts]\nidle_clear_s = 60\n'
BETTER = GOOD.replace("Bhola", "Char Fasson")
BAD = '[clinic]\nname = 5\n\n[keypad]\nkind = "touch"\n'
STATUS = "bedside-status.txt"


def ready(machine: Machine) -> Machine:
    """Wait until the daemon serves and the status file had its turn."""
    machine.wait_until(lambda: machine.show("ActiveState") == "active", "READY")
    machine.wait_until(lambda: "ready" in machine.screens, "the ready screen was shown")
    machine.wait_until(
        lambda: machine.show("ExecMainExitTimestampMonotonic", "bedside-status.service") != "0",
        "the status was written",
    )
    return machine


def failed_units(machine: Machine) -> str:
    return machine.run("systemctl", "list-units", "--failed", "--no-legend")


def boot_partition_is_read_only(machine: Machine) -> bool:
    (line,) = re.findall(r"(?m)^.* /boot/firmware .*$", machine.run("cat", "/proc/1/mountinfo"))
    options, _, of_system = line.partition(" - ")
    return "ro" in options.split()[5].split(",") and "ro" in of_system.split()[2].split(",")


def test_a_good_file_is_served_kept_and_answered_with_a_status_file(boot: Boot, card: Card) -> None:
    card.edit(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    machine = ready(boot())
    assert "Ready - Bhola" in machine.words_on_screen()
    status = machine.firmware(STATUS)
    assert "Settings:           bedside.toml is used" in status
    assert "maternal-risk 1.0.0: proven" in status
    assert "cuff (suntech_nibp) on /dev/cuff: absent" in status
    raw = machine.run("sh", "-c", f"od -c /boot/firmware/{STATUS} | head -20")
    assert r"\r  \n" in raw
    identity = (card.settings / "device-id").read_text().strip()
    assert identity in status
    assert (card.settings / "good.toml").read_bytes() == seal(GOOD)
    assert boot_partition_is_read_only(machine)
    assert failed_units(machine) == ""
    assert machine.run("ls", "-A", "/boot/firmware").split() == [STATUS, "bedside.toml"]
    assert "Bhola" not in machine.journal()
    # Written only when there is news.
    written = machine.run("stat", "-c", "%Y %Z %i", f"/boot/firmware/{STATUS}")
    machine.run("systemctl", "start", "bedside-status.service")
    assert machine.run("stat", "-c", "%Y %Z %i", f"/boot/firmware/{STATUS}") == written


def test_edits_are_applied_at_the_next_start_and_bad_ones_shown_and_not_applied(
    boot: Boot, card: Card
) -> None:
    card.edit(BAD)
    first = ready(boot())
    shown = first.words_on_screen()
    assert "bedside.toml refused, 2 faults: the factory settings are used." in shown
    assert "Line 2 clinic.name must be text of at most 40 characters" in shown
    assert "Line 5 keypad.kind must be one of matrix, usb, none" in shown
    assert "line 5: keypad.kind = 'touch': must be one of matrix" in first.firmware(STATUS)
    assert "SETTINGS_FAULT line=5 key=keypad.kind" in first.journal("bedside-provision.service")
    assert "touch" not in first.journal()
    assert failed_units(first) == ""
    first.keep_firmware()
    first.end()

    card.edit(GOOD)
    second = ready(boot())
    assert "Ready - Bhola" in second.words_on_screen()
    assert "refused" not in second.words_on_screen()
    assert "bedside.toml is used" in second.firmware(STATUS)
    identity = (card.settings / "device-id").read_text()
    second.end()

    card.edit(BAD)
    third = ready(boot())
    assert "Ready - Bhola" in third.words_on_screen()
    assert "2 faults: the last good settings are used." in third.words_on_screen()
    assert "REFUSED, 2 faults: the last good settings are used" in third.firmware(STATUS)
    third.end()

    card.edit(BETTER)
    fourth = ready(boot())
    assert "Ready - Char Fasson" in fourth.words_on_screen()
    assert (card.settings / "device-id").read_text() == identity


@pytest.mark.parametrize("content", [b"", bytes(3000), b"\xff" * 10_000, b"#" * 600_000])
def test_a_file_that_is_none_is_no_reason_not_to_serve(
    boot: Boot, card: Card, content: bytes
) -> None:
    card.edit(content)
    machine = ready(boot())
    assert "refused, 1 fault: the factory settings are used." in machine.words_on_screen()
    assert failed_units(machine) == ""


def spoil_provisioning(machine_tree: str) -> str:
    return f"echo 'import os; os.abort()' >{machine_tree}/appliance/card/provision.py"


def test_a_provisioning_that_dies_leaves_the_factorys_settings(boot: Boot, card: Card) -> None:
    card.edit(GOOD)
    machine = ready(boot())
    machine.run("sh", "-c", spoil_provisioning(PACKAGES))
    machine.run("rm", "/run/bedside-settings/appliance.toml", "/run/bedside-settings/report.json")
    machine.run("systemd-tmpfiles", "--create", "/usr/lib/tmpfiles.d/bedside.conf", check=False)
    machine.run("systemctl", "restart", "bedside-provision.service", check=False)
    assert machine.show("Result", "bedside-provision.service") != "success"
    machine.run("systemctl", "restart", "bedside.service")
    machine.wait_until(
        lambda: "bedside.toml was not read" in machine.words_on_screen(), "the screen said so"
    )
    assert "Ready - " not in machine.words_on_screen()
    assert machine.status()["mode"] == "idle"


def test_a_boot_partition_that_takes_no_write_keeps_nothing_else_from_working(
    boot: Boot, card: Card
) -> None:
    (card.folder / "locked").mkdir()
    card.edit(GOOD)
    (card.firmware / "maintenance").touch()
    machine = ready(boot())
    assert "Ready - Bhola" in machine.words_on_screen()
    assert "marker could not be removed: no login is open" in machine.words_on_screen()
    assert machine.show("ActiveState", "bedside-login.service") == "inactive"
    assert "event=STATUS_NOT_WRITTEN errno=30" in machine.journal("bedside-status.service")
    assert machine.run("ls", "-A", "/boot/firmware").split() == ["bedside.toml", "maintenance"]
    assert failed_units(machine) == ""


def test_a_full_boot_partition_keeps_the_old_status_file(boot: Boot, card: Card) -> None:
    (card.firmware / "bedside-status.txt.part").write_text("half")
    machine = ready(boot())
    old = machine.firmware(STATUS)
    machine.write("/run/bedside-notes/news", "There is news.\n")
    machine.run("mount", "-o", "remount,rw", "/boot/firmware")
    machine.run("sh", "-c", "cat /dev/zero >/boot/firmware/fill || true")
    machine.run("mount", "-o", "remount,ro", "/boot/firmware")
    machine.run("systemctl", "start", "bedside-status.service")
    assert "event=STATUS_NOT_WRITTEN errno=28" in machine.journal("bedside-status.service")
    assert machine.firmware(STATUS) == old
    assert boot_partition_is_read_only(machine)
    machine.run("mount", "-o", "remount,rw", "/boot/firmware")
    machine.run("rm", "/boot/firmware/fill")
    machine.run("systemctl", "start", "bedside-status.service")
    assert "There is news." in machine.firmware(STATUS)
    names = machine.run("ls", "-A", "/boot/firmware").split()
    assert names == [STATUS, "bedside.toml"]


def test_without_a_boot_partition_the_root_stays_what_it_is(boot: Boot, card: Card) -> None:
    machine = ready(boot())
    machine.run("umount", "/boot/firmware")
    machine.run("rm", "-f", "/boot/firmware/" + STATUS)
    machine.run("systemctl", "start", "bedside-status.service")
    assert "event=STATUS_NOT_WRITTEN errno=19" in machine.journal("bedside-status.service")
    assert machine.run("ls", "-A", "/boot/firmware") == ""


def test_notes_of_root_programs_reach_screen_and_status_file(boot: Boot) -> None:
    machine = ready(boot())
    machine.write("/run/bedside-notes/data-remade", "The data partition was made again.\n")
    machine.write("/var/lib/bedside-card/data-remade", "It was broken.\n")
    machine.run("systemctl", "restart", "bedside.service")
    machine.wait_until(
        lambda: "The data partition was made again." in machine.words_on_screen(), "it was shown"
    )
    machine.run("systemctl", "start", "bedside-status.service")
    status = machine.firmware(STATUS)
    assert "Note:               The data partition was made again." in status
    assert "was made again: It was broken." in status


NOTHING = {
    "socket inet": "EAFNOSUPPORT", "socket inet6": "EAFNOSUPPORT",
    "socket netlink": "EAFNOSUPPORT", "socket packet": "EAFNOSUPPORT",
    "write etc": "EROFS", "write program": "EROFS", "run from tmp": "EACCES",
    "map to execute": "EPERM", "set clock": "EPERM", "new namespace": "EPERM",
}  # fmt: skip
"""What none of the card's programs may do."""
MORE: dict[str, dict[str, str]] = {
    "bedside-provision.service": {"socket unix": "EAFNOSUPPORT", "device input": "ENOENT"},
    "bedside-status.service": {"socket unix": "ok", "device input": "EPERM"},
    "bedside-maintenance.service": {"socket unix": "ok", "device input": "ENOENT"},
}


@pytest.mark.parametrize("unit", MORE)
def test_the_cards_programs_may_do_little(boot: Boot, unit: str) -> None:
    machine = ready(boot())
    machine.run("mknod", "-m", "0666", "/dev/input/event99", "c", "13", "163")
    text = machine.run("cat", f"/etc/systemd/system/{unit}")
    text = re.sub(r"(?m)^(Exec\w+|Type|Remain\w+|Condition\w+)=.*\n", "", text)
    found = probe(machine, text)
    assert isinstance(found, dict)
    expected = NOTHING | MORE[unit]
    assert {name: found[name] for name in expected} == expected
