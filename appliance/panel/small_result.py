"""What the answer says on a small panel.

On every page stand the answer, or that there is none, and whether a red flag is up.  What is
left out, on the smallest panels alone, only qualifies the model: movers, comparison, caveat.
Hazards: H-01 wrong and confident, H-02 silent.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.panel import theme, words
from appliance.panel.frame import Align, Kind
from appliance.panel.manner import own
from appliance.panel.running import Block, Run
from appliance.panel.sheet import Field, field
from appliance.panel.small_blocks import Said, block, notice, para
from appliance.panel.small_looks import Look
from appliance.views import ResultView, Shown

_BETWEEN_VALUES = " · "


def say_result(view: ResultView, look: Look) -> Said:
    """Return the answer, or the full account of why there is none, in blocks."""
    patient = Run(field("patient", view.patient))
    title = Run(field("title", view.title), True)
    valid = Run(field("valid until", view.valid_until, volatile=True))
    above = (patient,) if look.brief else (title, patient, valid)
    head = [block(look, look.title, *above)]
    body: list[Block] = []
    if view.flags:
        count = len(view.flags)
        label = own(words.FLAG_ONE if count == 1 else f"{count} {words.FLAG_MANY}")
        up = block(look, look.loud, Run(Field("flags", label), True, None, Kind.OCTAGON))
        head = [up] if look.brief else [*head, up]
        body += [
            block(look, look.loud, Run(field("flag", each), True, None, Kind.OCTAGON, label))
            for each in view.flags
        ]
    body += notice(look, view.notice)
    body += para(look, "reason", view.reason, bold=True)
    todo = Run(field("todo", view.todo), True, None, Kind.POINTER, words.TODO)
    body.append(block(look, look.todo, todo))
    if look.brief:
        whose = [patient] if view.flags else []
        body.append(block(look, look.plain, *whose, title, valid))
    body += [*_chance(view, look), *_rule(view, look), *_used(view, look)]
    if not look.brief:
        body += para(look, "caveat", view.caveat)
    return Said((*head, _answer(view, look)), tuple(body), ())


def _answer(view: ResultView, look: Look) -> Block:
    """Return the answer: told by words, by the outline of its sign and by its place."""
    level = theme.NO_LEVEL if view.level is None else theme.LEVELS[view.level]
    align = (Align.LEFT, Align.CENTRE, Align.RIGHT)[level.place]
    run = Run(field("headline", view.headline), True, None, level.shape)
    return Block((run,), look.headline_px, look.level(view.level), align, answer=True)


def _chance(view: ResultView, look: Look) -> list[Block]:
    blocks: list[Block] = []
    if view.chance is not None:
        means = [] if look.brief else [Run(Field("chance means", view.chance_means))]
        chance = Run(field("chance", view.chance), bold=True)
        blocks.append(block(look, look.plain, chance, *means))
    # Of a rule these are its points: all of its answer, and left out nowhere.
    if view.moved and (not look.brief or view.rule is None):
        moved = Field("moved label", own(words.MOVED))
        blocks.append(block(look, look.plain, Run(moved, bold=True)))
        for each in view.moved:
            blocks += para(look, "moved", each)
    return blocks


def _used(view: ResultView, look: Look) -> list[Block]:
    """Return what the answer rests on: where pages are small, each value for itself."""
    parts = view.used.text.split(_BETWEEN_VALUES) if look.brief else [view.used.text]
    used = [replace(view.used, text=each) for each in parts]
    return [replace(b, whole=True) for each in used for b in para(look, "used", each)]


def _rule(view: ResultView, look: Look) -> list[Block]:
    blocks: list[Block] = []
    if view.rule is not None:
        blocks.append(_plain_rule(view, view.rule, look))
    if view.unchecked is not None and view.unchecked.text:
        run = Run(field("unchecked", view.unchecked), True, None, Kind.TRIANGLE, words.UNCHECKED)
        blocks.append(block(look, look.caution, run))
    return blocks


def _plain_rule(view: ResultView, rule: Shown, look: Look) -> Block:
    ground, mark, says = look.plain, None, ""
    if view.differs:
        ground, mark, says = look.caution, Kind.NOT_EQUAL, words.RULE_DIFFERS
    elif view.level is not None:
        mark, says = Kind.EQUAL, words.RULE_AGREES
    runs = [Run(field("rule", rule), True, None, mark, says)]
    if view.against_rule and not look.brief:
        runs.append(Run(Field("against rule", view.against_rule)))
    return block(look, ground, *runs)
