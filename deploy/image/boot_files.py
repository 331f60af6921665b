"""Lays out the boot partition: firmware, kernel, initrd, device trees, settings."""

from __future__ import annotations

import shutil
from pathlib import Path

from appliance.card.board_files import DISPLAY_FILE, HEADER_FILE
from deploy.image.device_trees import make_trees
from deploy.image.errors import BuildError
from deploy.image.listing import listed

HERE = Path(__file__).resolve().parent
SETTINGS = "bedside.toml"
EXAMPLE = "bedside-example.toml"
"""As which the settings stand on an upgrade, where they are not to be applied."""
_FIRMWARE = ("bootcode.bin", "start.elf", "start4.elf", "fixup.dat", "fixup4.dat")
"""Of the firmware's variants the plain ones, for boards before the Pi 4 and from it on."""
MODES = {"hdmi": "", "hdmi-800x480": "video=HDMI-A-1:800x480M@60D"}
"""Kinds of displays, and what each adds to the kernel's command line.

M: timings by VESA CVT; D: switched on whether or not the screen says that it is there.
Source: Linux, Documentation/fb/modedb.rst.
"""


def lay_out(base: Path, folder: Path) -> None:
    """Fill a folder with what the boot partition holds.  Raises BuildError."""
    folder.mkdir()
    for name in _FIRMWARE:
        shutil.copyfile(base / "usr/lib/raspi-firmware" / name, folder / name)
    shutil.copyfile(_only(base, "boot/vmlinuz-*"), folder / "vmlinuz")
    shutil.copyfile(_only(base, "boot/initrd.img-*"), folder / "initrd.img")
    make_trees(_only(base, "usr/lib/linux-image-*/broadcom"), folder)
    shutil.copyfile(HERE / "boot/config.txt", folder / "config.txt")
    (folder / "display").mkdir()
    for display in MODES:
        (folder / file_of_command_line(display)).write_text(command_line(display), "ascii")
        (folder / "display" / f"{display}.txt").write_text(choosing(display), "ascii")
    # What config.txt includes is there from the start, as the first kind of display wants it.
    (folder / DISPLAY_FILE).write_text(choosing(next(iter(MODES))), "ascii")
    (folder / HEADER_FILE).write_text("", "ascii")
    shutil.copyfile(HERE.parents[1] / "deploy/card" / SETTINGS, folder / SETTINGS)


def command_line(display: str) -> str:
    """Return the kernel's command line for a kind of display."""
    words = [*listed(HERE / "boot/cmdline.txt"), *MODES[display].split()]
    return " ".join(words) + "\n"


def file_of_command_line(display: str) -> str:
    """Return the name of the file with that line; the firmware's own for the first kind."""
    return f"cmdline-{display}.txt" if MODES[display] else "cmdline.txt"


def choosing(display: str) -> str:
    """Return the lines of config.txt that choose a kind of display."""
    return f"# Display: {display}\ncmdline={file_of_command_line(display)}\n"


def _only(base: Path, pattern: str) -> Path:
    found = sorted(base.glob(pattern))
    if len(found) != 1:
        raise BuildError(f"The base root has {len(found)} of {pattern}; one is needed.")
    return found[0]
