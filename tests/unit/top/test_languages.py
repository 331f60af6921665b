"""Every screen in every language: said whole, shaped, and in its place at every size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

import polib
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from appliance import catalogue
from appliance.catalogue import LANGUAGES, UNREVIEWED, languages, open_language
from appliance.events import PanelFaulted
from appliance.panel import font as faces
from appliance.panel import theme
from appliance.panel.font import BENGALI, FontMissingError, has_letter, pieces, script_font
from appliance.panel.frame import Frame
from appliance.panel.manner import Manner
from appliance.panel.screens import SIZES, lay_out, pages_of
from appliance.settings import Settings
from appliance.tongue import ENGLISH, Tongue
from appliance.views import Condition, KeyHint, PageView
from appliance.wiring_parts import manner_of
from tests.shipped_views import shipped

NAMES = {"cuff", "oximeter", "meter"}
"""What a technician called the instruments: said as it is."""
OTHERS = [code for code in languages() if code != "en"]
TONGUES = {code: open_language(code, has_letter).tongue for code in languages()}
every_language = pytest.mark.parametrize("code", OTHERS)
every_size = pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")


def said(value: object) -> Iterator[str]:
    """Yield every text of a view that is to be said in the clinic's language."""
    if isinstance(value, str) and not isinstance(value, Enum):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from said(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            if each.name not in ("name", "printed"):
                yield from said(getattr(value, each.name))


def frames(code: str, size: tuple[int, int], large: bool = False) -> Iterator[Frame]:
    for view in shipped().values():
        yield from pages_of(view, size, Manner(TONGUES[code], large))


def test_english_french_and_bengali_are_there() -> None:
    assert {"en", "fr", "bn"} <= set(languages())


@every_language
@pytest.mark.parametrize("name", shipped())
def test_every_text_of_every_screen_is_said_whole(code: str, name: str) -> None:
    unknown = [t for t in said(shipped()[name]) if TONGUES[code].find(t) is None]
    # A proof of the runtime is for technicians and comes from elsewhere.
    assert [t for t in unknown if t not in NAMES and not t.endswith("1.0.0: ")] == []


@every_size
@pytest.mark.parametrize("large", [False, True], ids=["usual type", "large type"])
@pytest.mark.parametrize("code", languages())
def test_every_screen_fits_and_reaches_seven_to_one(
    code: str, large: bool, size: tuple[int, int]
) -> None:
    for frame in frames(code, size, large):
        assert (frame.width, frame.height) == size
        for text in frame.texts():
            assert theme.contrast(text.colour, text.background) >= 7.0, (frame.name, text.name)
            assert text.x >= 0, (frame.name, text.name)
            assert text.x + text.w <= size[0], (frame.name, text.name)
            assert text.y + text.h <= size[1], (frame.name, text.name)


@every_size
@every_language
def test_no_language_leaves_out_what_english_says(code: str, size: tuple[int, int]) -> None:
    """The last ways to lay out an answer leave out what qualifies it: longer words must not."""
    for name, view in shipped().items():
        said_by = {
            each: {
                text.name
                for page in pages_of(view, size, Manner(TONGUES[each]))
                for text in page.texts()
            }
            for each in ("en", code)
        }
        assert said_by["en"] <= said_by[code], name


@every_size
def test_no_line_of_a_shaped_script_is_cut_above_or_below(size: tuple[int, int]) -> None:
    """Ink of each line on a canvas with room to spare, against the line it is drawn in."""
    seen = set()
    for frame in frames("bn", size):
        for text in frame.texts():
            seen |= {(line, text.size_px, text.bold) for line in text.lines}
    for line, size_px, bold in seen:
        for script, piece in pieces(line):
            if script is None:
                continue
            face = script_font(script, size_px, bold)
            _, top, _, bottom = face.getbbox(piece, anchor="ls")
            baseline = round(size_px * BENGALI.baseline)
            assert baseline + top >= 0, (piece, size_px)
            assert baseline + bottom <= faces.line_px(size_px), (piece, size_px)


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("path", sorted((LANGUAGES / "fr").glob("*.po")), ids=lambda p: p.stem)
def test_catalogues_hold_the_same_messages_with_the_same_places(code: str, path: Path) -> None:
    model, own = polib.pofile(str(path)), polib.pofile(str(LANGUAGES / code / path.name))
    assert [e.msgid for e in own] == [e.msgid for e in model]
    place = re.compile(r"\{\w+\}|\[[ABCD*#]\]")
    for entry in own:
        assert sorted(place.findall(entry.msgstr)) == sorted(place.findall(entry.msgid)), entry
    assert "needs a native clinical reviewer" in own.header


def drawn(text: str, layout: ImageFont.Layout) -> Image.Image:
    path = Path(faces.__file__).parent / "faces" / BENGALI.regular
    face = ImageFont.truetype(str(path), 60, layout_engine=layout)
    image = Image.new("L", (400, 120))
    ImageDraw.Draw(image).text((20, 80), text, 255, face, anchor="ls")
    return image


RAQM, BASIC = ImageFont.Layout.RAQM, ImageFont.Layout.BASIC


def test_a_vowel_sign_is_set_before_the_letter_that_it_is_typed_behind() -> None:
    """U+0995 U+09BF: the sign I stands left of KA, where the basic layout puts it right."""
    shaped, plain = drawn("\u0995\u09bf", RAQM), drawn("\u0995\u09bf", BASIC)
    letter = drawn("\u0995", BASIC)
    box = letter.getbbox()
    assert box is not None
    head = (0, 0, 20 + (box[2] - box[0]) // 4, 120)
    assert ImageChops.difference(plain.crop(head), letter.crop(head)).getbbox() is None
    assert ImageChops.difference(shaped.crop(head), letter.crop(head)).getbbox() is not None


@pytest.mark.parametrize("text", ["\u0995\u09cd\u09b7", "\u09a4\u09cd\u09b0", "\u09b8\u09cd\u09a4"])
def test_letters_join_to_one_where_the_script_joins_them(text: str) -> None:
    """A conjunct is one glyph: narrower than its letters, and without a virama to be seen."""
    path = Path(faces.__file__).parent / "faces" / BENGALI.regular
    shaped = ImageFont.truetype(str(path), 60, layout_engine=RAQM).getlength(text)
    apart = ImageFont.truetype(str(path), 60, layout_engine=BASIC).getlength(text)
    assert shaped < 0.8 * apart


def test_the_screens_of_bengali_are_drawn_with_shaped_words() -> None:
    frame = lay_out(shipped()["answer-high"], manner=Manner(TONGUES["bn"]))
    (headline,) = [text for text in frame.texts() if text.name == "headline"]
    assert headline.text == "উচ্চ ঝুঁকি"
    assert pieces("উচ্চ 12")[0] == (BENGALI, "উচ্চ ")


@pytest.mark.parametrize("name", ["Regular", "SemiBold"])
def test_the_face_is_the_pinned_one(name: str) -> None:
    from hashlib import sha256

    path = Path(faces.__file__).parent / "faces" / f"NotoSansBengali-{name}.ttf"
    assert sha256(path.read_bytes()).hexdigest()[:16] == {
        "Regular": "ce8cf6fc180fd2c8", "SemiBold": "bf80afed425467f0",
    }[name]  # fmt: skip


def test_what_is_not_known_stays_english_and_whole() -> None:
    tongue = Tongue("xx", {"not used: {w}": "XX {w}", "finger out": "YY", "{n} s": "{n} ZZ"})
    assert tongue.say("not used: finger out") == "XX YY"
    assert tongue.say("not used: something new") == "not used: something new"
    assert tongue.say("12 s") == "12 ZZ"
    view = PageView("about", "finger out", ("Finger out.", "A. B."), keys=(KeyHint("A", "12 s"),))
    assert tongue.view(view).lines == ("YY.", "A. B.")  # type: ignore[union-attr]
    assert tongue.view(view).keys == (KeyHint("A", "12 ZZ"),)
    assert ENGLISH.view(view) is view


def test_a_name_is_no_excuse_for_words_that_are_known() -> None:
    assert TONGUES["fr"].say("NEWS2 score: 12") == "Score NEWS2 : 12"
    assert TONGUES["fr"].say("cuff: Stopped.") == "cuff : Arrêté."


def test_a_key_keeps_the_print_of_the_attached_keypad() -> None:
    french = TONGUES["fr"]
    assert french.say("Press [-] again to cancel. Nothing will be kept.").startswith("Encore [-]")


def test_a_missing_catalogue_falls_back_to_english_and_says_so_once() -> None:
    events: list[object] = []
    manner, note = manner_of(Settings(language="xx"), events.append)
    assert manner.tongue is ENGLISH
    assert note == ""
    (event,) = events
    assert isinstance(event, PanelFaulted)
    assert event == PanelFaulted("Language", "no words for xx are installed: English is used")


def test_a_missing_face_falls_back_to_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "_FACES", Path("/nowhere"))
    script_font.cache_clear()
    events: list[object] = []
    try:
        manner, _ = manner_of(Settings(language="bn"), events.append)
        with pytest.raises(FontMissingError, match="Bengali"):
            script_font(BENGALI, 20, False)
    finally:
        script_font.cache_clear()
    assert manner.tongue is ENGLISH
    (event,) = events
    assert isinstance(event, PanelFaulted)
    assert "no type face has the letters of bn" in event.words


def test_a_broken_catalogue_falls_back_to_english(tmp_path: Path) -> None:
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "appliance.po").write_text('msgid "a\nmsgstr', "utf-8")
    assert "cannot be read" in open_language("xx", has_letter, tmp_path).fault


def test_another_language_is_another_folder_and_a_signature_ends_the_warning(
    tmp_path: Path,
) -> None:
    (tmp_path / "es").mkdir()
    words = 'msgid ""\nmsgstr "X-Reviewed-By: {}\\n"\n\nmsgid "Ready"\nmsgstr "Listo"\n'
    (tmp_path / "es" / "appliance.po").write_text(words.format(""), "utf-8")
    assert languages(tmp_path) == ("en", "es")
    spoken = open_language("es", has_letter, tmp_path)
    assert (spoken.tongue.say("Ready"), spoken.note) == ("Listo", UNREVIEWED)
    (tmp_path / "es" / "appliance.po").write_text(words.format("Dr A., 2026"), "utf-8")
    assert open_language("es", has_letter, tmp_path).note == ""


@every_language
def test_no_catalogue_is_signed_yet_and_the_page_about_says_so(code: str) -> None:
    assert open_language(code, has_letter).note == UNREVIEWED
    view = TONGUES[code].view(shipped()["about"])
    assert TONGUES[code].say(UNREVIEWED) in view.lines  # type: ignore[union-attr]


def test_a_view_too_long_for_the_language_is_shown_in_english() -> None:
    long = Tongue("xx", {"Ready": "W" * 400})
    view = PageView("about", "About", ("Ready",))
    frame = lay_out(view, manner=Manner(long))
    assert "Ready" in [text.text for text in frame.texts()]


def test_words_of_a_condition_are_said_and_its_name_is_not() -> None:
    french = TONGUES["fr"]
    assert french.say(Condition("cuff", "silent", False).words) == "muet"
    assert french.say("Oximeter left room 2") == "Oximeter left room 2"
    assert catalogue.LANGUAGES.is_dir()
