"""The status file for the technician: everything that is wrong is in it, and no patient is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.card.board_files import (
    DISPLAY_FILE,
    HEADER_FILE,
    Board,
    board_changes,
    board_files,
)
from appliance.card.data_partition import DataPartition, data_partition
from appliance.card.plugged import Plugged, find_plugged
from appliance.card.status_text import CardFacts, same_but_for_time, status_text
from appliance.settings_fault import Fault
from appliance.settings_report import Served, SettingsReport

DATA = DataPartition(12_000_000_000, 11_500_000_000, "ext4", own=True)
DAEMON: dict[str, Any] = {
    "mode": "idle",
    "models": [
        {"task": "maternal-risk", "version": "1.0.0", "proof": "x", "refusal": ""},
        {"task": "news2", "version": "2.0.0", "proof": "", "refusal": "wrong hash"},
    ],
    "bundles_refused": ["chd-pretest"],
    "instruments": [{"name": "Cuff", "state": "speaking"}, {"name": "Oximeter", "state": None}],
    "faults": [
        {"code": "LINK state=ABSENT instrument=Cuff", "ago_s": 5.0},
        {"code": "KEYPAD_FAULT", "ago_s": 50.0},
        {"code": "LINK state=ABSENT instrument=Cuff", "ago_s": 500.0},
    ],
}
FACTS = CardFacts(
    version="0.1.0",
    device="0123456789abcdef0123456789abcdef",
    written="2026-11-24 10:00 UTC",
    clock_set=True,
    settings=SettingsReport(Served.FILE),
    data=DATA,
    daemon=DAEMON,
    instruments=(("Cuff", "suntech_nibp", "/dev/bedside/uart"), ("Oximeter", "x", "/dev/y")),
    ports=(("uart", ""), ("usb-1.2", "FT232R USB UART")),
)

WHOLE = """\
Status of this bedside appliance. It writes this file by itself; changes are lost.
Written: 2026-11-24 10:00 UTC

Version:            0.1.0
Device:             0123456789abcdef0123456789abcdef
Clock:              set
Settings:           bedside.toml is used
Appliance:          idle
Model:              maternal-risk 1.0.0: proven
Model:              news2 2.0.0: REFUSED, rule and red flags only: wrong hash
Task:               chd-pretest: REFUSED as a whole
Instrument:         Cuff (suntech_nibp) on /dev/bedside/uart: speaking
Instrument:         Oximeter (x) on /dev/y: not known
Ports found:
    uart
    usb-1.2    FT232R USB UART
Number pads found:  none
Data partition:     12.0 GB, 11.5 GB free
Last faults:
    KEYPAD_FAULT
    LINK state=ABSENT instrument=Cuff    (2 times)
"""


def test_a_whole_file() -> None:
    assert status_text(FACTS) == WHOLE.replace("\n", "\r\n")


def line(facts: CardFacts, title: str) -> str:
    return next(each for each in status_text(facts).split("\r\n") if each.startswith(title))


def test_refused_settings_are_told_with_line_and_key() -> None:
    faults = (Fault("clinic.name", "5", "text", 4), Fault("(file)", "x", "y"))
    facts = replace(FACTS, settings=SettingsReport(Served.LAST_GOOD, faults, 3, ("Remade.",)))
    text = status_text(facts)
    assert "bedside.toml is REFUSED, 5 faults: the last good settings are used\r\n" in text
    assert "    line 4: clinic.name = 5: must be text\r\n" in text
    assert "    (file) = x: must be y\r\n" in text
    assert "    and 3 more\r\n" in text
    assert line(facts, "Note:").endswith("Remade.")


@pytest.mark.parametrize(
    ("change", "title", "words"),
    [
        ({"daemon": None}, "Appliance", "DOES NOT ANSWER"),
        ({"daemon": None, "held": True}, "Appliance", "HELD after failed starts"),
        ({"clock_set": False}, "Clock", "NOT SET"),
        ({"device": ""}, "Device", "no identity could be made"),
        ({"instruments": ()}, "Instrument", "none is set"),
        ({"daemon": {**DAEMON, "faults": []}}, "Last faults", "none since"),
    ],
)
def test_each_thing_that_is_not_well(change: dict[str, Any], title: str, words: str) -> None:
    assert words in line(replace(FACTS, **change), title)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (replace(DATA, kind="tmpfs"), "MISSING: nothing is kept over a restart"),
        (replace(DATA, read_only=True), "12.0 GB, 11.5 GB free; READ-ONLY: nothing is kept"),
        (replace(DATA, own=False), "12.0 GB, 11.5 GB free; not apart from the system"),
        (replace(DATA, remade="it was broken"), "free; was made again: it was broken"),
        (DataPartition(), "CANNOT BE READ"),
    ],
)
def test_the_data_partition(data: DataPartition, words: str) -> None:
    assert words in line(replace(FACTS, data=data), "Data partition")


@pytest.mark.parametrize("daemon", [{}, {"models": 5, "instruments": [5], "faults": "x"}])
def test_an_answer_of_another_form_is_told_as_far_as_it_goes(daemon: dict[str, Any]) -> None:
    text = status_text(replace(FACTS, daemon=daemon))
    assert "Cuff (suntech_nibp) on /dev/bedside/uart: not known" in text


def test_no_word_from_outside_can_add_a_line() -> None:
    evil = SettingsReport(Served.FILE, notes=("one\r\nWritten: never\x1b[2J",))
    text = status_text(replace(FACTS, settings=evil, ports=(("usb-1", "x\ny"),)))
    assert text.count("\nWritten: ") == 1
    assert text.count("\n") == status_text(FACTS).count("\n")
    assert "\x1b" not in text


def test_only_news_are_news() -> None:
    later = replace(FACTS, written="2027-01-01 00:00 UTC")
    assert same_but_for_time(status_text(FACTS), status_text(later))
    assert not same_but_for_time(status_text(FACTS), status_text(replace(later, held=True,
                                                                        daemon=None)))  # fmt: skip
    assert not same_but_for_time("", status_text(FACTS))


MOUNTS = """\
21 1 8:1 / / ro,relatime shared:1 - ext4 /dev/a ro,errors=remount-ro
22 21 8:2 /var /var rw,relatime - ext4 /dev/b rw
23 21 {device} / /here ro - ext4 /dev/c {options}
"""


@pytest.mark.parametrize(("options", "read_only"), [("rw,data=ordered", False), ("ro,x", True)])
def test_read_only_is_what_the_file_system_is_and_not_one_mount(
    tmp_path: Path, options: str, read_only: bool
) -> None:
    import os

    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mounts"
    text = MOUNTS.format(device=f"{os.major(device)}:{os.minor(device)}", options=options)
    mounts.write_text(text)
    found = data_partition(tmp_path, "", mounts)
    assert (found.kind, found.read_only) == ("ext4", read_only)
    assert found.size_bytes >= found.free_bytes > 0


def test_a_partition_that_cannot_be_read(tmp_path: Path) -> None:
    assert str(data_partition(tmp_path / "none", "")) == "CANNOT BE READ"
    assert data_partition(tmp_path, "", tmp_path / "none").kind == ""


class Port:
    def __init__(self, device: str, description: str) -> None:
        self.device, self.description = device, description


def test_what_is_plugged_in_has_its_name_and_says_what_it_is(tmp_path: Path) -> None:
    for name in ("ttyUSB0", "ttyAMA0", "event3"):
        (tmp_path / name).touch()
    folder = tmp_path / "bedside"
    folder.mkdir()
    for name, device in (
        ("usb-1.2", "ttyUSB0"), ("uart", "ttyAMA0"), ("keypad", "event3"),
        ("keypad-1.3", "event3"), ("usb-gone", "ttyUSB9"),
    ):  # fmt: skip
        (folder / name).symlink_to(tmp_path / device)
    ports = [
        Port(str(tmp_path / "ttyUSB0"), "FT232R \x1b USB" + "x" * 80),
        Port(str(tmp_path / "ttyAMA0"), "n/a"),
    ]
    found = find_plugged(folder, lambda: ports)
    assert found.keypads == (("keypad", ""), ("keypad-1.3", ""))
    assert found.ports == (("uart", ""), ("usb-1.2", ("FT232R  USB" + "x" * 80)[:60]))
    assert find_plugged(tmp_path / "none", lambda: ()) == Plugged()


def test_the_board_is_set_up_for_display_and_header(tmp_path: Path) -> None:
    for folder in ("display", "dtb/ds3231-spi"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "display" / "hdmi.txt").write_bytes(b"hdmi_group=2\n")
    (tmp_path / "dtb/ds3231-spi/choose.txt").write_bytes(b"device_tree=x\n")
    board = Board("hdmi", "ds3231-spi")
    wanted = {DISPLAY_FILE: b"hdmi_group=2\n", HEADER_FILE: b"device_tree=x\n"}
    assert board_files(tmp_path, board) == wanted
    assert board_changes(tmp_path, board)
    for name, content in wanted.items():
        (tmp_path / name).write_bytes(content)
    assert not board_changes(tmp_path, board)
    # Back to a board with nothing on its header: the include must not stay.
    assert board_files(tmp_path, Board("hdmi", "plain"))[HEADER_FILE] == b""
    assert board_changes(tmp_path, Board("hdmi", "plain"))


@pytest.mark.parametrize("board", [Board(), Board("none-such", "i2c"), Board("hdmi", "plain")])
def test_a_card_without_set_ups_is_left_alone(tmp_path: Path, board: Board) -> None:
    assert board_files(tmp_path, board) == {}
    assert not board_changes(tmp_path, board)
