"""Every screen, in every size, language and type, pixel by pixel as it was looked at.

Kept as digests: one line for each screen, over all its pages.  To make them again after an
intended change, and then look at what changed:
REGENERATE_SCREENS=1 pytest tests/unit/top/test_golden_screens.py -n 0
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import features

from appliance.catalogue import languages, open_language
from appliance.panel.drawing import Painter
from appliance.panel.font import has_letter
from appliance.panel.manner import Manner
from appliance.panel.screens import SIZES, pages_of
from appliance.panel.small_looks import LARGE_TYPE
from tests.shipped_views import shipped

FOLDER = Path(__file__).parents[2] / "golden" / "screens" / "digests"
SETS = [
    (size, code, large)
    for size in SIZES
    for code in languages()
    for large in (False, True)
    if not large or size in LARGE_TYPE
]


def name_of(size: tuple[int, int], code: str, large: bool) -> str:
    return f"{size[0]}x{size[1]}-{code}{'-large' if large else ''}"


def made_with() -> str:
    return " ".join(
        f"{part} {features.version(part)}" for part in ("freetype2", "raqm", "harfbuzz")
    )


def digests(size: tuple[int, int], code: str, large: bool) -> dict[str, str]:
    """Return the digest of all pages of each screen, and how many there are."""
    manner = Manner(open_language(code, has_letter).tongue, large)
    found = {}
    for name, view in shipped().items():
        pages, digest = pages_of(view, size, manner), sha256()
        for page in pages:
            digest.update(Painter().draw(page).tobytes())
        found[name] = f"{digest.hexdigest()[:24]} {len(pages)}"
    return found


@pytest.mark.parametrize("each", SETS, ids=lambda each: name_of(*each))
def test_every_screen_is_the_same_as_kept(each: tuple[tuple[int, int], str, bool]) -> None:
    path = FOLDER / f"{name_of(*each)}.txt"
    drawn = digests(*each)
    if os.environ.get("REGENERATE_SCREENS"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        lines = [f"# {made_with()}", *(f"{name} {digest}" for name, digest in drawn.items())]
        path.write_text("\n".join(lines) + "\n", "ascii")
    head, *lines = path.read_text("ascii").splitlines()
    # Another Pillow draws other pixels: install the pinned one, or make the digests again.
    assert head == f"# {made_with()}"
    assert dict(line.split(" ", 1) for line in lines) == drawn


def test_no_set_is_kept_that_is_not_drawn() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {name_of(*each) for each in SETS}
