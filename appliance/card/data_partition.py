"""How the data partition fares: where it is, how full, and whether it takes writes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
_GIGA = 1e9


@dataclass(frozen=True, slots=True)
class DataPartition:
    """size_bytes, free_bytes: of the file system.  kind: its type, "tmpfs" for memory.

    own: it is not the root's.  remade: what happened if it had to be made again, else empty.
    """

    size_bytes: int = 0
    free_bytes: int = 0
    kind: str = ""
    own: bool = False
    read_only: bool = False
    remade: str = ""

    def __str__(self) -> str:
        """Return it in words for a technician."""
        if not self.size_bytes:
            return "CANNOT BE READ"
        size, free = self.size_bytes / _GIGA, self.free_bytes / _GIGA
        words = f"{size:.1f} GB, {free:.1f} GB free"
        if self.kind == "tmpfs":
            words = "MISSING: nothing is kept over a restart"
        elif self.read_only:
            words += "; READ-ONLY: nothing is kept"
        elif not self.own:
            words += "; not apart from the system"
        return f"{words}; was made again: {self.remade}" if self.remade else words


def data_partition(folder: Path, remade: str, mounts: Path = MOUNTS) -> DataPartition:
    """Return how the file system fares on which this folder lies."""
    try:
        room, device = os.statvfs(folder), folder.stat().st_dev
    except OSError:
        return DataPartition(remade=remade)
    kind, read_only = _file_system(device, mounts)
    return DataPartition(
        room.f_blocks * room.f_frsize,
        room.f_bavail * room.f_frsize,
        kind,
        device != Path("/").stat().st_dev,
        read_only,
        remade,
    )


def _file_system(device: int, mounts: Path) -> tuple[str, bool]:
    """Return type of a mounted file system, and whether it as a whole is read-only.

    What a single mount forbids says nothing: a sandbox mounts much read-only.
    Source: proc(5), mountinfo.
    """
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return "", False
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, told = before.split(), after.split()
        if len(fields) > 2 and fields[2] == wanted and len(told) > 2:
            return told[0], "ro" in told[2].split(",")
    return "", False
