"""Every screen, read through its text layer: nothing cut, covered, faint or untagged."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from itertools import combinations

import pytest

from appliance.clinical.task import Level
from appliance.panel import theme
from appliance.panel.fitting import DoesNotFitError, break_lines, fit
from appliance.panel.font import font, line_px, width_px
from appliance.panel.frame import Box, Frame, Kind, Shape, Text
from appliance.panel.screens import NoLayoutError, lay_out
from appliance.views import InputsView, KeyHint, Option, ResultView, Shown, View
from tests.unit.panel.sample_views import (
    ABOUT,
    COLLECT,
    COLLECT_FULL,
    DIFFERS,
    ENTRY,
    HIGH,
    LOW,
    MIDDLE,
    READY,
    TAG,
    VIEWS,
    shown,
)

FRAMES = {name: lay_out(view) for name, view in VIEWS.items()}
every_screen = pytest.mark.parametrize("name", FRAMES)


def shapes(frame: Frame) -> list[Shape]:
    return [item for item in frame.items if isinstance(item, Shape)]


def words_of(value: object) -> list[str]:
    """Return every text in a view, however deep, that a screen must say."""
    if isinstance(value, Shown):
        return [value.text]
    if isinstance(value, KeyHint):
        return [value.printed, value.does]
    if isinstance(value, tuple):
        return [word for each in value for word in words_of(each)]
    if is_dataclass(value):
        skip = {"name", "tone"}
        return [
            w for f in fields(value) if f.name not in skip for w in words_of(getattr(value, f.name))
        ]
    return [str(value)] if isinstance(value, str) else []


@every_screen
def test_every_word_of_the_view_is_in_the_text_layer_whole(name: str) -> None:
    layer = [text.text for text in FRAMES[name].texts()]
    missing_rows = {row.unit for row in getattr(VIEWS[name], "rows", ()) if row.value is None}
    levels = {level.value for level in Level}
    for words in words_of(VIEWS[name]):
        if words and words not in missing_rows | levels:
            assert words in layer


@every_screen
def test_the_drawn_lines_are_the_whole_text(name: str) -> None:
    for text in FRAMES[name].texts():
        assert " ".join(text.lines).split() == text.text.split()
        assert text.h == len(text.lines) * line_px(text.size_px)
        for line in text.lines:
            assert width_px(line, text.size_px, text.bold) <= text.w


@every_screen
def test_texts_reach_seven_to_one_and_signs_three_to_one(name: str) -> None:
    for text in FRAMES[name].texts():
        assert theme.contrast(text.colour, text.background) >= 7.0, text.name
    for shape in shapes(FRAMES[name]):
        assert theme.contrast(shape.colour, shape.background) >= 3.0, shape.kind


def test_contrast_is_that_of_the_standard() -> None:
    # Source: WCAG 2.2 definition of contrast ratio; #767676 on white is the known 4.54.
    assert theme.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)
    assert theme.contrast((0x76, 0x76, 0x76), (255, 255, 255)) == pytest.approx(4.54, abs=0.005)


@every_screen
def test_nothing_is_smaller_than_can_be_read(name: str) -> None:
    assert min(text.size_px for text in FRAMES[name].texts()) >= 16


@every_screen
def test_no_text_or_sign_covers_another_and_all_are_on_the_panel(name: str) -> None:
    frame = FRAMES[name]
    items = [item for item in frame.items if not isinstance(item, Box)]
    for item in items:
        assert item.x >= 0
        assert item.y >= 0
        assert item.x + item.w <= frame.width
        assert item.y + item.h <= frame.height
    for one, other in combinations(items, 2):
        apart = (
            one.x + one.w <= other.x
            or other.x + other.w <= one.x
            or one.y + one.h <= other.y
            or other.y + other.h <= one.y
        )
        assert apart, (one, other)


def tagged(value: object) -> list[Shown]:
    if isinstance(value, Shown):
        return [value]
    if isinstance(value, Option) and value.tag is not None:
        return [Shown(value.words, value.tag), Shown(value.note, value.tag)]
    if isinstance(value, tuple):
        return [each for part in value for each in tagged(part)]
    if is_dataclass(value):
        return [each for f in fields(value) for each in tagged(getattr(value, f.name))]
    return []


@every_screen
def test_what_stems_from_a_patient_keeps_its_tag(name: str) -> None:
    patient = {each.text for each in tagged(VIEWS[name]) if each.text}
    texts = FRAMES[name].texts()
    assert {text.text for text in texts if text.tag == TAG} == patient
    own = {text.text for text in texts if text.tag is None}
    assert not own & patient


@every_screen
def test_keys_stand_at_the_foot_of_every_screen(name: str) -> None:
    keys = VIEWS[name].keys
    caps = [text for text in FRAMES[name].texts() if text.key and text.y > 434]
    assert [cap.text for cap in caps] == [key.printed for key in keys]


RESULTS = [name for name, view in VIEWS.items() if isinstance(view, ResultView)]


@pytest.mark.parametrize("name", RESULTS)
def test_the_answer_is_at_least_64_px_high(name: str) -> None:
    (headline,) = [text for text in FRAMES[name].texts() if text.name == "headline"]
    _, top, _, bottom = font(headline.size_px, headline.bold).getbbox("H", anchor="ls")
    assert headline.size_px >= 64
    assert headline.h >= 64
    assert bottom - top >= 44


@pytest.mark.parametrize("view", [HIGH, LOW, MIDDLE])
def test_without_red_flags_even_the_capitals_are_64_px_high(view: ResultView) -> None:
    (headline,) = [text for text in lay_out(view).texts() if text.name == "headline"]
    _, top, _, bottom = font(headline.size_px, headline.bold).getbbox("H", anchor="ls")
    assert bottom - top >= 64


def test_each_level_has_its_own_sign_and_its_own_place() -> None:
    looks = [*theme.LEVELS.values(), theme.NO_LEVEL]
    assert len({look.shape for look in looks}) == len(looks)
    assert len({look.place for look in theme.LEVELS.values()}) == len(Level)
    for name in RESULTS:
        view = VIEWS[name]
        assert isinstance(view, ResultView)
        look = theme.NO_LEVEL if view.level is None else theme.LEVELS[view.level]
        signs = [s for s in shapes(FRAMES[name]) if s.kind is look.shape and s.h > 50]
        assert signs, name
        middle = sum(sign.x + sign.w / 2 for sign in signs) / len(signs)
        third = 0 if middle < 270 else 2 if middle > 530 else 1
        assert third == look.place, name


def test_red_flags_stand_above_the_answer() -> None:
    for name in RESULTS:
        view = VIEWS[name]
        assert isinstance(view, ResultView)
        texts = FRAMES[name].texts()
        (headline,) = [text for text in texts if text.name == "headline"]
        flags = [text for text in texts if text.name == "flag"]
        assert len(flags) == len(view.flags)
        assert all(flag.y + flag.h <= headline.y for flag in flags)


def test_the_rule_is_marked_where_it_differs() -> None:
    def marked(view: View) -> bool:
        return any(shape.kind is Kind.NOT_EQUAL for shape in shapes(lay_out(view)))

    assert marked(DIFFERS)
    assert not marked(LOW)


def test_the_bar_is_the_probability_and_keeps_the_tag() -> None:
    (bar,) = [shape for shape in shapes(FRAMES["high"]) if shape.kind is Kind.BAR]
    assert bar.share == pytest.approx(0.82)
    assert bar.tag == TAG


def test_words_that_do_not_fit_refuse_the_screen_and_are_not_in_the_error() -> None:
    long = replace(HIGH, todo=shown("secret words " * 200))
    with pytest.raises(DoesNotFitError) as caught:
        lay_out(long)
    assert "secret" not in str(caught.value)
    assert "'result'" in str(caught.value)
    with pytest.raises(DoesNotFitError):
        lay_out(replace(ABOUT, lines=("w" * 300,)))
    with pytest.raises(DoesNotFitError):
        lay_out(replace(COLLECT, rows=COLLECT_FULL.rows * 3))
    with pytest.raises(DoesNotFitError):
        lay_out(replace(HIGH, headline=shown("A CATEGORY OF FAR TOO MANY WORDS TO BE READ")))


def test_a_size_without_a_layout_is_refused() -> None:
    with pytest.raises(
        NoLayoutError, match="only for 800 x 480, 1024 x 600, 480 x 320, 320 x 240, 128 x 64"
    ):
        lay_out(READY, (320, 200))


def test_no_words_are_remembered_after_a_screen_is_laid_out() -> None:
    lay_out(HIGH)
    assert break_lines.cache_info().currsize == 0
    with pytest.raises(DoesNotFitError):
        lay_out(replace(ABOUT, lines=("w" * 300,)))
    assert break_lines.cache_info().currsize == 0


def test_words_are_broken_first_and_made_smaller_then() -> None:
    wide = width_px("one two", 30, False)
    assert fit("one two", wide + 2, 36, 30) is not None
    broken = fit("one two", wide - 1, 72, 30)
    assert broken is not None
    assert (broken.size_px, broken.lines) == (30, ("one", "two"))
    smaller = fit("one two", wide - 1, 36, 30)
    assert smaller is not None
    assert smaller.size_px < 30
    assert smaller.lines == ("one two",)
    assert fit("one two", 20, 36, 30) is None


def test_signature_ignores_ages_and_the_clock_but_nothing_else() -> None:
    later = replace(READY, wall_time="18 Nov 2026 03:13 UTC")
    assert lay_out(READY).signature() == lay_out(later).signature()
    row = COLLECT.rows[0]

    def with_row(**changes: object) -> InputsView:
        return replace(COLLECT, rows=(replace(row, **changes), *COLLECT.rows[1:]))  # type: ignore[arg-type]

    before = lay_out(COLLECT).signature()
    assert lay_out(with_row(detail=shown("typed 3 min ago"))).signature() == before
    assert lay_out(with_row(detail=Shown("typed 2 min ago", TAG + 1))).signature() != before
    assert lay_out(with_row(value=shown("36"))).signature() != before
    assert lay_out(with_row(value=Shown("35", TAG + 1))).signature() != before
    assert lay_out(replace(ENTRY, typed=shown("17"))).signature() != lay_out(ENTRY).signature()


def test_backgrounds_are_what_is_drawn_below() -> None:
    """The colour a text claims to stand on is that of the last box under all of it."""
    for name, frame in FRAMES.items():
        ground: list[tuple[Box, int]] = []
        for index, item in enumerate(frame.items):
            if isinstance(item, Box) and item.fill is not None:
                ground.append((item, index))
            if isinstance(item, Text):
                under = [
                    box.fill
                    for box, _ in ground
                    if box.x <= item.x
                    and box.y <= item.y
                    and box.x + box.w >= item.x + item.w
                    and box.y + box.h >= item.y + item.h
                ]
                assert item.background == (under[-1] if under else frame.background), (name, item)


_ANY = "blood pressure measured again after five minutes of rest, the woman sitting, the cuff high "
LONGEST = {
    "todo": 96,
    "rule": 88,
    "used": 144,
    "caveat": 104,
    "against_rule": 88,
    "chance_means": 80,
    "reason": 120,
    "moved": 36,
    "flags": 76,
}
"""Characters up to which each text of an answer is promised to fit, all at once."""


@pytest.mark.parametrize("flags", range(4))
@pytest.mark.parametrize("base", [HIGH, LOW, MIDDLE, VIEWS["refused"]])
def test_an_answer_of_the_longest_words_fits_whole(base: ResultView, flags: int) -> None:
    def words(field: str) -> Shown:
        return shown((_ANY * 3)[: LONGEST[field]].strip())

    fullest = replace(
        base,
        todo=words("todo"),
        rule=words("rule"),
        differs=True,
        used=words("used"),
        caveat=words("caveat").text,
        against_rule=words("against_rule").text,
        chance_means=words("chance_means").text if base.chance else "",
        reason=words("reason") if base.reason else None,
        moved=(words("moved"),) * len(base.moved),
        flags=(words("flags"),) * flags,
        unchecked=shown("Not checked: fever, low oxygen, very high glucose."),
        notice="Withdrawn in 60 s: press B to measure again.",
    )
    assert len([t for t in lay_out(fullest).texts() if t.name == "flag"]) == flags
