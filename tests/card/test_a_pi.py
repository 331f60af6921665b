"""The card in an emulated Raspberry Pi: its kernel, initrd and the board's device tree.

As far as QEMU's board goes: no GPU (16 bits a pixel from memory instead), no clock with a
battery, and no watchdog that can be armed.  Which board, --card-board says.  The tests stand
in the order of what happens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.clock import SystemClock
from deploy.image.layout import ROOT as ROOT_PART
from hw_mocks.instruments.line_nmea import LineBoard
from hw_mocks.ports import SimulatedPort
from tests.card.boot_partition import BootPartition
from tests.card.boot_report import report
from tests.card.card_file import card_file
from tests.card.conftest import BootFolder, Desktop
from tests.card.emulators import Plugged
from tests.card.last_words import may_unplug, out_of_service
from tests.card.machine import Machine
from tests.card.player import CardPlayer
from tests.card.test_first_boot import READY_WITHIN_S, First
from tests.card.torn_card import BLOCK, TornCard

BITS = 16
MODELS = {"raspi3b": "Raspberry Pi 3 Model B", "raspi4b": "Raspberry Pi 4 Model B"}


@pytest.fixture(scope="module")
def board_kind(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--card-board"))


@pytest.fixture(scope="module")
def pi(
    board_kind: str,
    new_card: TornCard,
    boot_folder: BootFolder,
    desktop: Desktop,
    pictures: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[First]:
    desktop.screens(desktop.scenario("on-a-pi"))
    folder = tmp_path_factory.mktemp("pi")
    card = new_card.copy()
    # The header's pins are there: lamps and buzzer are driven.
    file = card_file({"cuff": "uart"}).replace(b"fitted = false", b"fitted = true")
    BootPartition(card, folder / "fat").write("bedside.toml", file)
    digest = card.digest(ROOT_PART.start_bytes, ROOT_PART.size_bytes)
    board = LineBoard("cuff", SimulatedPort(folder / "cuff"), SystemClock())
    board.start()
    plugged = Plugged(uart=folder / "cuff")
    files = boot_folder.files(board_kind, card)
    try:
        with Machine(board_kind, card, files, plugged, folder / "machine", 1800.0) as machine:
            player = CardPlayer(machine, {"cuff": board}, pictures, BITS)
            yield First(machine, card, player, digest)
    finally:
        board.stop()


def test_ready(pi: First, board_kind: str) -> None:
    machine = pi.machine
    machine.wait_until_ready(READY_WITHIN_S)
    assert machine.show("NRestarts") == "0"
    model = machine.run("tr -d '\\0' </proc/device-tree/model")
    assert model == MODELS[board_kind]


def test_no_unit_failed(pi: First) -> None:
    machine = pi.machine
    machine.wait_until(
        lambda: machine.run("systemctl is-system-running", check=False) == "running",
        READY_WITHIN_S,
        "all units to have started",
    )
    assert machine.run("systemctl --failed --no-legend") == ""


def test_the_model_is_proven_to_run_under_xnnpack(pi: First) -> None:
    status = json.loads(pi.machine.run("/opt/bedside/bin/python -I -m appliance status --json"))
    assert "xnnpack aarch64" in status["models"][0]["proof"]


def test_the_boards_watchdog_is_there(pi: First) -> None:
    """It is not armed: this emulator takes that for a reset (emulators.py)."""
    where = "/sys/class/watchdog/watchdog0"
    assert pi.machine.run(f"cat {where}/identity") == "Broadcom BCM2835 Watchdog timer"
    assert pi.machine.run(f"cat {where}/max_timeout", check=False) in ("15", "0", "")
    configured = pi.machine.run("systemd-analyze cat-config systemd/system.conf")
    assert "RuntimeWatchdogSec=14" in configured


def test_what_the_boot_took(pi: First, pictures: Path) -> None:
    took = report(pi.machine)
    (pictures / "boot.json").write_text(json.dumps(took, indent=2) + "\n", "utf-8")


def test_an_encounter_with_live_values_of_the_serial_port(pi: First, desktop: Desktop) -> None:
    scenario = desktop.scenario("on-a-pi")
    pi.player.play(scenario, desktop.screens(scenario))


def test_a_hung_daemon_is_ended_and_replaced(pi: First, tmp_path: Path) -> None:
    machine = pi.machine
    machine.run(f"kill -STOP {machine.show('MainPID')}")
    pi.player.await_screen(out_of_service(tmp_path))
    machine.wait_until(lambda: machine.show("NRestarts") == "1", 120.0, "the restart")
    machine.wait_until(lambda: machine.show("ActiveState") == "active", READY_WITHIN_S, "READY")


def test_switching_off(pi: First) -> None:
    pi.machine.press("power", "power")
    pi.player.await_screen(may_unplug())
    assert pi.machine.wait_for_power_off(180.0) == "guest-shutdown"


def test_the_root_was_never_written(pi: First) -> None:
    card = pi.card
    assert card.digest(ROOT_PART.start_bytes, ROOT_PART.size_bytes) == pi.root_digest
    blocks = range(ROOT_PART.start_bytes // BLOCK, ROOT_PART.end_bytes // BLOCK)
    assert not card.written.intersection(blocks)
    assert card.written, "nothing at all was written: this proves nothing"
