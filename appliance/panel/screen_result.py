"""The answer, or the full account of why there is none.

From above: what stands without the model (red flags), the answer in large words, then what it
means, what to do, what moved it and what the plain rule says.  Hazards: H-01 wrong and
confident, H-02 silent.
"""

from __future__ import annotations

from appliance.panel import theme, words
from appliance.panel.chrome import MARGIN, foot, head
from appliance.panel.fitting import DoesNotFitError, Fitted, fit
from appliance.panel.flow import Bar, Block, Pane, Para, Row, column_height, place_column, pour
from appliance.panel.font import width_px
from appliance.panel.frame import Align, Kind
from appliance.panel.sheet import Area, Field, Sheet, Style, field
from appliance.panel.theme import LevelLook
from appliance.views import ResultView

_BANNER_H, _BANNER_LOW_H = 106, 86
_FLAGS_MOST_H = 190


def lay_out_result(view: ResultView, sheet: Sheet) -> None:
    """Lay out the answer or the refusal.  Red flags that are up stand above everything."""
    valid = field("valid until", view.valid_until, volatile=True)
    top = head(sheet, field("title", view.title), field("patient", view.patient), valid)
    bottom = foot(sheet, view.keys, view.notice)
    if view.flags:
        top = _flags(sheet, view, top)
    top = _banner(sheet, view, top)
    body = Area(MARGIN, top + 10, sheet.width - 2 * MARGIN, bottom - top - 16)
    left, right = _answer(view), _rule(view)
    blocks: list[Block] = [Row((tuple(left), tuple(right)))]
    if view.caveat:
        blocks.append(Para(field("caveat", view.caveat), Style(17, colour=theme.QUIET), gap=8))
    pour(sheet, blocks, body)


def _flags(sheet: Sheet, view: ResultView, top: int) -> int:
    """Draw the red flags that are up; return where the rest begins."""
    ground, count = theme.RED, len(view.flags)
    label = words.FLAG_ONE if count == 1 else f"{count} {words.FLAG_MANY}"
    size = 28 if view.level is None else 24
    style = Style(size, True, theme.WHITE, ground, smallest_px=17)
    paras = [
        Para(field("flag", each), style, 4 if index else 0, Kind.OCTAGON, theme.WHITE, label)
        for index, each in enumerate(view.flags)
    ]
    wide = sheet.width - 2 * MARGIN - 112
    block: Block
    if count <= 2:
        block = Row((tuple(paras),))
    else:
        half = (count + 1) // 2
        block = Row((tuple(paras[:half]), tuple(paras[half:])))
    scale = next((s for s in (1.0, 0.9, 0.8, 0.7, 0.6) if _flags_fit(block, wide, s)), None)
    if scale is None:
        raise DoesNotFitError(sheet.screen, "flag", wide, _FLAGS_MOST_H)
    high = max(52, block.height(wide, scale) + 14)
    sheet.box(Area(0, top, sheet.width, high), ground)
    title = Style(26, True, theme.WHITE, ground)
    sheet.text(Field("flags", label), Area(MARGIN, top + 4, 96, high - 8), title)
    inner = Area(MARGIN + 112, top + (high - block.height(wide, scale)) // 2, wide, high)
    place_column(sheet, (block,), inner, scale)
    return top + high


def _flags_fit(block: Block, wide: int, scale: float) -> bool:
    return column_height((block,), wide, scale) + 14 <= _FLAGS_MOST_H


def _banner(sheet: Sheet, view: ResultView, top: int) -> int:
    """Draw the answer in words, shape and place; return where the rest begins.

    Calm stands at the left, caution in the middle between two signs, urgent at the right;
    no answer stands on no colour at all, in a thick frame.
    """
    look = theme.NO_LEVEL if view.level is None else theme.LEVELS[view.level]
    low = bool(view.flags)
    high = _BANNER_LOW_H if low else _BANNER_H
    side = high - 26
    twice = 2 if look.place == 1 and view.level is not None else 1
    wide = sheet.width - 2 * MARGIN - twice * (side + 14)
    fitted = _headline(sheet, view, wide, low)
    high = max(high, fitted.height_px)
    area = Area(0, top, sheet.width, high)
    fill, ink = look.fill, look.ink
    if view.level is None:
        fill, ink = theme.PAPER, theme.INK
        for step in range(5):
            sheet.box(area.inset(step, step), None, look.fill)
    else:
        sheet.box(area, fill)
    x, align = _signs(sheet, view, look, area, side)
    style = Style(fitted.size_px, True, ink, fill, align)
    room = Area(x, top + (high - fitted.height_px) // 2, wide, fitted.height_px)
    sheet.place(field("headline", view.headline), fitted, room, style)
    return top + high


def _headline(sheet: Sheet, view: ResultView, wide: int, low: bool) -> Fitted:
    """Fit the answer: 64 px capitals in one line, else smaller, at last in two lines."""
    size = theme.HEADLINE_SMALLEST_PX if low else theme.HEADLINE_PX
    smallest = theme.HEADLINE_SMALLEST_PX
    for lines in (1, 2):
        high = round(size * lines * 1.2)
        fitted = fit(view.headline.text, wide, high, size, True, smallest)
        if fitted is not None:
            return fitted
    raise DoesNotFitError(sheet.screen, "headline", wide, high)


def _signs(
    sheet: Sheet, view: ResultView, look: LevelLook, area: Area, side: int
) -> tuple[int, Align]:
    """Draw the level's sign at its place; return where the words begin and how they stand."""
    y = area.y + (area.h - side) // 2
    left, right = MARGIN, sheet.width - MARGIN - side
    tag = view.headline.tag
    fill = theme.PAPER if view.level is None else look.fill
    ink = look.fill if view.level is None else look.mark
    places = {0: (left,), 1: (left, right), 2: (right,)}[look.place]
    for x in places:
        sheet.shape(look.shape, Area(x, y, side, side), ink, fill, tag=tag)
    if look.place == 2:
        return MARGIN, Align.RIGHT
    return left + side + 14, Align.LEFT if look.place == 0 else Align.CENTRE


def _answer(view: ResultView) -> list[Block]:
    """Blocks of the left column: how likely, or why not; and what to do."""
    blocks: list[Block] = []
    if view.chance is not None:
        blocks.append(Para(field("chance", view.chance), Style(28, True)))
    if view.bar is not None:
        tag = None if view.chance is None else view.chance.tag
        blocks.append(Bar(view.bar, tag, theme.BLUE, gap=4))
    if view.chance_means:
        means = Style(17, colour=theme.QUIET)
        blocks.append(Para(field("chance means", view.chance_means), means, gap=4))
    if view.reason is not None:
        blocks += [
            Para(Field("reason label", words.REASON), Style(17, True, theme.QUIET)),
            Para(field("reason", view.reason), Style(22, True), gap=2),
        ]
    ground = theme.BLUE_PALE
    todo: tuple[Block, ...] = (
        Para(Field("todo label", words.TODO), Style(17, True, theme.BLUE, ground)),
        Para(field("todo", view.todo), Style(22, True, background=ground), gap=2),
    )
    blocks.append(Pane(todo, ground, theme.BLUE, gap=10, name="todo"))
    return blocks


def _rule(view: ResultView) -> list[Block]:
    """Blocks of the right column: what moved it, the rule beside it, what it rests on."""
    blocks: list[Block] = []
    if view.moved:
        blocks.append(Para(Field("moved label", words.MOVED), Style(17, True, theme.QUIET)))
        blocks += [Para(field("moved", each), Style(20), gap=2) for each in view.moved]
    if view.unchecked is not None and view.unchecked.text:
        ground = theme.AMBER_PALE
        para = Para(
            field("unchecked", view.unchecked),
            Style(18, True, background=ground),
            0,
            Kind.TRIANGLE,
            theme.INK,
            words.UNCHECKED,
        )
        blocks.append(Pane((para,), ground, theme.AMBER, gap=8, name="unchecked"))
    blocks.append(_rule_pane(view))
    blocks.append(Para(field("used", view.used), Style(17), gap=8))
    return blocks


def _rule_pane(view: ResultView) -> Pane:
    ground, edge = (
        (theme.AMBER_PALE, theme.AMBER) if view.differs else (theme.PANE, theme.LINE)
    )
    inside: list[Block] = []
    if view.differs:
        differs = Style(17, True, background=ground)
        label = Field("differs", words.DIFFERS)
        inside.append(Para(label, differs, 0, Kind.NOT_EQUAL, theme.INK))
    inside.append(Para(field("rule", view.rule), Style(19, True, background=ground)))
    if view.against_rule:
        quiet = Style(17, False, theme.QUIET, ground)
        inside.append(Para(field("against rule", view.against_rule), quiet, gap=2))
    return Pane(tuple(inside), ground, edge, gap=8, name="rule")
