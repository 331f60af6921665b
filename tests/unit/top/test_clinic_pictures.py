"""The pictures of the clinic's page are the shipped screens.

To make them again, and then look at them:
REGENERATE_SCREENS=1 pytest tests/unit/top/test_clinic_pictures.py -n 0
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from appliance.catalogue import open_language
from appliance.panel.drawing import draw
from appliance.panel.font import has_letter
from appliance.panel.manner import Manner
from appliance.panel.screens import LARGE, pages_of
from tests.shipped_views import shipped

FOLDER = Path(__file__).parents[3] / "docs" / "clinic"
TINY = (128, 64)
PICTURES: dict[str, tuple[str, str, tuple[int, int], bool]] = {
    "collect": ("collect-filled", "en", LARGE, False),
    "review": ("review-repeats", "en", LARGE, False),
    "help": ("help-collect", "en", LARGE, False),
    "french": ("answer-flags", "fr", (480, 320), False),
    "bengali": ("answer-high", "bn", LARGE, False),
    "large-type": ("answer-low", "en", (480, 320), True),
    "tiny": ("answer-high", "en", TINY, False),
}
"""Name of each: the screen, its language, its size, and whether in large type."""
COLOURS = 64


def drawn(name: str) -> Image.Image:
    view, code, size, large = PICTURES[name]
    manner = Manner(open_language(code, has_letter).tongue, large)
    image = draw(pages_of(shipped()[view], size, manner)[0])
    if size == TINY:
        image = image.resize((TINY[0] * 3, TINY[1] * 3), Image.Resampling.NEAREST)
    return image.quantize(COLOURS, dither=Image.Dither.NONE)


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_the_shipped_screen_and_on_the_page(name: str) -> None:
    path, now = FOLDER / "pictures" / f"{name}.png", drawn(name)
    if os.environ.get("REGENERATE_SCREENS"):
        now.save(path, optimize=True)
    with Image.open(path) as kept:
        assert ImageChops.difference(kept.convert("RGB"), now.convert("RGB")).getbbox() is None
    assert f"](pictures/{name}.png)" in (FOLDER / "README.md").read_text("utf-8")
