"""Which page of a view stands on the panel now, and when it is turned.

A large panel has one page for each view, unless its type is large.  Elsewhere pages turn by
themselves, since no key is free for it; a view that says something else begins at the page
where that stands.
Values, ages and words of a page are those of the newest view: pages are made anew each time.
"""

from __future__ import annotations

import re

from appliance.panel.frame import Frame
from appliance.panel.manner import PLAIN, Manner
from appliance.panel.screens import look_of, pages_that_fit
from appliance.views import (
    ChooseView,
    EntryView,
    InputsView,
    Option,
    PageView,
    ResultView,
    View,
)


class Turning:
    """Chooses pages, and keeps the newest view while it has several."""

    def __init__(self, manner: Manner = PLAIN) -> None:
        self._manner = manner
        self._subject: object = None
        self._view: View | None = None
        self._page = 0
        self._until_s = 0.0

    def frame(self, view: View, size: tuple[int, int], now_s: float) -> Frame:
        """Return the page of the view that is to be shown now.

        now_s: monotonic.  Raises DoesNotFitError, NoLayoutError, FontMissingError.
        """
        pages = pages_that_fit(view, size, self._manner)
        look = look_of(size, large_type=self._manner.large_type)
        if look is None:
            self._view = None
            return pages[0]
        subject = _subject(view)
        if subject != self._subject:
            self._subject, self._page, self._until_s = subject, 0, now_s + look.page_s
        elif now_s >= self._until_s:
            self._page, self._until_s = self._page + 1, now_s + look.page_s
        self._page %= len(pages)
        self._view = view if len(pages) > 1 else None
        return pages[self._page]

    def left_s(self, now_s: float) -> float | None:
        """Return how long the page still stands; None for a view of one page."""
        return None if self._view is None else max(0.0, self._until_s - now_s)

    def due(self, now_s: float) -> View | None:
        """Return the view of which another page is due, if one is."""
        return self._view if self.left_s(now_s) == 0.0 else None


def _subject(view: View) -> object:
    """Return what, when it changes, begins a view anew: never a value or an age that runs."""
    what: object = None
    match view:
        case PageView():
            what = (view.title, *map(_steady, view.lines), _steady(view.notice))
        case ChooseView():
            what = (_chosen(view.options), _steady(view.notice))
        case InputsView():
            selected = tuple(row.selected for row in view.rows)
            what = (view.patient, selected, _steady(view.notice))
        case EntryView():
            typed = (view.label, view.typed, _steady(view.message))
            what = (*typed, _chosen(view.options))
        case ResultView():
            answer = (view.headline, view.flags, view.reason)
            what = (view.patient, *answer, _steady(view.notice))
        case _:
            what = _steady(view.notice)
    return (view.name, view.urgent, what)


def _steady(words: str) -> str:
    """Return the words without their figures, which may count seconds."""
    return re.sub(r"\d+", "#", words)


def _chosen(options: tuple[Option, ...]) -> tuple[bool, ...]:
    return tuple(option.selected for option in options)
