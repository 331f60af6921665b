"""From a laid-out frame to pixels, off the screen."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

from PIL import Image, ImageDraw

from appliance.panel.font import face_of, length_px, line_px, pieces, width_px
from appliance.panel.frame import Align, Box, Frame, Kind, Shape, Text

_Run = tuple[str, int, bool, bool, float]
_OVERHANG = 4
"""Pixels by which a letter may reach out of its line at either end."""
_SMOOTH = 4
"""Signs with slanted or round edges are drawn this much larger and scaled down."""


def blank(size: tuple[int, int]) -> Image.Image:
    """Return a black picture."""
    return Image.new("RGB", size)


def draw(frame: Frame) -> Image.Image:
    """Draw the frame.  Raises FontMissingError."""
    return Painter().draw(frame)


class Painter:
    """Draws frames one after another, and sets again only the lines that changed.

    It keeps the lines of the newest frame and of no other: what a screen no longer says, it
    has forgotten.
    """

    def __init__(self) -> None:
        self._set: dict[_Run, Image.Image] = {}

    def draw(self, frame: Frame) -> Image.Image:
        """Draw the frame whole.  Raises FontMissingError."""
        image = Image.new("RGB", (frame.width, frame.height), frame.background)
        pen = ImageDraw.Draw(image)
        before, self._set = self._set, {}
        for item in frame.items:
            match item:
                case Box():
                    _box(pen, item)
                case Text():
                    self._text(image, item, before, frame)
                case _:
                    _shape(image, pen, item, frame.bilevel)
        return image

    def _text(
        self, image: Image.Image, text: Text, before: dict[_Run, Image.Image], frame: Frame
    ) -> None:
        step = line_px(text.size_px)
        for index, line in enumerate(text.lines):
            run = (line, text.size_px, text.bold, frame.bilevel, frame.baseline)
            mask = self._set.get(run) or before.get(run) or _set_line(*run)
            self._set[run] = mask
            x = text.x
            if text.align is not Align.LEFT:
                spare = text.w - (mask.width - 2 * _OVERHANG)
                x += spare if text.align is Align.RIGHT else spare // 2
            image.paste(text.colour, (x - _OVERHANG, text.y + index * step), mask)


def _set_line(line: str, size_px: int, bold: bool, bilevel: bool, baseline: float) -> Image.Image:
    """Return one line of text as a mask.  bilevel: without smooth edges."""
    wide = width_px(line, size_px, bold) + 2 * _OVERHANG
    mask = Image.new("L", (wide, line_px(size_px)))
    pen = ImageDraw.Draw(mask)
    if bilevel:
        pen.fontmode = "1"
    x, low = float(_OVERHANG), round(size_px * baseline)
    for script, piece in pieces(line):
        pen.text((round(x), low), piece, 255, face_of(script, size_px, bold), anchor="ls")
        x += length_px(piece, size_px, bold)
    return mask


def _box(pen: ImageDraw.ImageDraw, box: Box) -> None:
    corners = (box.x, box.y, box.x + box.w - 1, box.y + box.h - 1)
    pen.rectangle(corners, box.fill, box.outline)


def _shape(image: Image.Image, pen: ImageDraw.ImageDraw, shape: Shape, bilevel: bool) -> None:
    if shape.kind is Kind.BAR:
        _bar(pen, shape)
        return
    image.paste(shape.colour, (shape.x, shape.y), _mask(shape.kind, shape.w, shape.h, bilevel))


@lru_cache(maxsize=64)
def _mask(kind: Kind, w: int, h: int, bilevel: bool) -> Image.Image:
    """Return the sign's outline, smooth at its edges unless there are two colours alone."""
    mask = Image.new("L", (w * _SMOOTH, h * _SMOOTH))
    _SIGNS[kind](ImageDraw.Draw(mask), mask.width, mask.height)
    mask = mask.resize((w, h), Image.Resampling.BOX)
    return mask.point(_TWO_LEVELS) if bilevel else mask


_TWO_LEVELS = [0] * 128 + [255] * 128


def _bar(pen: ImageDraw.ImageDraw, bar: Shape) -> None:
    """Draw a frame filled from the left, with a line at each quarter."""
    right, bottom = bar.x + bar.w - 1, bar.y + bar.h - 1
    pen.rectangle((bar.x, bar.y, right, bottom), bar.background, bar.colour)
    filled = round((bar.w - 4) * min(1.0, max(0.0, bar.share)))
    if filled:
        pen.rectangle((bar.x + 2, bar.y + 2, bar.x + 1 + filled, bottom - 2), bar.colour)
    for quarter in (1, 2, 3):
        x = bar.x + bar.w * quarter // 4
        over = x < bar.x + 2 + filled
        pen.line((x, bar.y + 1, x, bottom - 1), bar.background if over else bar.colour)


Drawer = Callable[[ImageDraw.ImageDraw, int, int], None]
"""Draws a sign in white on a black mask of this width and height."""

_ON, _OFF = 255, 0


def _disc(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    pen.ellipse((0, 0, w - 1, h - 1), _ON)
    if w > 40 * _SMOOTH:
        _tick_line(pen, w, h, _OFF, 0.24)


def _ring(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    pen.ellipse((0, 0, w - 1, h - 1), _ON)
    edge = w * 0.16
    pen.ellipse((edge, edge, w - 1 - edge, h - 1 - edge), _OFF)


def _tick(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    _tick_line(pen, w, h, _ON, 0.06)


def _tick_line(pen: ImageDraw.ImageDraw, w: int, h: int, ink: int, margin: float) -> None:
    span = 1 - 2 * margin
    points = [(0.0, 0.55), (0.36, 0.88), (1.0, 0.14)]
    path = [(w * (margin + x * span), h * (margin + y * span)) for x, y in points]
    pen.line(path, ink, round(w * 0.17 * span + 1), "curve")


def _cross(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    thick, low, high = round(w * 0.18), 0.12, 0.88
    pen.line((w * low, h * low, w * high, h * high), _ON, thick)
    pen.line((w * low, h * high, w * high, h * low), _ON, thick)


def _triangle(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    pen.polygon([(w / 2, 0), (w - 1, h - 1), (0, h - 1)], _ON)
    _exclamation(pen, w, h, 0.36, 0.9)


def _octagon(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    cut = 1 / (2 + math.sqrt(2))
    ends = ((cut, 0), (1 - cut, 0), (1, cut), (1, 1 - cut), (1 - cut, 1), (cut, 1), (0, 1 - cut))
    points = [*ends, (0.0, cut)]
    pen.polygon([(x * (w - 1), y * (h - 1)) for x, y in points], _ON)
    _exclamation(pen, w, h, 0.16, 0.84)


def _exclamation(pen: ImageDraw.ImageDraw, w: int, h: int, top: float, bottom: float) -> None:
    """Cut an exclamation mark out of the sign."""
    half, tall = w * 0.065, bottom - top
    end = top + tall * 0.64
    pen.rectangle((w / 2 - half, h * top, w / 2 + half, h * end), _OFF)
    dot = h * (bottom - tall * 0.2)
    pen.ellipse((w / 2 - half * 1.2, dot, w / 2 + half * 1.2, dot + half * 2.4), _OFF)


def _dash(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    _ring(pen, w, h)
    pen.rectangle((w * 0.28, h * 0.43, w * 0.72, h * 0.57), _ON)


def _no_entry(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    """Draw a disc with a bar across."""
    pen.ellipse((0, 0, w - 1, h - 1), _ON)
    pen.rectangle((w * 0.18, h * 0.4, w * 0.82, h * 0.6), _OFF)


def _hourglass(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    top, bottom = h * 0.14, h * 0.86
    pen.polygon([(w * 0.2, top), (w * 0.8, top), (w * 0.2, bottom), (w * 0.8, bottom)], _ON)
    pen.rectangle((w * 0.12, h * 0.02, w * 0.88, top), _ON)
    pen.rectangle((w * 0.12, bottom, w * 0.88, h * 0.98), _ON)


def _pointer(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    pen.polygon([(0, 0), (w - 1, h / 2), (0, h - 1)], _ON)


def _equal(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    pen.rectangle((w * 0.06, h * 0.28, w * 0.94, h * 0.42), _ON)
    pen.rectangle((w * 0.06, h * 0.6, w * 0.94, h * 0.74), _ON)


def _not_equal(pen: ImageDraw.ImageDraw, w: int, h: int) -> None:
    _equal(pen, w, h)
    pen.line((w * 0.28, h * 0.96, w * 0.72, h * 0.06), _ON, round(w * 0.14))


_SIGNS: MappingProxyType[Kind, Drawer] = MappingProxyType(
    {
        Kind.DISC: _disc,
        Kind.RING: _ring,
        Kind.TICK: _tick,
        Kind.CROSS: _cross,
        Kind.TRIANGLE: _triangle,
        Kind.OCTAGON: _octagon,
        Kind.DASH: _dash,
        Kind.NO_ENTRY: _no_entry,
        Kind.HOURGLASS: _hourglass,
        Kind.POINTER: _pointer,
        Kind.EQUAL: _equal,
        Kind.NOT_EQUAL: _not_equal,
    }
)
