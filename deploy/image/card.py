"""Puts the card's image together from its parts.

    python -m deploy.image.card --base ROOT --package DEB --work FOLDER

Leaves card.img and upgrade.img in the work folder, beside the parts they are made of.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from deploy.image import boot_files, filesystems, root_tree
from deploy.image.errors import BuildError
from deploy.image.layout import (
    BOOT,
    DATA,
    FULL_BYTES,
    MIB,
    NEW_DATA_MARK,
    ROOT,
    UPGRADE_BYTES,
    sfdisk_script,
)
from deploy.image.tools import run


def make_card(base: Path, package: Path, work: Path, epoch_s: int) -> None:
    """Make card.img, and upgrade.img, which ends where the data begins.  Raises BuildError.

    The upgrade brings no settings: those that the card kept stay in force.
    """
    boot, root = work / "boot", work / "root.img"
    boot_files.lay_out(base, boot)
    root_tree.make_root(base, package, boot, work / "root", epoch_s)
    filesystems.make_root(work / "root", root, ROOT.size_bytes, epoch_s)
    filesystems.make_boot(boot, work / "boot.img", BOOT.size_bytes, epoch_s)
    _join(work / "card.img", FULL_BYTES, work / "boot.img", root)
    with (work / "card.img").open("r+b") as file:
        file.seek(DATA.start_bytes)
        file.write(NEW_DATA_MARK)
    (boot / boot_files.SETTINGS).rename(boot / boot_files.EXAMPLE)
    filesystems.make_boot(boot, work / "boot-upgrade.img", BOOT.size_bytes, epoch_s)
    _join(work / "upgrade.img", UPGRADE_BYTES, work / "boot-upgrade.img", root)


def _join(card: Path, size_bytes: int, boot: Path, root: Path) -> None:
    # The whole card for sfdisk, which refuses a partition that is not there; cut afterwards.
    filesystems.blank(card, FULL_BYTES)
    run(["sfdisk", "--quiet", str(card)], text=sfdisk_script())
    for source, part in ((boot, BOOT), (root, ROOT)):
        run(
            ["dd", f"if={source}", f"of={card}", "bs=1M", "conv=notrunc,sparse", "status=none"]
            + [f"seek={part.start_bytes // MIB}"]
        )
    with card.open("r+b") as file:
        file.truncate(size_bytes)


def main() -> int:
    """Make the image from the command line."""
    parser = argparse.ArgumentParser(description="Put the card's image together.")
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        make_card(
            arguments.base, arguments.package, arguments.work, int(os.environ["SOURCE_DATE_EPOCH"])
        )
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
