"""The additive score of a bundle's tables: inputs, bands, categories by points, exclusions.

A score with a gap or an overlap between its bands is refused here, with the values at which
it was found: every value at which a band can begin or end is tried, and the values beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import product

from appliance.clinical.floor import any_group
from appliance.clinical.floor_form import read_quantity, read_when
from appliance.clinical.form_reader import Table
from appliance.clinical.quantities import NEVER_S, QUANTITIES, Quantity, Value
from appliance.clinical.task import (
    Band,
    Beyond,
    Category,
    Condition,
    Exclusion,
    Input,
    Level,
    Part,
    Score,
    SidePolicy,
)

MOST_POINTS = 100
MOST_TRIALS = 20_000
"""Sets of values tried for one part: no chart comes near it, and a form must not hold us."""

_NO_SIDE = SidePolicy(Beyond.ABSTAIN, 0.0, "")
"""Of a rule: its bands say what every possible value means."""


def read_score_inputs(top: Table) -> tuple[Input, ...]:
    """Read the inputs of a rule: all are required, none has a trained range."""
    made: list[Input] = []
    for table in top.tables("inputs", at_least=1):
        each = _input(table)
        if each is None:
            continue
        if each.quantity in (earlier.quantity for earlier in made):
            table.fault("quantity", f"{each.quantity} is there twice")
        made.append(each)
    return tuple(made)


def read_score(top: Table, inputs: Sequence[Input]) -> Score:
    """Read the score; every quantity that it asks for must be an input."""
    table = top.table("score")
    score = Score(
        name=table.text("name"),
        source=table.text("source"),
        parts=_parts(table, {each.quantity: each for each in inputs}),
        exclusions=tuple(_exclusion(each, inputs) for each in table.tables("not_for")),
    )
    table.close()
    return score


def read_score_categories(top: Table) -> tuple[Category, ...]:
    """Read the categories by points, the calmest first; the first one begins at 0."""
    made: list[Category] = []
    last = -1
    for table in top.tables("categories", at_least=2):
        each = Category(
            id=table.identifier("id"),
            label=table.text("label"),
            level=table.one_of("level", Level),
            from_probability=0.0,
            meaning=table.text("meaning"),
            advice=table.text("advice"),
            from_score=_points(table, "from_score") if table.has("from_score") else None,
            from_single=_points(table, "from_single") if table.has("from_single") else None,
        )
        if not made and (each.from_score != 0 or each.from_single is not None):
            table.fault("from_score", "must be 0 for the first category, and stand alone")
        if made and each.from_score is None and each.from_single is None:
            table.fault("from_score", "or from_single is needed")
        if made and each.from_score is not None and not each.from_score > last:
            table.fault("from_score", "must be above that of the categories before")
        if each.id in (earlier.id for earlier in made):
            table.fault("id", f"{each.id} is there twice")
        table.close()
        last = last if each.from_score is None else each.from_score
        made.append(each)
    return tuple(made)


def _points(table: Table, key: str) -> int:
    return table.whole(key, 0, 10_000)


def _input(table: Table) -> Input | None:
    quantity = read_quantity(table)
    if quantity is None:
        return None
    if quantity.usable_for_s == NEVER_S:
        table.fault("quantity", f"{quantity.name} is never assessed")
    step: float | None = None
    if quantity.is_number and table.has("round_to"):
        step = table.number("round_to", 0.001, 1000.0) or None
    low, high = (quantity.low, quantity.high) if quantity.is_number else (0.0, 0.0)
    made = Input(
        quantity=quantity.name,
        trained_low=low,
        trained_high=high,
        below=_NO_SIDE,
        above=_NO_SIDE,
        reference=low,
        likely=table.pair("likely") if table.has("likely") else None,
        how=table.text("how"),
        round_to=step,
    )
    table.close()
    return made


def _exclusion(table: Table, inputs: Sequence[Input]) -> Exclusion:
    made = Exclusion(read_when(table), table.text("why"), table.text("action"))
    _all_are_inputs(table, made.when, {each.quantity for each in inputs})
    table.close()
    return made


def _parts(table: Table, inputs: Mapping[str, Input]) -> tuple[Part, ...]:
    made: list[Part] = []
    for each in table.tables("parts", at_least=1):
        before = each.faults_so_far
        part = Part(each.identifier("id"), each.text("label"), _bands(each))
        if part.id in (earlier.id for earlier in made):
            each.fault("id", f"{part.id} is there twice")
        for band in part.bands:
            _all_are_inputs(each, band.when, inputs.keys())
        each.close()
        if each.faults_so_far == before:
            _find_gaps(each, part, inputs)
        made.append(part)
    return tuple(made)


def _bands(table: Table) -> tuple[Band, ...]:
    made = []
    for each in table.tables("bands", at_least=1):
        made.append(Band(each.whole("points", 0, MOST_POINTS), read_when(each)))
        each.close()
    return tuple(made)


def _all_are_inputs(
    table: Table, groups: tuple[tuple[Condition, ...], ...], known: Iterable[str]
) -> None:
    strangers = {c.quantity for group in groups for c in group if c.quantity} - set(known)
    for name in sorted(strangers):
        table.fault("when", f"{name} is not an input of this rule")


def _find_gaps(table: Table, part: Part, inputs: Mapping[str, Input]) -> None:
    """Note the first set of values for which not exactly one band holds."""
    limits: dict[str, set[float]] = {}
    for condition in (c for band in part.bands for group in band.when for c in group):
        limits.setdefault(condition.quantity, set()).update(_limits(condition))
    tried = [_to_try(inputs[name], found) for name, found in limits.items()]
    if math.prod(map(len, tried)) > MOST_TRIALS:
        table.fault("bands", "compare with too many limits to be checked")
        return
    for values in product(*tried):
        case: dict[str, Value] = dict(zip(limits, values, strict=True))
        count = sum(any_group(band.when, case) is True for band in part.bands)
        if count != 1:
            words = ", ".join(f"{name} = {value}" for name, value in case.items())
            table.fault("bands", f"{'no band holds' if not count else 'two hold'} for {words}")
            return


def _limits(condition: Condition) -> set[float]:
    c = condition
    said = (c.at_least, c.above, c.at_most, c.below, c.equals)
    return {each for each in said if each is not None and not isinstance(each, str)}


def _to_try(each: Input, limits: set[float]) -> list[Value]:
    """Return every value at which something can change: the limits, and the values beside."""
    quantity = QUANTITIES[each.quantity]
    if not quantity.is_number:
        return list(quantity.choices)
    found = {quantity.low, quantity.high}
    for limit in limits:
        found |= {limit, *_beside(each, limit)}
    return sorted(value for value in found if _is_possible(quantity, value))


def _beside(each: Input, limit: float) -> tuple[float, float]:
    if each.round_to is None:
        return math.nextafter(limit, -math.inf), math.nextafter(limit, math.inf)
    exact, step = Decimal(str(limit)), Decimal(str(each.round_to))
    return float(exact - step), float(exact + step)


def _is_possible(quantity: Quantity, value: float) -> bool:
    return quantity.low <= value <= quantity.high
