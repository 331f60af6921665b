"""The card's boot partition, read and written from outside as a laptop would.  Uses mtools."""

from __future__ import annotations

import subprocess
from pathlib import Path

from deploy.image.layout import BOOT
from tests.card.torn_card import BLOCK, TornCard

WITHIN_S = 60.0


class BootPartition:
    """Files on the FAT partition of a card that no machine uses at the moment."""

    def __init__(self, card: TornCard, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._card, self._file = card, folder / "boot.fat"

    def read(self, name: str) -> bytes:
        """Return a file.  Raises FileNotFoundError."""
        self._export()
        done = self._mtools("mcopy", f"::{name}", "-")
        if done.returncode:
            raise FileNotFoundError(f"{name} on the boot partition: {done.stderr.decode()}")
        return done.stdout

    def names(self, folder: str = "") -> list[str]:
        """Return the names of all files in a folder and below it."""
        self._export()
        done = self._mtools("mdir", "-b", "-/", f"::{folder}")
        return done.stdout.decode().split()

    def write(self, name: str, content: bytes | None) -> None:
        """Write a file, or take it away."""
        self._export()
        before = self._file.read_bytes()
        if content is None:
            done = self._mtools("mdel", f"::{name}")
        else:
            done = self._mtools("mcopy", "-o", "-", f"::{name}", given=content)
        if done.returncode:
            raise OSError(f"{name} could not be written: {done.stderr.decode()}")
        after = self._file.read_bytes()
        for start in range(0, len(after), BLOCK):
            if after[start : start + BLOCK] != before[start : start + BLOCK]:
                self._card.put(BOOT.start_bytes + start, after[start : start + BLOCK])

    def _export(self) -> None:
        self._card.export(BOOT.start_bytes, BOOT.size_bytes, self._file)

    def _mtools(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [words[0], "-i", str(self._file), *words[1:]]
        return subprocess.run(
            command, input=given, capture_output=True, timeout=WITHIN_S, check=False
        )
