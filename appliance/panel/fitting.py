"""Making words fit their box: broken into lines first, then smaller, and never cut.

Broken lines are remembered only until `forget` is called, once for each screen: they may be a
patient's words.  Only the widths of single letters are kept for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from appliance.panel.font import Script, face_of, font, line_px, pieces, script_font, script_px
from appliance.panel.theme import SMALLEST_PX


class DoesNotFitError(ValueError):
    """Words do not fit their box even at the smallest size that can be read.

    It names the screen and the field, never the words.
    """

    def __init__(self, screen: str, field: str, width_px: int, height_px: int) -> None:
        super().__init__(
            f"The screen {screen!r} cannot show all of {field!r} ({width_px} x {height_px} px)."
            " Nothing was cut short: the screen is not shown."
        )
        self.screen = screen
        self.field = field


@dataclass(frozen=True, slots=True)
class Fitted:
    """How some words are drawn: their size and their lines."""

    size_px: int
    lines: tuple[str, ...]

    @property
    def height_px(self) -> int:
        """Height of all lines together."""
        return line_px(self.size_px) * len(self.lines)


def fit(
    text: str,
    width: int,
    height: int,
    size_px: int,
    bold: bool = False,
    smallest_px: int = SMALLEST_PX,
) -> Fitted | None:
    """Return the largest way, up to size_px, to draw the text in the box; None if there is none."""
    for size in range(size_px, smallest_px - 1, -1):
        most = height // line_px(size)
        if most < 1:
            continue
        lines = break_lines(text, width, size, bold)
        if lines is not None and len(lines) <= most:
            return Fitted(size, lines)
    return None


@cache
def break_lines(text: str, width: int, size_px: int, bold: bool) -> tuple[str, ...] | None:
    """Break the text at spaces into lines no wider than width; None if a word is wider.

    Widths are sums of letters: pairs are set closer, hardly ever wider, when drawn.
    """
    lines: list[str] = []
    space = _advance(" ", size_px, bold)
    if not text.isascii():
        space = max(space, *(_space_px(script, size_px, bold) for script, _ in pieces(text)))
    for paragraph in text.split("\n"):
        line, filled = "", 0.0
        for word in paragraph.split():
            wide = _word_px(word, size_px, bold)
            if wide > width:
                return None
            if line and filled + space + wide <= width:
                line, filled = f"{line} {word}", filled + space + wide
            else:
                if line:
                    lines.append(line)
                line, filled = word, wide
        lines.append(line)
    return tuple(lines)


def forget() -> None:
    """Forget all words that were broken into lines."""
    break_lines.cache_clear()
    _shaped_px.cache_clear()


def _word_px(word: str, size_px: int, bold: bool) -> float:
    if word.isascii():
        return sum([_advance(letter, size_px, bold) for letter in word])
    return sum(
        sum([_advance(letter, size_px, bold) for letter in piece])
        if script is None
        else _shaped_px(script, piece, bold) * script_px(script, size_px) + _SHAPED_SLACK_PX
        for script, piece in pieces(word)
    )


_SHAPED_SLACK_PX = 0.1
"""Widths of shaped words grow with their size to within 0.06 px, measured from 12 to 98 px."""


@cache
def _shaped_px(script: Script, word: str, bold: bool) -> float:
    """Return the width of a word whose letters join, for a size of 1 px: measured once, large."""
    face = script_font(script, _MEASURED_PX, bold)
    return face.getlength(word) / script_px(script, _MEASURED_PX)


_MEASURED_PX = 96


@lru_cache(maxsize=256)
def _space_px(script: Script | None, size_px: int, bold: bool) -> float:
    return face_of(script, size_px, bold).getlength(" ")


@lru_cache(maxsize=8192)
def _advance(letter: str, size_px: int, bold: bool) -> float:
    return font(size_px, bold).getlength(letter)
