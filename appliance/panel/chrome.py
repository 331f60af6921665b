"""What stands in the same place on every screen: title above, keys below, notice between."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.panel import theme
from appliance.panel.fitting import DoesNotFitError, break_lines
from appliance.panel.font import width_px
from appliance.panel.frame import Align, Kind
from appliance.panel.sheet import Area, Field, Sheet, Style
from appliance.views import KeyHint

MARGIN = 14
HEADER_H = 40
FOOTER_H = 46
NOTICE_H = 32
_CAP_H = 32
URGENT_H = 48


def head(
    sheet: Sheet,
    title: Field,
    middle: Field | None,
    right: Field | None,
    high: int = HEADER_H,
) -> int:
    """Draw the title bar; return where the body begins."""
    sheet.box(Area(0, 0, sheet.width, high), theme.HEADER)
    fields = [each for each in (title, middle, right) if each is not None and each.text]
    room = sheet.width - 2 * MARGIN - 24 * (len(fields) - 1)
    for size in range(22, theme.SMALLEST_PX - 1, -1):
        widths = [width_px(each.text, size, each is title) for each in fields]
        if sum(widths) <= room:
            break
    else:
        raise DoesNotFitError(sheet.screen, "title", room, high)
    x = MARGIN
    for each, wide in zip(fields, widths, strict=True):
        style = Style(size, each is title, theme.WHITE, theme.HEADER)
        area = Area(x, 0, wide, high)
        if each is right:
            area = Area(x, 0, sheet.width - MARGIN - x, high)
            style = Style(size, False, theme.WHITE, theme.HEADER, Align.RIGHT)
        sheet.text(each, area, style)
        x += wide + 24
    return high


def foot(sheet: Sheet, keys: Sequence[KeyHint], notice: str = "") -> int:
    """Draw the keys and, above them, the notice; return where the body ends."""
    top = sheet.height - FOOTER_H
    sheet.box(Area(0, top, sheet.width, FOOTER_H), theme.PANE)
    sheet.box(Area(0, top, sheet.width, 1), theme.LINE)
    if keys:
        _key_hints(sheet, keys, top)
    if not notice:
        return top
    top -= NOTICE_H
    sheet.box(Area(0, top, sheet.width, NOTICE_H), theme.AMBER_PALE)
    sheet.box(Area(0, top, sheet.width, 2), theme.AMBER)
    spot = Area(MARGIN, top + 8, 20, 18)
    sheet.shape(Kind.TRIANGLE, spot, theme.INK, theme.AMBER_PALE)
    area = Area(MARGIN + 28, top + 2, sheet.width - 2 * MARGIN - 28, NOTICE_H - 2)
    sheet.as_much_as_fits(
        Field("notice", notice), area, Style(19, True, background=theme.AMBER_PALE)
    )
    return top


def urgent_band(sheet: Sheet, words: str) -> None:
    """Draw what somebody must do at once, at the bottom, in the colours of a fault."""
    top = sheet.height - URGENT_H
    sheet.box(Area(0, top, sheet.width, URGENT_H), theme.BLACK)
    sheet.shape(Kind.NO_ENTRY, Area(MARGIN, top + 10, 28, 28), theme.AMBER, theme.BLACK)
    room = Area(MARGIN + 40, top + 3, sheet.width - 2 * MARGIN - 40, URGENT_H - 6)
    style = Style(22, True, theme.WHITE, theme.BLACK)
    sheet.as_much_as_fits(Field("urgent", words), room, style)


def key_cap(sheet: Sheet, printed: str, area: Area, size_px: int) -> None:
    """Draw a key with what is printed on it."""
    sheet.box(area, theme.WHITE, theme.INK)
    style = Style(size_px, True, background=theme.WHITE, align=Align.CENTRE)
    sheet.text(Field("key", printed, key=True), area.inset(2, 1), style)


def _key_hints(sheet: Sheet, keys: Sequence[KeyHint], top: int) -> None:
    """Give every key the room its words need; smaller words if that is too much."""
    gap, caps = (
        18 if len(keys) < 6 else 10,
        [max(_CAP_H, width_px(k.printed, 20, True) + 14) for k in keys],
    )
    room = sheet.width - 2 * MARGIN - sum(caps) - 8 * len(keys) - gap * (len(keys) - 1)
    for size in range(20, theme.SMALLEST_PX - 1, -1):
        widths = [width_px(key.does, size, False) for key in keys]
        if sum(widths) <= room:
            break
    else:
        widths = _in_two_lines([key.does for key in keys], widths, room)
    x = MARGIN
    for key, cap, wide in zip(keys, caps, widths, strict=True):
        key_cap(sheet, key.printed, Area(x, top + 8, cap, _CAP_H), 20)
        area = Area(x + cap + 8, top + 3, wide, FOOTER_H - 4)
        sheet.text(Field("key hint", key.does), area, Style(size, background=theme.PANE))
        x += cap + 8 + wide + gap


def _in_two_lines(words: Sequence[str], widths: Sequence[int], room: int) -> list[int]:
    """Share the room so that the words break into two lines, the longest first."""
    shared = list(widths)
    narrow = [_two_lines_px(each) for each in words]
    for index in sorted(range(len(shared)), key=lambda i: narrow[i] - widths[i]):
        if sum(shared) > room:
            shared[index] = narrow[index]
    return shared


def _two_lines_px(words: str) -> int:
    """Return the least width at which the words stand in two lines of the smallest size."""
    size = theme.SMALLEST_PX
    full = width_px(words, size, False)
    steps = range(full // 2, full + 1, 2)
    return next((w for w in steps if len(break_lines(words, w, size, False) or "abc") < 3), full)
