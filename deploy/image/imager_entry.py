"""The list that Raspberry Pi Imager reads with --repo: our two images with sizes and digests.

Source: raspberrypi/rpi-imager, doc/json-schema/os-list-schema.json; devices as in its public
list.  `init_format` stands there in words, because older Imagers assume one and would offer
settings (Wi-Fi, users) that this card does not read.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass

DEVICES = ("pi3-64bit", "pi4-64bit")
"""Imager's tags: 3, 3+, Zero 2 W; 4, 400, CM4.  Not the 5: its drivers are not in Debian 12."""

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40"'
    ' rx="6" fill="#17293f"/><path d="M4 22h9l4-10 6 18 4-8h9" fill="none" stroke="#fff"'
    ' stroke-width="3"/></svg>'
)


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image as it is published.

    url: from where Imager fetches it.  raw_*: of the image itself; size_bytes: compressed.
    """

    name: str
    description: str
    url: str
    raw_bytes: int
    raw_sha256: str
    size_bytes: int
    sha256: str


def os_list(images: Iterable[ImageFile], release_date: str) -> dict[str, object]:
    """Return the list.  release_date: as 2026-01-31."""
    return {"os_list": [_entry(image, release_date) for image in images]}


def _entry(image: ImageFile, release_date: str) -> dict[str, object]:
    return {
        "name": image.name,
        "description": image.description,
        "icon": "data:image/svg+xml;base64," + base64.b64encode(_ICON.encode()).decode(),
        "url": image.url,
        "extract_size": image.raw_bytes,
        "extract_sha256": image.raw_sha256,
        "image_download_size": image.size_bytes,
        "image_download_sha256": image.sha256,
        "release_date": release_date,
        "init_format": "none",
        "devices": list(DEVICES),
    }
