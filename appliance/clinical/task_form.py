"""From a bundle's tables to a Task: strict, and with every fault named at once.

`form` is what bundle.toml holds, `reference` what reference.json holds.  A bundle holds a
model or a rule, and each kind has its own tables beside those that both have.  Everything that
the clinical core later relies on without asking again is checked here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from appliance.clinical.floor_form import read_quantity, read_red_flags, read_rule
from appliance.clinical.form_reader import Table, as_number
from appliance.clinical.quantities import NEVER_S, Quantity
from appliance.clinical.score_form import read_score, read_score_categories, read_score_inputs
from appliance.clinical.task import Beyond, Category, Input, Level, SidePolicy, Task, Tensor

SCHEMA = 1
LONGEST_VALID_S = 24 * 3600.0
"""No answer stands longer than a day."""
MOST_BINS = 20
"""Of a reference distribution: finer ones begin to tell about single people."""

_VERSION = re.compile(r"\d{1,5}\.\d{1,5}\.\d{1,5}")
_NO_SIDE = SidePolicy(Beyond.ABSTAIN, 0.0, "")
"""Of a choice: there is nothing outside its codes."""
_NO_COUNTS: tuple[float, ...] = ()


class TaskFormError(ValueError):
    """The tables do not make a task.  faults: each with its place in the form."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def task_from_form(
    form: Mapping[str, object], reference: Mapping[str, object] | None = None
) -> Task:
    """Make the Task; raise TaskFormError with all the faults of both tables.

    reference: of a model; a rule has no training data to describe.
    """
    faults: list[str] = []
    top = Table(form, "", faults)
    kind = top.read("kind", _as_kind, "", 'must be "model" or "rule"')
    if not kind:
        raise TaskFormError(faults)
    top.whole("schema", SCHEMA, SCHEMA)
    common = _common(top)
    if kind == "rule":
        task = _with_score(top, common)
    else:
        task = _with_model(top, common, Table(reference, "reference.json", faults))
    top.known("change_plan", "output_histogram", "files")
    top.close()
    if faults:
        raise TaskFormError(faults)
    return task


def is_rule(form: Mapping[str, object]) -> bool:
    """Whether bundle.toml says that it holds a rule: then it needs no model's files."""
    return form.get("kind") == "rule"


def _common(top: Table) -> Task:
    """Read what every kind has; inputs and categories are left to it."""
    return Task(
        id=top.identifier("task"),
        version=top.read("version", _as_version, "", "must be like 1.0.0"),
        release=top.whole("release", 1, 2**31 - 1),
        title=top.text("title"),
        question=top.text("question"),
        intended_use=top.text("intended_use"),
        exclusions=top.texts("exclusions"),
        caveat=top.text("caveat"),
        valid_for_s=_valid_for_s(top),
        inputs=(),
        categories=(),
        red_flags=read_red_flags(top),
    )


def _with_score(top: Table, common: Task) -> Task:
    inputs = read_score_inputs(top)
    categories = read_score_categories(top)
    score = read_score(top, inputs)
    return replace(common, inputs=inputs, categories=categories, score=score)


def _with_model(top: Table, common: Task, reference: Table) -> Task:
    usual = _usual_values(reference)
    tensors = top.table("tensors")
    categories = _categories(top)
    task = replace(
        common,
        probability_means=top.text("probability_means"),
        inputs=_inputs(top, usual),
        input_tensor=_tensor(tensors.table("input")),
        output_tensor=_tensor(tensors.table("output")),
        categories=categories,
        undecided=_undecided(top),
        rule=read_rule(top.table("rule"), {each.id for each in categories}),
        against_rule=top.text("against_rule"),
    )
    tensors.close()
    calibration = top.table("calibration")
    calibration.text("method")
    calibration.close()
    return task


def _as_kind(value: object) -> str:
    if value not in ("model", "rule"):
        raise ValueError
    return str(value)


def _as_version(value: object) -> str:
    if not isinstance(value, str) or not _VERSION.fullmatch(value):
        raise ValueError
    return value


def _valid_for_s(top: Table) -> float:
    seconds = top.number("valid_for_s", 0.0, LONGEST_VALID_S)
    if top.has("valid_for_s") and seconds < 1.0:
        top.fault("valid_for_s", "must be 1 second or more")
    return seconds


def _tensor(table: Table) -> Tensor:
    made = Tensor(table.number("scale"), table.whole("zero_point", -128, 127))
    if table.has("scale") and made.scale <= 0:
        table.fault("scale", "must be above 0")
    table.close()
    return made


def _usual_values(reference: Table) -> Mapping[str, float]:
    """Return the median of each feature that reference.json describes."""
    usual: dict[str, float] = {}
    for each in reference.tables("features"):
        name = each.text("quantity")
        usual[name] = each.number("median")
        if each.has("counts"):
            each.read(
                "counts", _as_counts, _NO_COUNTS, f"must be {MOST_BINS} whole numbers at most"
            )
    return usual


def _as_counts(value: object) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) > MOST_BINS:
        raise ValueError
    return tuple(as_number(each) for each in value)


def _inputs(top: Table, usual: Mapping[str, float]) -> tuple[Input, ...]:
    made: list[Input] = []
    for table in top.tables("inputs", at_least=1):
        each = _input(table, usual)
        if each is None:
            continue
        if each.quantity in (earlier.quantity for earlier in made):
            table.fault("quantity", f"{each.quantity} is there twice")
        made.append(each)
    return tuple(made)


def _input(table: Table, usual: Mapping[str, float]) -> Input | None:
    quantity = read_quantity(table)
    if quantity is None:
        return None
    if quantity.usable_for_s == NEVER_S:
        table.fault("quantity", f"{quantity.name} is never assessed")
    low, high = _trained_range(table, quantity)
    codes: tuple[tuple[str, float], ...] = ()
    below = above = _NO_SIDE
    if quantity.is_number:
        below = _side(table.table("below"), quantity.low, low, low)
        above = _side(table.table("above"), high, quantity.high, high)
    else:
        codes = _codes(table.table("codes"), quantity, low, high)
    made = Input(
        quantity=quantity.name,
        trained_low=low,
        trained_high=high,
        below=below,
        above=above,
        reference=usual.get(quantity.name, low),
        codes=codes,
        impute=table.number("impute", low, high) if table.has("impute") else None,
        likely=table.pair("likely") if table.has("likely") else None,
        how=table.text("how"),
    )
    if quantity.name not in usual:
        table.fault("quantity", f"reference.json has no median of {quantity.name}")
    elif not low <= made.reference <= high:
        table.fault("quantity", "its median in reference.json must be within the trained range")
    table.close()
    return made


def _trained_range(table: Table, quantity: Quantity) -> tuple[float, float]:
    """Read both ends; if they are no good, the quantity's own limits stand in."""
    before = table.faults_so_far
    low, high = table.number("trained_low"), table.number("trained_high")
    if table.faults_so_far == before:
        for key, bound in (("trained_low", low), ("trained_high", high)):
            if not quantity.low <= bound <= quantity.high:
                table.fault(key, f"must be {quantity.low:g} to {quantity.high:g}")
        if not low < high:
            table.fault("trained_high", f"must be above trained_low, {low:g}")
    sound = table.faults_so_far == before
    return (low, high) if sound else (quantity.low, quantity.high)


def _side(table: Table, low: float, high: float, bound: float) -> SidePolicy:
    """Read a policy that may reach from `low` to `high`; `bound` is where it begins."""
    beyond = table.one_of("beyond", Beyond)
    until = bound
    if beyond is Beyond.HOLD or table.has("until"):
        until = table.number("until", low, high)
    side = SidePolicy(beyond, until, table.text("why"))
    table.close()
    return side


def _codes(
    table: Table, quantity: Quantity, low: float, high: float
) -> tuple[tuple[str, float], ...]:
    codes = [
        (choice, table.number(choice, low, high))
        for choice in quantity.choices
        if table.has(choice)
    ]
    if len(codes) < 2:
        table.fault("", f"needs two or more of {', '.join(quantity.choices)}")
    table.close()
    return tuple(codes)


def _categories(top: Table) -> tuple[Category, ...]:
    made: list[Category] = []
    for table in top.tables("categories", at_least=2):
        each = Category(
            id=table.identifier("id"),
            label=table.text("label"),
            level=table.one_of("level", Level),
            from_probability=table.number("from_probability", 0.0, 1.0),
            meaning=table.text("meaning"),
            advice=table.text("advice"),
        )
        if not made and each.from_probability != 0.0:
            table.fault("from_probability", "must be 0 for the first category")
        if made and not each.from_probability > made[-1].from_probability:
            table.fault("from_probability", "must be above that of the category before")
        if each.id in (earlier.id for earlier in made):
            table.fault("id", f"{each.id} is there twice")
        table.close()
        made.append(each)
    return tuple(made)


def _undecided(top: Table) -> tuple[float, float] | None:
    if not top.has("abstention"):
        return None
    table = top.table("abstention")
    band = table.pair("undecided", 0.0, 1.0) if table.has("undecided") else None
    table.close()
    return band
