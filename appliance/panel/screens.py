"""From what a screen says to where everything stands: one pure function for every view.

Words that do not fit are broken into lines, then made smaller, and if that does not help the
screen is refused with DoesNotFitError: no value, answer or advice is ever cut short.  Only
notices and the words of instruments, whose length nobody promised, may end in "...": a blank
screen would say less.
"""

from __future__ import annotations

from appliance.panel.chrome import URGENT_H, urgent_band
from appliance.panel.fitting import DoesNotFitError, forget
from appliance.panel.frame import Frame
from appliance.panel.screen_choice import lay_out_choose, lay_out_entry
from appliance.panel.screen_inputs import lay_out_inputs
from appliance.panel.screen_page import lay_out_page, lay_out_ready
from appliance.panel.screen_result import lay_out_result
from appliance.panel.sheet import Sheet
from appliance.panel.small import lay_out_pages
from appliance.panel.small_looks import LOOKS, Look
from appliance.views import ChooseView, EntryView, InputsView, PageView, ReadyView, Tone, View

LARGE = (800, 480)
SIZES = (LARGE, *LOOKS)
"""Sizes that there are layouts for."""


class NoLayoutError(ValueError):
    """There is no layout for a screen of this size."""

    def __init__(self, size: tuple[int, int]) -> None:
        known = ", ".join(f"{w} x {h}" for w, h in SIZES)
        super().__init__(f"There is no layout for {size[0]} x {size[1]} pixels, only for {known}.")


def look_of(size: tuple[int, int]) -> Look | None:
    """Return how a small panel of this size looks; None for a large one.

    Raises NoLayoutError for a size that has no layout.
    """
    if size not in SIZES:
        raise NoLayoutError(size)
    return LOOKS.get(size)


def lay_out(view: View, size: tuple[int, int] = LARGE) -> Frame:
    """Return the frame that shows the view, or its first page where it takes several.

    Raises DoesNotFitError if some words cannot be shown whole, NoLayoutError for a size
    that has no layout, FontMissingError.
    """
    look = look_of(size)
    if look is not None:
        return lay_out_pages(view, look)[0]
    try:
        return _with_band(view, size) if view.urgent else _whole(view, size).frame()
    finally:
        forget()


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
        lines = (view.urgent, "The rest of this screen comes back when this is done.")
        sheet = _whole(PageView(view.name, "Act now", lines, Tone.FAULT, view.keys), above)
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
