"""What happens to the appliance: frozen events, past tense, on one queue.

Threads put them in, the main loop alone takes them out.  `received` times are monotonic
seconds of the appliance's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from appliance.clinical.assessment import Assessment
from appliance.clinical.measurement import Measurement
from appliance.clinical.stored import StoredResult
from appliance.clinical.task import Task


class Key(Enum):
    """A key by what it means, whichever keypad it comes from; value = what is printed on it."""

    DIGIT_0 = "0"
    DIGIT_1 = "1"
    DIGIT_2 = "2"
    DIGIT_3 = "3"
    DIGIT_4 = "4"
    DIGIT_5 = "5"
    DIGIT_6 = "6"
    DIGIT_7 = "7"
    DIGIT_8 = "8"
    DIGIT_9 = "9"
    OK = "A"
    BACK = "B"
    CLEAR = "C"
    NEXT = "D"
    POINT = "*"
    INFO = "#"
    POWER = "power"

    @property
    def digit(self) -> int | None:
        """The digit printed on it, or None."""
        return int(self.value) if self.value.isdigit() else None


class LinkState(StrEnum):
    """What is known of an instrument's port."""

    ABSENT = "absent"
    BUSY = "in use by another program"
    STUCK = "does not open"
    SILENT = "silent"
    SPEAKING = "speaking"
    GARBLED = "not understood"


class MeasuringPhase(StrEnum):
    """How far a measurement that was ordered from an instrument has come."""

    IDLE = "idle"
    STARTING = "starting"
    INFLATING = "measuring"
    ABORTING = "emptying the cuff"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key went down (after debouncing)."""

    key: Key
    mono_s: float


@dataclass(frozen=True, slots=True)
class KeypadFaulted:
    """A key is stuck, or the keypad is gone; empty words mean that it is well again."""

    words: str


@dataclass(frozen=True, slots=True)
class PanelFaulted:
    """A part of the panel beside screen and keypad fails; empty words: it is well again.

    part: "Lamps" or "Power button", as staff call it.
    """

    part: str
    words: str


@dataclass(frozen=True, slots=True)
class MeasurementReceived:
    """An instrument reported a value or its absence."""

    measurement: Measurement


@dataclass(frozen=True, slots=True)
class StoredResultsReceived:
    """A device handed over results that it kept; the newest first where their time is known.

    They await a person's choice and belong to no encounter until then.
    """

    instrument: str
    results: tuple[StoredResult, ...]


@dataclass(frozen=True, slots=True)
class InstrumentNoted:
    """What staff should know of an instrument that speaks otherwise than it should.

    words: what happened and what to do; empty when it is well again.
    """

    instrument: str
    words: str


@dataclass(frozen=True, slots=True)
class PortOffer:
    """A port that the settings do not name, and what speaks there: offered, never used.

    device: its path now.  identity: what it is known by, in words.  protocol: of whom speaks
    there; empty while nobody is known.  words: the same for people.  speaks: bytes came.
    """

    device: str
    identity: str
    protocol: str = ""
    words: str = ""
    speaks: bool = False


@dataclass(frozen=True, slots=True)
class PortsOffered:
    """Ports that the settings do not name came, went, or were found out: all there are now."""

    offers: tuple[PortOffer, ...]


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The state of one instrument's port changed."""

    instrument: str
    state: LinkState


@dataclass(frozen=True, slots=True)
class MeasuringChanged:
    """An instrument that measures on command went on to another phase, or has news of it.

    words: what staff should know, in words for them; empty when the phase says it all.
    urgent: somebody must act at once, as on a cuff that does not empty.
    """

    instrument: str
    phase: MeasuringPhase
    words: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class ModelAdmitted:
    """A bundle was read; its model was proven and serves, or was refused.

    refusal: why the model does not serve, in words for staff; empty when it does.
    proof: the runtime proof in one line; empty when refused.
    """

    task: Task
    refusal: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class BundleRefused:
    """A bundle could not be used at all: not even its rule and red flags are known."""

    folder: str
    reason: str


@dataclass(frozen=True, slots=True)
class AssessmentFinished:
    """The inference worker answered one request."""

    request: int
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class SelfTestFinished:
    """The start-up checks ended.  faults: what failed, in words; empty when all is well."""

    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DisplayFaulted:
    """The display failed to show a frame; empty words mean that it shows frames again."""

    words: str


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """A thread of ours ended with an unexpected error.  code: its class, never a value."""

    worker: str
    code: str


class Asked(StrEnum):
    """What the steward is asked for."""

    CLOCK = "clock"
    POWER_OFF = "power-off"


@dataclass(frozen=True, slots=True)
class StewardAnswered:
    """The steward did what it was asked, or not.

    code: why not, for the journal; words: the same for staff.  Both empty when it was done.
    """

    asked: Asked
    code: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Somebody asked the daemon to end in good order."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing happened; time went on."""


Event = (
    KeyPressed
    | KeypadFaulted
    | PanelFaulted
    | MeasurementReceived
    | StoredResultsReceived
    | InstrumentNoted
    | PortsOffered
    | LinkChanged
    | MeasuringChanged
    | ModelAdmitted
    | BundleRefused
    | AssessmentFinished
    | SelfTestFinished
    | DisplayFaulted
    | WorkerDied
    | StewardAnswered
    | StopRequested
    | TimePassed
)
