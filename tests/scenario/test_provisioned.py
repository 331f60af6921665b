"""The real daemon with what the card's provisioning hands it, and without parts of the card."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from appliance.card.provision import Places
from appliance.card.status import Sources, collect
from appliance.card.status_text import status_text
from appliance.instruments.protocols import PROTOCOLS
from appliance.settings import Settings, load_settings
from appliance.settings_fault import Fault
from appliance.settings_report import (
    REPORT_FILE,
    Served,
    SettingsReport,
    write_report,
)
from appliance.status import read_status
from tests.scenario.worlds import SEVERE, World, prepare_world, running

REPORT = SettingsReport(
    Served.LAST_GOOD,
    (
        Fault("clinic.name", "5", "text of at most 40 characters", 4),
        Fault("keypad.kind", "'touch'", "one of matrix, usb, none", 12),
        Fault("lamps.fitted", "1", "true or false", 17),
    ),
)


def provisioned(folder: Path, report: SettingsReport | None) -> World:
    """Return a world whose settings name a provisioning; None: it left nothing."""
    run, notes = folder / "run", folder / "notes"
    run.mkdir()
    notes.mkdir()
    if report is not None:
        (run / REPORT_FILE).write_bytes(write_report(report))
    return prepare_world(
        folder, settings={"provisioned": {"folder": str(run), "notes": str(notes)}}
    )


def test_faults_of_the_file_are_on_the_screen_and_the_bedside_is_served(tmp_path: Path) -> None:
    with running(provisioned(tmp_path, REPORT)) as world:
        world.ready()
        world.wait_for_words("bedside.toml refused", "Line 4", "clinic.name", "Line 12")
        world.keys("#")
        world.wait_for_words("line 4 clinic.name, line 12 keypad.kind, line 17 lamps.fitted")
        world.keys("B")
        assert world.encounter(SEVERE)["outcome"] == "answered"
    assert "touch" not in world.log


def test_a_provisioning_that_left_nothing_is_told(tmp_path: Path) -> None:
    with running(provisioned(tmp_path, None)) as world:
        world.ready()
        world.wait_for_words("bedside.toml was not read")


def test_notes_of_this_boot_are_on_the_screen(tmp_path: Path) -> None:
    world = provisioned(tmp_path, SettingsReport(Served.FILE))
    (tmp_path / "notes" / "data-remade").write_text("The data partition was made again.\n")
    with running(world):
        world.ready()
        world.wait_for_words("The data partition was made again.")


def without_display(folder: Path, more: Mapping[str, Mapping[str, object]]) -> World:
    display = {"kind": "framebuffer", "device": str(folder / "fb0"), "may_be_absent": True}
    return prepare_world(folder, settings={"display": display, **more})


def test_without_a_display_it_stays_up_and_lamps_and_status_tell(tmp_path: Path) -> None:
    socket = tmp_path / "status"
    with running(without_display(tmp_path, {"status": {"socket": str(socket)}})) as world:
        world.wait(lambda: world.app.mode == "idle", "the ready mode", 60.0)
        world.wait(lambda: world.app.lit == {"yellow"}, "the lamp of a fault")
        status = read_status(socket)
        assert (status["mode"], status["ready"]) == ("idle", True)
        assert "DISPLAY_FAULT" in [fault["code"] for fault in status["faults"]]
        assert world.app.frames == []
        # Something is there now that is no display: still a fault, and still up.
        (tmp_path / "fb0").write_bytes(bytes(1024))
        world.app.sync()
        assert world.app.lit == {"yellow"}
    assert "event=READY" in world.log


def test_without_its_uart_the_screen_and_the_status_file_say_absent(tmp_path: Path) -> None:
    world = prepare_world(tmp_path, instruments=("cuff",), settings={
        "status": {"socket": str(tmp_path / "status")}})  # fmt: skip
    with running(world, plugged=False):
        world.ready()
        world.wait_for_words("cuff", "absent")
        places = Places(tmp_path, tmp_path, tmp_path, tmp_path)
        sources = Sources(places, tmp_path / "none", tmp_path, tmp_path / "ports")
        text = status_text(collect(sources, load_settings(tmp_path / "appliance.toml", PROTOCOLS)))
    port = tmp_path / "ports" / "cuff"
    assert f"cuff (line_nmea) on {port}: absent\r\n" in text
    assert "LINK state=ABSENT instrument=cuff" in text
    assert "maternal-risk 1.0.0: proven" in text
    assert "idle" in text


def test_two_keypads_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "bedside.toml"
    path.write_text("[keypad]\nkind = 'usb'\nrows = [5, 6, 13, 19]\ndevice = 'keypad-1.2'\n")
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "check-config", "--json", str(path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    (fault,) = json.loads(done.stdout)["faults"]
    assert (fault["line"], fault["key"]) == (3, "keypad.rows")
    assert fault["allowed"] == 'absent, or keypad.kind "matrix"'


CLOCKS = {"1970": 86_400.0, "2099": 4_070_908_800.0}


@pytest.mark.parametrize("utc_s", CLOCKS.values(), ids=list(CLOCKS))
def test_a_clock_that_cannot_be_true_is_told_and_breaks_nothing(
    tmp_path: Path, utc_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(prepare_world(tmp_path, utc_s=utc_s)) as world:
        world.ready()
        world.wait_for_words("clock not set", "not set: answers carry no time of day")
        assert world.encounter(SEVERE)["outcome"] == "answered"
        world.wait_for_words("Valid for")
        assert "Valid until" not in world.words
    monkeypatch.setattr(time, "time", lambda: utc_s)
    nowhere = Sources(Places(tmp_path, tmp_path, tmp_path, tmp_path), tmp_path, tmp_path, tmp_path)
    text = status_text(collect(nowhere, Settings()))
    assert "Written: the clock is not set\r\n" in text
    assert "Clock:              NOT SET" in text
