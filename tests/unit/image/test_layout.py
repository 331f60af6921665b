"""How the card is divided: promises to cards that are already in use."""

from pathlib import Path

from deploy.image import layout
from deploy.image.listing import listed

IMAGE = Path(layout.__file__).parent


def test_data_begins_where_it_always_began() -> None:
    """An upgrade that put it elsewhere would lose every record."""
    assert layout.DATA.start_bytes == 1280 * 1024 * 1024
    assert layout.DATA.number == 3


def test_upgrade_ends_where_data_begins() -> None:
    assert layout.DATA.start_bytes == layout.UPGRADE_BYTES
    assert layout.FULL_BYTES > layout.UPGRADE_BYTES


def test_partitions_do_not_overlap_and_lie_on_4_mib() -> None:
    for before, after in zip(layout.PARTITIONS, layout.PARTITIONS[1:], strict=False):
        assert before.end_bytes <= after.start_bytes
    assert all(p.start_bytes % (4 * layout.MIB) == 0 for p in layout.PARTITIONS)


def test_images_are_whole_sectors() -> None:
    """Raspberry Pi Imager wants a multiple of 512."""
    assert layout.FULL_BYTES % 512 == layout.UPGRADE_BYTES % 512 == 0


def test_command_line_and_fstab_name_the_partitions_of_the_table() -> None:
    disk = f"{layout.DISK_ID:08x}"
    assert f"root=PARTUUID={disk}-{layout.ROOT.number:02d}" in listed(IMAGE / "boot/cmdline.txt")
    fstab = (IMAGE / "rootfs/etc/fstab").read_text()
    assert f"PARTUUID={disk}-{layout.BOOT.number:02d} " in fstab
    assert f"label-id: 0x{disk}" in layout.sfdisk_script()


def test_mark_of_new_data_is_the_one_that_the_card_looks_for() -> None:
    script = (IMAGE / "rootfs/usr/lib/bedside/card-data").read_text()
    assert f"new_mark='{layout.NEW_DATA_MARK.decode()}'" in script
    # What mkfs wipes (mke2fs.c, zap_sector): else a card would be new for ever.
    assert len(layout.NEW_DATA_MARK) <= 1024


def test_card_notes_in_front_of_all_partitions_that_its_data_are_being_made() -> None:
    script = (IMAGE / "rootfs/usr/lib/bedside/card-data").read_text()
    assert f"forming_mark='{layout.FORMING_MARK.decode()}'\n" in script
    assert f"forming_at={layout.FORMING_AT_BYTES}\n" in script
    assert len(layout.NEW_DATA_MARK) == len(layout.FORMING_MARK) == 16, "the script reads so many"
    assert layout.FORMING_AT_BYTES % layout.SECTOR == 0
    # Behind the partition table, and by more than any cache of a disk writes at once.
    assert 64 * 1024 <= layout.FORMING_AT_BYTES <= layout.BOOT.start_bytes - 64 * 1024
