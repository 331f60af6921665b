"""The categories as somebody sees them who cannot tell red from green, or no colour at all.

Simulated on the drawn pictures; nobody with such sight has looked at a screen yet.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from appliance.panel import theme
from appliance.panel.drawing import draw
from appliance.panel.frame import Frame, Shape
from appliance.panel.screens import SIZES, lay_out
from tests.unit.panel.sample_views import HIGH, LOW, MIDDLE, shown

SIGHT = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "no colour": ((0.2126, 0.7152, 0.0722),) * 3,
}
"""Linear RGB to linear RGB, severity 1.0.  Source: Machado, Oliveira, Fernandes, IEEE Trans. Vis.
Comput. Graph. 2009;15:1291-1298, table 1; the last row is the luminance of WCAG 2.2."""
LEVELS = {"low": LOW, "medium": MIDDLE, "high": HIGH}


def seen(image: Image.Image, sight: str) -> Image.Image:
    """Return the picture as it is seen."""
    part = np.asarray(image, float) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(SIGHT[sight]).T, 0, 1)
    part = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return Image.fromarray(np.round(part * 255).astype(np.uint8), "RGB")


def sign_of(frame: Frame) -> Shape:
    """Return the sign of the answer: the largest of its kind."""
    kinds = {look.shape for look in theme.LEVELS.values()}
    return max(
        (i for i in frame.items if isinstance(i, Shape) and i.kind in kinds), key=lambda s: s.h
    )


def crop_of(image: Image.Image, sign: Shape) -> Image.Image:
    return image.crop((sign.x, sign.y, sign.x + sign.w, sign.y + sign.h))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("sight", SIGHT)
def test_each_answer_keeps_its_sign_and_words_in_sight_of_another_kind(
    sight: str, size: tuple[int, int]
) -> None:
    """Sign against ground keeps 3:1, words against ground 7:1, in what is really drawn."""
    for view in LEVELS.values():
        frame = lay_out(view, size)
        sign = sign_of(frame)
        pair = Image.new("RGB", (2, 1))
        for colour, ground, least in [
            (sign.colour, sign.background, 3.0),
            *((t.colour, t.background, 7.0) for t in frame.texts() if t.name == "headline"),
        ]:
            pair.putpixel((0, 0), colour)
            pair.putpixel((1, 0), ground)
            now = seen(pair, sight)
            ratio = theme.contrast(now.getpixel((0, 0)), now.getpixel((1, 0)))  # type: ignore[arg-type]
            assert ratio >= least, (view.headline.text, ratio)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("sight", SIGHT)
def test_answers_differ_in_the_outline_of_their_sign_alone(
    sight: str, size: tuple[int, int]
) -> None:
    """In black and white, split at the middle grey: more than one pixel in twenty differs."""
    outlines = {}
    for name, view in LEVELS.items():
        # The same words for all: only the sign may tell them apart here.
        frame = lay_out(replace(view, headline=shown("RISK")), size)
        grey = crop_of(seen(draw(frame), sight), sign_of(frame)).convert("L").resize((48, 48))
        low, high = grey.getextrema()
        assert isinstance(low, int)
        assert isinstance(high, int)
        outline = np.asarray(grey) > (low + high) / 2
        outlines[name] = (
            outline if outline[:, 24].mean() > 0.5 or outline.mean() > 0.5 else ~outline
        )
    for one, other in combinations(outlines, 2):
        assert (outlines[one] != outlines[other]).mean() > 0.05, (one, other)


@pytest.mark.parametrize("sight", SIGHT)
def test_whole_pictures_of_the_three_answers_differ(sight: str) -> None:
    """The banners, as they are seen: place, sign and ground together change most of them."""
    pictures = {
        name: np.asarray(seen(draw(lay_out(view)).crop((0, 40, 800, 160)), sight), float)
        for name, view in LEVELS.items()
    }
    for one, other in combinations(pictures, 2):
        apart = np.abs(pictures[one] - pictures[other]).max(axis=2)
        assert (apart > 48).mean() > 0.2, (one, other)
