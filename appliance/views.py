"""What the screen says, before it is laid out: one frozen description for each screen.

Whatever stems from a patient is a Shown and carries the tag of the encounter it belongs to,
down to the text layer of the drawn frame.  Everything else is the appliance's own words.
`urgent`, of every view: what somebody must do at once whatever the screen is about; it has a
band of its own.  Layout, size and colour are the panel's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from appliance.clinical.task import Level


@dataclass(frozen=True, slots=True)
class Shown:
    """Text that stems from a patient.  tag: the encounter it belongs to."""

    text: str
    tag: int


@dataclass(frozen=True, slots=True)
class KeyHint:
    """One key that does something now.  printed: what stands on the key."""

    printed: str
    does: str


class Tone(StrEnum):
    """How a page is meant."""

    PLAIN = "plain"
    WAIT = "wait"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class PageView:
    """A page of plain words: starting, self-test, assessing, fault, out of service, about."""

    name: str
    title: str
    lines: tuple[str, ...]
    tone: Tone = Tone.PLAIN
    keys: tuple[KeyHint, ...] = ()
    notice: str = ""
    urgent: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing the ready screen reports.  well: shown with a tick, otherwise with a cross."""

    label: str
    words: str
    well: bool


@dataclass(frozen=True, slots=True)
class ReadyView:
    """No patient: what the appliance has and what it lacks.  wall_time: local, or why not."""

    title: str
    wall_time: str
    conditions: tuple[Condition, ...]
    notice: str
    keys: tuple[KeyHint, ...]
    name: str = "ready"
    urgent: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One line to choose from.  printed: the digit that chooses it.

    tag: the encounter that words and note belong to; None for the appliance's own words.
    """

    printed: str
    words: str
    note: str
    selected: bool
    tag: int | None = None


@dataclass(frozen=True, slots=True)
class ChooseView:
    """Choose a task, or one of the results that a device has stored (name tells which)."""

    title: str
    options: tuple[Option, ...]
    keys: tuple[KeyHint, ...]
    notice: str = ""
    name: str = "choose-task"
    urgent: str = ""
    patient: Shown | None = None


class RowState(StrEnum):
    """What stands in one row of the collect screen.  The words are shown beside the value."""

    LIVE = "live"
    TAKEN = "taken"
    TYPED = "typed"
    PICKED = "picked"
    ACCEPTED = "accepted"
    STORED = "stored"
    MEASURING = "measuring"
    MISSING = "missing"
    DOUBTFUL = "doubtful"
    EXPIRED = "too old"


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input of the task.

    value: as written, without unit; None when there is nothing to show.
    detail: age and source of the value.  hint: how to get it, or why it does not count.
    earlier: its repeats in this encounter, the oldest first.
    """

    label: str
    unit: str
    state: RowState
    value: Shown | None
    detail: Shown | None
    hint: str
    selected: bool = False
    earlier: Shown | None = None


@dataclass(frozen=True, slots=True)
class InputsView:
    """The collect, the review, and the screens that ask of one value (name tells which)."""

    name: str
    title: str
    patient: Shown
    rows: tuple[InputRow, ...]
    notice: str
    keys: tuple[KeyHint, ...]
    urgent: str = ""


@dataclass(frozen=True, slots=True)
class EntryView:
    """Typing one value.  limits: what can be a reading.  asks_again: it was unlikely."""

    label: str
    unit: str
    typed: Shown
    limits: str
    options: tuple[Option, ...]
    message: str
    asks_again: bool
    keys: tuple[KeyHint, ...]
    name: str = "entry"
    urgent: str = ""


@dataclass(frozen=True, slots=True)
class ResultView:
    """The answer, or the full account of why there is none.

    name: "result" with a category, "refusal" without one.
    headline: category in words, or NO ANSWER in words.  level: None without a category.
    chance: probability in words; chance_means: what it is a probability of.
    bar: probability 0 to 1 for a bar, None without one.
    reason: why there is no answer.  todo: what to do next.
    moved: what moved the answer most, in words.  flags: red flags up; unchecked: those that
    could not be checked.  rule: the plain rule's verdict, None where the answer is a rule's
    own; differs: it contradicts the model.
    used: the values it rests on.  valid_until: when it is withdrawn.
    """

    name: str
    title: str
    patient: Shown
    headline: Shown
    level: Level | None
    chance: Shown | None
    chance_means: str
    bar: float | None
    reason: Shown | None
    todo: Shown
    moved: tuple[Shown, ...]
    flags: tuple[Shown, ...]
    unchecked: Shown | None
    rule: Shown | None
    differs: bool
    against_rule: str
    caveat: str
    used: Shown
    valid_until: Shown
    notice: str
    keys: tuple[KeyHint, ...]
    urgent: str = ""


View = PageView | ReadyView | ChooseView | InputsView | EntryView | ResultView


class Lamp(StrEnum):
    """What the lamps say; the pattern of each stands in one table of the panel."""

    OFF = "off"
    STARTING = "starting"
    READY = "ready"
    WORKING = "working"
    CALM = "calm"
    CAUTION = "caution"
    URGENT = "urgent"
    NO_ANSWER = "no answer"
    FAULT = "fault"
    OUT_OF_SERVICE = "out of service"


class Sound(StrEnum):
    """What the buzzer says; the pattern of each stands in one table of the panel."""

    KEY = "key"
    KEY_REFUSED = "key refused"
    ANSWER = "answer"
    URGENT = "urgent"
    WITHDRAWN = "withdrawn"
    FAULT = "fault"
