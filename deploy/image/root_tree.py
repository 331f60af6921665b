"""Turns the base root into the card's: our package, the card's own files, nothing left over."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from deploy.image import modules
from deploy.image.errors import BuildError
from deploy.image.listing import listed
from deploy.image.package import compile_python
from deploy.image.tools import run

HERE = Path(__file__).resolve().parent
REMOVED = (
    # what an installation leaves behind: keys, logs, caches, back-ups, the mirror's name
    "etc/ssh/ssh_host_*",
    "etc/*-",
    "etc/.pwd.lock",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d/*",
    "etc/resolv.conf",
    "var/log/*",
    "var/cache/*",
    "var/lib/apt",
    "var/lib/dpkg/*-old",
    "var/lib/dpkg/lock*",
    "var/lib/dpkg/triggers/Lock",
    "var/lib/systemd/*",
    "var/lib/initramfs-tools",
    "var/lib/ucf",
    "run/*",
    "tmp/*",
    # what the boot partition has
    "boot/*",
    "usr/lib/udev/hwdb.bin",
    "usr/lib/raspi-firmware",
    "usr/lib/linux-image-*",
    "vmlinuz*",
    "initrd.img*",
)
_ENABLED = {
    "bedside-data.service": "local-fs.target.requires",
    "bedside-rtc.timer": "timers.target.wants",
}
"""The card's own units; those of the package it has enabled itself."""
_PYTHON = ("usr/lib/python3.11", "usr/lib/python3/dist-packages")


def make_root(base: Path, package: Path, boot: Path, tree: Path, epoch_s: int) -> None:
    """Make the card's root in a new folder.  Raises BuildError.

    boot: the boot partition's files, whose device trees say which drivers are needed.
    """
    run(["cp", "-a", "--reflink=auto", str(base), str(tree)])
    shutil.copyfile(package, tree / "bedside.deb")
    run(["chroot", str(tree), "dpkg", "--install", "/bedside.deb"])
    (tree / "bedside.deb").unlink()
    add_files(HERE / "rootfs", tree, epoch_s)
    mask(tree, listed(HERE / "masked-units"))
    for unit, folder in _ENABLED.items():
        _enable(tree, unit, folder)
    modules.trim(tree, boot.rglob("*.dtb"))
    for folder in _PYTHON:
        compile_python(tree, folder)
    for pattern in REMOVED:
        remove(tree, pattern)
    (tree / "etc/machine-id").write_bytes(b"")
    (tree / "boot/firmware").mkdir(parents=True, exist_ok=True)
    shadow = tree / "etc/shadow"
    shadow.write_text(settled_shadow(shadow.read_text("ascii"), epoch_s), "ascii")
    _settle_times(tree, epoch_s)


def add_files(source: Path, tree: Path, epoch_s: int) -> None:
    """Lay our own files over the root, whatever times and modes a checkout gave them."""
    shutil.copytree(source, tree, dirs_exist_ok=True, symlinks=True)
    for path in sorted(source.rglob("*")):
        copy = tree / path.relative_to(source)
        if not path.is_symlink():
            copy.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(copy, (epoch_s, epoch_s), follow_symlinks=False)
    os.utime(tree, (epoch_s, epoch_s))


def remove(tree: Path, pattern: str) -> None:
    """Remove what matches a pattern relative to the root; nothing matching is no fault."""
    for path in found(tree, pattern):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def found(tree: Path, pattern: str) -> list[Path]:
    """Return what matches, links that lead nowhere on this machine included."""
    folder, _, name = pattern.rpartition("/")
    folders = tree.glob(folder) if folder else [tree]
    return [
        path
        for parent in folders
        if parent.is_dir()
        for path in sorted(parent.iterdir())
        if fnmatchcase(path.name, name)
    ]


def mask(tree: Path, units: Iterable[str]) -> None:
    """Mask units, and take away what would start them or an instance of them."""
    system = tree / "etc/systemd/system"
    for unit in units:
        # An instance of a template is a link of its own: getty@tty1.service.
        links = f"etc/systemd/system/*.*/{unit.replace('@.', '@*.')}"
        for link in found(tree, links):
            link.unlink()
        (system / unit).unlink(missing_ok=True)
        (system / unit).symlink_to("/dev/null")


def _enable(tree: Path, unit: str, folder: str) -> None:
    target = tree / "etc/systemd/system" / folder
    target.mkdir(parents=True, exist_ok=True)
    (target / unit).symlink_to(f"../{unit}")


def settled_shadow(text: str, epoch_s: int) -> str:
    """Return /etc/shadow with the same day of the last change for every account.

    Raises BuildError when one has a password, an empty one included.
    """
    lines = []
    for line in text.splitlines():
        name, password, _, *rest = line.split(":")
        if password not in ("*", "!", "!*", "!!"):
            raise BuildError(f"The account {name} has a password. An image must not have any.")
        lines.append(":".join((name, password, str(epoch_s // 86400), *rest)))
    return "\n".join(lines) + "\n"


def _settle_times(tree: Path, epoch_s: int) -> None:
    """Set the time of everything that is newer than the source to the source's."""
    for folder, folders, files in os.walk(tree, topdown=False):
        for name in (*files, *folders):
            _settle_time(Path(folder, name), epoch_s)
    _settle_time(tree, epoch_s)


def _settle_time(path: Path, epoch_s: int) -> None:
    time_s = min(epoch_s, int(path.lstat().st_mtime))
    os.utime(path, (time_s, time_s), follow_symlinks=False)
