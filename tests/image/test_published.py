"""What is published: it is what it says it is, and says so in every form that is asked for."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance import __version__
from deploy.image.bmap import BLOCK
from deploy.image.layout import DATA, FULL_BYTES, NEW_DATA_MARK, ROOT, UPGRADE_BYTES
from deploy.image.release import MOST_COMPRESSED_BYTES
from tests.image.conftest import boot_files, cut

STEM = f"bedside-{__version__}-arm64"
OLD = b"\xa5"
STEMS = (STEM, f"{STEM}-upgrade")


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_sums_hold_for_every_file(dist: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=dist,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    for stem in STEMS:
        assert f"{stem}.img.xz: OK" in done.stdout
        assert f"{stem}.bmap: OK" in done.stdout
    assert f"bedside_{__version__}_arm64.deb: OK" in done.stdout


def test_sums_catch_a_file_that_was_cut_off(dist: Path, tmp_path: Path) -> None:
    for path in dist.iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    image = tmp_path / f"{STEM}.img.xz"
    with image.open("r+b") as file:
        file.truncate(image.stat().st_size - 1)
    done = subprocess.run(
        ["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert f"{STEM}.img.xz: FAILED" in done.stdout
    assert subprocess.run(["xz", "--test", image], capture_output=True).returncode != 0


@pytest.mark.parametrize("stem", STEMS)
def test_image_is_small_enough_to_carry(dist: Path, stem: str) -> None:
    assert (dist / f"{stem}.img.xz").stat().st_size <= MOST_COMPRESSED_BYTES == 400_000_000


def test_imagers_list_is_of_these_files(dist: Path, card: Path, upgrade: Path) -> None:
    listing = json.loads((dist / f"bedside-{__version__}-os_list.json").read_text())
    assert len(listing["os_list"]) == 2
    for entry, raw, stem in zip(listing["os_list"], (card, upgrade), STEMS, strict=True):
        compressed = dist / f"{stem}.img.xz"
        assert entry["url"].endswith(compressed.name)
        assert entry["image_download_size"] == compressed.stat().st_size
        assert entry["image_download_sha256"] == digest(compressed)
        assert entry["extract_size"] == raw.stat().st_size
        assert entry["extract_sha256"] == digest(raw)


@pytest.mark.parametrize("stem", STEMS)
def test_bmaptool_finds_every_digest_of_the_map(dist: Path, tmp_path: Path, stem: str) -> None:
    image, plan = dist / f"{stem}.img.xz", dist / f"{stem}.bmap"
    subprocess.run(["bmaptool", "copy", "--bmap", plan, image, tmp_path / "target"], check=True)


@pytest.mark.parametrize("stem", STEMS)
def test_mapped_card_is_sound_over_an_old_one(
    dist: Path, card: Path, upgrade: Path, tmp_path: Path, stem: str
) -> None:
    """The card was full of something else before, which stays wherever the map is silent."""
    target, raw = tmp_path / "target", card if stem == STEM else upgrade
    with target.open("wb") as file:
        for _ in range(FULL_BYTES >> 20):
            file.write(OLD * (1 << 20))
    plan = (dist / f"{stem}.bmap").read_text()
    with target.open("r+b") as file, raw.open("rb") as source:
        for low, high in re.findall(r"> (\d+)(?:-(\d+))? </Range>", plan):
            source.seek(int(low) * BLOCK)
            file.seek(int(low) * BLOCK)
            file.write(source.read((int(high or low) - int(low) + 1) * BLOCK))
    assert boot_digests(target, tmp_path / "written") == boot_digests(raw, tmp_path / "meant")
    root = cut(target, ROOT, tmp_path / "root")
    assert subprocess.run(["e2fsck", "-f", "-n", root], capture_output=True).returncode == 0
    with target.open("rb") as file:
        file.seek(DATA.start_bytes)
        first = file.read(len(NEW_DATA_MARK))
    assert first == (NEW_DATA_MARK if stem == STEM else OLD * len(NEW_DATA_MARK))


def boot_digests(card: Path, target: Path) -> dict[str, str]:
    folder = boot_files(card, target)
    return {str(p.relative_to(folder)): digest(p) for p in folder.rglob("*") if p.is_file()}


def test_upgrade_ends_before_the_data_and_brings_no_settings(
    card: Path, upgrade: Path, work: Path, boot: Path
) -> None:
    assert upgrade.stat().st_size == UPGRADE_BYTES == DATA.start_bytes
    assert card.stat().st_size == FULL_BYTES
    brought = boot_files(upgrade, work / "boot-upgrade")
    assert (boot / "bedside.toml").exists()
    assert not (brought / "bedside.toml").exists()
    assert (brought / "bedside-example.toml").read_bytes() == (boot / "bedside.toml").read_bytes()


def test_full_image_has_new_data_and_nothing_else_there(card: Path) -> None:
    with card.open("rb") as file:
        file.seek(DATA.start_bytes)
        data = file.read()
    assert data == NEW_DATA_MARK + bytes(DATA.size_bytes - len(NEW_DATA_MARK))


def test_bill_names_every_package_of_the_image(dist: Path, root: Path) -> None:
    bill = json.loads((dist / f"bedside-{__version__}-sbom.cdx.json").read_text())
    names = {each["name"] for each in bill["components"]}
    installed = subprocess.run(
        ["dpkg-query", f"--root={root}", "--show", "--showformat=${Package}\\n"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert set(installed) - {"bedside"} <= names
    assert {"raspi-firmware", "linux-image-arm64", "tflite-runtime", "maternal-risk"} <= names
    wheels = {
        p.name for p in (root / "opt/bedside").glob("lib/python3.11/site-packages/*.dist-info")
    }
    versions = {
        f"{each['name'].replace('-', '_')}-{each['version']}" for each in bill["components"]
    }
    assert {wheel.removesuffix(".dist-info").lower() for wheel in wheels} <= versions
