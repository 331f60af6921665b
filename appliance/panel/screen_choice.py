"""Choosing a task, and typing or choosing one value."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.panel import theme, words
from appliance.panel.chrome import MARGIN, foot, head, key_cap
from appliance.panel.frame import Align, Colour, Kind
from appliance.panel.manner import own
from appliance.panel.sheet import Area, Field, Sheet, Style, field
from appliance.views import ChooseView, EntryView, Option

_GAP = 8
_ONE_COLUMN = 5
"""More options than this stand in two columns."""
_HIGHEST = 84


def lay_out_choose(view: ChooseView, sheet: Sheet) -> None:
    """Lay out the tasks, or the stored results, to choose from."""
    patient = None if view.patient is None else field("patient", view.patient)
    top = head(sheet, field("title", view.title), None, patient)
    bottom = foot(sheet, view.keys, view.notice)
    body = Area(MARGIN, top + 12, sheet.width - 2 * MARGIN, bottom - top - 22)
    _options(sheet, view.options, body)


def lay_out_entry(view: EntryView, sheet: Sheet) -> None:
    """Lay out the entry of one value: what was typed, large, with its unit and limits."""
    top = head(sheet, Field("title", own(words.ENTRY)), None, None)
    bottom = foot(sheet, view.keys)
    if view.message:
        bottom = _message(sheet, view, bottom)
    body = Area(MARGIN, top + 12, sheet.width - 2 * MARGIN, bottom - top - 22)
    label = Area(body.x + 4, body.y - 4, body.w - 8, 42)
    sheet.text(Field("label", view.label), label, Style(34, True))
    body = Area(body.x, body.y + 42, body.w, body.h - 42)
    limits = Style(22, colour=theme.QUIET)
    if view.options:
        if view.limits:
            sheet.text(
                Field("limits", view.limits), Area(body.x + 4, body.y, body.w - 8, 28), limits
            )
            body = Area(body.x, body.y + 32, body.w, body.h - 32)
        _options(sheet, view.options, body, view.typed.tag)
        return
    high = min(112, body.h - 70)
    box = Area(body.x + 4, body.y + 4, 420, high)
    sheet.box(box, theme.WHITE, theme.INK)
    sheet.box(box.inset(2, 2), None, theme.INK)
    typed = Style(84, True, background=theme.WHITE, align=Align.RIGHT, smallest_px=24)
    sheet.text(field("typed", view.typed), box.inset(16, 4), typed)
    unit = Area(box.x + box.w + 20, box.y, body.w - box.w - 26, high)
    sheet.text(Field("unit", view.unit), unit, Style(44, smallest_px=20))
    below = Area(box.x, box.y + high + 8, body.w - 8, min(58, body.h - high - 12))
    sheet.text(Field("limits", view.limits), below, limits)


def _message(sheet: Sheet, view: EntryView, bottom: int) -> int:
    """Draw what is wrong with the typed value, or the question whether it is meant."""
    fill, edge, kind = (
        (theme.AMBER_PALE, theme.AMBER, Kind.TRIANGLE)
        if view.asks_again
        else (theme.RED_PALE, theme.RED, Kind.CROSS)
    )
    area = Area(0, bottom - 84, sheet.width, 84)
    sheet.box(area, fill)
    sheet.box(Area(0, area.y, sheet.width, 3), edge)
    ink: Colour = theme.INK if view.asks_again else theme.RED
    sheet.shape(kind, Area(MARGIN + 6, area.y + 20, 46, 46), ink, fill)
    room = Area(MARGIN + 70, area.y + 6, sheet.width - 2 * MARGIN - 74, 74)
    sheet.text(Field("message", view.message), room, Style(28, True, background=fill))
    return area.y


def _options(sheet: Sheet, options: Sequence[Option], body: Area, tag: int | None = None) -> None:
    """Draw the options.  tag: the encounter that the selected one is an answer of."""
    columns = 1 if len(options) <= _ONE_COLUMN else 2
    rows = -(-len(options) // columns)
    wide = (body.w - _GAP * (columns - 1)) // columns
    high = min(_HIGHEST, (body.h - _GAP * (rows - 1)) // max(1, rows))
    for index, option in enumerate(options):
        column, row = divmod(index, rows)
        area = Area(body.x + column * (wide + _GAP), body.y + row * (high + _GAP), wide, high)
        own = tag if option.selected else None
        _option(sheet, option, area, columns == 1, own if option.tag is None else option.tag)


def _option(sheet: Sheet, option: Option, area: Area, wide: bool, tag: int | None) -> None:
    """Draw one option; the selected one has a thick frame, another ground and a pointer.

    wide: the note stands beside the words, else below.
    """
    fill = theme.BLUE_PALE if option.selected else theme.WHITE
    sheet.box(area, fill, theme.BLUE if option.selected else theme.LINE)
    if option.selected:
        sheet.box(area.inset(1, 1), None, theme.BLUE)
        sheet.box(area.inset(2, 2), None, theme.BLUE)
        spot = Area(area.x + 10, area.y + area.h // 2 - 9, 14, 18)
        sheet.shape(Kind.POINTER, spot, theme.BLUE, fill, says=words.SELECTED, tag=tag)
    cap = min(44, area.h - 10)
    key_cap(sheet, option.printed, Area(area.x + 32, area.y + (area.h - cap) // 2, cap, cap), 26)
    x = area.x + 32 + cap + 16
    room = Area(x, area.y + 4, area.x + area.w - x - 10, area.h - 8)
    first = Style(30, True, background=fill)
    if not option.note:
        sheet.text(Field("option", option.words, tag), room, first)
        return
    words_ = Field("option", option.words, tag)
    # With an age in it, it changes by itself.
    note = Field("option note", option.note, option.tag, volatile=option.tag is not None)
    rest = Style(20, False, theme.QUIET, fill)
    if wide:
        half = room.w * 2 // 5
        sheet.text(words_, Area(room.x, room.y, half, room.h), first)
        beside = Area(room.x + half + 12, room.y, room.w - half - 12, room.h)
        # Whose length nobody promised: words of a device.
        (sheet.text if option.tag is None else sheet.as_much_as_fits)(note, beside, rest)
        return
    split = room.h * 5 // 9
    sheet.text(words_, Area(room.x, room.y, room.w, split), first)
    sheet.text(note, Area(room.x, room.y + split, room.w, room.h - split), rest)
