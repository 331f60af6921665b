"""How small panels look: sizes of words, colours, and how long a page stands.

There are two classes: colour panels of 320 x 240 pixels on SPI, and panels of 128 x 64 pixels
of one bit on I2C.  On those everything is white on black, and what is loud is black on white.
"""

from __future__ import annotations

from dataclasses import dataclass

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
LOOKS = {look.size: look for look in (MEDIUM, SMALL)}
