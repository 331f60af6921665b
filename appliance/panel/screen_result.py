"""The answer, or the full account of why there is none.

From above: what stands without the model (red flags), the answer in large words, what to do,
then what the answer means and rests on.  Hazards: H-01 wrong and confident, H-02 silent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from appliance.panel import theme, words
from appliance.panel.banner import aside_colours, draw_answer, draw_flags
from appliance.panel.chrome import HEADER_H, MARGIN, foot, head
from appliance.panel.fitting import DoesNotFitError
from appliance.panel.flow import Bar, Block, Pane, Para, Row, pour
from appliance.panel.font import width_px
from appliance.panel.frame import Colour, Kind
from appliance.panel.manner import own
from appliance.panel.sheet import Area, Field, Sheet, Style, field
from appliance.views import ResultView


@dataclass(frozen=True, slots=True)
class _Way:
    """One arrangement.

    dense: how likely stands in the banner, for the rare screen that has to say it all.
    brief: with so many red flags that nothing else helps, what only qualifies the model
    (movers, comparison with the rule, caveat) gives way to them.
    """

    headline_px: int
    flags_px: int = 26
    dense: bool = False
    brief: bool = False


_WAYS = (
    _Way(theme.HEADLINE_PX),
    _Way(theme.HEADLINE_SMALLEST_PX),
    _Way(theme.HEADLINE_SMALLEST_PX, flags_px=18),
    _Way(theme.HEADLINE_SMALLEST_PX, flags_px=20, dense=True),
    _Way(theme.HEADLINE_SMALLEST_PX, flags_px=theme.SMALLEST_PX, dense=True),
    _Way(theme.HEADLINE_SMALLEST_PX, flags_px=18, brief=True),
    _Way(theme.HEADLINE_SMALLEST_PX, flags_px=theme.SMALLEST_PX, brief=True),
)


def lay_out_result(view: ResultView, sheet: Sheet) -> None:
    """Lay out the answer or the refusal, the largest way that shows all of it.

    A screen that cannot be laid out is blank, which is worse than a brief one: the last ways
    keep flags, answer, reason, what to do, rule and values, and leave out the rest.

    Red flags that are up stand above everything, and outweigh a headline that says that
    there is no answer.
    """
    ways = _WAYS[1:] if view.flags and view.level is None else _WAYS
    for way in ways[:-1]:
        try:
            _lay_out(view, sheet, way)
        except DoesNotFitError:
            sheet.begin_again()
        else:
            return
    _lay_out(view, sheet, ways[-1])


def _lay_out(view: ResultView, sheet: Sheet, way: _Way) -> None:
    if way.brief:
        view = replace(view, moved=(), against_rule="", caveat="")
    valid = field("valid until", view.valid_until, volatile=True)
    high = 30 if way.dense else HEADER_H
    top = head(sheet, field("title", view.title), field("patient", view.patient), valid, high)
    bottom = foot(sheet, view.keys, view.notice)
    if view.flags:
        top = draw_flags(sheet, view, top, way.flags_px)
    aside = _aside(view) if way.dense else ()
    top = draw_answer(sheet, view, top, way.headline_px, aside)
    edge = 4 if way.dense else 10
    body = Area(MARGIN, top + edge, sheet.width - 2 * MARGIN, bottom - top - edge - 4)
    blocks = [*_todo(view, way), *_means(view, way), *_rule(view, way), *_rests(view, way)]
    pour(sheet, blocks, body)


def _gap(way: _Way) -> int:
    return 2 if way.dense else 7


def _pane(block: Block, fill: Colour, edge: Colour, way: _Way) -> Pane:
    return Pane((block,), fill, edge, _gap(way), block.name, 1 if way.dense else 6)


def _todo(view: ResultView, way: _Way) -> tuple[Block, ...]:
    """Why there is no answer, if so, and then what to do: always the first thing to read."""
    ground = theme.BLUE_PALE
    style = Style(24, True, background=ground, smallest_px=17)
    todo = Para(field("todo", view.todo), style, 0, Kind.POINTER, theme.BLUE, words.TODO)
    pane = _pane(todo, ground, theme.BLUE, way)
    if view.reason is None or way.dense:
        return (pane,)
    return (Para(field("reason", view.reason), Style(24, True)), pane)


def _aside(view: ResultView) -> tuple[Block, ...]:
    """Return what stands in the banner where there is no room below it."""
    ground, ink = aside_colours(view)
    if view.reason is not None:
        return (Para(field("reason", view.reason), Style(20, True, ink, ground)),)
    return tuple(_chance(view, Style(24, True, ink, ground, smallest_px=20), ink, ink))


def _chance(view: ResultView, style: Style, bar_ink: Colour, ink: Colour) -> list[Block]:
    blocks: list[Block] = []
    if view.chance is not None:
        number = Para(field("chance", view.chance), style)
        short = width_px(view.chance.text, style.size_px, True) < 155
        blocks.append(number)
        if view.bar is not None:
            bar = Bar(view.bar, view.chance.tag, bar_ink, style.background, gap=7)
            beside = Row(((number,), (bar,)), gutter=10)
            blocks = [beside] if short else [number, bar]
    if view.chance_means:
        means = Style(17, False, ink, style.background)
        blocks.append(Para(field("chance means", view.chance_means), means, gap=3))
    return blocks


def _means(view: ResultView, way: _Way) -> tuple[Block, ...]:
    """How likely at the left, what moved it at the right, the strongest first."""
    moved = [Para(field("moved", each), Style(19)) for each in view.moved]
    if way.dense:
        columns = tuple((each,) for each in moved)
        return (Row(columns, gutter=14, gap=_gap(way)),) if moved else ()
    left = _chance(view, Style(32, True, smallest_px=22), theme.BLUE, theme.QUIET)
    right: list[Block] = []
    if moved:
        label = Para(Field("moved label", own(words.MOVED)), Style(17, True, theme.QUIET))
        right = [label, *moved]
    sides = tuple(tuple(side) for side in (left, right) if side)
    return (Row(sides, gutter=28, gap=_gap(way)),) if sides else ()


def _rule(view: ResultView, way: _Way) -> tuple[Block, ...]:
    """Put the plain rule beside the model; amber and with a sign where they differ."""
    fill, edge = (theme.AMBER_PALE, theme.AMBER) if view.differs else (theme.PANE, theme.LINE)
    kind, says = (
        (Kind.NOT_EQUAL, words.RULE_DIFFERS)
        if view.differs
        else (None, "")
        if view.level is None
        else (Kind.EQUAL, words.RULE_AGREES)
    )
    style = Style(19, True, background=fill)
    blocks: list[Block] = []
    if view.rule is not None:
        inside: list[Block] = [Para(field("rule", view.rule), style, 0, kind, theme.INK, says)]
        if view.against_rule:
            quiet = Style(17, False, theme.QUIET, fill)
            against = field("against rule", view.against_rule)
            inside.append(Para(against, quiet, gap=1, dented=kind is not None))
        blocks.append(_pane(Row((tuple(inside),), name="rule"), fill, edge, way))
    if view.unchecked is not None and view.unchecked.text:
        ground = theme.AMBER_PALE
        words_, bold = field("unchecked", view.unchecked), Style(18, True, background=ground)
        para = Para(words_, bold, 0, Kind.TRIANGLE, theme.INK, words.UNCHECKED)
        blocks.append(_pane(para, ground, theme.AMBER, way))
    return tuple(blocks)


def _rests(view: ResultView, way: _Way) -> tuple[Block, ...]:
    """Say what the answer rests on, and what to bear in mind."""
    blocks: list[Block] = [Para(field("used", view.used), Style(17), gap=_gap(way))]
    if view.caveat:
        caveat = Style(17, colour=theme.QUIET)
        blocks.append(Para(field("caveat", view.caveat), caveat, gap=1 if way.dense else 3))
    return tuple(blocks)
