"""The units under a real systemd: start, death, restart, reboot loop, sandbox, steward."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from appliance import boots
from tests.systemd.conftest import Boot
from tests.systemd.instruments import Instruments
from tests.systemd.machine import PACKAGES, PYTHON, Machine

UNIT = "bedside.service"
DROP_IN = "/run/systemd/system/bedside.service.d/test.conf"


@pytest.fixture
def instruments(machine: Machine) -> Iterator[Instruments]:
    instruments = Instruments(machine)
    yield instruments
    instruments.close()


def link_of(machine: Machine, name: str) -> str:
    return next(str(i["state"]) for i in machine.status()["instruments"] if i["name"] == name)


def connect_cuff(machine: Machine, instruments: Instruments) -> None:
    """Plug the cuff in after the unit has started, and fill it."""
    instruments.order("plug cuff")
    machine.wait_until(lambda: link_of(machine, "cuff") == "speaking", "the cuff answered")
    instruments.order("fill 160")


def restarts(machine: Machine) -> int:
    return int(machine.show("NRestarts"))


def ready_again(machine: Machine, after: int) -> None:
    machine.wait_until(
        lambda: restarts(machine) > after and machine.show("ActiveState") == "active",
        "the daemon was READY again",
    )


def nothing_dumped(machine: Machine) -> None:
    # The kernel itself tells whether it wrote a core file.
    assert "code=dumped" not in machine.journal(UNIT)
    found = machine.run("find", "/", "-xdev", "-type", "f", "-regex", r".*/core\(\.[0-9]+\)?")
    assert found == ""


def replace_start(machine: Machine, command: str, more: str = "") -> None:
    machine.write(DROP_IN, f"[Service]\nExecStart=\nExecStart={command}\n{more}")
    machine.run("systemctl", "daemon-reload")


def test_it_starts_and_tells_what_it_does(machine: Machine) -> None:
    machine.wait_until(lambda: machine.show("StatusText") == "idle", "the status text was idle")
    machine.wait_until(lambda: "ready" in machine.screens, "the ready screen was shown")
    status = machine.status()
    assert (status["mode"], status["ready"]) == ("idle", True)
    assert [(m["task"], m["refusal"]) for m in status["models"]] == [("maternal-risk", "")]
    assert restarts(machine) == 0
    assert machine.run("systemctl", "list-units", "--failed", "--no-legend") == ""
    assert machine.run("stat", "-c", "%U %a", "/var/lib/bedside").split() == ["bedside", "700"]
    # Debian's python3-systemd is installed there: the log has the journal's own fields.
    fields = machine.run("journalctl", "--output=json", "--unit", UNIT, "LOGGER=appliance")
    assert "mode=IDLE" in fields
    limits = machine.run("sh", "-c", f"cat /proc/{machine.show('MainPID')}/limits")
    assert re.search(r"Max core file size +0 +0 ", limits)


def test_a_stop_is_quick_and_leaves_an_empty_cuff_and_a_black_screen(
    machine: Machine, instruments: Instruments
) -> None:
    connect_cuff(machine, instruments)
    before = instruments.aborts
    began_s = time.monotonic()
    machine.run("systemctl", "stop", UNIT)
    # systemd's stamps are of the same clock as ours: there is one for all namespaces.
    took_s = int(machine.show("ExecMainExitTimestampMonotonic")) / 1e6 - began_s
    print(f"SIGTERM to the daemon's end: {took_s:.2f} s")
    assert 0 < took_s < 2.0
    assert machine.show("Result") == "success"
    assert instruments.aborts >= before + 2
    machine.wait_until(lambda: instruments.cuff_mmhg == 0.0, "the cuff was empty")
    assert machine.screens[-1] == "blank"


def test_a_hung_inference_thread_ends_in_the_watchdog_and_a_clean_restart(
    machine: Machine, instruments: Instruments
) -> None:
    replace_start(
        machine,
        f"{PYTHON} -I -X faulthandler /opt/bedside/test/hanging.py"
        " run --config /run/bedside-settings/appliance.toml",
    )
    machine.run("systemctl", "restart", UNIT)
    connect_cuff(machine, instruments)
    restarts_before, aborts_before = restarts(machine), instruments.aborts
    machine.run("touch", "/var/lib/bedside/hang")
    machine.wait_until(lambda: "Watchdog timeout" in machine.journal(UNIT), "the watchdog struck")
    machine.run("rm", "/var/lib/bedside/hang")
    ready_again(machine, restarts_before)

    journal = machine.journal(UNIT)
    assert "code=killed, status=6/ABRT" in journal
    assert "in hang_or_go_on" in journal, "the journal says where it hung"
    assert "afterwards event=ENDED result=watchdog" in journal
    assert "told=yes" in journal
    assert instruments.aborts >= aborts_before + 2
    machine.wait_until(lambda: instruments.cuff_mmhg == 0.0, "the cuff was empty")
    shown = machine.screens
    assert "out-of-service" in shown
    machine.wait_until(lambda: machine.screens[-1] == "ready", "the ready screen came back")
    nothing_dumped(machine)


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGSEGV", "SIGABRT"])
def test_after_a_death_it_is_ready_again_with_an_empty_cuff(
    machine: Machine, instruments: Instruments, signal: str
) -> None:
    connect_cuff(machine, instruments)
    aborts_before = instruments.aborts
    began_s = time.monotonic()
    machine.run("systemctl", "kill", "--kill-whom=main", f"--signal={signal}", UNIT)
    ready_again(machine, 0)
    took_s = time.monotonic() - began_s
    assert "out-of-service" in machine.screens
    assert instruments.aborts >= aborts_before + 2
    machine.wait_until(lambda: instruments.cuff_mmhg == 0.0, "the cuff was empty")
    nothing_dumped(machine)
    print(f"{signal} to READY again: {took_s:.1f} s")
    assert took_s < 10


def test_a_daemon_frozen_whole_is_killed_and_started_again(machine: Machine) -> None:
    machine.wait_until(lambda: "ready" in machine.screens, "the ready screen was shown")
    machine.run("systemctl", "kill", "--kill-whom=main", "--signal=SIGSTOP", UNIT)
    ready_again(machine, 0)
    assert "Watchdog timeout" in machine.journal(UNIT)
    assert "out-of-service" in machine.screens


def test_an_instrument_plugged_in_late_is_read(machine: Machine, instruments: Instruments) -> None:
    assert link_of(machine, "board") == "absent"
    instruments.order("plug board")
    machine.wait_until(lambda: link_of(machine, "board") == "speaking", "the board was read")


def test_refused_settings_are_no_loop(machine: Machine) -> None:
    spoil = "echo 'typo = 1' | cat - appliance.toml >/tmp/new && cp /tmp/new appliance.toml"
    machine.run("sh", "-c", f"cd /run/bedside-settings && {spoil}")
    machine.run("systemctl", "restart", UNIT, check=False)
    machine.wait_until(lambda: machine.show("ActiveState") == "failed", "the unit gave up")
    assert restarts(machine) == 0
    assert machine.show("ExecMainStatus") == "2"
    assert "settings file is refused" in machine.words_on_screen()


def test_a_crash_loop_ends_in_reboots_and_these_in_the_safe_state(boot: Boot) -> None:
    def break_it(machine: Machine) -> None:
        machine.wait_until(lambda: machine.show("ActiveState") == "active", "READY")
        # No new unit: reading units again would make systemd forget the starts it counted.
        machine.write(f"{PACKAGES}/appliance/cli.py", "import os; os.abort()")
        machine.run("systemctl", "kill", "--kill-whom=main", "--signal=SIGKILL", UNIT)

    for failed in range(boots.HELD_AFTER):
        machine = boot()
        break_it(machine)
        machine.wait_for_end()
        assert (machine.state / "failed-boots").read_text() == str(failed + 1)
        assert "out-of-service" in machine.screens
    machine = boot()
    machine.wait_until(
        lambda: machine.run("cat", "/run/bedside/verdict", check=False) == "hold", "it was held"
    )
    machine.wait_until(lambda: machine.show("ActiveState") == "active", "READY, though held")
    machine.wait_until(lambda: "3 boots in a row" in machine.words_on_screen(), "it says why")
    assert machine.show("StatusText").startswith("held")
    break_it(machine)
    machine.run("systemctl", "kill", "--kill-whom=main", "--signal=SIGKILL", UNIT, check=False)
    machine.wait_until(
        lambda: (
            "verdict=STAY_DOWN" in machine.journal(UNIT)
            and machine.show("ActiveState") == "inactive"
        ),
        "it was not started again",
    )
    assert machine.show("Result") == "exec-condition"
    assert "does not try again by itself" in machine.words_on_screen()
    assert not machine.ended
