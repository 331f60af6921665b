"""A laid-out screen made larger for a panel of the same class with more pixels.

Everything keeps its place and its share of the panel; words keep their lines.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.panel.font import line_px, width_px
from appliance.panel.frame import Box, Frame, Item, Text


def scaled(frame: Frame, share: float, size: tuple[int, int]) -> Frame:
    """Return the frame `share` times as large, on a panel of this size.

    What the panel is wider than the frame becomes is added to items that reach its right edge.
    Raises FontMissingError.
    """
    items = tuple(_scaled(item, share, frame.width, size[0]) for item in frame.items)
    return replace(frame, width=size[0], height=size[1], items=items)


def _scaled(item: Item, share: float, wide: int, panel_w: int) -> Item:
    x, y = round(item.x * share), round(item.y * share)
    right = panel_w if item.x + item.w >= wide else round((item.x + item.w) * share)
    bottom = round((item.y + item.h) * share)
    if isinstance(item, Text):
        return _larger(item, share, (x, y, right - x, bottom - y))
    if isinstance(item, Box) and item.h == 1:
        bottom = y + 1
    return replace(item, x=x, y=y, w=right - x, h=bottom - y)


def _larger(text: Text, share: float, area: tuple[int, int, int, int]) -> Text:
    """Set the same lines in the largest size, up to `share` times theirs, that fits the area."""
    x, y, w, h = area
    size = int(text.size_px * share)
    while size > text.size_px and (
        line_px(size) * len(text.lines) > h
        or max(width_px(line, size, text.bold) for line in text.lines) > w
    ):
        size -= 1
    high = line_px(size) * len(text.lines)
    return replace(text, x=x, y=y + (h - high) // 2, w=w, h=high, size_px=size)
