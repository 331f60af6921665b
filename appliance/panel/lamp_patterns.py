"""What each lamp state looks like and each sound sounds like: the one table, and how to read it.

Never by colour or sound alone: whatever a lamp says, the screen says in words.  Only what needs
a person blinks; red blinks fast for a patient, yellow slowly for the appliance.

Colours and rates are those that staff know from bedside devices built to IEC 60601-1-8: high
priority red at about 2 Hz, medium yellow at about 0.5 Hz, half of the time on; low steady.
Source: characteristics of alarm indicator lights, Ventway Sparrow user manual, section 11.6 (2 Hz
and 0.45 Hz, 50 %); bursts of five pulses of 150 ms: Comen N10 manual, 7.4.2, and Covidien N560
manual, table 6.  The standard itself was not at hand: the appliance claims no conformance.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from appliance.views import Lamp, Sound


class Led(StrEnum):
    """One light."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class LampPattern:
    """The lights that are lit together; off_s zero: steady."""

    leds: frozenset[Led]
    on_s: float = 1.0
    off_s: float = 0.0

    @property
    def blinks(self) -> bool:
        """Whether the lights ever go out."""
        return self.off_s > 0.0


@dataclass(frozen=True, slots=True)
class SoundPattern:
    """Bursts of pulses, then silence for good.

    rank: a sound that is playing is cut short only by one of the same or a higher rank.
    """

    rank: int
    on_s: float
    off_s: float = 0.0
    pulses: int = 1
    pause_s: float = 0.0
    bursts: int = 1

    @property
    def burst_s(self) -> float:
        """How long one burst lasts, without the silence after its last pulse."""
        return self.pulses * (self.on_s + self.off_s) - self.off_s

    @property
    def length_s(self) -> float:
        """How long the whole lasts."""
        return self.bursts * (self.burst_s + self.pause_s) - self.pause_s


@dataclass(frozen=True, slots=True)
class Phase:
    """On or off at one moment.  left_s: until it changes; None: it stays like this."""

    on: bool
    left_s: float | None


_NONE: Final[frozenset[Led]] = frozenset()
_G, _Y, _R = frozenset({Led.GREEN}), frozenset({Led.YELLOW}), frozenset({Led.RED})

LAMPS: Final = {
    Lamp.OFF: LampPattern(_NONE),
    Lamp.STARTING: LampPattern(_G | _Y | _R),  # all: a dead lamp is seen at every start
    Lamp.READY: LampPattern(_G),
    Lamp.WORKING: LampPattern(_G | _Y),
    # As READY on purpose: the lamp says that nobody is called, not that the patient is well.
    Lamp.CALM: LampPattern(_G),
    Lamp.CAUTION: LampPattern(_Y),
    Lamp.NO_ANSWER: LampPattern(_Y | _R),
    Lamp.URGENT: LampPattern(_R, on_s=0.25, off_s=0.25),  # 2 Hz
    Lamp.FAULT: LampPattern(_Y, on_s=1.0, off_s=1.0),  # 0.5 Hz
    Lamp.OUT_OF_SERVICE: LampPattern(_Y | _R, on_s=1.0, off_s=1.0),  # 0.5 Hz
}

SOUNDS: Final = {
    Sound.KEY: SoundPattern(rank=0, on_s=0.03),
    Sound.KEY_REFUSED: SoundPattern(rank=0, on_s=0.06, off_s=0.06, pulses=2),
    Sound.ANSWER: SoundPattern(rank=1, on_s=0.2),
    Sound.WITHDRAWN: SoundPattern(rank=1, on_s=0.2, off_s=0.2, pulses=2),
    Sound.FAULT: SoundPattern(rank=2, on_s=0.3, off_s=0.2, pulses=3),
    # Three times, under ten seconds.  Sounding on would teach staff to pull the plug; the red
    # lamp goes on blinking.
    Sound.URGENT: SoundPattern(rank=3, on_s=0.15, off_s=0.1, pulses=5, pause_s=2.0, bursts=3),
}


def lamp_phase(pattern: LampPattern, elapsed_s: float) -> Phase:
    """Return whether a pattern's lights are on so long after it began."""
    if not pattern.blinks:
        return Phase(bool(pattern.leds), None)
    into_s = elapsed_s % (pattern.on_s + pattern.off_s)
    if into_s < pattern.on_s:
        return Phase(True, pattern.on_s - into_s)
    return Phase(False, pattern.on_s + pattern.off_s - into_s)


def sound_phase(pattern: SoundPattern, elapsed_s: float) -> Phase:
    """Return whether the buzzer is on so long after a pattern began."""
    if elapsed_s >= pattern.length_s:
        return Phase(False, None)
    into_burst_s = elapsed_s % (pattern.burst_s + pattern.pause_s)
    if into_burst_s >= pattern.burst_s:
        return Phase(False, pattern.burst_s + pattern.pause_s - into_burst_s)
    into_s = into_burst_s % (pattern.on_s + pattern.off_s)
    if into_s < pattern.on_s:
        return Phase(True, pattern.on_s - into_s)
    return Phase(False, pattern.on_s + pattern.off_s - into_s)
