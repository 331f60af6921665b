"""Small panels: every word on some page, and on every page what must never be missing."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from PIL import Image

from appliance.panel import theme
from appliance.panel.drawing import draw
from appliance.panel.fitting import DoesNotFitError
from appliance.panel.font import line_px, width_px
from appliance.panel.frame import Box, Frame, Kind, Shape, Text
from appliance.panel.running import Block, Run, lines_of
from appliance.panel.screens import lay_out
from appliance.panel.sheet import Field
from appliance.panel.small import lay_out_pages
from appliance.panel.small_looks import LOOKS, MEDIUM, SMALL, Look
from appliance.views import InputsView, ResultView, Shown, View
from tests.unit.panel.sample_views import (
    ABSTAINED_FLAG,
    COLLECT,
    DIFFERS,
    ENTRY_CHOICES,
    ENTRY_UNLIKELY,
    HIGH,
    LOW,
    MIDDLE,
    TAG,
    VIEWS,
    shown,
)
from tests.unit.panel.test_screens import tagged, words_of

CASES = [(name, look) for name in VIEWS for look in LOOKS.values()]
PAGES = {(name, look.size): lay_out_pages(VIEWS[name], look) for name, look in CASES}
every_screen = pytest.mark.parametrize(
    ("name", "look"), CASES, ids=[f"{name}-{look.size[0]}" for name, look in CASES]
)
RESULTS = [name for name, view in VIEWS.items() if isinstance(view, ResultView)]
LEFT_OUT = ("chance_means", "moved", "against_rule", "caveat")
"""What the one-bit panels leave out of an answer: it only qualifies the model."""


def said(frames: tuple[Frame, ...]) -> str:
    """Return all words of all pages, each page's behind the other's."""
    return " ".join(text.text for frame in frames for text in frame.texts())


def in_order(words: str, text: str) -> bool:
    """Whether the words stand in the text in their order, parted by other words at most."""
    rest = iter(text.split())
    return all(word in rest for word in words.split())


@every_screen
def test_every_word_of_the_view_is_on_some_page(name: str, look: Look) -> None:
    view = VIEWS[name]
    if look.brief and isinstance(view, ResultView):
        view = replace(view, chance_means="", moved=(), against_rule="", caveat="")
    rows = getattr(view, "rows", ())
    never = {row.unit for row in rows if row.value is None} | {"calm", "caution", "urgent"}
    pages = PAGES[name, look.size]
    text = said((*pages, *pages))  # the first page may begin in the middle
    for words in words_of(view):
        if words and words not in never:
            assert in_order(words.replace(" · ", " "), text), words


@every_screen
def test_lines_are_on_the_panel_and_cover_nothing(name: str, look: Look) -> None:
    for frame in PAGES[name, look.size]:
        assert (frame.width, frame.height) == look.size
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


@every_screen
def test_words_are_whole_legible_and_in_contrast(name: str, look: Look) -> None:
    for frame in PAGES[name, look.size]:
        for text in frame.texts():
            assert text.lines == (text.text,)
            assert text.h == line_px(text.size_px)
            assert width_px(text.text, text.size_px, text.bold) <= text.w
            assert text.size_px >= look.text_px
            assert theme.contrast(text.colour, text.background) >= 7.0, text.name
        for shape in frame.items:
            if isinstance(shape, Shape):
                assert theme.contrast(shape.colour, shape.background) >= 3.0, shape.kind


@every_screen
def test_what_stems_from_a_patient_keeps_its_tag(name: str, look: Look) -> None:
    patient = {word for each in tagged(VIEWS[name]) for word in each.text.split()}
    texts = [text for frame in PAGES[name, look.size] for text in frame.texts()]
    for text in texts:
        if text.tag == TAG:
            assert set(text.text.split()) <= patient
    own = {"page", "title", "label", "unit", "state", "hint", "key", "key hint", "notice"}
    assert {text.name for text in texts if text.tag is None} & {
        "value",
        "typed",
        "headline",
    } == set()
    assert not {text.name for text in texts if text.tag is not None} & own


@every_screen
def test_backgrounds_are_what_is_drawn_below(name: str, look: Look) -> None:
    for frame in PAGES[name, look.size]:
        ground: list[Box] = []
        for item in frame.items:
            if isinstance(item, Box) and item.fill is not None:
                ground.append(item)
            elif isinstance(item, Text | Shape):
                under = [
                    box.fill
                    for box in ground
                    if box.x <= item.x
                    and box.y <= item.y
                    and box.x + box.w >= item.x + item.w
                    and box.y + box.h >= item.y + item.h
                ]
                assert item.background == (under[-1] if under else frame.background)


@pytest.mark.parametrize("look", LOOKS.values(), ids=str)
@pytest.mark.parametrize("name", RESULTS)
def test_answer_and_red_flag_are_on_every_page_of_an_answer(name: str, look: Look) -> None:
    view = VIEWS[name]
    assert isinstance(view, ResultView)
    level = theme.NO_LEVEL if view.level is None else theme.LEVELS[view.level]
    for frame in PAGES[name, look.size]:
        headline = [text for text in frame.texts() if text.name == "headline"]
        assert " ".join(text.text for text in headline) == view.headline.text
        assert all(text.tag == TAG for text in headline)
        signs = [s for s in frame.items if isinstance(s, Shape) and s.tag == TAG]
        assert level.shape in {sign.kind for sign in signs}
        up = [text.text for text in frame.texts() if text.name == "flags"]
        assert bool(up) is bool(view.flags)


@pytest.mark.parametrize("look", LOOKS.values(), ids=str)
def test_levels_differ_in_sign_and_place_without_any_colour(look: Look) -> None:
    def headline(view: ResultView) -> tuple[Kind, int]:
        frame = lay_out_pages(view, look)[0]
        shapes = {theme.LEVELS[v].shape for v in theme.LEVELS} | {theme.NO_LEVEL.shape}
        signs = [s for s in frame.items if isinstance(s, Shape) and s.kind in shapes]
        sign = max(signs, key=lambda s: s.h)
        right = max(t.x + t.w for t in frame.texts() if t.name == "headline")
        left = sign.x
        middle = (left + right) / 2 / look.size[0]
        if left <= look.margin:
            return sign.kind, 0
        at_right = right >= look.size[0] - look.margin - 2
        return sign.kind, 2 if at_right else round(middle * 2)

    looks = [headline(view) for view in (LOW, MIDDLE, HIGH)]
    assert [place for _, place in looks] == [0, 1, 2]
    assert len({kind for kind, _ in looks}) == 3
    assert headline(ABSTAINED_FLAG)[0] is theme.NO_LEVEL.shape


@pytest.mark.parametrize("look", LOOKS.values(), ids=str)
@pytest.mark.parametrize("name", [n for n, v in VIEWS.items() if isinstance(v, InputsView)])
def test_a_value_stands_with_its_label_unit_and_state_on_one_page(name: str, look: Look) -> None:
    view = VIEWS[name]
    assert isinstance(view, InputsView)
    rows = [row for row in view.rows if row.value is not None]
    found = 0
    for frame in PAGES[name, look.size]:
        texts = [t for t in frame.texts() if t.name in ("label", "value", "unit", "state")]
        names = [t.name for t in texts]
        for index, text in enumerate(texts):
            if text.name != "value":
                continue
            found += 1
            label = texts[index - 1].text.split()[-1]
            same = [r for r in rows if r.value and r.value.text == text.text]
            row = next(r for r in same if r.label.split()[-1] == label)
            following = names[index + 1 : index + 3]
            assert following == (["unit", "state"] if row.unit else ["state", *following[1:]])
            if row.unit:
                assert texts[index + 1].y == text.y, "unit and value share a line"
    assert found == len(rows)


def test_the_selected_line_is_on_the_page_that_is_seen_first() -> None:
    for index in range(len(COLLECT.rows)):
        rows = tuple(replace(row, selected=i == index) for i, row in enumerate(COLLECT.rows))
        view = replace(COLLECT, rows=rows)
        for look in LOOKS.values():
            first = lay_out_pages(view, look)[0]
            label = COLLECT.rows[index].label.split()[0]
            assert any(label in t.text for t in first.texts() if t.name == "label")
            assert any(s.kind is Kind.POINTER for s in first.items if isinstance(s, Shape))


@pytest.mark.parametrize("view", [ENTRY_UNLIKELY, ENTRY_CHOICES])
@pytest.mark.parametrize("look", LOOKS.values(), ids=str)
def test_what_is_typed_is_on_every_page(view: View, look: Look) -> None:
    for frame in lay_out_pages(view, look):
        typed = [text for text in frame.texts() if text.name == "typed"]
        assert [(t.text, t.tag) for t in typed] == [(view.typed.text, TAG)]  # type: ignore[union-attr]


@pytest.mark.parametrize("look", LOOKS.values(), ids=str)
def test_what_must_be_done_at_once_comes_first_and_is_told_on_every_page(look: Look) -> None:
    pages = lay_out_pages(replace(HIGH, urgent="Take the cuff off: it does not answer."), look)
    assert "Take the cuff off:" in said(pages[:1])
    for frame in pages:
        assert [t.text for t in frame.texts() if t.name == "act now"] == ["Act now"]


@pytest.mark.parametrize("look", LOOKS.values(), ids=str)
def test_the_rule_is_marked_where_it_differs(look: Look) -> None:
    def marked(view: View) -> bool:
        pages = lay_out_pages(view, look)
        signs = [s for frame in pages for s in frame.items if isinstance(s, Shape)]
        return any(sign.kind is Kind.NOT_EQUAL for sign in signs)

    assert marked(DIFFERS)
    assert not marked(LOW)


def test_a_value_that_an_answer_rests_on_is_never_torn_from_its_unit() -> None:
    used = "Age 35 years (typed) · Systolic pressure 175 mmHg, judged as 140 · Glucose 11.0 mmol/L"
    for look in LOOKS.values():
        for frame in lay_out_pages(replace(HIGH, used=shown(used)), look):
            text = said((frame,))
            for value, unit in (("175", "mmHg"), ("11.0", "mmol/L"), ("35", "years")):
                if value in text.split():
                    assert f"{value} {unit}" in text.replace(",", "")


@pytest.mark.parametrize("width", range(80, 320, 7))
def test_a_figure_is_never_parted_from_the_word_behind_it(width: int) -> None:
    words = "Systolic 175 mmHg, 82 of 100, 36.4 °C and 11.0 mmol/L since 2 min"
    block = Block((Run(Field("used", words)),), SMALL.text_px, SMALL.plain)
    lines = [" ".join(part.text for part in line.fragments) for line in lines_of(block, width, "x")]
    assert " ".join(lines) == words
    assert not [line for line in lines if line[-1].isdigit() and line != lines[-1]]


def test_pages_are_numbered_only_where_there_are_several() -> None:
    pages = lay_out_pages(HIGH, SMALL)
    marks = [text.text for frame in pages for text in frame.texts() if text.name == "page"]
    assert marks == [f"{n}/{len(pages)}" for n in range(1, len(pages) + 1)]
    (one,) = lay_out_pages(VIEWS["starting"], MEDIUM)
    assert not [text for text in one.texts() if text.name == "page"]


def test_one_bit_pages_have_two_colours() -> None:
    for name in VIEWS:
        for frame in PAGES[name, SMALL.size]:
            colours = {colour for _, colour in draw(frame).getcolors() or ()}
            assert colours <= {theme.BLACK, theme.WHITE}


def test_no_figure_can_be_taken_for_another_on_a_one_bit_panel() -> None:
    """Counted; that they can be told apart was also looked at, which no count replaces."""

    def drawn(figure: str, bold: bool) -> Image.Image:
        size = SMALL.text_px
        text = Text(
            figure, 4, 0, 12, line_px(size), size, bold, (255,) * 3, (0,) * 3, lines=(figure,)
        )
        return draw(Frame("figure", 24, 20, (0, 0, 0), (text,), bilevel=True)).convert("1")

    for bold in (False, True):
        for one, other in combinations("0123456789", 2):
            pairs = zip(drawn(one, bold).tobytes(), drawn(other, bold).tobytes(), strict=True)
            assert sum((a ^ b).bit_count() for a, b in pairs) >= 5, (one, other, bold)


def test_a_word_wider_than_the_panel_is_shown_whole_in_pieces() -> None:
    name = "m" * 20
    pages = lay_out_pages(replace(HIGH, todo=Shown(f"Look at {name} now.", TAG)), SMALL)
    todo = [t.text for frame in pages for t in frame.texts() if t.name == "todo"]
    assert f"Lookat{name}now." == "".join("".join(todo).split())
    assert len(todo) > 2


def test_an_answer_wider_than_the_panel_refuses_the_screen_and_is_not_in_the_error() -> None:
    with pytest.raises(DoesNotFitError) as caught:
        lay_out_pages(replace(HIGH, headline=Shown("secret" * 10, TAG)), SMALL)
    assert "secret" not in str(caught.value)


def test_a_label_that_fills_the_panel_leaves_room_for_what_is_typed() -> None:
    long = replace(ENTRY_UNLIKELY, label="Fasting glucose above six point seven by a meter")
    pages = lay_out_pages(long, SMALL)
    assert any(t.name == "typed" for t in pages[0].texts())
    assert len(pages) > 1


def test_lay_out_gives_the_first_page() -> None:
    for size, look in LOOKS.items():
        assert lay_out(HIGH, size) == lay_out_pages(HIGH, look)[0]
