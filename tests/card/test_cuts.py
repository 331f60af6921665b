"""The power goes while the card is written to: what was acknowledged must be there afterwards.

The card keeps an honest cache (torn_card.py): what was not flushed is lost in part and in any
order.  With synchronous=OFF, or on a card that forgets flushes, the same harness must lose
rows: else it could not see a loss.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event

import pytest

from deploy.image.layout import ROOT as ROOT_PART
from tests.card.conftest import BootFolder
from tests.card.emulators import Plugged
from tests.card.machine import Machine, MachineError
from tests.card.torn_card import BLOCK, TornCard

CUTS = 20
CUTS_OF_A_CONTROL = 5
CUTS_OF_A_START = 3
MOST = 600
"""Writes, or rows, after which the power goes at the latest."""
WITHIN_S = 300.0
WITHOUT_THE_APPLIANCE = "systemd.unit=bedside-test-cuts.target"
WRITER = "exec /opt/bedside/bin/python -I /run/bedside-test/writer.py {mode} >&3"

Boot = Callable[[TornCard], Machine]


@dataclass(slots=True)
class Course:
    """What came of one card's cuts.

    acknowledged, lost: rows, all cuts together.  last: the newest that was acknowledged.
    broken: what was found so.
    """

    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    last: int = 0
    broken: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def boot(boot_folder: BootFolder, tmp_path_factory: pytest.TempPathFactory) -> Boot:
    """Return a function that makes a machine without the appliance, not yet switched on."""
    folder = tmp_path_factory.mktemp("cuts")
    plugged = Plugged(display=False, keypads=0, append=WITHOUT_THE_APPLIANCE)

    def boot(card: TornCard) -> Machine:
        number = len(list(folder.iterdir()))
        return Machine("virt", card, boot_folder.files("virt", card), plugged, folder / f"{number}")

    return boot


@dataclass(frozen=True, slots=True)
class Made:
    """A card after its first boot was left in peace, and how many writes that took."""

    card: TornCard
    writes: int


@pytest.fixture(scope="module")
def made(new_card: TornCard, boot: Boot) -> Made:
    card = new_card.copy()
    with boot(card) as machine:
        wait_for_data(machine)
        machine.run("sync")
        writes = card.writes
    return Made(card, writes)


def wait_for_data(machine: Machine, may_be_repaired: bool = False) -> None:
    """Wait until /var is there; it must be the card's, and nothing noted of it but a repair."""
    machine.hook.wait_until_ready(WITHIN_S)
    unit = "bedside-data.service"
    machine.wait_until(lambda: machine.show("ActiveState", unit) == "active", WITHIN_S, unit)
    source = machine.run("findmnt --noheadings --output SOURCE /var", check=False).strip()
    notes = machine.run("cat /run/bedside-notes/* 2>/dev/null", check=False).strip()
    if may_be_repaired and "has been repaired" in notes:
        notes = ""
    if source != "/dev/vda3" or notes:
        raise MachineError(f"/var is {source!r}, notes: {notes!r}\n{machine.tail()}")


def write_until_cut(boot: Boot, card: TornCard, mode: str, seed: int, course: Course) -> None:
    """Boot, look at what is there, write until the power goes."""
    with boot(card) as machine:
        wait_for_data(machine)
        look(machine, mode, course)
        if course.broken:
            return
        at = random.Random(seed).randrange(1, MOST)
        if mode == "FULL":
            _cut_at_write(machine, at, seed)
        else:
            # What does not wait for the card is written when the kernel likes: cut by rows.
            machine.hook.wait_for_line(f"ROW {course.last + at}", WITHIN_S)
            card.cut(seed, machine.kill)
        rows = [int(row) for row in machine.hook.take_lines("ROW ")]
    last = max([*rows, course.last])
    course.cuts += 1
    course.acknowledged += last - course.last
    course.last = last


def look(machine: Machine, mode: str, course: Course) -> None:
    """Start the writer; compare what it found with what was acknowledged."""
    machine.hook.start(WRITER.format(mode=mode))
    found = json.loads(machine.hook.wait_for_line("KEPT ", WITHIN_S))
    if found["whole"] != "ok" or not found["right"]:
        course.broken.append(str(found["whole"]))
    course.lost += max(0, course.last - found["last"])
    course.last = found["last"]


def _cut_at_write(machine: Machine, write: int, seed: int) -> None:
    """Cut the power at that write from now, and wait for it."""
    off = Event()

    def cut() -> None:
        machine.kill()
        off.set()

    machine.card.cut_after(write, seed, cut)
    if not off.wait(WITHIN_S):
        raise MachineError(f"there were fewer than {write} writes\n{machine.tail()}")


def course_of(boot: Boot, card: TornCard, mode: str, cuts: int) -> Course:
    """Cut a card so often; then look once more."""
    course = Course()
    for seed in range(cuts):
        write_until_cut(boot, card, mode, seed, course)
        if course.broken:
            return course
    with boot(card) as machine:
        wait_for_data(machine)
        look(machine, mode, course)
    return course


def tell(pictures: Path, name: str, course: Course) -> None:
    (pictures / f"{name}.json").write_text(json.dumps(asdict(course), indent=2) + "\n", "utf-8")


@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost(
    boot: Boot, made: Made, cards: dict[str, TornCard], pictures: Path
) -> None:
    card = made.card.copy()
    before = card.digest(ROOT_PART.start_bytes, ROOT_PART.size_bytes)
    course = course_of(boot, card, "FULL", CUTS)
    tell(pictures, "cuts-full", course)
    cards["written"] = card
    assert course.broken == []
    assert course.lost == 0
    assert course.cuts == CUTS
    assert course.acknowledged > CUTS
    assert card.digest(ROOT_PART.start_bytes, ROOT_PART.size_bytes) == before


@pytest.mark.timeout(1800)
def test_nothing_is_lost_when_the_power_goes_while_it_starts(
    boot: Boot, cards: dict[str, TornCard]
) -> None:
    """The superblock is written in place; torn, it is mended from its copy, with a note."""
    assert "written" in cards, "the test above left no card"
    card, course = cards["written"], Course()
    with boot(card) as machine:
        wait_for_data(machine)
        look(machine, "FULL", course)
    rows = course.last
    for write in range(1, 1 + CUTS_OF_A_START):
        with boot(card) as machine:
            _cut_at_write(machine, write, seed=write)
        course.last = rows
        with boot(card) as machine:
            wait_for_data(machine, may_be_repaired=True)
            look(machine, "FULL", course)
        assert course.broken == []
        assert course.lost == 0
        rows = max(rows, course.last)


@pytest.mark.timeout(1800)
def test_the_harness_sees_a_loss(boot: Boot, made: Made, pictures: Path) -> None:
    """The control: the same cuts, and a database that does not wait for the card."""
    course = course_of(boot, made.card.copy(), "OFF", CUTS_OF_A_CONTROL)
    tell(pictures, "cuts-off", course)
    assert course.lost > 0 or course.broken


@pytest.mark.timeout(1800)
def test_a_card_that_lies_loses(boot: Boot, made: Made, pictures: Path) -> None:
    """Nothing helps against a card that forgets flushes: choose a good one, and test it."""
    card = made.card.copy()
    card.lies = True
    try:
        course = course_of(boot, card, "FULL", CUTS_OF_A_CONTROL)
    except MachineError as error:  # even the file system may be beyond a quiet repair
        course = Course(broken=[str(error).splitlines()[0]])
    tell(pictures, "cuts-lying-card", course)
    assert course.lost > 0 or course.broken


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_cut_while_the_data_partition_is_made(
    boot: Boot, new_card: TornCard, made: Made, share: float
) -> None:
    """share: of the first boot's writes that are done when the power goes."""
    card = new_card.copy()
    writes = 1 + round(share * (made.writes - 2))
    with boot(card) as machine:
        _cut_at_write(machine, writes, seed=writes)
    with boot(card) as machine:
        wait_for_data(machine, may_be_repaired=True)
        machine.run("touch /var/probe && sync")
    blocks = range(ROOT_PART.start_bytes // BLOCK, ROOT_PART.end_bytes // BLOCK)
    assert not card.written.intersection(blocks)
