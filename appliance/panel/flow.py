"""Blocks of words one below the other, at one common scale that makes all of them fit.

A block knows its height at a scale and width.  Columns that stand side by side are scaled
together, so that a crowded screen gets smaller evenly and an easy one is easy to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from appliance.panel import theme
from appliance.panel.fitting import DoesNotFitError, Fitted, break_lines
from appliance.panel.font import line_px
from appliance.panel.frame import Colour, Kind
from appliance.panel.sheet import Area, Field, Sheet, Style

SCALES = (1.15, 1.1, 1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
_TOO_HIGH = 1_000_000


class Block(Protocol):
    """Something that takes a width and answers with a height."""

    @property
    def name(self) -> str:
        """The field of the view, for an error."""
        ...

    @property
    def gap(self) -> int:
        """Pixels left free above it."""
        ...

    def height(self, width: int, scale: float) -> int:
        """Return the height it takes; more than any screen has if it does not fit at all."""
        ...

    def place(self, sheet: Sheet, area: Area, scale: float) -> None:
        """Put it on the sheet at the top of the area."""
        ...


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph, with a sign before it if `mark` is given.

    says: what the sign says.  dented: leave the room of a sign, but draw none.
    """

    words: Field
    style: Style
    gap: int = 0
    mark: Kind | None = None
    mark_colour: Colour = theme.INK
    says: str = ""
    dented: bool = False

    @property
    def name(self) -> str:
        """The field of the view."""
        return self.words.name

    def height(self, width: int, scale: float) -> int:
        """Return its height."""
        fitted = self._fitted(width, scale)
        return _TOO_HIGH if fitted is None else fitted.height_px

    def place(self, sheet: Sheet, area: Area, scale: float) -> None:
        """Put it on the sheet."""
        fitted = self._fitted(area.w, scale)
        if fitted is None:
            raise DoesNotFitError(sheet.screen, self.name, area.w, area.h)
        dent = self._dent(fitted.size_px)
        if self.mark is not None:
            side = round(fitted.size_px * 0.95)
            down = (line_px(fitted.size_px) - side) // 2
            spot = Area(area.x, area.y + down, side, side)
            ink, ground = self.mark_colour, self.style.background
            sheet.shape(self.mark, spot, ink, ground, says=self.says, tag=self.words.tag)
        room = Area(area.x + dent, area.y, area.w - dent, fitted.height_px)
        sheet.place(self.words, fitted, room, self.style)

    def _dent(self, size_px: int) -> int:
        return round(size_px * 1.4) if self.mark is not None or self.dented else 0

    def _fitted(self, width: int, scale: float) -> Fitted | None:
        size = max(self.style.smallest_px, round(self.style.size_px * scale))
        dent = self._dent(size)
        lines = break_lines(self.words.text, width - dent, size, self.style.bold)
        return None if lines is None else Fitted(size, lines)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from 0 to 1."""

    share: float
    tag: int | None
    colour: Colour
    background: Colour = theme.WHITE
    gap: int = 0
    name: str = "bar"

    def height(self, width: int, scale: float) -> int:
        """Return its height."""
        return round(18 * scale) if width else 0

    def place(self, sheet: Sheet, area: Area, scale: float) -> None:
        """Put it on the sheet."""
        spot = Area(area.x, area.y, area.w, self.height(area.w, scale))
        sheet.shape(Kind.BAR, spot, self.colour, self.background, tag=self.tag, share=self.share)


@dataclass(frozen=True, slots=True)
class Pane:
    """Blocks on a ground of their own, with a coloured edge at the left."""

    blocks: tuple[Block, ...]
    fill: Colour
    edge: Colour
    gap: int = 0
    name: str = "pane"
    pad: int = 5

    def height(self, width: int, scale: float) -> int:
        """Return its height."""
        return column_height(self.blocks, width - 24, scale) + 2 * self.pad

    def place(self, sheet: Sheet, area: Area, scale: float) -> None:
        """Put it on the sheet."""
        high = self.height(area.w, scale)
        sheet.box(Area(area.x, area.y, area.w, high), self.fill)
        sheet.box(Area(area.x, area.y, 6, high), self.edge)
        inner = Area(area.x + 14, area.y + self.pad, area.w - 24, high - 2 * self.pad)
        place_column(sheet, self.blocks, inner, scale)


@dataclass(frozen=True, slots=True)
class Row:
    """Blocks side by side at equal widths."""

    columns: tuple[tuple[Block, ...], ...]
    gutter: int = 20
    gap: int = 0
    name: str = "columns"

    def _width(self, width: int) -> int:
        return (width - self.gutter * (len(self.columns) - 1)) // len(self.columns)

    def height(self, width: int, scale: float) -> int:
        """Return the height of the highest column."""
        each = self._width(width)
        return max(column_height(blocks, each, scale) for blocks in self.columns)

    def place(self, sheet: Sheet, area: Area, scale: float) -> None:
        """Put every column on the sheet."""
        each = self._width(area.w)
        for index, blocks in enumerate(self.columns):
            x = area.x + index * (each + self.gutter)
            place_column(sheet, blocks, Area(x, area.y, each, area.h), scale)


def column_height(blocks: Iterable[Block], width: int, scale: float) -> int:
    """Return the height of blocks one below the other, their gaps included."""
    total = sum(block.gap + block.height(width, scale) for block in blocks)
    return min(total, _TOO_HIGH)


def place_column(sheet: Sheet, blocks: Iterable[Block], area: Area, scale: float) -> None:
    """Put blocks one below the other."""
    y = area.y
    for block in blocks:
        y += block.gap
        block.place(sheet, Area(area.x, y, area.w, area.y + area.h - y), scale)
        y += block.height(area.w, scale)


def pour(sheet: Sheet, blocks: Sequence[Block], area: Area, most: float = SCALES[0]) -> None:
    """Put blocks into the area at the largest scale, up to `most`, at which all fit.

    What room is left is shared out between them.  Raises DoesNotFitError, naming the
    block that takes the most room.
    """
    for scale in SCALES:
        if scale > most:
            continue
        spare = area.h - column_height(blocks, area.w, scale)
        if spare >= 0:
            place_column(sheet, _spread(blocks, spare), area, scale)
            return
    worst = max(blocks, key=lambda block: block.height(area.w, SCALES[-1]))
    raise DoesNotFitError(sheet.screen, worst.name, area.w, area.h)


def _spread(blocks: Sequence[Block], spare: int) -> Sequence[Block]:
    """Widen the gaps between the blocks by a share of the spare room each."""
    if len(blocks) < 2:
        return blocks
    each = min(14, spare // len(blocks))
    return [
        replace(block, gap=block.gap + each) if index else block  # type: ignore[type-var]
        for index, block in enumerate(blocks)
    ]
