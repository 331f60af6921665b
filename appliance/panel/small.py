"""Screens of small panels: the same view as on a large one, on as many pages as it takes.

Every page has the head of its screen, and a mark such as 2/5 where there are several.  A
block that fits on one page is never torn; one that does not goes on on the next page.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.panel.fitting import DoesNotFitError
from appliance.panel.font import line_px, width_px
from appliance.panel.frame import Align, Frame
from appliance.panel.running import Block, Line, draw_lines, height_of, lines_of
from appliance.panel.sheet import Area, Field, Sheet, Style
from appliance.panel.small_blocks import Said
from appliance.panel.small_looks import Look
from appliance.panel.small_words import say
from appliance.views import View

_MARK = "88/88"
_FOOT_SHARE = 0.2
"""Keys stand on every page where they take no more of it than this, else behind the rest."""


def lay_out_pages(view: View, look: Look) -> tuple[Frame, ...]:
    """Return the pages of the view, from the one that is to be seen first.

    Raises DoesNotFitError for an answer that is wider than the panel, or for a head that
    leaves no room; FontMissingError.
    """
    said = say(view, look)
    wide, high = look.size[0] - 2 * look.margin, look.size[1]
    said, head = _with_room(said, view.name, look, wide)
    foot = _lines(said.keys, wide, view.name)
    body = list(said.body)
    if height_of(foot) > high * _FOOT_SHARE:
        body, foot = [*body, *said.keys], []
    room = high - height_of(head) - height_of(foot)
    pages = _fill([lines_of(block, wide, view.name) for block in body], room)
    if room < line_px(look.text_px) and body:
        raise DoesNotFitError(view.name, body[0].runs[0].words.name, wide, room)
    order = _from(pages, said.body[said.start] if said.body else None)
    count = len(pages)
    return tuple(
        _draw(view.name, look, (head, pages[index], foot), f"{index + 1}/{count}" * (count > 1))
        for index in order
    )


def _with_room(said: Said, screen: str, look: Look, wide: int) -> tuple[Said, list[Line]]:
    """Return the head, and what is said; where long words fill the panel, less in the head."""
    head = _head(said, screen, look, wide)
    while look.size[1] - height_of(head) < 2 * line_px(look.text_px) and said.head:
        if said.head[-1].answer:
            break
        said = replace(said, head=said.head[:-1], body=(said.head[-1], *said.body), start=0)
        head = _head(said, screen, look, wide)
    return said, head


def _head(said: Said, screen: str, look: Look, wide: int) -> list[Line]:
    """Return the lines on every page; room for the page's mark is left in the first."""
    if not said.head:
        return []
    mark_px = width_px(_MARK, look.text_px, False) + 4
    blocks = [replace(said.head[0], reserve_px=mark_px), *said.head[1:]]
    return _lines(tuple(_fitted(block, wide, screen, look) for block in blocks), wide, screen)


def _fitted(block: Block, wide: int, screen: str, look: Look) -> Block:
    """Return the answer at the largest size at which it stands in one line, or else in two."""
    if not block.answer:
        return block
    for most in (1, 2):
        for size in range(look.headline_px, look.headline_least_px - 1, -1):
            smaller = replace(block, size_px=size)
            try:
                if len(lines_of(smaller, wide, screen, tear=False)) <= most:
                    return smaller
            except DoesNotFitError:
                continue
    raise DoesNotFitError(screen, "headline", wide, line_px(look.headline_least_px))


def _lines(blocks: tuple[Block, ...], wide: int, screen: str) -> list[Line]:
    return [line for block in blocks for line in lines_of(block, wide, screen)]


def _fill(blocks: list[list[Line]], room: int) -> list[list[Line]]:
    """Share the blocks out among pages; at least one page, which may be empty."""
    pages: list[list[Line]] = [[]]
    for lines in blocks:
        if height_of([*pages[-1], *lines]) <= room:
            pages[-1] += lines
        elif height_of(lines) <= room:
            pages.append(list(lines))
        else:
            if pages[-1] and lines[0].block.whole:
                pages.append([])
            for line in lines:
                if pages[-1] and height_of([*pages[-1], line]) > room:
                    pages.append([])
                pages[-1].append(line)
    return pages


def _from(pages: list[list[Line]], block: Block | None) -> list[int]:
    """Return the pages in the order in which they are turned, first the one with the block."""
    first = next(
        (i for i, page in enumerate(pages) if any(line.block is block for line in page)), 0
    )
    return [*range(first, len(pages)), *range(first)]


def _draw(
    screen: str, look: Look, parts: tuple[list[Line], list[Line], list[Line]], mark: str
) -> Frame:
    sheet = Sheet(screen, look.size, mono=look.mono)
    head, body, foot = parts
    top = draw_lines(sheet, head, 0, look.margin)
    draw_lines(sheet, body, top, look.margin)
    draw_lines(sheet, foot, look.size[1] - height_of(foot), look.margin)
    if mark and head:
        ground = head[0].block.ground
        wide = width_px(mark, look.text_px, False) + 1
        high = line_px(look.text_px)
        area = Area(look.size[0] - look.margin - wide, 0, wide, high)
        style = Style(look.text_px, False, ground.ink, ground.fill, Align.RIGHT, look.text_px)
        sheet.text(Field("page", mark), area, style)
    return sheet.frame()
