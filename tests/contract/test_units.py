"""The units as systemd reads them: without fault, and with little left to attack.

Needs systemd-analyze (package systemd); nothing is installed or started.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appliance import boots, steward
from appliance.afterwards import DONE_WITHIN_S
from appliance.card import maintenance, provision
from appliance.card.notes import NOTES
from appliance.check_command import SHIPPED
from appliance.daemon import STALE_AFTER_S, TURN_S
from appliance.exits import Exit
from appliance.instruments.protocols import PROTOCOLS
from appliance.settings import load_settings
from appliance.steward_client import SOCKET
from appliance.timeouts import Timeouts

UNITS = Path(__file__).parents[2] / "systemd"
DAEMON = (UNITS / "bedside.service").read_text("utf-8")
CARD = ("bedside-provision.service", "bedside-status.service", "bedside-maintenance.service")
NAMES = (
    "bedside.service",
    "bedside-steward.socket",
    "bedside-steward@.service",
    *CARD,
    "bedside-status.timer",
    "bedside-login.service",
)
WORST = {
    "bedside.service": 0.5,
    "bedside-steward@.service": 1.5,
    "bedside-provision.service": 0.8,
    "bedside-status.service": 1.5,
    "bedside-maintenance.service": 1.5,
}
"""Highest score of `systemd-analyze security`.  The steward, the status and the maintenance are
root with one capability, the provisioning is root with none.  The login is a whole root shell."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here"
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Return the units with programs that exist here: verify looks for them."""
    for name in NAMES:
        text = (UNITS / name).read_text("utf-8")
        for program in ("/opt/bedside/bin/python", "/usr/sbin/sshd"):
            text = text.replace(program, sys.executable)
        (tmp_path / name).write_text(text)
    return tmp_path


def setting(key: str) -> str:
    found = re.findall(rf"^{key}=(.*)$", DAEMON, re.MULTILINE)
    assert len(found) == 1, f"{key} stands {len(found)} times"
    return str(found[0])


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )


@needs_systemd
def test_verify_finds_nothing(units: Path) -> None:
    done = analyze("verify", "--man=no", *(str(units / name) for name in NAMES))
    ours = [line for line in done.stdout.splitlines() if "bedside" in line]
    assert (done.returncode, ours) == (0, []), done.stdout


@needs_systemd
@pytest.mark.parametrize("name", WORST)
def test_the_score_is_low(units: Path, name: str) -> None:
    done = analyze(
        "security", "--offline=true", f"--threshold={WORST[name] * 10:.0f}", str(units / name)
    )
    assert done.returncode == 0, done.stdout
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert score is not None, done.stdout
    assert float(score[1]) <= WORST[name]


@needs_systemd
def test_the_threshold_can_refuse(units: Path) -> None:
    path = units / "bedside.service"
    path.write_text(path.read_text().replace("PrivateNetwork=yes\n", ""))
    assert analyze("security", "--offline=true", "--threshold=5", str(path)).returncode != 0


def test_the_watchdog_waits_longer_than_a_worker_may_hang() -> None:
    assert float(setting("WatchdogSec")) > STALE_AFTER_S + TURN_S
    assert setting("WatchdogSignal") == "SIGABRT"


def test_starting_may_take_as_long_as_the_self_test() -> None:
    assert float(setting("TimeoutStartSec")) > Timeouts().self_test_s


def test_the_aftermath_ends_before_systemd_would_end_it() -> None:
    assert float(setting("TimeoutStopSec")) > DONE_WITHIN_S
    assert setting("ExecStopPost").startswith("-/"), (
        "never fails the unit, never leaves its sandbox"
    )


def test_starts_that_never_became_well_always_reach_the_limit() -> None:
    assert int(setting("StartLimitBurst")) == boots.STARTS_BEFORE_REBOOT
    start_s = float(setting("TimeoutStartSec")) + boots.HEALTHY_AFTER_S
    assert (
        float(setting("StartLimitIntervalSec")) > boots.STARTS_BEFORE_REBOOT * boots.HEALTHY_AFTER_S
    )
    assert start_s * (boots.STARTS_BEFORE_REBOOT - 1) < float(setting("StartLimitIntervalSec"))
    assert setting("StartLimitAction") == "reboot"


def test_refused_settings_are_no_reason_to_start_again() -> None:
    assert setting("RestartPreventExitStatus") == str(int(Exit.BAD_USAGE))


def test_every_supplementary_group_is_made() -> None:
    made = set(re.findall(r"^g (\S+)", (UNITS / "bedside.sysusers").read_text(), re.MULTILINE))
    assert set(setting("SupplementaryGroups").split()) <= made
    # By number: files on the data partition keep their owner when a newer card takes it over.
    assert re.search(
        rf"^u {setting('User')} 880 ", (UNITS / "bedside.sysusers").read_text(), re.MULTILINE
    )


def test_every_device_is_a_class_and_its_drivers_are_loaded() -> None:
    allowed = re.findall(r"^DeviceAllow=(\S+) ", DAEMON, re.MULTILINE)
    assert allowed
    assert all(each.startswith("char-") for each in allowed)
    modules = (UNITS / "bedside.modules-load").read_text().splitlines()
    loaded = {line for line in modules if line and not line.startswith("#")}
    usb = {"usbserial", "ftdi_sio", "cp210x", "ch341", "pl2303", "cdc_acm"}
    assert loaded == usb | {"spidev", "i2c_dev"}
    assert {"char-spi", "char-i2c"} <= set(allowed)
    assert re.search(r"^After=.*systemd-modules-load\.service", DAEMON, re.MULTILINE)


def test_no_core_file_and_no_capability() -> None:
    assert setting("LimitCORE") == "0"
    assert setting("CapabilityBoundingSet") == ""


def test_the_steward_is_asked_where_it_listens_and_serves_the_daemons_user() -> None:
    socket = (UNITS / "bedside-steward.socket").read_text()
    assert f"\nListenStream={SOCKET}\n" in socket
    assert f"\nSocketGroup={setting('Group')}\n" in socket
    assert setting("User") == steward.SERVED_USER


def test_the_daemon_its_aftermath_and_its_last_words_read_what_is_handed_over() -> None:
    handed = f"--config {provision.RUN / provision.EFFECTIVE_FILE}"
    assert setting("ExecStart").endswith(handed)
    assert setting("ExecStopPost").endswith(handed)
    assert f"{handed}\n" in (UNITS / "bedside.shutdown").read_text()
    # The factory's file stands there before and without the provisioning.
    tmpfiles = (UNITS / "bedside.tmpfiles").read_text()
    target = provision.RUN / provision.EFFECTIVE_FILE
    assert f"\nC {target} 0644 root root - {provision.FACTORY}\n" in tmpfiles
    assert f"\nd {provision.RUN} 0755 root root -\n" in tmpfiles
    assert f"\nd {NOTES} 0755 root root -\n" in tmpfiles


def test_the_daemon_waits_for_the_provisioning_and_does_not_need_it() -> None:
    assert re.search(r"^After=bedside-provision\.service$", DAEMON, re.MULTILINE)
    assert re.search(r"^Wants=bedside-provision\.service$", DAEMON, re.MULTILINE)
    assert not re.search(r"^(Requires|BindsTo|Requisite)=.*provision", DAEMON, re.MULTILINE)


def test_the_factorys_file_names_where_the_units_leave_what_they_tell() -> None:
    settings = load_settings(SHIPPED, PROTOCOLS)
    assert (settings.provisioned, settings.notes) == (str(provision.RUN), str(NOTES))
    for name in CARD:
        text = (UNITS / name).read_text()
        assert "InaccessiblePaths=-/var/lib/bedside\n" in text, "no way to a patient's data"


def test_the_login_is_wanted_by_nothing_and_reads_what_the_maintenance_lays_out() -> None:
    unit = (UNITS / "bedside-login.service").read_text()
    assert "[Install]" not in unit
    folders = maintenance.Folders()
    assert f"AssertPathExists={folders.run / 'authorized_keys'}\n" in unit
    sshd = (UNITS / "bedside.sshd-config").read_text()
    assert f"\nAuthorizedKeysFile {folders.run / 'authorized_keys'}\n" in sshd
    assert f"\nHostKey {folders.state / maintenance.HOST_KEY}\n" in sshd
    asked = (UNITS / "bedside-maintenance.service").read_text()
    markers = re.findall(r"^ConditionPathExists=\|(.*)$", asked, re.MULTILINE)
    assert markers == [str(folders.boot / name) for name in maintenance.MARKERS]
