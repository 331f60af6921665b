"""Says what takes the room on the card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

_SITE = "opt/bedside/lib/python3.11/site-packages/"
GROUPS = (
    # the first that fits counts
    ("kernel and initrd", ("boot/vmlinuz", "boot/initrd.img")),
    ("firmware and device trees", ("boot/",)),
    ("drivers", ("usr/lib/modules/",)),
    ("numpy", (_SITE + "numpy",)),
    ("TFLite", (_SITE + "tflite_runtime",)),
    ("Pillow and its fonts", (_SITE + "PIL", _SITE + "pillow", _SITE + "font")),
    ("models", ("opt/bedside/models/",)),
    ("the program", (_SITE + "appliance/",)),
    ("other wheels", ("opt/bedside/",)),
    ("Debian's Python", ("usr/lib/python3", "usr/bin/python3")),
    ("systemd and udev", ("usr/lib/systemd/", "usr/lib/udev/", "usr/bin/systemd", "usr/bin/udev")),
    ("maintenance login", ("usr/lib/openssh/", "usr/sbin/sshd", "usr/bin/ssh", "etc/ssh/")),
    ("shared libraries", ("usr/lib/aarch64-linux-gnu/",)),
    ("the rest of Debian", ("",)),
)


def by_group(files: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the bytes of each group.  files: path from the card's root, and size."""
    sums: Counter[str] = Counter()
    for path, size in files:
        sums[next(name for name, starts in GROUPS if path.startswith(starts))] += size
    return dict(sums)


def files_below(folder: Path, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Yield the files below a folder, each with its size."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield prefix + path.relative_to(folder).as_posix(), path.stat().st_size


def table(sums: dict[str, int]) -> str:
    """Return the groups as a table, largest first, in MB."""
    rows = sorted(sums.items(), key=lambda row: -row[1])
    total = sum(sums.values())
    return "\n".join(f"{size / 1e6:8.1f} MB  {name}" for name, size in [*rows, ("together", total)])
