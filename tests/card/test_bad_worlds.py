"""The same card in bad worlds: what was done to it between two boots, and what is not plugged in.

After test_first_boot.py the card is the one that that left; alone, one that was just started.
Every boot must end in READY, and the ready screen must say what is wrong in the words that the
desktop draws.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from appliance.clock import SystemClock
from deploy.image.layout import DATA, UPGRADE_BYTES
from hw_mocks.instruments.line_nmea import LineBoard
from hw_mocks.ports import SimulatedPort
from tests.card.boot_partition import BootPartition
from tests.card.boot_report import report
from tests.card.card_file import CLINIC, card_file
from tests.card.conftest import BootFolder
from tests.card.emulators import HERE, Plugged
from tests.card.machine import Machine
from tests.card.player import CardPlayer
from tests.card.screens import difference
from tests.card.test_cuts import WITHOUT_THE_APPLIANCE, wait_for_data
from tests.card.torn_card import BLOCK, TornCard
from tests.card.worlds import World, ready_in, ready_without_pins

READY_WITHIN_S = 600.0
GOOD = card_file()
"""The file of the first boot: the last good settings of the card."""
CARD_DATA = HERE.parents[1] / "deploy/image/rootfs/usr/lib/bedside/card-data"
FILL = """
for size in 256M 64M 16M 4M 1M 256K 64K 16K 4K; do
    n=0; while fallocate -l $size /var/full-$size-$n 2>/dev/null; do n=$((n + 1)); done
done
dd if=/dev/zero of=/var/full-last bs=512 2>/dev/null; sync; df --output=avail /var | tail -n 1
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """Boots copies of the card as the first boot left it, each in a folder of its own."""

    boot_folder: BootFolder
    used: TornCard
    folder: Path
    pictures: Path
    machines: ExitStack
    boards: dict[str, LineBoard]

    def card(self, file: bytes | None = None) -> TornCard:
        """Return a copy, with this bedside.toml or without any."""
        card = self.used.copy()
        BootPartition(card, self.folder / "fat").write("bedside.toml", file)
        return card

    def boot(self, card: TornCard, plugged: Plugged) -> tuple[Machine, CardPlayer]:
        """Switch on, and wait for READY; instruments are plugged in where `plugged` has none."""
        files = self.boot_folder.files("virt", card)
        machine = self.machines.enter_context(
            Machine("virt", card, files, plugged, self.folder / "machine")
        )
        machine.wait_until_ready(READY_WITHIN_S)
        assert machine.show("NRestarts") == "0"
        pictures = self.pictures / self.folder.name
        shutil.rmtree(pictures, ignore_errors=True)  # of an earlier run
        pictures.mkdir()
        return machine, CardPlayer(machine, self.boards, pictures)

    def plugged(self, **changes: Any) -> Plugged:
        """Return both instruments in their ports, and what else is as told."""
        ports = {"uart": self.folder / "cuff", "usb_serial": self.folder / "thermometer"}
        return Plugged(**{**ports, **changes})

    def status_file(self, machine: Machine) -> str:
        """Return bedside-status.txt as a laptop would find it, once the machine wrote it."""
        return status_file(machine, self.folder)


@pytest.fixture(scope="module")
def used(
    cards: dict[str, TornCard],
    new_card: TornCard,
    boot_folder: BootFolder,
    tmp_path_factory: pytest.TempPathFactory,
) -> TornCard:
    """Return a card that has been in use with the good file."""
    if "used" not in cards:
        folder = tmp_path_factory.mktemp("used")
        card = new_card.copy()
        BootPartition(card, folder / "fat").write("bedside.toml", GOOD)
        files = boot_folder.files("virt", card)
        with Machine("virt", card, files, Plugged(), folder / "machine") as machine:
            machine.wait_until_ready(READY_WITHIN_S)
            wait_for_status_file(machine)
            machine.hook.start("systemctl poweroff")
            machine.wait_for_power_off(READY_WITHIN_S)
        cards["used"] = card
    return cards["used"]


@pytest.fixture
def bench(
    used: TornCard, boot_folder: BootFolder, pictures: Path, tmp_path: Path
) -> Iterator[Bench]:
    boards = {
        name: LineBoard(name, SimulatedPort(tmp_path / name), SystemClock())
        for name in ("cuff", "thermometer")
    }
    for board in boards.values():
        board.start()
    with ExitStack() as machines:
        yield Bench(boot_folder, used, tmp_path, pictures, machines, boards)
    for board in boards.values():
        board.stop()


def test_the_data_partition_is_zero_and_the_clock_at_1970(bench: Bench, tmp_path: Path) -> None:
    utc = "1970-01-01T00:00:00"
    expected = ready_in(World(GOOD, None, [note_of_card("data-remade")], utc), tmp_path / "world")
    card = bench.card(GOOD)
    card.empty(DATA.start_bytes, card.size_bytes - DATA.start_bytes)
    machine, player = bench.boot(card, bench.plugged(utc=utc))
    player.await_screen(expected)
    text = bench.status_file(machine)
    assert "made anew" in text
    assert not re.search(r"Clock: +set", text)
    assert device_of(text) != device_of(status_before(bench))


def test_the_upgrade_keeps_the_data_at_2099_with_two_number_pads(
    bench: Bench, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Boot and root are written anew, without a bedside.toml: the last good settings serve."""
    utc = "2099-06-01T12:00:00"
    expected = ready_in(World(None, GOOD, utc=utc), tmp_path / "world")
    card = bench.card(GOOD)
    write_upgrade(card, Path(request.config.getoption("--card-upgrade")))
    plugged = bench.plugged(utc=utc, keypads=2)
    machine, player = bench.boot(card, plugged)
    player.await_screen(expected)
    machine.run(
        "test -e /dev/bedside/keypad-1 -a -e /dev/bedside/keypad-2 -a -e /dev/bedside/keypad"
    )
    used = machine.run("readlink /dev/bedside/keypad").strip()
    first = machine.run("readlink /dev/bedside/keypad-1").strip()
    machine.qmp.ask("device_del", id="pad1" if used == first else "pad2")
    left = "keypad-2" if used == first else "keypad-1"
    machine.wait_until(
        lambda: (
            machine.run("readlink -f /dev/bedside/keypad", check=False)
            == machine.run(f"readlink -f /dev/bedside/{left}", check=False)
        ),
        60.0,
        "the other pad to take its place",
    )
    machine.press("#")
    machine.wait_until(
        lambda: difference(machine.screen(), expected) is not None, 60.0, "a key to be heard"
    )
    machine.press("B")
    player.await_screen(expected)
    text = bench.status_file(machine)
    assert "the last good settings are used" in text
    assert device_of(text) == device_of(status_before(bench))


def test_the_card_is_full_and_nothing_is_plugged_in(bench: Bench, tmp_path: Path) -> None:
    """A re-edited file is used at the next start even where it cannot be kept."""
    ward = "Another ward"
    edited = GOOD.replace(CLINIC.encode(), ward.encode())
    world = World(
        edited, GOOD, silent=["cuff"], absent=["thermometer"], kept_again=False, clinic=ward
    )
    expected = ready_in(world, tmp_path / "world")
    card = bench.card(edited)
    fill(bench, card)
    machine, player = bench.boot(card, Plugged())
    player.await_screen(expected)
    assert int(machine.run("df --output=avail /var | tail -n 1")) < 16
    assert "could not be kept" in bench.status_file(machine)


def test_a_binary_file_and_a_damaged_data_partition(bench: Bench, tmp_path: Path) -> None:
    file = bytes(random.Random(4).randrange(256) for _ in range(5000))
    expected = ready_in(World(file, GOOD, [note_of_card("data-repaired")]), tmp_path / "world")
    card = bench.card(file)
    card.put(DATA.start_bytes, random.Random(5).randbytes(BLOCK))
    machine, player = bench.boot(card, bench.plugged())
    player.await_screen(expected)
    assert device_of(bench.status_file(machine)) == device_of(status_before(bench))


def test_an_empty_file_and_no_serial_port_on_the_header(bench: Bench, tmp_path: Path) -> None:
    """The machine's kernel is told to leave out the driver of that port."""
    expected = ready_in(World(b"", GOOD, absent=["cuff"]), tmp_path / "world")
    plugged = bench.plugged(append="initcall_blacklist=pl011_init")
    machine, player = bench.boot(bench.card(b""), plugged)
    assert machine.run("ls /dev/ttyAMA0 /dev/bedside/uart 2>&1", check=False).count("No such") == 2
    player.await_screen(expected)
    assert machine.run("systemctl --failed --no-legend") == ""


def test_a_keypad_on_pins_that_are_not_there(bench: Bench, tmp_path: Path) -> None:
    """It serves, and says on the screen what is missing: no start is tried again for it."""
    file = card_file(keypad="matrix")
    expected = ready_without_pins(World(file, GOOD), tmp_path / "world")
    machine, player = bench.boot(bench.card(file), bench.plugged())
    player.await_screen(expected)
    journal = machine.run("journalctl --no-pager --boot --unit=bedside.service")
    assert journal.count("event=KEYPAD_PINS_REFUSED") == 1
    assert machine.show("NRestarts") == "0"


def test_a_machine_that_hangs_is_started_anew(bench: Bench) -> None:
    """The manager itself stands still: the watchdog that it holds resets the machine."""
    machine, _ = bench.boot(bench.card(GOOD), bench.plugged())
    (bench.pictures / "boot-again.json").write_text(json.dumps(report(machine), indent=2) + "\n")
    assert machine.run("systemctl show --value --property=RuntimeWatchdogUSec") == "14s"
    machine.hook.start("sync; echo 1 >/sys/fs/cgroup/init.scope/cgroup.freeze")
    assert machine.qmp.wait_for("WATCHDOG", 120.0)["data"]["action"] == "reset"


def test_ten_megabytes_of_file_and_no_display(bench: Bench) -> None:
    file = GOOD + b"# more\r\n" * 1_250_000
    machine, _ = bench.boot(bench.card(file), bench.plugged(display=False))
    assert machine.run("test -e /dev/fb0 && echo yes", check=False) == ""
    text = bench.status_file(machine)
    assert "the last good settings are used" in text
    assert "DISPLAY" in text.upper()


def note_of_card(name: str) -> tuple[str, str]:
    """Return one of the notes that the card's own script leaves, with its words."""
    variable = name.removeprefix("data-") + "_text"
    found = re.search(f'^{variable}="([^"]+)"', CARD_DATA.read_text("utf-8"), re.MULTILINE)
    assert found, f"{CARD_DATA} leaves no note {name}"
    return name, found[1]


def write_upgrade(card: TornCard, upgrade: Path) -> None:
    """Write the upgrade's file over the card's beginning, as Imager does."""
    assert upgrade.stat().st_size == UPGRADE_BYTES
    with upgrade.open("rb") as file:
        for number in range(UPGRADE_BYTES // BLOCK):
            block = file.read(BLOCK)
            if block != card.read(number * BLOCK, BLOCK):
                card.put(number * BLOCK, block)


def fill(bench: Bench, card: TornCard) -> None:
    """Fill the data partition to the last block, in a boot without the appliance."""
    plugged = Plugged(display=False, keypads=0, append=WITHOUT_THE_APPLIANCE)
    files = bench.boot_folder.files("virt", card)
    with Machine("virt", card, files, plugged, bench.folder / "filling") as machine:
        wait_for_data(machine)
        assert machine.run(FILL).split()[-1] == "0"


def status_file(machine: Machine, folder: Path) -> str:
    """Wait until bedside-status.txt is written, pull the plug, and return it."""
    wait_for_status_file(machine)
    machine.kill()
    path = BootPartition(machine.card, folder / "fat")
    return path.read("bedside-status.txt").decode("utf-8")


def wait_for_status_file(machine: Machine) -> None:
    unit = "bedside-status.service"
    machine.wait_until(
        lambda: (
            machine.show("Result", unit) == "success"
            and machine.show("ExecMainExitTimestampMonotonic", unit) != "0"
        ),
        READY_WITHIN_S,
        "the status file",
    )


def status_before(bench: Bench) -> str:
    """Return bedside-status.txt as the first boot left it."""
    used = BootPartition(bench.used, bench.folder / "fat")
    return used.read("bedside-status.txt").decode("utf-8")


def device_of(status: str) -> str:
    """Return the device's identity."""
    found = re.search(r"^Device: +([0-9a-f]{32})", status, re.MULTILINE)
    assert found, status
    return found[1]
