"""The two loudest things on the answer screen: red flags, and the answer in large words.

A level is told three ways at once: by its words, by the outline of its sign and by its place
(calm at the left, caution in the middle, urgent at the right).  No answer stands on no
colour at all, in a thick frame.
"""

from __future__ import annotations

from appliance.clinical.task import Level
from appliance.panel import theme, words
from appliance.panel.chrome import MARGIN
from appliance.panel.fitting import DoesNotFitError, Fitted, fit
from appliance.panel.flow import Block, Para, Row, column_height, place_column, pour
from appliance.panel.font import LINE, line_px, width_px
from appliance.panel.frame import Align, Colour, Kind
from appliance.panel.manner import own
from appliance.panel.sheet import Area, Field, Sheet, Style, field
from appliance.panel.theme import LevelLook
from appliance.views import ResultView, Shown

_FLAGS_MOST_H = 160
_GUTTER = 112
_ASIDE_MOST_H = 96
_SCALES = (1.0, 0.92, 0.84, 0.76, 0.68, 0.6)


def draw_flags(sheet: Sheet, view: ResultView, top: int, size_px: int) -> int:
    """Draw the red flags that are up, at this size or smaller; return where the rest begins.

    Raises DoesNotFitError.
    """
    count = len(view.flags)
    label = own(words.FLAG_ONE if count == 1 else f"{count} {words.FLAG_MANY}")
    style = Style(size_px, True, theme.WHITE, theme.RED)
    paras = tuple(
        Para(field("flag", each), style, 3 if index else 0, Kind.OCTAGON, theme.WHITE, label)
        for index, each in enumerate(view.flags)
    )
    wide = sheet.width - 2 * MARGIN - _GUTTER
    block, scale = _lowest(sheet, paras, wide)
    inner = column_height((block,), wide, scale)
    high = max(48, inner + 8)
    sheet.box(Area(0, top, sheet.width, high), theme.RED)
    sheet.box(Area(0, top + high, sheet.width, 3), theme.WHITE)
    title = Style(28, True, theme.WHITE, theme.RED)
    sheet.text(Field("flags", label), Area(MARGIN, top + 3, _GUTTER - 14, high - 6), title)
    area = Area(MARGIN + _GUTTER, top + (high - inner) // 2, wide, inner)
    place_column(sheet, (block,), area, scale)
    return top + high + 3


def _lowest(sheet: Sheet, paras: tuple[Para, ...], wide: int) -> tuple[Block, float]:
    """Return one column or two, whichever is lower, at the largest scale that fits."""
    half = (len(paras) + 1) // 2
    ways: list[Block] = [Row((paras,))]
    if len(paras) > 2:
        ways.append(Row((paras[:half], paras[half:])))
    for scale in _SCALES:
        block = min(ways, key=lambda each: each.height(wide, scale))
        if block.height(wide, scale) <= _FLAGS_MOST_H:
            return block, scale
    raise DoesNotFitError(sheet.screen, "flag", wide, _FLAGS_MOST_H)


def draw_answer(
    sheet: Sheet, view: ResultView, top: int, size_px: int, aside: tuple[Block, ...] = ()
) -> int:
    """Draw the answer at this size, smaller or in two lines if its words are many.

    aside: what stands beside it in the same banner, at the side its place leaves free.
    Returns where the rest begins.  Raises DoesNotFitError.
    """
    look = theme.NO_LEVEL if view.level is None else theme.LEVELS[view.level]
    high = 106 if size_px == theme.HEADLINE_PX else line_px(size_px)
    side = high - 24
    signs = 2 if view.level is Level.CAUTION and not aside else 1
    wide = sheet.width - 2 * MARGIN - signs * (side + 14)
    fitted = _fit_answer(sheet, view.headline, wide, size_px)
    if aside:
        wide = max(width_px(line, fitted.size_px, True) for line in fitted.lines)
        free = sheet.width - 2 * MARGIN - side - 14 - wide - 20
        high = max(high, min(_ASIDE_MOST_H, column_height(aside, free, _SCALES[-1])) + 10)
    high = max(high, fitted.height_px)
    area = Area(0, top, sheet.width, high)
    fill, ink = _ground(sheet, look, area, view.level is None)
    left, right = MARGIN, sheet.width - MARGIN - side
    middle = right - wide - 14
    spots = ((left,), (middle,) if aside else (left, right), (right,))[look.place]
    for x in spots:
        spot = Area(x, top + (high - side) // 2, side, side)
        mark = look.fill if view.level is None else look.mark
        sheet.shape(look.shape, spot, mark, fill, tag=view.headline.tag)
    align = (Align.LEFT, Align.CENTRE, Align.RIGHT)[look.place]
    x = spots[0] - 14 - wide if spots[0] == right else spots[0] + side + 14
    room = Area(x, top + (high - fitted.height_px) // 2, wide, fitted.height_px)
    sheet.place(field("headline", view.headline), fitted, room, Style(0, True, ink, fill, align))
    if aside:
        x = MARGIN if look.place else x + wide + 20
        pour(sheet, aside, Area(x, top + 5, free, high - 10), 1.0)
    return top + high


def aside_colours(view: ResultView) -> tuple[Colour, Colour]:
    """Return ground and ink of what stands beside the answer."""
    if view.level is None:
        return theme.PAPER, theme.INK
    look = theme.LEVELS[view.level]
    return look.fill, look.ink


def _ground(sheet: Sheet, look: LevelLook, area: Area, hollow: bool) -> tuple[Colour, Colour]:
    """Draw the banner's ground; return it and the ink on it."""
    if not hollow:
        sheet.box(area, look.fill)
        return look.fill, look.ink
    for step in range(5):
        sheet.box(area.inset(step, step), None, look.fill)
    return theme.PAPER, theme.INK


def _fit_answer(sheet: Sheet, headline: Shown, wide: int, size_px: int) -> Fitted:
    smallest = theme.HEADLINE_SMALLEST_PX
    for lines in (1, 2):
        high = round(size_px * LINE) * lines
        fitted = fit(headline.text, wide, high, size_px, True, smallest)
        if fitted is not None:
            return fitted
    raise DoesNotFitError(sheet.screen, "headline", wide, high)
