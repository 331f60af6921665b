"""What the desktop draws for a scenario, and whether a machine's screen is the same picture.

Pixels are compared, all of them but those of texts that change with time alone: ages, the time
of day, how long an answer is valid.  The frame's own text layer says which these are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageDraw

from hw_mocks.play import play
from hw_mocks.scenario import Scenario

OVERHANG = 2
"""Pixels by which a letter may reach out of its box."""
_DEPTHS = {32: (0xFF, 0xFF, 0xFF), 16: (0xF8, 0xFC, 0xF8)}
"""Bits a pixel of a screen to the bits of red, green and blue that it keeps."""

Area = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Expected:
    """One screen of the desktop.  moving: left, top, right, bottom of what time alone changes."""

    name: str
    picture: Image.Image
    moving: tuple[Area, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """How a screen differs: how many pixels, and in which area."""

    pixels: int
    area: Area


def desktop_screens(scenario: Scenario, out: Path, models: Path) -> list[Expected]:
    """Play a scenario on the desktop; return its screen at each check, and at the end."""
    found: list[Expected] = []

    def keep() -> None:
        found.append(read_expected(max((out / "screens").glob("[0-9]*.png"))))

    play(scenario, out, models, lambda _: None, keep)
    return found


def read_expected(path: Path) -> Expected:
    """Read a captured picture and the text layer beside it."""
    with Image.open(path) as image:
        picture = image.convert("RGB")
    layer = json.loads(path.with_suffix(".json").read_text("utf-8"))
    moving = tuple(_area(text) for text in layer if text["volatile"] and text["text"])
    return Expected(path.stem, picture, moving, tuple(text["text"] for text in layer))


def difference(seen: Image.Image, expected: Expected, bits: int = 32) -> Difference | None:
    """Return how a machine's screen differs from the desktop's; None if it does not.

    bits: of a pixel on the machine's screen; what these cannot tell apart is the same.
    """
    if seen.size != expected.picture.size:
        return Difference(-1, (0, 0, *seen.size))
    kept = [value & mask for mask in _DEPTHS[bits] for value in range(256)]
    changed = ImageChops.difference(seen.point(kept), expected.picture.point(kept))
    grey = changed.convert("RGB")
    whole = ImageChops.lighter(
        ImageChops.lighter(grey.getchannel(0), grey.getchannel(1)), grey.getchannel(2)
    )
    draw = ImageDraw.Draw(whole)
    for left, top, right, bottom in expected.moving:
        draw.rectangle((left, top, right - 1, bottom - 1), fill=0)
    area = whole.getbbox()
    if area is None:
        return None
    return Difference(seen.width * seen.height - whole.histogram()[0], area)


def _area(text: Mapping[str, Any]) -> Area:
    x, y = int(text["x"]), int(text["y"])
    return (
        x - OVERHANG,
        y,
        x + int(text["w"]) + OVERHANG,
        y + int(text["h"]),
    )
