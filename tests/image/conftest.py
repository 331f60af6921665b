"""The published image, taken apart once: `bash deploy/test.sh --image` builds it first."""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import __version__
from deploy.image.layout import BOOT, ROOT, Partition

DIST = Path(os.environ.get("BEDSIDE_DIST", Path(__file__).parents[2] / "dist"))
"""What is looked into; BEDSIDE_DIST names another folder."""
_BLOCK = 1 << 20


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/image/"):
            item.add_marker(pytest.mark.image)


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    os.environ["PATH"] += ":/usr/sbin:/sbin"


@pytest.fixture(scope="session")
def dist() -> Path:
    """Return the folder of what is published."""
    assert (DIST / "SHA256SUMS").exists(), "nothing is built: bash deploy/test.sh --image"
    return DIST


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder for large files, emptied afterwards."""
    folder = tmp_path_factory.mktemp("card")
    yield folder
    shutil.rmtree(folder)


def unpack(compressed: Path, target: Path) -> Path:
    """Unpack an image, with holes where it is zero."""
    with lzma.open(compressed) as source, target.open("wb") as image:
        while block := source.read(_BLOCK):
            if any(block):
                image.write(block)
            else:
                image.seek(len(block), os.SEEK_CUR)
        image.truncate(image.tell())
    return target


def cut(card: Path, part: Partition, target: Path) -> Path:
    """Cut a partition out of an image."""
    with card.open("rb") as source, target.open("wb") as image:
        source.seek(part.start_bytes)
        for _ in range(part.size_bytes // _BLOCK):
            block = source.read(_BLOCK)
            if any(block):
                image.write(block)
            else:
                image.seek(len(block), os.SEEK_CUR)
        image.truncate(part.size_bytes)
    return target


@pytest.fixture(scope="session")
def card(dist: Path, work: Path) -> Path:
    """Return the full image, unpacked."""
    return unpack(dist / f"bedside-{__version__}-arm64.img.xz", work / "card.img")


@pytest.fixture(scope="session")
def upgrade(dist: Path, work: Path) -> Path:
    """Return the upgrade's image, unpacked."""
    return unpack(dist / f"bedside-{__version__}-arm64-upgrade.img.xz", work / "upgrade.img")


@pytest.fixture(scope="session")
def root_image(card: Path, work: Path) -> Path:
    """Return the root's file system."""
    return cut(card, ROOT, work / "root.ext4")


@pytest.fixture(scope="session")
def root(root_image: Path, work: Path) -> Path:
    """Return the root's files."""
    target = work / "root"
    target.mkdir()
    done = subprocess.run(
        ["debugfs", "-R", f"rdump / {target}", root_image],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "while" not in done.stderr, done.stderr
    return target


@pytest.fixture(scope="session")
def boot(card: Path, work: Path) -> Path:
    """Return the boot partition's files."""
    return boot_files(card, work / "boot")


def boot_files(card: Path, target: Path) -> Path:
    """Copy the boot partition's files out of an image."""
    target.mkdir()
    subprocess.run(
        ["mcopy", "-s", "-Q", "-i", f"{card}@@{BOOT.start_bytes}", "::*", target], check=True
    )
    return target
