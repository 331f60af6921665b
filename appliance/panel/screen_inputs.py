"""Screens of values: one row for each input, all of the same height."""

from __future__ import annotations

from types import MappingProxyType

from appliance.panel import theme, words
from appliance.panel.chrome import MARGIN, foot, head
from appliance.panel.frame import Align, Colour, Kind
from appliance.panel.manner import own
from appliance.panel.sheet import Area, Field, Sheet, Style, field
from appliance.views import InputRow, InputsView, RowState

_HIGHEST = 62
_LABEL_X, _VALUE_X, _UNIT_X, _STATE_X, _DETAIL_X = 36, 196, 312, 376, 490

STATES: MappingProxyType[RowState, tuple[Kind, Colour, Colour | None]] = MappingProxyType(
    {
        RowState.LIVE: (Kind.DISC, theme.GREEN, None),
        RowState.TAKEN: (Kind.TICK, theme.GREEN, None),
        RowState.TYPED: (Kind.TICK, theme.BLUE, None),
        RowState.PICKED: (Kind.TICK, theme.BLUE, None),
        RowState.ACCEPTED: (Kind.TRIANGLE, theme.INK, theme.AMBER_PALE),
        RowState.STORED: (Kind.TRIANGLE, theme.INK, theme.AMBER_PALE),
        RowState.MEASURING: (Kind.HOURGLASS, theme.BLUE, None),
        RowState.MISSING: (Kind.RING, theme.RED, None),
        RowState.DOUBTFUL: (Kind.TRIANGLE, theme.RED, theme.AMBER_PALE),
        RowState.EXPIRED: (Kind.CROSS, theme.RED, theme.AMBER_PALE),
    }
)
"""Sign, its colour and the ground of the row; None means the usual one."""


def lay_out_inputs(view: InputsView, sheet: Sheet) -> None:
    """Lay out every input with its value, unit, state, age and source, or how to get it."""
    top = head(sheet, field("title", view.title), None, field("patient", view.patient))
    bottom = foot(sheet, view.keys, view.notice)
    if not view.rows:
        return
    high = min(_HIGHEST, (bottom - top - 6) // len(view.rows))
    for index, row in enumerate(view.rows):
        _row(sheet, row, Area(0, top + 3 + index * high, sheet.width, high))


def _row(sheet: Sheet, row: InputRow, area: Area) -> None:
    kind, ink, ground = STATES[row.state]
    fill = theme.BLUE_PALE if row.selected else ground or theme.PAPER
    if row.selected or ground is not None:
        sheet.box(area, fill)
    if row.selected:
        sheet.box(area.inset(1, 0), None, theme.BLUE)
        sheet.box(area.inset(2, 1), None, theme.BLUE)
        spot = Area(MARGIN, area.y + area.h // 2 - 9, 14, 18)
        sheet.shape(Kind.POINTER, spot, theme.BLUE, fill, says=words.SELECTED)
    else:
        sheet.box(Area(MARGIN, area.y + area.h - 1, area.w - 2 * MARGIN, 1), theme.LINE)
    y, high = area.y + 2, area.h - 4
    label = Area(_LABEL_X, y, _VALUE_X - _LABEL_X - 2, high)
    sheet.text(Field("label", row.label), label, Style(20, background=fill))
    value = Area(_VALUE_X, y, _UNIT_X - _VALUE_X - 8, high)
    big = Style(36, True, background=fill, align=Align.RIGHT)
    sheet.text(field("value", row.value), value, big)
    if row.value is not None:
        unit = Area(_UNIT_X, y, _STATE_X - _UNIT_X - 6, high)
        sheet.text(Field("unit", row.unit), unit, Style(18, False, theme.QUIET, fill))
    side = min(22, high)
    sheet.shape(kind, Area(_STATE_X, y + (high - side) // 2, side, side), ink, fill)
    state = Area(_STATE_X + side + 6, y, _DETAIL_X - _STATE_X - side - 10, high)
    sheet.text(Field("state", own(row.state.value)), state, Style(18, True, ink, fill))
    _detail(sheet, row, Area(_DETAIL_X, y, area.w - MARGIN - _DETAIL_X, high), fill)


def _detail(sheet: Sheet, row: InputRow, area: Area, fill: Colour) -> None:
    """Draw age and source above the hint; either alone takes all of the room."""
    detail, hint = field("detail", row.detail, volatile=True), Field("hint", row.hint)
    if row.earlier is not None:
        hint = field("earlier", row.earlier, volatile=True)
    style = Style(18, background=fill)
    if detail.text and hint.text:
        half = area.h // 2
        sheet.as_much_as_fits(detail, Area(area.x, area.y, area.w, half), style)
        sheet.as_much_as_fits(hint, Area(area.x, area.y + half, area.w, area.h - half), style)
        return
    sheet.as_much_as_fits(detail, area, style)
    sheet.as_much_as_fits(hint, area, style)
