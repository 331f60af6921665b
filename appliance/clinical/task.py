"""What a bundle asks, how it is computed, and what its answers mean.

A Task is the clinical part of a bundle as frozen data.  `appliance.clinical.task_form`
makes one from the bundle's files; nothing in a Task is executed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from appliance.clinical.quantities import Value


class Beyond(StrEnum):
    """What happens to a value outside the range the model was trained on."""

    ABSTAIN = "abstain"
    HOLD = "hold"


class Level(StrEnum):
    """How pressing a category is; chooses shape, place, lamp and sound."""

    CALM = "calm"
    CAUTION = "caution"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class SidePolicy:
    """One side of one input.

    HOLD computes with the bound itself for values up to `until` (in the quantity's unit);
    beyond it, and everywhere under ABSTAIN, the model declines.  why: the reason, shown.
    """

    beyond: Beyond
    until: float
    why: str


@dataclass(frozen=True, slots=True)
class Input:
    """One input of the task, in the order of the graph's inputs.

    trained_low, trained_high: the model's own range, also the ends of its int8 scale
    (numbers).  codes: the number the graph gets for each choice (choices).
    impute: the value that stands in when it is missing; None means it is required.
    reference: what "usual" is for the explanation.  likely: a typed value outside asks again.
    how: where staff get the value.
    """

    quantity: str
    trained_low: float
    trained_high: float
    below: SidePolicy
    above: SidePolicy
    reference: float
    codes: tuple[tuple[str, float], ...] = ()
    impute: float | None = None
    likely: tuple[float, float] | None = None
    how: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of one quantity; all limits that are set must hold."""

    quantity: str
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    equals: Value | None = None


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A finding that stands whatever the model says.

    when: any of these groups, each of which needs all of its conditions.
    """

    id: str
    text: str
    action: str
    when: tuple[tuple[Condition, ...], ...]
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """The task's plain rule: `category` when any group holds, `otherwise` when none can."""

    text: str
    when: tuple[tuple[Condition, ...], ...]
    category: str
    otherwise: str
    source: str


@dataclass(frozen=True, slots=True)
class Category:
    """One answer of the task, given from `from_probability` upwards to the next one."""

    id: str
    label: str
    level: Level
    from_probability: float
    meaning: str
    advice: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """An int8 tensor's scale and zero point: real = (raw - zero_point) * scale."""

    scale: float
    zero_point: int


@dataclass(frozen=True, slots=True)
class Task:
    """Everything clinical of one bundle."""

    id: str
    version: str
    release: int
    title: str
    question: str
    probability_means: str
    intended_use: str
    exclusions: tuple[str, ...]
    caveat: str
    valid_for_s: float
    inputs: tuple[Input, ...]
    input_tensor: Tensor
    output_tensor: Tensor
    categories: tuple[Category, ...]
    undecided: tuple[float, float] | None
    rule: Rule
    red_flags: tuple[RedFlag, ...]
    against_rule: str

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of the inputs, in the graph's order."""
        return tuple(each.quantity for each in self.inputs)

    def category(self, id_: str) -> Category:
        """Return the category with this id; raise KeyError if there is none."""
        for each in self.categories:
            if each.id == id_:
                return each
        raise KeyError(id_)

    def category_of(self, probability: float) -> Category:
        """Return the last category whose `from_probability` the probability reaches."""
        reached = self.categories[0]
        for each in self.categories[1:]:
            if probability >= each.from_probability:
                reached = each
        return reached
