"""What the appliance is doing: the controller's whole memory as one frozen value.

Nothing of a patient lives outside `encounter`, `entry`, `picking`, `judging`, `reviewed` and
`result`, so that dropping these six leaves nothing behind.  What devices have stored waits in
`stored`: it goes with the encounter during which it waited, and without one after HELD_S.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from appliance.clinical.encounter import Encounter
from appliance.clinical.measurement import Measurement
from appliance.clinical.quantities import Value
from appliance.clinical.result import Result
from appliance.clinical.stored import Offer, StoredResult
from appliance.clinical.task import Input, Task
from appliance.events import LinkState, MeasuringPhase, PortOffer
from appliance.orders import Order
from appliance.timeouts import Timeouts
from appliance.views import Sound


class Mode(StrEnum):
    """The states of the controller."""

    STARTING = "starting"
    SELF_TEST = "self-test"
    IDLE = "idle"
    ABOUT = "about"
    SET_CLOCK = "set clock"
    SETTING_CLOCK = "setting clock"
    SWITCH_OFF = "switch off"
    SWITCHING_OFF = "switching off"
    CHOOSE_TASK = "choose task"
    COLLECT = "collect"
    ENTRY = "entry"
    PICK = "pick stored"
    CONFIRM = "confirm stored"
    JUDGE = "judge doubtful"
    REVIEW = "review"
    ASSESSING = "assessing"
    RESULT = "result"
    TECHNICAL_FAULT = "technical fault"
    OUT_OF_SERVICE = "out of service"


WITH_PATIENT = frozenset(
    {
        Mode.COLLECT,
        Mode.ENTRY,
        Mode.PICK,
        Mode.CONFIRM,
        Mode.JUDGE,
        Mode.REVIEW,
        Mode.ASSESSING,
        Mode.RESULT,
    }
)
"""The modes in which there is an encounter; in every other there is none."""

HELD_S = 300.0
"""So long a stored result waits for an encounter to begin: time to put a meter down and press
two keys, and no more (H-05).  Ours."""


@dataclass(frozen=True, slots=True)
class ServedTask:
    """A task whose bundle was read.  refusal: why its model does not serve, or empty."""

    task: Task
    refusal: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A value being typed.  text: digits and point so far, or the chosen answer."""

    input: Input
    text: str = ""
    message: str = ""
    asks_again: bool = False


@dataclass(frozen=True, slots=True)
class Picking:
    """Stored results to pick from for one input, as they were when the page opened.

    offers: none of them too old then.  selected: the marked one.  too_old: how many are not
    offered because they are.
    """

    input: Input
    offers: tuple[Offer, ...]
    selected: int = 0
    too_old: int = 0


@dataclass(frozen=True, slots=True)
class Measuring:
    """A measurement that was ordered.  words: what staff should know of it.

    encounter: tag of the encounter it was ordered for; its values belong to no other.
    urgent: somebody must act at once; the words stand on every screen.
    failure: why the last measurement gave nothing, until another one begins.
    """

    phase: MeasuringPhase
    words: str = ""
    encounter: int | None = None
    urgent: bool = False
    failure: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the controller knows.

    encounter, entry, picking, judging, reviewed, result: the patient's.  judging: the doubtful
    value that a person looks at, as it was when the page opened.  reviewed: the values that the
    review screen shows, frozen when it opened; only these are assessed.
    stored: results that devices handed over and nobody has picked; they are nobody's.
    notes: what staff should know of an instrument, by its name.
    offered: ports that the settings do not name, with what speaks there.
    commanded: names of the instruments that measure on command; measuring: how far they are.
    dead: workers that ended by a defect; none comes back while the program runs.
    request: number of the assessment asked for last.  entered_mono_s: when this mode began;
    last_key_mono_s: when a key was pressed last.  cancel_armed_mono_s, power_armed_mono_s:
    when B or the power key was pressed once; the second press acts.  called_mono_s: when the
    buzzer last called somebody to a cuff; None before the first time.
    helping: the help page lies over the screen.
    clock_typed: digits of date and time typed so far; utc_offset_min: of local time.
    """

    mode: Mode = Mode.STARTING
    timeouts: Timeouts = field(default_factory=Timeouts)
    expected_bundles: int = 0
    tasks: tuple[ServedTask, ...] = ()
    refused_bundles: tuple[tuple[str, str], ...] = ()
    links: Mapping[str, LinkState] = field(default_factory=lambda: MappingProxyType({}))
    commanded: tuple[str, ...] = ()
    measuring: Mapping[str, Measuring] = field(default_factory=lambda: MappingProxyType({}))
    stored: tuple[StoredResult, ...] = ()
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    offered: tuple[PortOffer, ...] = ()
    dead: tuple[str, ...] = ()
    self_tested: bool = False
    faults: tuple[str, ...] = ()
    keypad_fault: str = ""
    panel_faults: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    display_fault: str = ""
    last_tag: int = 0
    request: int = 0
    entered_mono_s: float = 0.0
    last_key_mono_s: float = 0.0
    selected: int = 0
    helping: bool = False
    cancel_armed_mono_s: float | None = None
    power_armed_mono_s: float | None = None
    called_mono_s: float | None = None
    clock_typed: str = ""
    utc_offset_min: int = 0
    notice: str = ""
    encounter: Encounter | None = None
    entry: Entry | None = None
    picking: Picking | None = None
    judging: Measurement | None = None
    reviewed: Mapping[str, Measurement] = field(default_factory=lambda: MappingProxyType({}))
    result: Result | None = None

    @property
    def served(self) -> ServedTask | None:
        """The task of the present encounter."""
        if self.encounter is None:
            return None
        return next((s for s in self.tasks if s.task.id == self.encounter.task), None)


@dataclass(frozen=True, slots=True)
class RunSelfTest:
    """Check runtime, display and clock; answer with SelfTestFinished."""


@dataclass(frozen=True, slots=True)
class Assess:
    """Have the model answer these reviewed values; answer with AssessmentFinished."""

    request: int
    task: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class OrderInstrument:
    """Give an instrument that measures on command this order."""

    instrument: str
    order: Order


@dataclass(frozen=True, slots=True)
class MakeSound:
    """Let the buzzer speak once."""

    sound: Sound


@dataclass(frozen=True, slots=True)
class SetClock:
    """Have the machine's clock set; answer with StewardAnswered."""

    utc_s: int


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """Have the machine end everything and switch off; answer with StewardAnswered."""


@dataclass(frozen=True, slots=True)
class EndDaemon:
    """Leave the main loop in good order."""


Command = RunSelfTest | Assess | OrderInstrument | MakeSound | SetClock | SwitchOff | EndDaemon
