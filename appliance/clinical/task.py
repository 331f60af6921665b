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
    round_to: a rule judges the value rounded half up to this step; None means as it is.
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
    round_to: float | None = None


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
    """One answer of the task, given from `from_probability` upwards to the next one.

    Of a rule: given from `from_score` points in all, or as soon as a single part has
    `from_single` points; where both are set, either is enough.
    """

    id: str
    label: str
    level: Level
    from_probability: float
    meaning: str
    advice: str
    from_score: int | None = None
    from_single: int | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """The points that one part of a score gets when any of these groups holds."""

    points: int
    when: tuple[tuple[Condition, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an additive score, such as the breathing rate of an early warning score.

    bands: for every possible set of values exactly one of them holds; the form is refused
    otherwise.
    """

    id: str
    label: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """People for whom a score is not made: why it is refused, and what to do instead."""

    when: tuple[tuple[Condition, ...], ...]
    why: str
    action: str


@dataclass(frozen=True, slots=True)
class Score:
    """An additive score: what a bundle of kind "rule" computes in place of a model.

    name: what the number is called on the screen.  source: the published chart it is.
    """

    name: str
    source: str
    parts: tuple[Part, ...]
    exclusions: tuple[Exclusion, ...]

    @property
    def most(self) -> int:
        """The most points that there can be."""
        return sum(max(band.points for band in part.bands) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Tensor:
    """An int8 tensor's scale and zero point: real = (raw - zero_point) * scale."""

    scale: float
    zero_point: int


NO_TENSOR = Tensor(1.0, 0)
"""Of a rule: there is no graph, and nothing is ever scaled by this."""


@dataclass(frozen=True, slots=True)
class Task:
    """Everything clinical of one bundle.

    score: what a rule computes; None for a model.  The fields between `red_flags` and it are
    a model's; rule: the plain rule that a model is compared with.
    """

    id: str
    version: str
    release: int
    title: str
    question: str
    intended_use: str
    exclusions: tuple[str, ...]
    caveat: str
    valid_for_s: float
    inputs: tuple[Input, ...]
    categories: tuple[Category, ...]
    red_flags: tuple[RedFlag, ...]
    probability_means: str = ""
    against_rule: str = ""
    input_tensor: Tensor = NO_TENSOR
    output_tensor: Tensor = NO_TENSOR
    undecided: tuple[float, float] | None = None
    rule: Rule | None = None
    score: Score | None = None

    @property
    def kind(self) -> str:
        """What answers, as bundle.toml and the screens call it: "model" or "rule"."""
        return "model" if self.score is None else "rule"

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

    def category_of_score(self, total: int, largest: int) -> Category:
        """Return the last category that all points, or the largest single part's, reach."""
        reached = self.categories[0]
        for each in self.categories[1:]:
            by_all = each.from_score is not None and total >= each.from_score
            by_one = each.from_single is not None and largest >= each.from_single
            if by_all or by_one:
                reached = each
        return reached
