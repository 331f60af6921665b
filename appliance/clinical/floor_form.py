"""The rule and the red flags of a bundle's tables: what stands without the model."""

from __future__ import annotations

from appliance.clinical.form_reader import Table, as_text
from appliance.clinical.quantities import QUANTITIES, Quantity, Value
from appliance.clinical.task import Condition, RedFlag, Rule

_LIMITS = ("at_least", "above", "at_most", "below")


def read_quantity(table: Table) -> Quantity | None:
    """Return the quantity that the table names, or None with a fault noted."""
    name = table.text("quantity")
    quantity = QUANTITIES.get(name)
    if quantity is None and name:
        table.fault("quantity", f"{name} is not a quantity of this appliance")
    return quantity


def read_rule(table: Table, categories: set[str]) -> Rule:
    """Read the plain rule; both its answers must be categories of the bundle."""
    rule = Rule(
        text=table.text("text"),
        when=read_when(table),
        category=table.text("category"),
        otherwise=table.text("otherwise"),
        source=table.text("source"),
    )
    for key, id_ in (("category", rule.category), ("otherwise", rule.otherwise)):
        if id_ and id_ not in categories:
            table.fault(key, f"{id_} is not a category of this bundle")
    table.close()
    return rule


def read_red_flags(top: Table) -> tuple[RedFlag, ...]:
    """Read the red flags of the whole form; there may be none."""
    made: list[RedFlag] = []
    for table in top.tables("red_flags"):
        flag = RedFlag(
            id=table.identifier("id"),
            text=table.text("text"),
            action=table.text("action"),
            when=read_when(table),
            source=table.text("source"),
        )
        if flag.id in (earlier.id for earlier in made):
            table.fault("id", f"{flag.id} is there twice")
        table.close()
        made.append(flag)
    return tuple(made)


def read_when(table: Table) -> tuple[tuple[Condition, ...], ...]:
    """Read `when`: any of these groups, each of which needs all of its conditions."""
    return tuple(tuple(_condition(each) for each in group) for group in table.groups("when"))


def _condition(table: Table) -> Condition:
    quantity = read_quantity(table)
    if quantity is None:
        return Condition("")
    limits: dict[str, float] = {}
    equals: Value | None = None
    if quantity.is_number:
        limits = {
            key: table.number(key, quantity.low, quantity.high) for key in _LIMITS if table.has(key)
        }
        if table.has("equals"):
            equals = table.number("equals", quantity.low, quantity.high)
    elif table.has("equals"):
        equals = table.read("equals", as_text, "", "must be a text")
        if equals not in quantity.choices:
            table.fault("equals", f"must be one of {', '.join(quantity.choices)}")
    if not limits and equals is None:
        table.fault("", "compares with nothing")
    table.close()
    return Condition(quantity.name, equals=equals, **limits)
