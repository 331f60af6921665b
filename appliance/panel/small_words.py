"""What each screen says on a small panel: what stands on every page, and what is turned over.

On every page stand the category or the lack of one, whether a red flag is up, and whose
values these are.  A value stands with its unit, state and age in one block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from appliance.panel import theme, words
from appliance.panel.frame import Kind
from appliance.panel.manner import own
from appliance.panel.running import Block, Run
from appliance.panel.screen_inputs import STATES
from appliance.panel.sheet import Field, field
from appliance.panel.small_blocks import Said, block, ink_of, notice, para
from appliance.panel.small_looks import Look
from appliance.panel.small_result import say_result
from appliance.views import (
    ChooseView,
    EntryView,
    InputRow,
    InputsView,
    KeyHint,
    Option,
    PageView,
    ReadyView,
    Shown,
    Tone,
    View,
)


def say(view: View, look: Look) -> Said:
    """Return what the view says, in blocks."""
    match view:
        case PageView():
            said = _page(view, look)
        case ReadyView():
            said = _ready(view, look)
        case ChooseView():
            said = _choose(view, look)
        case InputsView():
            said = _inputs(view, look)
        case EntryView():
            said = _entry(view, look)
        case _:
            said = say_result(view, look)
    said = replace(said, keys=_keys(view.keys, look))
    return _act_now(said, view.urgent, look) if view.urgent else said


def _keys(keys: Sequence[KeyHint], look: Look) -> tuple[Block, ...]:
    runs: list[Run] = []
    for key in keys:
        runs.append(Run(Field("key", key.printed, key=True), bold=True, glued=True))
        runs.append(Run(Field("key hint", key.does)))
    return (block(look, look.pane, *runs),) if runs else ()


def _act_now(said: Said, urgent: str, look: Look) -> Said:
    """Put above all, on every page, that something must be done at once; its words come first."""
    sign = Run(Field("act now", own(words.ACT_NOW)), bold=True, mark=Kind.NO_ENTRY)
    first = block(look, look.fault, Run(Field("urgent", urgent), bold=True))
    head = (*said.head[:1], block(look, look.fault, sign), *said.head[1:])
    return replace(said, head=head, body=(first, *said.body), start=0)


def _title(look: Look, *runs: Run) -> Block:
    return block(look, look.title, *runs)


def _page(view: PageView, look: Look) -> Said:
    ground, sign = look.title, None
    if view.tone is Tone.FAULT:
        ground, sign = look.fault, Kind.NO_ENTRY
    elif view.tone is Tone.WAIT:
        ground, sign = look.wait, Kind.HOURGLASS
    title = Run(field("title", view.title), bold=True, mark=sign)
    body = [*notice(look, view.notice)]
    for line in view.lines:
        body += para(look, "lines", line)
    return Said((block(look, ground, title),), tuple(body), ())


def _ready(view: ReadyView, look: Look) -> Said:
    body = notice(look, view.notice)
    for each in view.conditions:
        kind, colour, says = (
            (Kind.TICK, theme.GREEN, words.WELL)
            if each.well
            else (Kind.CROSS, theme.RED, words.NOT_WELL)
        )
        ink = ink_of(look, look.plain, colour)
        label = Run(Field("condition", each.label), True, ink, kind, says)
        known = Run(Field("condition words", each.words))
        body.append(block(look, look.plain, label, known, whole=True))
    wall_time = Run(field("wall time", view.wall_time, volatile=True))
    body.append(block(look, look.plain, wall_time))
    return Said((_title(look, Run(field("title", view.title), True)),), tuple(body), ())


def _options(options: Iterable[Option], look: Look, tag: int | None = None) -> list[Block]:
    blocks = []
    for each in options:
        ground = look.selected if each.selected else look.plain
        mark = Kind.POINTER if each.selected else None
        typed = tag if each.selected else None
        runs = (
            Run(Field("key", each.printed, key=True), bold=True, glued=True),
            Run(
                Field("option", each.words, typed if each.tag is None else each.tag),
                True,
                None,
                mark,
                words.SELECTED if each.selected else "",
            ),
            # With an age in it, it changes by itself.
            Run(Field("option note", each.note, each.tag, volatile=each.tag is not None)),
        )
        blocks.append(block(look, ground, *runs, whole=True))
    return blocks


def _selected(options: Sequence[Option] | Sequence[InputRow]) -> int:
    chosen = [each.selected for each in options]
    return chosen.index(True) if any(chosen) else 0


def _choose(view: ChooseView, look: Look) -> Said:
    news = notice(look, view.notice)
    body = [*news, *_options(view.options, look)]
    start = 0 if news else _selected(view.options)
    title = Run(field("title", view.title), True)
    if view.patient is None:
        return Said((_title(look, title),), tuple(body), (), start)
    head, behind = _of_patient(title, view.patient, look)
    return Said((head,), (*body, *behind), (), start)


def _inputs(view: InputsView, look: Look) -> Said:
    news = notice(look, view.notice)
    rows = [_row(row, look) for row in view.rows]
    start = 0 if news else _selected(view.rows)
    head, behind = _of_patient(Run(field("title", view.title), True), view.patient, look)
    return Said((head,), (*news, *rows, *behind), (), start)


def _of_patient(title: Run, patient: Shown, look: Look) -> tuple[Block, list[Block]]:
    """Return the head of a patient's page, and what stands behind its rows instead."""
    if look.mono:  # one line only
        head = _title(look, Run(field("patient", patient), True))
        return head, [block(look, look.plain, title)]
    return _title(look, title, Run(field("patient", patient))), []


def _row(row: InputRow, look: Look) -> Block:
    """Return one input: value, unit, state and age in one block."""
    kind, colour, fill = STATES[row.state]
    ground = look.selected if row.selected else look.plain
    if fill is not None and not row.selected:
        ground = look.caution
    ink = ink_of(look, ground, colour)
    runs = [
        Run(
            Field("label", row.label),
            mark=Kind.POINTER if row.selected else None,
            says=words.SELECTED if row.selected else "",
        )
    ]
    if row.value is not None:
        runs.append(Run(field("value", row.value), bold=True, glued=bool(row.unit)))
        runs.append(Run(Field("unit", row.unit)))
    runs.append(Run(Field("state", own(row.state.value)), True, ink, kind))
    runs.append(Run(field("detail", row.detail, volatile=True)))
    runs.append(Run(Field("hint", row.hint)))
    runs.append(Run(field("earlier", row.earlier, volatile=True)))
    return block(look, ground, *runs, whole=True)


def _entry(view: EntryView, look: Look) -> Said:
    label = _title(look, Run(Field("label", view.label), True))
    typed = [
        Run(field("typed", view.typed), bold=True, glued=bool(view.unit)),
        Run(Field("unit", view.unit)),
    ]
    head = [label]
    if view.typed.text or view.unit:
        head.append(block(look, look.plain, *typed, size_px=_typed_px(view, look)))
    body: list[Block] = []
    if view.message:
        kind = Kind.TRIANGLE if view.asks_again else Kind.CROSS
        run = Run(Field("message", view.message), bold=True, mark=kind)
        body.append(block(look, look.caution, run))
    start = 0 if body else _selected(view.options)
    body += _options(view.options, look, view.typed.tag)
    body += para(look, "limits", view.limits)
    return Said(tuple(head), tuple(body), (), start)


def _typed_px(view: EntryView, look: Look) -> int:
    """Return the size of what is typed: large for figures, that of words for a choice."""
    return look.text_px if view.options else look.value_px
