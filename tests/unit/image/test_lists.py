"""Wheels, bill of materials, Imager's list, room: the lists that are published or pinned."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest

from deploy.image import sbom
from deploy.image.imager_entry import ImageFile, os_list
from deploy.image.listing import listed
from deploy.image.sizes import by_group, table
from deploy.image.wheels import CONSTRAINTS, NAMES, PINS, name_and_version

ROOT = Path(__file__).parents[3]
NOT_ON_THE_CARD = {"ai-edge-litert"}
"""Needed by newer Pythons than the card's."""


def pins() -> dict[str, str]:
    lines = (line.partition("==") for line in listed(PINS))
    return {name: rest.split()[0] for name, _, rest in lines}


def constraints() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in CONSTRAINTS.read_text().splitlines():
        name, _, version = line.partition(";")[0].strip().partition("==")
        found.setdefault(name.lower(), set()).add(version)
    return found


def test_pins_are_of_the_versions_that_everything_is_tested_with() -> None:
    assert set(pins()) == set(listed(NAMES))
    for name, version in pins().items():
        assert version in constraints()[name], name


def test_every_pin_has_a_digest() -> None:
    assert all(re.search(r" --hash=sha256:[0-9a-f]{64}$", line) for line in listed(PINS))


def test_card_has_every_package_that_the_program_needs() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    needed = config["options"]["install_requires"].split("\n")
    names = {re.split(r"[<>=;]", line)[0].strip() for line in needed if line.strip()}
    assert names - NOT_ON_THE_CARD <= set(pins())
    assert "lgpio" in pins(), "the matrix keypad reads its pins through it"


def test_numpy_is_one_that_the_runtime_can_use() -> None:
    """tflite-runtime 2.14 imports with numpy 2 and then fails."""
    assert pins()["numpy"].startswith("1.")


def test_name_of_a_wheel() -> None:
    wheel = "font_source_sans_pro-0.0.1-py3-none-any.whl"
    assert name_and_version(wheel) == ("font-source-sans-pro", "0.0.1")


STATUS = """\
Package: libc6
Status: install ok installed
Architecture: arm64
Source: glibc (2.36-9)
Version: 2.36-9+deb12u13

Package: gone
Status: deinstall ok config-files
Architecture: arm64
Version: 1

Package: bedside
Status: install ok installed
Architecture: arm64
Version: 0.1.0
"""


def test_bill_names_installed_packages_with_their_source() -> None:
    (component,) = sbom.debian_components(STATUS)
    assert component["purl"] == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u13?arch=arm64&distro=debian-12"
    assert component["properties"] == [
        {"name": "debian:source", "value": "glibc"},
        {"name": "debian:source-version", "value": "2.36-9"},
    ]


def test_bill_holds_every_model_with_its_digest() -> None:
    model, rule = sbom.model_components(ROOT / "models")
    assert (model["type"], model["name"]) == ("machine-learning-model", "maternal-risk")
    digest = sbom.digest_of(ROOT / "models/maternal-risk/model.tflite")
    assert model["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert (rule["type"], rule["name"]) == ("data", "news2"), "a rule is no learnt model"
    digest = sbom.digest_of(ROOT / "models/news2/bundle.toml")
    assert rule["hashes"] == [{"alg": "SHA-256", "content": digest}]


def test_bill_has_the_form_of_cyclonedx() -> None:
    """Source: CycloneDX 1.5, JSON schema: what it requires, and what must be unique."""
    parts = [*sbom.debian_components(STATUS), *sbom.model_components(ROOT / "models")]
    bill = json.loads(sbom.bill("0.1.0", parts, "2026-01-31T12:00:00Z"))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    references = [each["bom-ref"] for each in bill["components"]]
    assert len(set(references)) == len(references) == 3
    assert all(each["type"] and each["name"] for each in bill["components"])
    assert bill["dependencies"][0]["dependsOn"] == references


def test_same_content_same_bill() -> None:
    def made() -> str:
        return sbom.bill("0.1.0", sbom.debian_components(STATUS), "2026-01-31T12:00:00Z")

    assert made() == made()
    assert made() != sbom.bill("0.1.1", sbom.debian_components(STATUS), "2026-01-31T12:00:00Z")


IMAGE = ImageFile(
    name="Bedside appliance 0.1.0",
    description="new card",
    url="file:///media/stick/bedside-0.1.0-arm64.img.xz",
    raw_bytes=1343225856,
    raw_sha256="a" * 64,
    size_bytes=66900000,
    sha256="b" * 64,
)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("name", str),
        ("description", str),
        ("icon", str),
        ("url", str),
        ("extract_size", int),
        ("extract_sha256", str),
        ("image_download_size", int),
        ("release_date", str),
        ("devices", list),
        ("init_format", str),
    ],
)
def test_imager_finds_every_field(field: str, kind: type) -> None:
    """Source: raspberrypi/rpi-imager, os-list-schema.json, `required`; its public list."""
    (entry,) = json.loads(json.dumps(os_list([IMAGE], "2026-01-31")))["os_list"]
    assert isinstance(entry[field], kind)


def test_imager_is_told_the_right_things() -> None:
    (entry,) = json.loads(json.dumps(os_list([IMAGE], "2026-01-31")))["os_list"]
    assert entry["init_format"] == "none", "older Imagers assume systemd"
    assert entry["extract_size"] == IMAGE.raw_bytes
    assert entry["extract_size"] % 512 == 0
    assert entry["extract_sha256"] == IMAGE.raw_sha256
    assert entry["image_download_size"] == IMAGE.size_bytes
    assert not any("pi5" in device for device in entry["devices"])


def test_room_is_counted_once() -> None:
    files = [("boot/vmlinuz", 5), ("opt/bedside/lib/python3.11/site-packages/numpy/a.so", 7)]
    files += [("usr/bin/python3.11", 3), ("etc/fstab", 1)]
    sums = by_group(files)
    assert sums == {
        "kernel and initrd": 5,
        "numpy": 7,
        "Debian's Python": 3,
        "the rest of Debian": 1,
    }
    assert "0.0 MB  together" in table(sums)
