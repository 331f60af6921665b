"""Whether the answer screen says what its own values lead to, and no longer than they count.

What values lead to is asked of the bundle by the same path as `appliance predict`; that this
path computes rightly is proven elsewhere, by the bundle's golden vectors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from pathlib import Path

from appliance.clinical.assessment import Contribution, assess
from appliance.inference.bundle import read_bundle
from appliance.inference.engines import open_engine
from hw_mocks.endurance.claims import Claim, Court, judge_claim, pair_faults
from hw_mocks.endurance.rules import ANSWER_FOR_S, RULES
from hw_mocks.endurance.seen import Seen
from hw_mocks.endurance.truth import TYPED, Heard

_USED = re.compile(
    rf"({'|'.join(RULES)}) (\S+) ({'|'.join({re.escape(r.unit) for r in RULES.values()})})"
    r"( \(typed\))?(?:, judged as (\S+))?"
)
_VALID = re.compile(r"Valid (?:until (\d\d):(\d\d) \((\d+) (min|s)\)|for (\d+) (min|s))")
_NO_ANSWER = "NO MODEL ANSWER"
_LATE = "The model did not answer in time."


@dataclass(frozen=True, slots=True)
class Used:
    """One value on the answer screen, as it is written there."""

    label: str
    text: str
    typed: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """What the values lead to, in the words of the screen."""

    headline: str
    chance: str
    rule: str
    flags: frozenset[str]
    moved: frozenset[str]
    unchecked: str


class Oracle:
    """Says what values lead to."""

    def __init__(self, folder: Path) -> None:
        self._bundle = read_bundle(folder)
        self._engine = open_engine("auto", self._bundle.model)
        self._asked = lru_cache(maxsize=1024)(self._ask)

    def expect(self, values: Mapping[str, float]) -> Expected:
        """Return what the answer screen must say of these values, by quantity."""
        return self._asked(tuple(sorted(values.items())))

    def _ask(self, values: tuple[tuple[str, float], ...]) -> Expected:
        task = self._bundle.task
        answer = assess(task, dict(values), self._engine.invoke)
        rule = answer.floor.rule_category
        return Expected(
            _NO_ANSWER if answer.category is None else task.category(answer.category).label,
            "" if answer.probability is None else _chance(answer.probability),
            "Plain rule: open" if rule is None else f"Plain rule: {task.category(rule).label}",
            frozenset(flag.text for flag in answer.floor.flags),
            frozenset(_moved(each) for each in answer.contributions),
            _unchecked(len(answer.floor.unchecked)),
        )


def answer_faults(court: Court, oracle: Oracle, reviewed: Mapping[str, str]) -> list[str]:
    """Return what is wrong with an answer screen, in words.

    reviewed: the numbers of the review before it, by label; empty where none was seen.
    """
    used = used_of(court.seen)
    faults = [f"cannot be read: {court.seen.text('used')!r}"] if used is None else []
    proofs: dict[str, list[Heard]] = {}
    until = court.seen.mono_s + ANSWER_FOR_S
    for each in used or ():
        rule = RULES[each.label]
        said, wrong = _judge_used(court, each)
        faults += [f"used {each.label} {each.text}: {words}" for words in wrong]
        proofs[each.label] = said
        if said:
            until = min(until, max(heard.mono_s + heard.took_s for heard in said) + rule.usable_s)
        if reviewed and reviewed.get(each.label) != each.text:
            was = reviewed.get(each.label, "nothing")
            faults.append(f"used {each.label} {each.text}, but {was} was reviewed")
    if not any("used" in fault for fault in faults):
        faults += pair_faults(proofs) + _validity_faults(court, until)
        faults += _words_faults(court.seen, oracle, used or ())
    return faults


def used_of(seen: Seen) -> tuple[Used, ...] | None:
    """Return the values that the screen says it used; None if they cannot be read."""
    words = seen.text("used")
    found = []
    for part in words.split(" · ") if words else ():
        match = _USED.fullmatch(part)
        if match is None or match[3] != RULES[match[1]].unit:
            return None
        found.append(Used(match[1], match[2], bool(match[4])))
    return tuple(found)


def _judge_used(court: Court, used: Used) -> tuple[list[Heard], list[str]]:
    """Judge a value without age and source: any instrument may have said it in its time."""
    rule = RULES[used.label]
    state = "typed" if used.typed else "taken"
    heard = court.truth.numbers(rule.quantity, None, court.from_s, court.seen.mono_s)
    said_by = {each.by for each in heard} - {TYPED}
    proofs: list[Heard] = []
    wrong: list[str] = []
    for source in (TYPED,) if used.typed else sorted(said_by):
        claim = Claim(rule, used.text, state, source, (0.0, inf))
        said, faults = judge_claim(court, claim)
        proofs += [] if faults else said
        wrong += faults
    return proofs, [] if proofs else wrong or ["not said by any instrument"]


def _validity_faults(court: Court, until_mono_s: float) -> list[str]:
    """Judge how long the answer says it is valid, and how long it stood."""
    seen = court.seen
    words = _VALID.fullmatch(seen.text("valid until"))
    if words is None:
        return [f"validity cannot be read: {seen.text('valid until')!r}"]
    number, unit = (words[3], words[4]) if words[3] else (words[5], words[6])
    left = float(number) * (60.0 if unit == "min" else 1.0)
    faults = []
    true_left, over = until_mono_s - seen.mono_s, seen.until_mono_s - until_mono_s
    if left > true_left + court.late_s:
        faults.append(f"valid for {left:.0f} s more, its values are for {true_left:.0f}")
    if over > court.late_s:
        faults.append(f"stood {over:.0f} s longer than its values count")
    if words[1] and not _on_the_wall(court, int(words[1]) * 60 + int(words[2]), left):
        faults.append(f"{words[1]}:{words[2]} is not when it ends")
    return faults


def _on_the_wall(court: Court, minute_of_day: int, left_s: float) -> bool:
    """Whether the time of day is that of the end, by the wall clock as it was then."""
    seen = court.seen
    since = seen.mono_s - court.late_s
    for ahead in court.truth.wall_at(since, seen.mono_s):
        ends = seen.mono_s + ahead + left_s
        # Whole minutes, written once a minute: up to one late, and one for the rounding.
        if any(int((ends + off) // 60) % 1440 == minute_of_day for off in (-60.0, 0.0, 60.0)):
            return True
    return False


def _words_faults(seen: Seen, oracle: Oracle, used: tuple[Used, ...]) -> list[str]:
    """Compare the answer with what its own values lead to."""
    expected = oracle.expect({RULES[u.label].quantity: float(u.text) for u in used})
    flags = frozenset(word.text for word in seen.words if word.field == "flag")
    counted = seen.text("flags")
    moved = frozenset(word.text for word in seen.words if word.field == "moved")
    faults = [f"{words!r} is not what moved it" for words in sorted(moved - expected.moved)]
    if counted not in ("", "RED FLAG", f"{len(flags)} RED FLAGS"):
        faults.append(f"{counted!r} above {len(flags)} of them")
    if flags != expected.flags:
        faults.append(f"flags {sorted(flags)}, not {sorted(expected.flags)}")
    if seen.text("unchecked") != expected.unchecked:
        faults.append(f"{seen.text('unchecked')!r}, not {expected.unchecked!r}")
    if not seen.text("rule").startswith(expected.rule):
        faults.append(f"{seen.text('rule')!r}, not {expected.rule!r}")
    if seen.text("headline") == _NO_ANSWER and seen.text("reason") == _LATE:
        return faults
    if seen.text("headline") != expected.headline:
        faults.append(f"{seen.text('headline')!r}, not {expected.headline!r}")
    if seen.text("chance") != expected.chance:
        faults.append(f"{seen.text('chance')!r}, not {expected.chance!r}")
    return faults


def _moved(each: Contribution) -> str:
    label = next(label for label, rule in RULES.items() if rule.quantity == each.quantity)
    way = "raised" if each.change > 0 else "lowered"
    return f"{label} {way} it by {round(abs(each.change) * 100) or 'under 1'} of 100"


def _unchecked(count: int) -> str:
    flags = "1 red flag" if count == 1 else f"{count} red flags"
    return f"{flags} not checked: values missing" if count else ""


def _chance(probability: float) -> str:
    if probability < 0.005:
        return "under 1 of 100"
    if probability >= 0.995:
        return "over 99 of 100"
    return f"{probability * 100:.0f} of 100"
