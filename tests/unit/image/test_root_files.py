"""The card's own files: nothing that logs in, writes to the root, or keeps the screen."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
from pathlib import Path

import pytest

from deploy.image.errors import BuildError
from deploy.image.listing import listed
from deploy.image.root_tree import REMOVED, add_files, found, mask, settled_shadow

IMAGE = Path(__file__).parents[3] / "deploy/image"
ROOTFS = IMAGE / "rootfs"
MASKED = listed(IMAGE / "masked-units")


def ini(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOTFS / name)
    return parser


@pytest.mark.parametrize(
    "unit",
    [
        "getty.target",
        "getty@.service",
        "serial-getty@.service",
        "debug-shell.service",
        "emergency.service",
        "rescue.service",
        "ssh.service",
        "ssh.socket",
        "ctrl-alt-del.target",
    ],
)
def test_no_way_in(unit: str) -> None:
    assert unit in MASKED


def test_journal_lives_in_memory() -> None:
    assert ini("etc/systemd/journald.conf.d/bedside.conf")["Journal"]["Storage"] == "volatile"


def test_hardware_watchdog_counts_less_than_its_most() -> None:
    """The BCM2835's counts to 15 s."""
    manager = ini("etc/systemd/system.conf.d/bedside.conf")["Manager"]
    assert manager["RuntimeWatchdogSec"] == manager["RebootWatchdogSec"] == "14"
    assert manager["ShowStatus"] == "no"


def test_root_is_not_mounted_again_and_nothing_is_swap() -> None:
    fields = [line.split() for line in listed(ROOTFS / "etc/fstab")]
    assert {field[1] for field in fields} == {"/boot/firmware", "/tmp"}
    assert all(field[2] in ("vfat", "tmpfs") for field in fields)
    boot = next(field[3].split(",") for field in fields if field[1] == "/boot/firmware")
    assert {"ro", "nosuid", "nodev", "noexec", "nofail"} <= set(boot)


def test_data_is_mounted_as_what_survived_power_cuts() -> None:
    script = (ROOTFS / "usr/lib/bedside/card-data").read_text()
    options = re.search(r"^options=(.*)$", script, re.MULTILINE)
    assert options is not None
    assert {"data=ordered", "noatime", "nosuid", "nodev", "noexec"} <= set(options[1].split(","))
    assert "barrier=0" not in script
    assert "nobarrier" not in script


def test_clock_with_a_battery_follows_the_screen() -> None:
    assert ini("etc/systemd/system/bedside-rtc.timer")["Timer"]["OnClockChange"] == "yes"


def test_keys_and_mirrors_are_taken_away() -> None:
    assert {"etc/ssh/ssh_host_*", "etc/apt/sources.list", "etc/resolv.conf"} <= set(REMOVED)


def test_accounts_are_locked_and_settled() -> None:
    shadow = "root:*:20779:0:99999:7:::\nsshd:!:20779::::::\n"
    assert settled_shadow(shadow, 86400 * 5) == "root:*:5:0:99999:7:::\nsshd:!:5::::::\n"


@pytest.mark.parametrize("password", ["", "$y$j9T$abc$def"])
def test_account_with_a_password_stops_the_build(password: str) -> None:
    with pytest.raises(BuildError, match="root has a password"):
        settled_shadow(f"root:{password}:20779:0:99999:7:::\n", 0)


def test_rules_name_ports_and_the_keypad() -> None:
    rules = (IMAGE / "udev/61-bedside.rules").read_text()
    for name in ('"bedside/uart"', '"bedside/keypad"', "usb-$attr{devpath}"):
        assert name in rules
    gone = set(re.findall(r'GOTO="(\w+)"', rules)) ^ set(re.findall(r'LABEL="(\w+)"', rules))
    assert gone == set(), "a rule leads nowhere, or a label is of no use"


@pytest.mark.parametrize(
    "script",
    ["build.sh", "base-root.sh", "packages.sh", "reproduce.sh", "rootfs/usr/lib/bedside/card-data"],
)
def test_scripts_are_sound(script: str) -> None:
    path = IMAGE / script
    shell = "bash" if path.read_text().startswith("#!/usr/bin/env bash") else "sh"
    assert subprocess.run([shell, "-n", path]).returncode == 0


def test_no_mirror_or_registry_is_named() -> None:
    for path in sorted(IMAGE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            hosts = re.findall(r"https?://([\w.-]+)", path.read_text("utf-8"))
            assert set(hosts) <= {"www.w3.org", "github.com"}, path


def test_masked_units_start_in_no_other_way(tmp_path: Path) -> None:
    """The card's links lead to the card's files: on this machine, nowhere."""
    system = tmp_path / "etc/systemd/system"
    wants = system / "multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "ssh.service").symlink_to("/nowhere/ssh.service")
    (wants / "getty@tty1.service").symlink_to("/nowhere/getty@.service")
    (wants / "bedside.service").symlink_to("/nowhere/bedside.service")
    (system / "ssh.service").symlink_to("/nowhere/ssh.service")
    mask(tmp_path, ["ssh.service", "getty@.service"])
    assert [p.name for p in wants.iterdir()] == ["bedside.service"]
    for unit in ("ssh.service", "getty@.service"):
        assert (system / unit).readlink() == Path("/dev/null")


def test_nothing_found_is_no_fault(tmp_path: Path) -> None:
    assert found(tmp_path, "nothing/here") == []


def test_our_files_are_the_same_whenever_and_however_they_were_checked_out(tmp_path: Path) -> None:
    looks = []
    for number, (umask, age_s) in enumerate([(0o022, 1_000_000), (0o002, 5_000)]):
        source, tree = tmp_path / f"source-{number}", tmp_path / f"tree-{number}"
        (source / "etc/x.d").mkdir(parents=True)
        (source / "etc/x.d/plain").write_text("x")
        (source / "etc/script").write_text("x")
        for path in (source, *source.rglob("*")):
            path.chmod((0o777 if path.is_dir() or path.name == "script" else 0o666) & ~umask)
            os.utime(path, (1_700_000_000 - age_s,) * 2)
        tree.mkdir(mode=0o755)
        add_files(source, tree, 1_700_000_000)
        looks.append(
            [
                (p.relative_to(tree).as_posix(), p.stat().st_mode, p.stat().st_mtime)
                for p in sorted(tree.rglob("*"))
            ]
        )
    assert looks[0] == looks[1]
    assert {mtime for *_, mtime in looks[0]} == {1_700_000_000}
