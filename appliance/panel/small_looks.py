"""How screens on pages look: sizes of words, colours, and how long a page stands.

Two classes have them: colour panels of 480 x 320 and 320 x 240 pixels, and panels of 128 x 64
pixels of one bit on I2C.  On those everything is white on black, and what is loud is black on
white.  In large type every panel has pages: words half as large again leave no room for all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from appliance.clinical.task import Level
from appliance.panel import theme
from appliance.panel.running import Ground


@dataclass(frozen=True, slots=True)
class Look:
    """One class of small panels.

    text_px: size of words; never smaller.  headline_px: of the answer, made smaller down to
    headline_least_px.  value_px: of a value that is typed.  page_s: seconds for which one of
    several pages stands.  brief: what only qualifies the model is left out.
    """

    size: tuple[int, int]
    text_px: int
    headline_px: int
    headline_least_px: int
    value_px: int
    margin: int
    page_s: float
    mono: bool
    brief: bool

    def for_shaped(self, share: float) -> Look:
        """Return it for a script whose letters are set smaller by this share.

        Without shades between two colours they would run into one.
        """
        if not self.mono:
            return self
        return replace(self, text_px=round(self.text_px / share), page_s=self.page_s + 1.0)

    @property
    def plain(self) -> Ground:
        """What most words stand on."""
        return _DARK if self.mono else Ground(theme.PAPER, theme.INK)

    @property
    def pane(self) -> Ground:
        """What keys stand on."""
        return _DARK if self.mono else Ground(theme.PANE, theme.INK)

    @property
    def title(self) -> Ground:
        """What the title stands on."""
        return _DARK_EDGED if self.mono else Ground(theme.HEADER, theme.WHITE)

    @property
    def todo(self) -> Ground:
        """What is to be done next, and the selected line."""
        return _DARK if self.mono else Ground(theme.BLUE_PALE, theme.INK)

    @property
    def selected(self) -> Ground:
        """The selected one of several."""
        return _LIGHT if self.mono else Ground(theme.BLUE_PALE, theme.INK)

    @property
    def caution(self) -> Ground:
        """What somebody must notice."""
        return _LIGHT if self.mono else Ground(theme.AMBER_PALE, theme.INK)

    @property
    def loud(self) -> Ground:
        """A red flag."""
        return _LIGHT if self.mono else Ground(theme.RED, theme.WHITE)

    @property
    def fault(self) -> Ground:
        """A fault, and what must be done at once."""
        return _LIGHT if self.mono else Ground(theme.BLACK, theme.WHITE)

    @property
    def wait(self) -> Ground:
        """A wait."""
        return _LIGHT if self.mono else Ground(theme.BLUE, theme.WHITE)

    def level(self, level: Level | None) -> Ground:
        """Return what the answer stands on; none at all stands in a frame on no colour."""
        if self.mono:
            return _DARK_EDGED if level is None else _LIGHT_EDGED
        if level is None:
            return Ground(theme.PAPER, theme.INK, theme.SLATE)
        look = theme.LEVELS[level]
        return Ground(look.fill, look.ink, theme.WHITE)


_DARK = Ground(theme.BLACK, theme.WHITE)
_DARK_EDGED = Ground(theme.BLACK, theme.WHITE, theme.WHITE)
_LIGHT = Ground(theme.WHITE, theme.BLACK)
_LIGHT_EDGED = Ground(theme.WHITE, theme.BLACK, theme.BLACK)

MEDIUM = Look((320, 240), 15, 40, 26, 40, 6, 6.0, mono=False, brief=False)
"""15 px on a panel of 2.4 to 2.8 inch are as high as 16 px on one of 5 inch with 800 x 480."""
SMALL = Look((128, 64), 12, 14, 12, 14, 1, 3.0, mono=True, brief=True)
"""12 px, set without shades: at 10 px a 6 looked like an 8 (looked at; a test counts in how many
pixels figures differ)."""
WIDE = Look((480, 320), 18, 56, 34, 54, 8, 6.0, mono=False, brief=False)
"""18 px on a panel of 3.5 inch are as high as 15 px on one of 2.8 inch with 320 x 240."""
LOOKS = {look.size: look for look in (WIDE, MEDIUM, SMALL)}
LARGE_TYPE = {
    look.size: look
    for look in (
        Look((1024, 600), 38, 122, 80, 140, 14, 8.0, mono=False, brief=False),
        Look((800, 480), 32, 98, 64, 110, 12, 8.0, mono=False, brief=False),
        replace(WIDE, text_px=27, value_px=72, headline_px=66, page_s=8.0),
        replace(MEDIUM, text_px=23, value_px=54, page_s=8.0),
    )
}
"""Words half as large again at least: "large scale" is 18 point where 12 is usual (WCAG 2.2,
definition of large-scale text).  Not on 128 x 64: answer and red flag must stay together on
every page, and have no room there in larger letters."""
