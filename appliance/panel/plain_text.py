"""A laid-out screen as plain text, for a terminal: what stands above stays above."""

from __future__ import annotations

import textwrap
from types import MappingProxyType

from appliance.panel.frame import Align, Frame, Kind, Shape, Text
from appliance.panel.theme import HEADLINE_SMALLEST_PX

COLUMNS = 100
_BAR_CHARS = 20
_TOUCHING_PX = 4
"""Items that overlap by no more than this stand one below the other."""
_LARGE_SIGN_PX = 40
"""A sign as large as this repeats the headline's words, and is not printed."""
_SIGNS = MappingProxyType(
    {
        Kind.TICK: "[ok]",
        Kind.CROSS: "[x]",
        Kind.RING: "[ ]",
        Kind.TRIANGLE: "(!)",
        Kind.OCTAGON: "(!!)",
        Kind.DISC: "(ok)",
        Kind.DASH: "(-)",
        Kind.NO_ENTRY: "(-)",
        Kind.POINTER: ">",
        Kind.EQUAL: "=",
        Kind.NOT_EQUAL: "=/=",
    }
)
"""Signs in letters; a sign that says something is followed by its words."""


def frame_as_text(frame: Frame, columns: int = COLUMNS) -> str:
    """Return the screen as lines of text: rows by height, columns by place.

    An item that stands wholly below another is printed below it; items side by side share
    rows.  Keys are in brackets, signs in letters, the answer between double lines.
    """
    cells: dict[int, list[tuple[int, str]]] = {}
    placed: list[tuple[int, int]] = []
    for item in sorted(_legible(frame), key=lambda item: item.y + item.h):
        row = max((end for below, end in placed if below <= item.y + _TOUCHING_PX), default=0)
        for line in _lines(item, columns * item.w // frame.width):
            cells.setdefault(row, []).append((_column(item, line, columns, frame.width), line))
            row += 1
        placed.append((item.y + item.h, row))
    return "\n".join(_join(cells[row]) for row in sorted(cells))


def _legible(frame: Frame) -> list[Text | Shape]:
    return [
        item
        for item in frame.items
        if isinstance(item, Text) or (isinstance(item, Shape) and _sign(item))
    ]


def _sign(shape: Shape) -> str:
    if shape.kind is Kind.BAR:
        filled = round(shape.share * _BAR_CHARS)
        return f"[{'#' * filled}{'-' * (_BAR_CHARS - filled)}]"
    return _SIGNS.get(shape.kind, "") if shape.h < _LARGE_SIGN_PX else ""


def _lines(item: Text | Shape, chars: int) -> list[str]:
    if isinstance(item, Shape):
        return [_sign(item)]
    if item.key:
        return [f"[{item.text}]"]
    if item.size_px >= HEADLINE_SMALLEST_PX and item.name == "headline":
        rule = "=" * (len(item.text) + 8)
        return [rule, f"=== {item.text} ===", rule]
    return textwrap.wrap(item.text, max(chars, 8), break_long_words=False)


def _column(item: Text | Shape, line: str, columns: int, width_px: int) -> int:
    left = columns * item.x // width_px
    if isinstance(item, Shape) or item.align is Align.LEFT:
        return left
    spare = max(0, columns * item.w // width_px - len(line))
    return left + (spare if item.align is Align.RIGHT else spare // 2)


def _join(cells: list[tuple[int, str]]) -> str:
    """Put the cells of one row at their columns, or one blank behind the one before."""
    row = ""
    for column, words in sorted(cells):
        row = row.ljust(column) if len(row) < column or not row else row + " "
        row += words
    return row.rstrip()
