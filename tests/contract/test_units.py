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
from appliance.daemon import STALE_AFTER_S, TURN_S
from appliance.exits import Exit
from appliance.states import Timeouts
from appliance.steward_client import SOCKET

UNITS = Path(__file__).parents[2] / "systemd"
DAEMON = (UNITS / "bedside.service").read_text("utf-8")
NAMES = ("bedside.service", "bedside-steward.socket", "bedside-steward@.service")
WORST = {"bedside.service": 0.5, "bedside-steward@.service": 1.5}
"""Highest score of `systemd-analyze security`.  The steward is root with one capability."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here"
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Return the units with a Python that exists here: verify looks for the program."""
    for name in NAMES:
        text = (UNITS / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace("/opt/bedside/bin/python", sys.executable))
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
    assert re.search(
        rf"^u {setting('User')} -", (UNITS / "bedside.sysusers").read_text(), re.MULTILINE
    )


def test_every_device_is_a_class_and_its_usb_drivers_are_loaded() -> None:
    allowed = re.findall(r"^DeviceAllow=(\S+) ", DAEMON, re.MULTILINE)
    assert allowed
    assert all(each.startswith("char-") for each in allowed)
    modules = (UNITS / "bedside.modules-load").read_text().splitlines()
    loaded = {line for line in modules if line and not line.startswith("#")}
    assert loaded == {"usbserial", "ftdi_sio", "cp210x", "ch341", "pl2303", "cdc_acm"}
    assert re.search(r"^After=.*systemd-modules-load\.service", DAEMON, re.MULTILINE)


def test_no_core_file_and_no_capability() -> None:
    assert setting("LimitCORE") == "0"
    assert setting("CapabilityBoundingSet") == ""


def test_the_steward_is_asked_where_it_listens_and_serves_the_daemons_user() -> None:
    socket = (UNITS / "bedside-steward.socket").read_text()
    assert f"\nListenStream={SOCKET}\n" in socket
    assert f"\nSocketGroup={setting('Group')}\n" in socket
    assert setting("User") == steward.SERVED_USER
