"""What stands on the boot partition: nothing on the serial port or the screen but ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from appliance.card.board_files import DISPLAY_FILE, HEADER_FILE
from appliance.card.form import DISPLAYS
from deploy.image import boot_files
from deploy.image.device_trees import VARIANTS, choosing

CONFIG = (Path(boot_files.__file__).parent / "boot/config.txt").read_text("ascii")


@pytest.mark.parametrize("display", boot_files.MODES)
def test_command_line_leaves_port_and_screen_alone(display: str) -> None:
    words = boot_files.command_line(display).split()
    consoles = [word for word in words if word.startswith("console=")]
    assert consoles == ["console=tty3"]
    assert "ro" in words
    assert "rw" not in words
    assert {"quiet", "vt.global_cursor_default=0", "consoleblank=0"} <= set(words)
    assert "systemd.getty_auto=no" in words


def test_command_line_is_one_line() -> None:
    """The firmware reads the first line of the file alone."""
    assert boot_files.command_line("hdmi").count("\n") == 1


def test_every_kind_of_display_of_the_settings_has_its_set_up() -> None:
    assert {str(each["variant"]) for each in DISPLAYS.values()} == set(boot_files.MODES)


@pytest.mark.parametrize("display", boot_files.MODES)
def test_set_up_of_a_display_names_a_command_line_that_is_there(display: str) -> None:
    named = re.findall(r"^cmdline=(\S+)$", boot_files.choosing(display), re.MULTILINE)
    assert named == [boot_files.file_of_command_line(display)]


def test_forced_mode_differs_from_the_default() -> None:
    assert "video=" in boot_files.command_line("hdmi-800x480")
    assert "video=" not in boot_files.command_line("hdmi")


def test_config_includes_what_the_provisioning_writes() -> None:
    for name in (DISPLAY_FILE, HEADER_FILE):
        assert f"include {name}\n" in CONFIG


def test_config_says_nothing_on_the_serial_port() -> None:
    assert "uart_2ndstage" not in CONFIG
    assert "arm_64bit=1" in CONFIG


def test_choice_of_trees_ends_in_all_boards() -> None:
    """What comes behind it in config.txt must hold for all boards again."""
    for variant in VARIANTS:
        assert choosing(variant).endswith("[all]\n")
