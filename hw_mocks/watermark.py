"""SIMULATION across a picture, so that nobody takes a simulated panel for a real one.

The words stay readable: on colour the mark is a veil, on a panel of one bit every fourth
pixel of the letters is turned over.
"""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw

from appliance.panel.font import font

MARK = "SIMULATION"
_VEIL = 44
"""Of 255: how much of the mark's colour covers what is below it."""
_COLOUR = (110, 60, 140)
_SLANT_DEGREES = 24.0
_SHARE = 0.88
"""How much of the width the mark takes."""
_ONE_BIT_HEIGHT = 64


def watermarked(image: Image.Image) -> Image.Image:
    """Return a copy of the picture with the mark across it."""
    mask = _mask(image.size)
    marked = image.convert("RGB")
    if image.height <= _ONE_BIT_HEIGHT:
        return Image.composite(ImageChops.invert(marked), marked, mask)
    marked.paste(_COLOUR, (0, 0), mask)
    return marked


@lru_cache(maxsize=8)
def _mask(size: tuple[int, int]) -> Image.Image:
    """Return how strongly each pixel is marked."""
    width, height = size
    face = font(_size_px(width), True)
    left, top, right, bottom = face.getbbox(MARK)
    letters = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(letters).text((1 - left, 1 - top), MARK, fill=255, font=face)
    one_bit = height <= _ONE_BIT_HEIGHT
    if not one_bit:
        letters = letters.rotate(_SLANT_DEGREES, expand=True, resample=Image.Resampling.BICUBIC)
        letters = letters.point([value * _VEIL // 255 for value in range(256)])
    mask = Image.new("L", size)
    mask.paste(letters, ((width - letters.width) // 2, (height - letters.height) // 2))
    return _thinned(mask) if one_bit else mask


def _thinned(mask: Image.Image) -> Image.Image:
    grid = Image.new("L", mask.size)
    for y in range(0, mask.height, 2):
        for x in range(0, mask.width, 2):
            grid.putpixel((x, y), 255)
    return ImageChops.darker(mask.point([0] * 128 + [255] * 128), grid)


def _size_px(width: int) -> int:
    """Return the size of type at which the mark is about as wide as wanted."""
    at_100 = font(100, True).getlength(MARK)
    return max(8, int(100 * _SHARE * width / at_100))
