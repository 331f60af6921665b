"""From what a screen says to where everything stands: one pure function for every view.

Words that do not fit are broken into lines, then made smaller, and if that does not help the
screen is refused with DoesNotFitError: no value, answer or advice is ever cut short.  Only
notices and the words of instruments, whose length nobody promised, may end in "...": a blank
screen would say less.

A screen that does not fit in the clinic's language or in large type is shown in English or in
usual type: tests see to it that no shipped one needs that.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.panel import words
from appliance.panel.chrome import URGENT_H, urgent_band
from appliance.panel.fitting import DoesNotFitError, forget
from appliance.panel.font import baseline_of, smallest_share
from appliance.panel.frame import Frame
from appliance.panel.manner import PLAIN, Manner, own, speaking
from appliance.panel.scaling import scaled
from appliance.panel.screen_choice import lay_out_choose, lay_out_entry
from appliance.panel.screen_inputs import lay_out_inputs
from appliance.panel.screen_page import lay_out_page, lay_out_ready
from appliance.panel.screen_result import lay_out_result
from appliance.panel.sheet import Sheet
from appliance.panel.small import lay_out_pages
from appliance.panel.small_looks import LARGE_TYPE, LOOKS, Look
from appliance.views import ChooseView, EntryView, InputsView, PageView, ReadyView, Tone, View

LARGE = (800, 480)
LARGER = (1024, 600)
SIZES = (LARGE, LARGER, *LOOKS)
"""Sizes that there are layouts for."""


class NoLayoutError(ValueError):
    """There is no layout for a screen of this size."""

    def __init__(self, size: tuple[int, int]) -> None:
        known = ", ".join(f"{w} x {h}" for w, h in SIZES)
        super().__init__(f"There is no layout for {size[0]} x {size[1]} pixels, only for {known}.")


def look_of(size: tuple[int, int], *, large_type: bool = False) -> Look | None:
    """Return how a panel of this size looks that has pages; None for one that has none.

    Raises NoLayoutError for a size that has no layout.
    """
    if size not in SIZES:
        raise NoLayoutError(size)
    usual = LOOKS.get(size)
    return LARGE_TYPE.get(size, usual) if large_type else usual


def lay_out(view: View, size: tuple[int, int] = LARGE, manner: Manner = PLAIN) -> Frame:
    """Return the frame that shows the view, or its first page where it takes several.

    Raises DoesNotFitError if some words cannot be shown whole, NoLayoutError for a size
    that has no layout, FontMissingError.
    """
    return pages_that_fit(view, size, manner)[0]


def pages_that_fit(view: View, size: tuple[int, int], manner: Manner) -> tuple[Frame, ...]:
    """Return the pages of the view, in usual type or in English where it does not fit else.

    Raises as `lay_out`.
    """
    *tries, last = dict.fromkeys((manner, replace(manner, large_type=False), PLAIN))
    for way in tries:
        try:
            return pages_of(view, size, way)
        except DoesNotFitError:
            continue
    return pages_of(view, size, last)


def pages_of(view: View, size: tuple[int, int], manner: Manner) -> tuple[Frame, ...]:
    """Return the pages of the view in just this manner.  Raises as `lay_out`."""
    look = look_of(size, large_type=manner.large_type)
    share = smallest_share(manner.tongue.letters)
    if look is not None and share < 1.0:
        look = look.for_shaped(share)
    said = manner.tongue.view(view)
    try:
        with speaking(manner.tongue):
            pages = (_on_one(said, size),) if look is None else lay_out_pages(said, look)
    finally:
        forget()
    baseline = baseline_of(manner.tongue.letters)
    return tuple(replace(page, baseline=baseline) for page in pages)


def _on_one(view: View, size: tuple[int, int]) -> Frame:
    larger = size[1] / LARGE[1]
    usual = (int(size[0] / larger), LARGE[1])
    frame = _with_band(view, usual) if view.urgent else _whole(view, usual).frame()
    return frame if size == LARGE else scaled(frame, larger, size)


def _whole(view: View, size: tuple[int, int]) -> Sheet:
    sheet = Sheet(view.name, size)
    _place(view, sheet)
    return sheet


def _with_band(view: View, size: tuple[int, int]) -> Frame:
    """Lay the view out above a band with what somebody must do at once.

    A view that has no room beside the band gives way to a page with the words alone.
    """
    above = (size[0], size[1] - URGENT_H)
    try:
        sheet = _whole(view, above)
    except DoesNotFitError:
        lines = (view.urgent, own(words.COMES_BACK))
        page = PageView(view.name, own(words.ACT_NOW), lines, Tone.FAULT, view.keys)
        sheet = _whole(page, above)
    sheet.height = size[1]
    urgent_band(sheet, view.urgent)
    return sheet.frame()


def _place(view: View, sheet: Sheet) -> None:
    match view:
        case PageView():
            lay_out_page(view, sheet)
        case ReadyView():
            lay_out_ready(view, sheet)
        case ChooseView():
            lay_out_choose(view, sheet)
        case InputsView():
            lay_out_inputs(view, sheet)
        case EntryView():
            lay_out_entry(view, sheet)
        case _:
            lay_out_result(view, sheet)
