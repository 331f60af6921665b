"""Whether the pixels say what the text layer says: each text is set anew and compared.

The type face is set here with the library alone, not with the appliance's drawing.  A text is
read where it must stand, in either weight and at either edge; whatever else is inked in its
box makes it unreadable.  So does a number in a value cell that the text layer knows nothing of.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

from hw_mocks.endurance.seen import Row, Word

LINE, BASELINE = 1.2, 0.93
"""Height of a line and place of its letters, as shares of the size."""
OFF_BY = 40
"""Of 255: colours are blended and rounded on the way to the screen and back to ink here."""
VALUE_X = (196, 304)
"""Columns of the picture in which a row's number stands, and nothing else."""
FRAMED = {"headline": 8}
"""Fields whose box reaches into a drawn frame, and by how many rows: no letter stands there."""
FACES = ("SourceSansPro-Regular.ttf", "SourceSansPro-Semibold.ttf")

Box = tuple[int, int, int, int]


def unreadable(picture: Image.Image, words: Sequence[Word]) -> list[str]:
    """Return what the pixels do not say as the text layer does, in words."""
    return [
        f"the pixels do not say {word.text!r} ({word.field})"
        for word in words
        if not reads(picture, word)
    ]


def written_over(picture: Image.Image, rows: Sequence[Row]) -> list[str]:
    """Return the rows without a number whose value cell is inked all the same."""
    return [
        f"ink in the empty value cell of {row.label.text}"
        for row in rows
        if row.value is None and len(_cell(picture, row).getcolors(maxcolors=1024) or "many") > 1
    ]


def is_black(picture: Image.Image) -> bool:
    """Whether nothing is shown."""
    return picture.getextrema() == ((0, 0), (0, 0), (0, 0))


def reads(picture: Image.Image, word: Word) -> bool:
    """Whether the word's box says the word and nothing more."""
    edge = FRAMED.get(word.field, 0)
    ink = _ink(picture.crop((word.x, word.y + edge, word.x + word.w, word.y + word.h - edge)))
    if edge:
        ink = ImageOps.expand(ink, (0, edge))
    step = round(word.size_px * LINE)
    count = max(1, round(word.h / step))
    bands = [ink.crop((0, i * step, word.w, (i + 1) * step)) for i in range(count)]
    left = word.text.split(" ")
    for index, band in enumerate(bands):
        last = index == len(bands) - 1
        taken = _words_in(band, left, word.size_px, whole=last)
        if not taken:
            return False
        left = left[taken:]
    return not left


def _words_in(band: Image.Image, words: Sequence[str], size_px: int, *, whole: bool) -> int:
    """Return how many of the words this line says; 0 when it says something else."""
    counts: Iterator[int] = iter((len(words),)) if whole else iter(range(len(words), 0, -1))
    for count in counts:
        line = " ".join(words[:count])
        for bold in (False, True):
            if _font(size_px, bold).getlength(line) > band.width + 1:
                continue
            if any(_same(band, _set(line, size_px, bold, band.size, at)) for at in range(3)):
                return count
    return 0


@lru_cache(maxsize=4096)
def _set(line: str, size_px: int, bold: bool, size: tuple[int, int], at: int) -> Image.Image:
    """Return the line as ink on nothing.  at: 0 left, 1 centre, 2 right."""
    font = _font(size_px, bold)
    spare = size[0] - -int(-font.getlength(line) // 1)
    x = (0, spare // 2, spare)[at]
    mask = Image.new("L", size)
    place = (x, round(size_px * BASELINE))
    ImageDraw.Draw(mask).text(place, line, 255, font, anchor="ls")
    return mask


def _same(one: Image.Image, other: Image.Image) -> bool:
    return _highest(ImageChops.difference(one, other)) <= OFF_BY


def _highest(channel: Image.Image) -> int:
    extremes: Any = channel.getextrema()
    return int(extremes[1])


def _ink(crop: Image.Image) -> Image.Image:
    """Return how much each pixel differs from the ground, 255 for the most."""
    colours: list[Any] = crop.getcolors(maxcolors=crop.width * crop.height) or []
    ground = max(colours, key=lambda each: each[0])[1]
    difference = ImageChops.difference(crop, Image.new("RGB", crop.size, ground))
    strongest = max(difference.split(), key=_highest)
    most = _highest(strongest)
    if not most:
        return strongest
    return strongest.point([min(255, round(255 * value / most)) for value in range(256)])


def _cell(picture: Image.Image, row: Row) -> Image.Image:
    top = row.label.y - 4
    return picture.crop((VALUE_X[0], top, VALUE_X[1], row.label.y + row.label.h + 4))


@lru_cache(maxsize=128)
def _font(size_px: int, bold: bool) -> ImageFont.FreeTypeFont:
    spec = importlib.util.find_spec("font_source_sans_pro")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the type face of the screens is not installed")
    path = Path(next(iter(spec.submodule_search_locations))) / "files" / FACES[bold]
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)
