"""Lays out the boot partition: firmware, kernel, initrd, device trees, settings."""

from __future__ import annotations

import shutil
from pathlib import Path

from deploy.image.device_trees import make_trees
from deploy.image.errors import BuildError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
_FIRMWARE = ("bootcode.bin", "start.elf", "start4.elf", "fixup.dat", "fixup4.dat")
"""Of the firmware's variants the plain ones, for boards before the Pi 4 and from it on."""


def lay_out(base: Path, folder: Path) -> None:
    """Fill a folder with what the boot partition holds.  Raises BuildError."""
    folder.mkdir()
    for name in _FIRMWARE:
        shutil.copyfile(base / "usr/lib/raspi-firmware" / name, folder / name)
    shutil.copyfile(_only(base, "boot/vmlinuz-*"), folder / "vmlinuz")
    shutil.copyfile(_only(base, "boot/initrd.img-*"), folder / "initrd.img")
    make_trees(_only(base, "usr/lib/linux-image-*/broadcom"), folder)
    for name in ("config.txt", "cmdline.txt"):
        shutil.copyfile(HERE / "boot" / name, folder / name)
    settings = ROOT / "deploy/card/bedside.toml"
    if settings.exists():
        shutil.copyfile(settings, folder / settings.name)


def _only(base: Path, pattern: str) -> Path:
    found = sorted(base.glob(pattern))
    if len(found) != 1:
        raise BuildError(f"The base root has {len(found)} of {pattern}; one is needed.")
    return found[0]
