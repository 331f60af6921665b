"""Puts the card's image together from its parts.

    python -m deploy.image.card --base ROOT --package DEB --work FOLDER

Leaves card.img in the work folder, and beside it what a test machine boots it with.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from deploy.image import boot_files, filesystems, root_tree
from deploy.image.errors import BuildError
from deploy.image.layout import BOOT, DATA, FULL_BYTES, NEW_DATA_MARK, ROOT, Partition, sfdisk_script
from deploy.image.tools import run


def make_card(base: Path, package: Path, work: Path, epoch_s: int) -> Path:
    """Make the image; return its path.  Raises BuildError."""
    tree, boot = work / "root", work / "boot"
    root_tree.make_root(base, package, tree, epoch_s)
    boot_files.lay_out(base, boot)
    filesystems.make_boot(boot, work / "boot.img", BOOT.size_bytes, epoch_s)
    filesystems.make_root(tree, work / "root.img", ROOT.size_bytes, epoch_s)
    card = work / "card.img"
    with card.open("wb") as file:
        file.truncate(FULL_BYTES)
        file.seek(DATA.start_bytes)
        file.write(NEW_DATA_MARK)
    run(["sfdisk", "--quiet", str(card)], text=sfdisk_script())
    for part, name in ((BOOT, "boot.img"), (ROOT, "root.img")):
        _place(work / name, card, part)
    return card


def _place(source: Path, card: Path, part: Partition) -> None:
    run(
        ["dd", f"if={source}", f"of={card}", "bs=1M", "conv=notrunc,sparse", "status=none"]
        + [f"seek={part.start_bytes // (1 << 20)}"]
    )


def main() -> int:
    """Make the image from the command line."""
    parser = argparse.ArgumentParser(description="Put the card's image together.")
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        card = make_card(
            arguments.base, arguments.package, arguments.work, int(os.environ["SOURCE_DATE_EPOCH"])
        )
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    print(card)
    return 0


if __name__ == "__main__":
    sys.exit(main())
