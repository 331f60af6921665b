"""Pages of plain words, and the ready screen."""

from __future__ import annotations

from appliance.panel import theme, words
from appliance.panel.chrome import MARGIN, foot, head
from appliance.panel.flow import Para, Row, pour
from appliance.panel.frame import Colour, Kind
from appliance.panel.sheet import Area, Field, Sheet, Style, field
from appliance.views import Condition, PageView, ReadyView, Tone

_BANNER_H = 108
_TONES: dict[Tone, tuple[Kind, Colour, Colour, Colour]] = {
    Tone.WAIT: (Kind.HOURGLASS, theme.BLUE, theme.WHITE, theme.WHITE),
    Tone.FAULT: (Kind.NO_ENTRY, theme.BLACK, theme.WHITE, theme.AMBER),
}
"""Sign, ground, words and sign's colour of a page that is more than plain."""


def lay_out_page(view: PageView, sheet: Sheet) -> None:
    """Lay out a page; one that is a fault or a wait says so in a banner with a sign."""
    bottom = foot(sheet, view.keys, view.notice)
    if view.tone is Tone.PLAIN:
        top = head(sheet, field("title", view.title), None, None)
        size = 22
    else:
        top, size = _BANNER_H, 30
        kind, ground, ink, sign = _TONES[view.tone]
        sheet.box(Area(0, 0, sheet.width, _BANNER_H), ground)
        sheet.shape(kind, Area(MARGIN + 6, 16, 76, 76), sign, ground)
        room = Area(MARGIN + 104, 8, sheet.width - 2 * MARGIN - 104, _BANNER_H - 16)
        sheet.text(field("title", view.title), room, Style(64, True, ink, ground, smallest_px=30))
    lines = [
        Para(field("lines", line), Style(size), gap=6 if index else 0)
        for index, line in enumerate(view.lines)
        if line
    ]
    body = Area(MARGIN + 6, top + 14, sheet.width - 2 * (MARGIN + 6), bottom - top - 24)
    pour(sheet, lines, body)


def lay_out_ready(view: ReadyView, sheet: Sheet) -> None:
    """Lay out the ready screen: each thing with a tick or a cross, and its words."""
    wall_time = field("wall time", view.wall_time, volatile=True)
    top = head(sheet, field("title", view.title), None, wall_time)
    bottom = foot(sheet, view.keys, view.notice)
    body = Area(MARGIN + 6, top + 12, sheet.width - 2 * (MARGIN + 6), bottom - top - 20)
    blocks = [_condition(each) for each in view.conditions]
    pour(sheet, blocks, body)


def _condition(each: Condition) -> Row:
    """Put the thing at the left, with its sign, and what is known of it at the right."""
    kind, ink, says = (
        (Kind.TICK, theme.GREEN, words.WELL)
        if each.well
        else (Kind.CROSS, theme.RED, words.NOT_WELL)
    )
    label = Para(Field("condition", each.label), Style(25, True), 0, kind, ink, says)
    detail = Style(22, colour=theme.QUIET if each.well else theme.RED)
    known = Para(Field("condition words", each.words), detail, 3)
    return Row(((label,), (known,)), gap=5)
