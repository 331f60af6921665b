"""The type faces of every screen, the same on every machine.

Latin letters and all figures: Source Sans Pro as the pinned package `font-source-sans-pro`
ships it, laid out by Pillow's basic engine, so that the same text has the same width wherever
it is drawn.  Scripts whose letters join or change places have a face of their own in `faces/`
and are shaped by libraqm.  A letter always has the one face of its script: a text measured in
one and drawn in another could run out of its box.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageFont, features

_PACKAGE = "font_source_sans_pro"
_REGULAR = "SourceSansPro-Regular.ttf"
_SEMIBOLD = "SourceSansPro-Semibold.ttf"

LINE = 1.2
"""Height of a line of text, as a share of its size."""
BASELINE = 0.93
"""Where in a line the letters stand, as a share of its size: room for accents above."""
CAPITAL = 0.66
"""Height of a capital letter, as a share of its size (this face: 660 of 1000 units)."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script with a face of its own.

    letters: their code points.  joined: the space, and code points that change how letters
    join; they belong to whatever stands before them.  share: its size beside that of Latin
    words; baseline: where in a line all letters stand on a screen in that script, as a share
    of the size.  Both so that marks above and below stay within the line.
    """

    name: str
    letters: frozenset[int]
    joined: frozenset[int]
    regular: str
    bold: str
    share: float
    baseline: float


BENGALI = Script(
    "Bengali",
    frozenset((*range(0x0980, 0x0A00), 0x0964, 0x0965)),
    frozenset((0x20, 0x200C, 0x200D)),
    "NotoSansBengali-Regular.ttf",
    "NotoSansBengali-SemiBold.ttf",
    0.79,
    0.84,
)
"""Source of the code points: The Unicode Standard 15.0, Bengali; the two dandas stand in its
Devanagari block.  ZWNJ and ZWJ ask for a visible virama or a half form."""
SCRIPTS = (BENGALI,)
_FACES = Path(__file__).parent / "faces"


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
    """Return the Latin face at this size.  Raises FontMissingError."""
    path = font_folder() / (_SEMIBOLD if bold else _REGULAR)
    try:
        return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise FontMissingError(
            f"The type face for the screen cannot be read ({path.name})."
            " Nothing can be shown. Install the package font-source-sans-pro again."
        ) from error


def script_px(script: Script, size_px: int) -> int:
    """Return the size of a script's own face beside Latin words of this size."""
    return round(size_px * script.share)


@lru_cache(maxsize=128)
def script_font(script: Script, size_px: int, bold: bool) -> ImageFont.FreeTypeFont:
    """Return a script's own face beside Latin words of this size, shaped.

    Raises FontMissingError where the face or the program that shapes it is missing.
    """
    if not features.check("raqm"):
        raise FontMissingError(
            f"Letters of {script.name} cannot be shaped here: Pillow has no libraqm."
        )
    path = _FACES / (script.bold if bold else script.regular)
    try:
        return ImageFont.truetype(
            str(path), script_px(script, size_px), layout_engine=ImageFont.Layout.RAQM
        )
    except OSError as error:
        raise FontMissingError(
            f"The type face for {script.name} cannot be read ({path.name})."
        ) from error


def pieces(text: str) -> list[tuple[Script | None, str]]:
    """Return the text in pieces of one face each; None means the Latin one."""
    if text.isascii():
        return [(None, text)]
    found: list[Script | None] = []
    for letter in text:
        own = next((each for each in SCRIPTS if ord(letter) in each.letters), None)
        if own is None and found and found[-1] is not None and ord(letter) in found[-1].joined:
            own = found[-1]
        found.append(own)
    return [
        (script, "".join(letter for _, letter in run))
        for script, run in groupby(zip(found, text, strict=True), key=lambda each: each[0])
    ]


@lru_cache(maxsize=8)
def smallest_share(letters: str) -> float:
    """Return the share of the script, among those of the letters, that is set smallest."""
    return min((script.share for script, _ in pieces(letters) if script is not None), default=1.0)


@lru_cache(maxsize=8)
def baseline_of(letters: str) -> float:
    """Return where in a line the letters of a screen stand that may have any of these."""
    own = (script.baseline for script, _ in pieces(letters) if script is not None)
    return min((BASELINE, *own))


def face_of(script: Script | None, size_px: int, bold: bool) -> ImageFont.FreeTypeFont:
    """Return the face of a piece.  Raises FontMissingError."""
    return font(size_px, bold) if script is None else script_font(script, size_px, bold)


def length_px(text: str, size_px: int, bold: bool) -> float:
    """Return the width of one line of text, not rounded.  Raises FontMissingError."""
    if text.isascii():
        return font(size_px, bold).getlength(text)
    return sum(face_of(script, size_px, bold).getlength(p) for script, p in pieces(text))


def width_px(text: str, size_px: int, bold: bool) -> int:
    """Return the width of one line of text in whole pixels, rounded up.

    Raises FontMissingError.
    """
    return int(-(-length_px(text, size_px, bold) // 1))


def has_letter(letter: str) -> bool:
    """Whether the face of its script has the letter.  Raises FontMissingError."""
    ((script, _),) = pieces(letter)
    face = face_of(script, _PROBE_PX, False)
    return bytes(face.getmask(letter)) != bytes(face.getmask(_NO_LETTER)) or letter.isspace()


_PROBE_PX = 24
_NO_LETTER = "\U000f0000"
"""For private use: no face here has it, and its sign for a missing letter is drawn."""


def line_px(size_px: int) -> int:
    """Return the height of one line of text of this size."""
    return round(size_px * LINE)
