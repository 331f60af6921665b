"""Whether a number on the screen was said: the rules that the judge holds against each row."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hw_mocks.endurance.rules import CUFF, PAIR, RULES, TURN_S, Allowance, Rule
from hw_mocks.endurance.seen import Row, Seen
from hw_mocks.endurance.truth import TYPED, Heard, Stay, Truth
from hw_mocks.stalls import together_s

_AGE = re.compile(r"(\d+) (s|min) ago, (.+)")
_IN_CUFF = re.compile(r"(-?\d+) mmHg in the (.+)")
COUNTS = frozenset({"live", "taken", "typed"})
"""States of a row whose number would be used."""
WITH_CUFF = frozenset({"measuring", "missing"})
"""States in which a row may tell the pressure in the cuff: it measures, or is being emptied."""
WITHOUT_NUMBER = frozenset({"measuring", "missing", "too old"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What a row says of its number.  age: the least and the most that its words can mean."""

    rule: Rule
    text: str
    state: str
    by: str
    age: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Court:
    """One frame with the truth to hold against it.  stay: whose screen it claims to be."""

    seen: Seen
    truth: Truth
    allow: Allowance
    stay: Stay

    @property
    def late_s(self) -> float:
        """Everything that may come between the truth and the end of its standing."""
        return self.allow.late_s + self.seen.stalled_s

    @property
    def from_s(self) -> float:
        """Nothing said before this belongs to this patient."""
        return self.stay.began_mono_s - self.allow.flight_s - self.seen.stalled_s


def rows_faults(court: Court, rows: list[Row]) -> list[str]:
    """Return what is wrong with the rows of a collect or review screen, in words."""
    faults: list[str] = []
    proofs: dict[str, list[Heard]] = {}
    for row in rows:
        label = row.label.text
        rule = RULES.get(label)
        if rule is None:
            faults.append(f"a row of no known quantity: {label!r}")
            continue
        state = row.state.text if row.state else ""
        if row.value is None:
            faults += _without_number(court, row, state)
            continue
        claim = _claim_of(row, rule, state)
        if isinstance(claim, str):
            faults.append(f"{label}: {claim}")
            continue
        said, wrong = judge_claim(court, claim)
        faults += [f"{label} {claim.text} ({state}): {words}" for words in wrong]
        if state in COUNTS and not wrong:
            proofs[label] = said
    return faults + pair_faults(proofs)


def pair_faults(proofs: dict[str, list[Heard]]) -> list[str]:
    """Return a fault where two pressures that count cannot be of one reading."""
    if not all(label in proofs for label in PAIR):
        return []
    one, other = ({heard.group for heard in proofs[label]} for label in PAIR)
    return [] if one & other else ["the pressures are not of one reading"]


def judge_claim(court: Court, claim: Claim) -> tuple[list[Heard], list[str]]:
    """Return what was said that bears the claim out, and what is wrong with it in words."""
    seen, allow = court.seen, court.allow
    youngest, oldest = claim.age
    lost_s = _lost_before(seen, seen.mono_s - oldest - allow.draw_s, seen.mono_s - youngest)
    since = seen.mono_s - allow.draw_s - oldest - allow.flight_s - seen.stalled_s - lost_s
    # Said no later than its age tells; a reading may be shown late, never early.
    said = court.truth.numbers(claim.rule.quantity, claim.by, since, seen.mono_s - youngest)
    said = [each for each in said if claim.rule.written(each.value) == claim.text]
    if not said:
        return [], [f"not said by {claim.by} {youngest:g} to {oldest:g} s before"]
    return said, _wrong_of(court, claim, said, court.late_s + lost_s)


def _lost_before(seen: Seen, since: float, until: float) -> float:
    """Return how long what was heard between these may have lain before a stall was over."""
    stalls = [(end, end - began) for began, end in seen.stalls if since <= end <= until]
    return together_s(stalls)


def _wrong_of(court: Court, claim: Claim, said: list[Heard], late_s: float) -> list[str]:
    """Return what is wrong though the number was said.  Ages count up to the frame's end.

    late_s: everything that may have come between the truth and the end of its standing.
    """
    mine = [each for each in said if each.mono_s >= court.from_s]
    if not mine:
        return ["said before this patient came"]
    ordered = [
        each
        for each in mine
        if each.measured_mono_s is None or each.measured_mono_s >= court.from_s
    ]
    if not ordered:
        return ["measured for another patient"]
    if claim.state == "doubtful":
        return []
    # What a person accepted was doubted by its instrument, and says so beside the number.
    valid = [each for each in ordered if each.valid or claim.state == "accepted"]
    if not valid:
        return ["its instrument said that it must not be used"]
    newest = max(each.mono_s + each.took_s for each in valid)
    age = court.seen.until_mono_s - newest
    if age > claim.rule.usable_s + late_s:
        return [f"{age:.0f} s old, may be used for {claim.rule.usable_s:.0f} s"]
    if claim.state == "live" and age > claim.rule.live_s + late_s:
        return [f"{age:.1f} s old, is live for {claim.rule.live_s:g} s"]
    if (claim.state == "typed") != (claim.by == TYPED):
        return [f"comes from {claim.by}"]
    if age > claim.age[1] + late_s:
        return [f"said {age:.1f} s ago while the screen stood"]
    return []


def _claim_of(row: Row, rule: Rule, state: str) -> Claim | str:
    """Return what the row says of its number, or what is wrong with the row itself."""
    if row.value is None or state in WITHOUT_NUMBER:
        return f"a number in a row that is {state!r}"
    if row.unit is None or row.unit.text != rule.unit:
        return f"in {row.unit.text if row.unit else 'no unit'}, not {rule.unit}"
    if row.detail is None:
        return "a number without age and source"
    words = _AGE.fullmatch(row.detail.text)
    if words is None:
        return f"neither age nor source in {row.detail.text!r}"
    unit = 60.0 if words[2] == "min" else 1.0
    age = float(words[1]) * unit
    return Claim(rule, row.value.text, state, words[3], (age, age + unit))


def _without_number(court: Court, row: Row, state: str) -> list[str]:
    """Judge the live pressure of the cuff; any other row without a number has no detail."""
    if state not in WITHOUT_NUMBER:
        return [f"{row.label.text}: {state!r} without a number"]
    if row.detail is None:
        return []
    words = _IN_CUFF.fullmatch(row.detail.text)
    if words is None or state not in WITH_CUFF:
        return [f"{row.label.text}: {row.detail.text!r} without a number"]
    court_s = court.seen.until_mono_s - CUFF.live_s - court.late_s
    said = court.truth.numbers(CUFF.quantity, words[2], court_s, court.seen.mono_s)
    said = [each for each in said if CUFF.written(each.value) == words[1]]
    if not said:
        return [f"{words[1]} mmHg in the cuff: not said in the last {CUFF.live_s + TURN_S:g} s"]
    if all(each.mono_s < court.from_s for each in said):
        return [f"{words[1]} mmHg in the cuff: said before this patient came"]
    return []
