"""MODEL_CARD.md of a rule: generated from the very task that the appliance will serve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from appliance.clinical.quantities import QUANTITIES
from appliance.clinical.task import Category, Condition, Score, Task
from appliance.wording import unit_words

_SIGNS = (("at_least", "≥"), ("above", ">"), ("at_most", "≤"), ("below", "<"))


def card_text(task: Task, score: Score, cases: int) -> str:
    """Return the whole card.  cases: how many golden cases golden.json holds."""
    return "\n".join([*_head(task, score), *_chart(score), *_answers(task), *_rest(task, cases)])


def _head(task: Task, score: Score) -> Iterator[str]:
    yield f"# {task.title} {task.version} (release {task.release})"
    yield ""
    yield f"{task.question}. A published rule and no model: nothing was trained, and nothing here"
    yield "was measured on patients by us. Generated from bundle.toml."
    yield ""
    yield f"Source: {score.source}"
    yield ""
    yield "## Purpose"
    yield ""
    yield task.intended_use
    yield ""
    yield "Limits:"
    yield ""
    yield from (f"- {each}" for each in task.exclusions)
    yield f"- {task.caveat}"
    yield ""
    yield "## Refused"
    yield ""
    yield "| when | the screen says | and what to do instead |"
    yield "|---|---|---|"
    for each in score.exclusions:
        yield f"| {_groups(each.when)} | {each.why} | {each.action} |"
    yield "| anything is missing or too old | what is missing | get it; no part of it is scored |"
    yield ""


def _chart(score: Score) -> Iterator[str]:
    yield "## The chart"
    yield ""
    yield f"Points add up to {score.most} at most. For every possible set of values exactly one"
    yield "band of each part holds; a bundle with a gap or an overlap is refused."
    yield ""
    yield "| part | points | when |"
    yield "|---|---|---|"
    for part in score.parts:
        for band in sorted(part.bands, key=lambda each: -each.points):
            yield f"| {part.label} | {band.points} | {_groups(band.when)} |"
    yield ""


def _answers(task: Task) -> Iterator[str]:
    yield "Rounding, before anything is judged, halves upwards by the decimal digits"
    yield "(38.05 °C in steps of 0.1 is 38.1 °C); the screen says so where it changes a value:"
    yield ""
    for each in task.inputs:
        quantity = QUANTITIES[each.quantity]
        if each.round_to is not None:
            unit = unit_words(quantity.unit)
            yield f"- {quantity.label}: to {each.round_to:g} {unit}".rstrip()
    yield ""
    yield "## Answers"
    yield ""
    yield "| answer | when | meaning | what to do |"
    yield "|---|---|---|---|"
    for each in task.categories:
        yield f"| {each.label} | {_threshold(each)} | {each.meaning} | {each.advice} |"
    yield ""
    yield "Of several that hold, the lowest in this table is given. An answer stands for at most"
    yield f"{task.valid_for_s / 60:g} minutes, and never longer than the values it rests on."
    yield ""
    yield "## Red flags"
    yield ""
    yield "They stand whatever becomes of the score, also while it is refused."
    yield ""
    yield "| flag | when | what to do | source |"
    yield "|---|---|---|---|"
    for flag in task.red_flags:
        yield f"| {flag.text} | {_groups(flag.when)} | {flag.action} | {flag.source} |"
    yield ""


def _rest(task: Task, cases: int) -> Iterator[str]:
    yield "## Proof"
    yield ""
    yield "A rule has no graph and no runtime: there is nothing to prove of XNNPACK, no int8 and no"
    yield f"latency of a model. Instead golden.json holds {cases} cases: both sides of every edge"
    yield "of every band, every choice, every reason to refuse, and random patients. Their scores"
    yield "come from a second copy of the chart, written down without looking at this one"
    yield f"(`models/training/rules/{task.id}.py`). A machine must give all of them exactly, or the"
    yield "rule is refused and only the red flags are left. They are the same on every machine."
    yield ""
    yield "## Making it again"
    yield ""
    yield f"`python -m models.training.rules {task.id}` gives the same bytes everywhere."
    yield ""


def _threshold(each: Category) -> str:
    said = []
    if each.from_score is not None:
        said.append(f"{each.from_score} or more in all")
    if each.from_single is not None:
        said.append(f"a single part has {each.from_single} or more")
    return ", or ".join(said)


def _groups(groups: Sequence[Sequence[Condition]]) -> str:
    return "; or ".join(" and ".join(_words(each) for each in group) for group in groups)


def _words(condition: Condition) -> str:
    quantity = QUANTITIES[condition.quantity]
    unit = unit_words(quantity.unit)
    said = [
        f"{sign} {quantity.format(limit)}"
        for key, sign in _SIGNS
        if (limit := getattr(condition, key)) is not None
    ]
    if condition.equals is not None:
        said.append(quantity.format(condition.equals))
    return f"{quantity.label} {' and '.join(said)} {unit}".rstrip()
