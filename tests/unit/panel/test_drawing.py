"""Pixels: drawn where the text layer says, forgotten afterwards, and the same as kept before.

To make the pictures again after an intended change:
REGENERATE_SCREENS=1 pytest tests/unit/panel/test_drawing.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat, features

from appliance.panel import font as font_module
from appliance.panel.drawing import Painter, blank, draw
from appliance.panel.font import FontMissingError, font, font_folder
from appliance.panel.frame import Frame, Kind, Shape
from appliance.panel.plain_text import frame_as_text
from appliance.panel.screens import lay_out
from tests.unit.panel.sample_views import HIGH, LOW, READY, VIEWS

GOLDEN = Path(__file__).parents[2] / "golden" / "screens"
KEPT = (
    "ready",
    "collect",
    "entry-unlikely",
    "pick-stored",
    "confirm-stored",
    "high",
    "low",
    "abstained-flag",
    "out-of-service",
)
COLOURS = 64
FRAMES = {name: lay_out(view) for name, view in VIEWS.items()}


def near(one: tuple[int, ...], other: tuple[int, ...], by: int) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", FRAMES)
def test_each_line_is_drawn_in_its_colour_on_its_ground_in_its_box(name: str) -> None:
    image = draw(FRAMES[name])
    for text in FRAMES[name].texts():
        crop = image.crop((text.x, text.y, text.x + text.w, text.y + text.h))
        found = crop.getcolors(crop.width * crop.height)
        assert found is not None
        colours = {colour for _, colour in found if isinstance(colour, tuple)}
        assert text.background in colours, text.name
        assert any(near(colour, text.colour, 90) for colour in colours), text.name


@pytest.mark.parametrize("name", FRAMES)
def test_each_sign_is_drawn_in_its_colour_on_its_ground(name: str) -> None:
    image = draw(FRAMES[name])
    for item in FRAMES[name].items:
        if isinstance(item, Shape):
            crop = image.crop((item.x, item.y, item.x + item.w, item.y + item.h))
            found = {colour for _, colour in crop.getcolors(crop.width * crop.height) or ()}
            assert {item.colour, item.background} <= found, item.kind


def test_the_bar_is_filled_to_the_probability() -> None:
    frame = FRAMES["high"]
    (bar,) = [i for i in frame.items if isinstance(i, Shape) and i.kind is Kind.BAR]
    image, row = draw(frame), bar.y + bar.h // 2
    filled = sum(image.getpixel((x, row)) == bar.colour for x in range(bar.x, bar.x + bar.w))
    assert filled / bar.w == pytest.approx(0.82, abs=0.03)


def test_every_sign_has_an_outline_of_its_own() -> None:
    drawn = {}
    for kind in Kind:
        sign = Shape(kind, 0, 0, 60, 60, (0, 0, 0), (255, 255, 255))
        image = draw(Frame("sign", 60, 60, (255, 255, 255), (sign,)))
        drawn[kind] = image.tobytes()
    assert len(set(drawn.values())) == len(Kind)


def test_a_painter_draws_what_a_new_one_draws() -> None:
    painter = Painter()
    for name in ("high", "low", "collect", "collect", "high"):
        assert painter.draw(FRAMES[name]).tobytes() == draw(FRAMES[name]).tobytes()


def test_a_painter_keeps_no_line_that_the_screen_no_longer_says() -> None:
    painter = Painter()
    painter.draw(FRAMES["high"])
    painter.draw(FRAMES["ready"])
    kept = {line for line, *_ in painter._set}
    assert kept == {line for text in FRAMES["ready"].texts() for line in text.lines}


def test_blank_is_black() -> None:
    assert blank((800, 480)).getextrema() == ((0, 0), (0, 0), (0, 0))


def test_a_missing_type_face_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font_module, "_PACKAGE", "no_such_type_face")
    font_folder.cache_clear()
    font.cache_clear()
    try:
        with pytest.raises(FontMissingError, match="font-source-sans-pro"):
            font(20, False)
    finally:
        font_folder.cache_clear()


def test_an_unreadable_type_face_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font_module, "_REGULAR", "absent.ttf")
    font.cache_clear()
    with pytest.raises(FontMissingError, match=r"absent\.ttf"):
        font(20, False)


def made_with() -> str:
    return f"FreeType {features.version('freetype2')}"


@pytest.mark.parametrize("name", KEPT)
def test_the_screen_is_the_same_as_kept(name: str) -> None:
    """Same pixels; with another FreeType than the pictures were made with, nearly the same."""
    drawn = draw(FRAMES[name]).quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB")
    path = GOLDEN / f"{name}.png"
    if os.environ.get("REGENERATE_SCREENS"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        (GOLDEN / "MADE_WITH").write_text(made_with() + "\n")
    with Image.open(path) as kept:
        difference = ImageChops.difference(drawn, kept.convert("RGB"))
    if (GOLDEN / "MADE_WITH").read_text().strip() == made_with():
        assert difference.getbbox() is None
    else:
        assert max(ImageStat.Stat(difference).mean) < 2.0


def test_plain_text_says_everything_in_order() -> None:
    printed = frame_as_text(lay_out(HIGH))
    lines = printed.splitlines()
    assert all(len(line) <= 100 for line in lines)
    order = ["Valid 12", "=== HIGH RISK ===", "Refer today", "82 of 100", "Plain rule", "[A] Done"]
    places = [next(i for i, line in enumerate(lines) if words in line) for words in order]
    assert places == sorted(places)
    assert "[################----]" in printed


@pytest.mark.parametrize("name", FRAMES)
def test_plain_text_leaves_no_word_out(name: str) -> None:
    printed = frame_as_text(FRAMES[name]).split()
    for text in FRAMES[name].texts():
        for word in text.text.split():
            assert word in printed or f"[{word}]" in printed


def test_low_and_ready_differ_in_words_not_only_in_pixels() -> None:
    assert frame_as_text(lay_out(LOW)) != frame_as_text(lay_out(READY))
