"""The sheet a screen is laid out on: places words and signs, and refuses what does not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from appliance.panel import theme
from appliance.panel.fitting import DoesNotFitError, Fitted, fit
from appliance.panel.font import line_px, width_px
from appliance.panel.frame import Align, Box, Colour, Frame, Item, Kind, Shape, Text
from appliance.views import Shown


class Area(NamedTuple):
    """A rectangle in pixels."""

    x: int
    y: int
    w: int
    h: int

    def inset(self, dx: int, dy: int = 0) -> Area:
        """Return the area less a margin on every side."""
        return Area(self.x + dx, self.y + dy, self.w - 2 * dx, self.h - 2 * dy)


@dataclass(frozen=True, slots=True)
class Style:
    """How words are drawn.  size_px: preferred; smallest_px: never below."""

    size_px: int
    bold: bool = False
    colour: Colour = theme.INK
    background: Colour = theme.PAPER
    align: Align = Align.LEFT
    smallest_px: int = theme.SMALLEST_PX

    def on(self, background: Colour, colour: Colour = theme.INK) -> Style:
        """Return the same style in other colours."""
        return replace(self, background=background, colour=colour)


@dataclass(frozen=True, slots=True)
class Field:
    """Words with their place in the view.  tag, volatile, key: as for frame.Text."""

    name: str
    text: str
    tag: int | None = None
    volatile: bool = False
    key: bool = False


def field(name: str, words: Shown | str | None, *, volatile: bool = False) -> Field:
    """Make a Field; words that stem from a patient keep their tag."""
    if isinstance(words, Shown):
        return Field(name, words.text, words.tag, volatile)
    return Field(name, words or "", None, volatile)


class Sheet:
    """Collects the items of one screen."""

    def __init__(self, screen: str, size: tuple[int, int], *, mono: bool = False) -> None:
        """Begin an empty one.  mono: of two colours, on black."""
        self.screen = screen
        self._mono = mono
        self.width, self.height = size
        self._items: list[Item] = []

    def box(self, area: Area, fill: Colour | None, outline: Colour | None = None) -> None:
        """Draw a rectangle."""
        self._items.append(Box(*area, fill, outline))

    def shape(
        self,
        kind: Kind,
        area: Area,
        colour: Colour,
        background: Colour,
        *,
        says: str = "",
        tag: int | None = None,
        share: float = 0.0,
    ) -> None:
        """Draw a sign.  says, tag, share: as for frame.Shape."""
        self._items.append(Shape(kind, *area, colour, background, says, share, tag))

    def text(self, words: Field, area: Area, style: Style) -> None:
        """Fit words into an area, in the middle of its height; nothing for no words.

        Raises DoesNotFitError.
        """
        if not words.text:
            return
        fitted = fit(words.text, area.w, area.h, style.size_px, style.bold, style.smallest_px)
        if fitted is None:
            raise DoesNotFitError(self.screen, words.name, area.w, area.h)
        y = area.y + (area.h - fitted.height_px) // 2
        self.place(words, fitted, Area(area.x, y, area.w, fitted.height_px), style)

    def as_much_as_fits(self, words: Field, area: Area, style: Style) -> None:
        """Fit the words, or their beginning and "..." where not all of them fit.

        For words that only explain and whose length nobody promised: of an instrument, or
        names that a technician chose.  Never for a value, an answer or what to do.
        """
        each = words.text.split()
        for count in range(len(each), 0, -1):
            text = words.text if count == len(each) else f"{' '.join(each[:count])} ..."
            try:
                self.text(replace(words, text=text), area, style)
            except DoesNotFitError:
                continue
            return

    def place(self, words: Field, fitted: Fitted, area: Area, style: Style) -> None:
        """Put words that were fitted before at the top of an area.

        Raises DoesNotFitError if a line is wider when drawn than the sum of its letters.
        """
        if any(width_px(line, fitted.size_px, style.bold) > area.w for line in fitted.lines):
            raise DoesNotFitError(self.screen, words.name, area.w, area.h)
        self._items.append(
            Text(
                words.text,
                area.x,
                area.y,
                area.w,
                line_px(fitted.size_px) * len(fitted.lines),
                fitted.size_px,
                style.bold,
                style.colour,
                style.background,
                style.align,
                words.tag,
                words.volatile,
                fitted.lines,
                words.name,
                words.key,
            )
        )

    def begin_again(self) -> None:
        """Forget everything placed so far, to try another arrangement."""
        self._items.clear()

    def frame(self) -> Frame:
        """Return what was collected."""
        paper = theme.BLACK if self._mono else theme.PAPER
        items = tuple(self._items)
        return Frame(self.screen, self.width, self.height, paper, items, self._mono)
