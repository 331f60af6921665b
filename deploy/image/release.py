"""Makes of an image what is published: compressed files, maps, digests, lists.

python -m deploy.image.release --work FOLDER --wheels FOLDER --package DEB --out FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from appliance import __version__
from deploy.image import bmap, sbom, sizes
from deploy.image.errors import BuildError
from deploy.image.imager_entry import ImageFile, os_list
from deploy.image.tools import run
from deploy.image.wheels import digest_of

ROOT = Path(__file__).resolve().parents[2]
MOST_COMPRESSED_BYTES = 400_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One image file.  source: in the work folder.  suffix: in the published name."""

    source: str
    suffix: str
    name: str
    description: str


KINDS = (
    Kind("card.img", "", "Bedside appliance", "Makes a new card; whatever is on it is lost"),
    Kind(
        "upgrade.img",
        "-upgrade",
        "Bedside appliance, upgrade",
        "Only for a card that is the appliance's already: its settings and records stay",
    ),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a release is made of: the work folder of the build, wheels, package, where it goes."""

    work: Path
    wheels: Path
    package: Path
    out: Path
    url: str
    epoch_s: int


def publish(parts: Parts) -> list[Path]:
    """Make all files; return them.  Raises BuildError."""
    parts.out.mkdir(parents=True, exist_ok=True)
    images, files = [], []
    for kind in KINDS:
        card = parts.work / kind.source
        stem = f"bedside-{__version__}-arm64{kind.suffix}"
        compressed, plan = parts.out / f"{stem}.img.xz", parts.out / f"{stem}.bmap"
        plan.write_text(bmap.bmap_of_card(parts.work / "root.img", card), "ascii")
        _compress(card, compressed)
        images.append(
            ImageFile(
                name=f"{kind.name} {__version__}",
                description=kind.description,
                url=parts.url + compressed.name,
                raw_bytes=card.stat().st_size,
                raw_sha256=digest_of(card),
                size_bytes=compressed.stat().st_size,
                sha256=digest_of(compressed),
            )
        )
        files += [compressed, plan]
    files += _lists(parts, images)
    sums = parts.out / "SHA256SUMS"
    sums.write_text("".join(f"{digest_of(f)}  {f.name}\n" for f in sorted(files)), "ascii")
    return [*files, sums]


def _lists(parts: Parts, images: list[ImageFile]) -> list[Path]:
    when = datetime.fromtimestamp(parts.epoch_s, UTC)
    package = parts.out / parts.package.name
    if package != parts.package:
        shutil.copyfile(parts.package, package)
    bill = parts.out / f"bedside-{__version__}-sbom.cdx.json"
    status = (parts.work / "root/var/lib/dpkg/status").read_text("utf-8")
    components = [
        *sbom.debian_components(status),
        *sbom.wheel_components(parts.wheels),
        *sbom.model_components(parts.work / "root/opt/bedside/models"),
    ]
    bill.write_text(sbom.bill(__version__, components, when.strftime("%Y-%m-%dT%H:%M:%SZ")))
    listing = parts.out / f"bedside-{__version__}-os_list.json"
    listing.write_text(json.dumps(os_list(images, when.strftime("%Y-%m-%d")), indent=1) + "\n")
    return [package, bill, listing]


def _compress(card: Path, target: Path) -> None:
    """Compress an image, in blocks of a fixed size: the same bytes on any number of processors."""
    run(["xz", "--keep", "--force", "--threads=0", "--block-size=32MiB", "-1", str(card)])
    shutil.move(f"{card}.xz", target)
    if target.stat().st_size > MOST_COMPRESSED_BYTES:
        raise BuildError(f"{target.name} is larger than {MOST_COMPRESSED_BYTES / 1e6:.0f} MB.")


def main() -> int:
    """Publish from the command line; print what takes the room and what was made."""
    parser = argparse.ArgumentParser(description="Make of an image what is published.")
    for name in ("work", "wheels", "package", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--url", default="", help="where the files will be published, ending in /")
    arguments = parser.parse_args()
    try:
        files = publish(Parts(epoch_s=int(os.environ["SOURCE_DATE_EPOCH"]), **vars(arguments)))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    room = [*sizes.files_below(arguments.work / "root")]
    room += sizes.files_below(arguments.work / "boot", "boot/")
    print(f"What takes the room on the card:\n{sizes.table(sizes.by_group(room))}\n")
    for file in files:
        print(f"{file.stat().st_size / 1e6:8.1f} MB  {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
