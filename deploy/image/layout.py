"""How the card is divided.

Fixed for ever: an upgrade writes boot and root, and must leave the data partition where earlier
releases put it.
"""

from __future__ import annotations

from dataclasses import dataclass

SECTOR = 512
MIB = 1024 * 1024
DISK_ID = 0xBED51DE0
"""In the partition table; `root=` and fstab name partitions by it."""
NEW_DATA_MARK = b"BEDSIDE NEW DATA"
"""First bytes of the data partition on a card that was just written (rootfs, card-data)."""
FORMING_MARK = b"BEDSIDE FORMING!"
FORMING_AT_BYTES = 1 * MIB
"""Where a card notes this while its data partition is made for the first time: in front of all
partitions, so that nothing but a new image takes it away before it is done."""
NEW_DATA_BYTES = 1 * MIB
"""What the image holds of the data partition: the mark and nothing else.  The card's first
boot makes it as large as the card allows."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One primary partition.  kind: its type in the table (0c FAT32, 83 Linux)."""

    number: int
    start_bytes: int
    size_bytes: int
    kind: int

    @property
    def end_bytes(self) -> int:
        """Return the first byte behind it."""
        return self.start_bytes + self.size_bytes


BOOT = Partition(1, 4 * MIB, 252 * MIB, 0x0C)
ROOT = Partition(2, 256 * MIB, 1024 * MIB, 0x83)
DATA = Partition(3, 1280 * MIB, NEW_DATA_BYTES, 0x83)
PARTITIONS = (BOOT, ROOT, DATA)
FULL_BYTES = DATA.end_bytes
UPGRADE_BYTES = ROOT.end_bytes
"""The upgrade ends where the data partition begins."""


def sfdisk_script() -> str:
    """Return the partition table as sfdisk reads it."""
    lines = ["label: dos", f"label-id: {DISK_ID:#010x}", "unit: sectors"]
    lines += [
        f"{p.number} : start={p.start_bytes // SECTOR}, size={p.size_bytes // SECTOR},"
        f" type={p.kind:02x}{', bootable' if p is BOOT else ''}"
        for p in PARTITIONS
    ]
    return "\n".join(lines) + "\n"
