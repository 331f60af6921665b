"""A new card on its first machine: one boot, watched from outside, from power to power-off.

The tests stand in the order of what happens, and each goes on where the last one ended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
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
from tests.card.torn_card import BLOCK, TornCard

READY_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True)
class First:
    """The machine of this module, its card and instruments, and the root before it ran."""

    machine: Machine
    card: TornCard
    player: CardPlayer
    root_digest: str


@pytest.fixture(scope="module")
def first(
    new_card: TornCard,
    boot_folder: BootFolder,
    desktop: Desktop,
    pictures: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[First]:
    for name in ("number-pad", "unplugged", "switched-off"):
        desktop.screens(desktop.scenario(name))
    folder = tmp_path_factory.mktemp("first")
    card = new_card.copy()
    BootPartition(card, folder / "fat").write("bedside.toml", card_file())
    digest = card.digest(ROOT_PART.start_bytes, ROOT_PART.size_bytes)
    boards = {
        name: LineBoard(name, SimulatedPort(folder / name), SystemClock())
        for name in ("cuff", "thermometer")
    }
    for board in boards.values():
        board.start()
    plugged = Plugged(uart=folder / "cuff", usb_serial=folder / "thermometer")
    try:
        with Machine(
            "virt", card, boot_folder.files("virt", card), plugged, folder / "machine", 1800.0
        ) as machine:
            yield First(machine, card, CardPlayer(machine, boards, pictures), digest)
    finally:
        for board in boards.values():
            board.stop()


def test_ready(first: First) -> None:
    first.machine.wait_until_ready(READY_WITHIN_S)
    assert first.machine.show("SubState") == "running"
    assert first.machine.show("NRestarts") == "0"


def test_no_unit_failed(first: First) -> None:
    machine = first.machine
    machine.wait_until(
        lambda: machine.run("systemctl is-system-running", check=False) == "running",
        READY_WITHIN_S,
        "all units to have started",
    )
    assert machine.run("systemctl --failed --no-legend") == ""


def test_the_model_is_proven_to_run_under_xnnpack(first: First) -> None:
    status = json.loads(first.machine.run("/opt/bedside/bin/python -I -m appliance status --json"))
    assert status["ready"]
    assert [(m["task"], m["refusal"]) for m in status["models"]] == [("maternal-risk", "")]
    assert "xnnpack aarch64" in status["models"][0]["proof"]
    assert status["models"][0]["proof"].endswith("left over: nothing")
    assert first.machine.run("uname -m").strip() == "aarch64"


def test_the_root_is_mounted_read_only(first: First) -> None:
    options = first.machine.run("findmnt --noheadings --output OPTIONS /").strip()
    assert "ro" in options.split(",")
    assert first.machine.run("touch /probe 2>&1", check=False).endswith("Read-only file system")


def test_the_data_partition_has_grown(first: First) -> None:
    source, size = first.machine.run("findmnt -bno SOURCE,SIZE /var").split()
    assert source.endswith("3")
    assert int(size) > 0.8 * (first.card.size_bytes - ROOT_PART.end_bytes)


def test_what_the_boot_took(first: First, pictures: Path) -> None:
    took = report(first.machine)
    (pictures / "boot.json").write_text(json.dumps(took, indent=2) + "\n", "utf-8")
    assert 0 < took["ours_s"] < took["ready_s"]


def test_an_encounter(first: First, desktop: Desktop) -> None:
    scenario = desktop.scenario("number-pad")
    first.player.play(scenario, desktop.screens(scenario))
    first.machine.press("A")


def test_an_instrument_unplugged(first: First, desktop: Desktop) -> None:
    scenario = desktop.scenario("unplugged")
    first.player.play(scenario, desktop.screens(scenario))


def test_a_hung_daemon_is_ended_and_replaced(first: First, tmp_path: Path) -> None:
    machine = first.machine
    before = machine.show("MainPID")
    machine.run(f"kill -STOP {before}")
    first.player.await_screen(out_of_service(tmp_path))
    machine.wait_until(lambda: machine.show("NRestarts") == "1", 120.0, "the restart")
    machine.wait_until(lambda: machine.show("ActiveState") == "active", READY_WITHIN_S, "READY")
    assert machine.show("MainPID") != before
    journal = machine.run("journalctl --no-pager --boot --unit=bedside.service")
    assert "Watchdog timeout (limit 10s)!" in journal
    assert "status=6/ABRT" in journal
    assert "SCREEN_OUT_OF_SERVICE" in journal


def test_the_ready_screen_is_back(first: First, desktop: Desktop) -> None:
    first.player.await_screen(desktop.screens(desktop.scenario("unplugged"))[-1])


def test_the_number_pad_moves_to_another_socket(first: First, desktop: Desktop) -> None:
    """Keys come from whichever pad is plugged in."""
    machine = first.machine
    machine.qmp.ask("device_del", id="pad1")
    machine.qmp.wait_for("DEVICE_DELETED", 60.0)
    machine.wait_until(
        lambda: (
            machine.run("test -e /dev/bedside/keypad", check=False) == "" and not _has_pad(machine)
        ),
        60.0,
        "the pad to be gone",
    )
    machine.qmp.ask("device_add", driver="usb-kbd", id="pad2", bus="usb.0", port="3")
    machine.wait_until(lambda: _has_pad(machine), 60.0, "the other pad to be there")
    first.player.await_screen(desktop.screens(desktop.scenario("unplugged"))[-1])


def test_switching_off(first: First, desktop: Desktop) -> None:
    scenario = desktop.scenario("switched-off")
    first.player.play(scenario, desktop.screens(scenario))
    # The page stands as long as it takes to read; then the power goes, and the picture with it.
    first.player.await_screen(may_unplug())
    assert first.machine.wait_for_power_off(180.0) == "guest-shutdown"


def test_the_root_was_never_written(first: First) -> None:
    card = first.card
    assert card.digest(ROOT_PART.start_bytes, ROOT_PART.size_bytes) == first.root_digest
    blocks = range(ROOT_PART.start_bytes // BLOCK, ROOT_PART.end_bytes // BLOCK)
    assert not card.written.intersection(blocks)
    assert card.written, "nothing at all was written: this proves nothing"


def test_the_status_file_for_the_technician(
    first: First, cards: dict[str, TornCard], tmp_path: Path
) -> None:
    first.machine.kill()
    cards["used"] = first.card.copy()
    text = BootPartition(first.card, tmp_path / "fat").read("bedside-status.txt").decode()
    assert re.search(r"Appliance: +idle\r$", text, re.MULTILINE)
    assert re.search(r"Model: +maternal-risk 1\.0\.0: proven\r$", text, re.MULTILINE)
    assert re.search(r"Settings: +bedside.toml is used\r$", text, re.MULTILINE)
    assert "cuff (line_nmea) on /dev/bedside/uart: speaking" in text
    assert "thermometer (line_nmea) on /dev/bedside/usb-4: speaking" in text


def _has_pad(machine: Machine) -> bool:
    return machine.run("test -e /dev/bedside/keypad && echo yes", check=False) == "yes"
