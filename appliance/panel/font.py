"""The one type face of every screen, from a pinned package, the same on every machine.

Source Sans Pro as `font-source-sans-pro` ships it, laid out by Pillow's basic engine, so that
the same text has the same width wherever it is drawn.  Never falls back to another face: a
text measured in one and drawn in another could run out of its box.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

_PACKAGE = "font_source_sans_pro"
_REGULAR = "SourceSansPro-Regular.ttf"
_SEMIBOLD = "SourceSansPro-Semibold.ttf"

LINE = 1.2
"""Height of a line of text, as a share of its size."""
BASELINE = 0.93
"""Where in a line the letters stand, as a share of its size: room for accents above."""
CAPITAL = 0.66
"""Height of a capital letter, as a share of its size (this face: 660 of 1000 units)."""


class FontMissingError(OSError):
    """The type face's files are not where its package should have put them."""


@lru_cache(maxsize=1)
def font_folder() -> Path:
    """Return the folder of the type face's files without importing its package.

    Raises FontMissingError.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FontMissingError(
            "The type face for the screen is not installed."
            " Nothing can be shown. Install the package font-source-sans-pro."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "files"


@lru_cache(maxsize=128)
def font(size_px: int, bold: bool) -> ImageFont.FreeTypeFont:
    """Return the face at this size.  Raises FontMissingError."""
    path = font_folder() / (_SEMIBOLD if bold else _REGULAR)
    try:
        return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise FontMissingError(
            f"The type face for the screen cannot be read ({path.name})."
            " Nothing can be shown. Install the package font-source-sans-pro again."
        ) from error


def width_px(text: str, size_px: int, bold: bool) -> int:
    """Return the width of one line of text in whole pixels, rounded up.

    Raises FontMissingError.
    """
    return int(-(-font(size_px, bold).getlength(text) // 1))


def line_px(size_px: int) -> int:
    """Return the height of one line of text of this size."""
    return round(size_px * LINE)
