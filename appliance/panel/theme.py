"""Colours and sizes of every screen, in one place.

Dark words on a light ground: read faster than the reverse, and in a room with windows.
Every pair that is used reaches 7:1 for words and 3:1 for signs (WCAG 2.2, success criteria
1.4.6 and 1.4.11); a test computes it for every item of every screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from appliance.clinical.task import Level
from appliance.panel.frame import Colour, Kind

PAPER: Colour = (250, 250, 247)
PANE: Colour = (234, 238, 240)
INK: Colour = (16, 24, 32)
QUIET: Colour = (58, 68, 77)
LINE: Colour = (112, 124, 134)
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
HEADER: Colour = (22, 44, 62)
RED: Colour = (150, 16, 22)
RED_PALE: Colour = (253, 228, 224)
AMBER: Colour = (255, 196, 43)
AMBER_PALE: Colour = (255, 240, 200)
GREEN: Colour = (12, 84, 58)
BLUE: Colour = (15, 74, 120)
BLUE_PALE: Colour = (221, 235, 247)
SLATE: Colour = (52, 60, 70)

SMALLEST_PX = 16
"""No text is smaller."""
HEADLINE_PX = 98
"""The answer: capitals 64 px high."""
HEADLINE_SMALLEST_PX = 68
"""Capitals 44 px high, for an answer of many letters."""


@dataclass(frozen=True, slots=True)
class LevelLook:
    """How one level of answer looks.  place: 0 left, 1 middle, 2 right."""

    shape: Kind
    place: int
    fill: Colour
    ink: Colour
    mark: Colour


LEVELS = MappingProxyType(
    {
        Level.CALM: LevelLook(Kind.DISC, 0, GREEN, WHITE, WHITE),
        Level.CAUTION: LevelLook(Kind.TRIANGLE, 1, AMBER, INK, INK),
        Level.URGENT: LevelLook(Kind.OCTAGON, 2, RED, WHITE, WHITE),
    }
)
NO_LEVEL = LevelLook(Kind.DASH, 0, SLATE, WHITE, WHITE)


def luminance(colour: Colour) -> float:
    """Return the relative luminance, 0 black to 1 white.  Source: WCAG 2.2, definition."""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio, 1 to 21.  Source: WCAG 2.2, definition."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
