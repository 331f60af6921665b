"""Actions that order an instrument to measure, and stop it at the first doubt.

A reading is taken into the encounter for which it was ordered and into no other.
Hazards: H-04 another patient's value, H-09 a cuff that stays inflated.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from appliance.acting import Step, refuse_key, with_click
from appliance.clock import Now
from appliance.events import Event, LinkState, MeasuringChanged, MeasuringPhase
from appliance.orders import AbortMeasuring, Patient, StartMeasuring
from appliance.states import Command, MakeSound, Measuring, OrderInstrument, State
from appliance.views import Sound

ACTIVE = frozenset({MeasuringPhase.STARTING, MeasuringPhase.INFLATING})
"""Phases in which the cuff is or may be filling: a second start is never ordered."""

ADULT_FROM_YEARS = 13.0
"""The cuff is told "child" below this age.  Source: the American Heart Association counts
1 to 12 years (to puberty) as child; the module's own limits were not at hand."""

CALL_EVERY_S = 10.0
"""Ours: the buzzer calls again for as long as a cuff needs somebody; one sound may be missed."""

AGE_FIRST = "Type the age first: the cuff must know whether it is on a child."
NOT_UNDER_ONE = "Not started: under 1 year it may be a newborn. Measure by hand."

INITIAL_INFLATION_MMHG = MappingProxyType({Patient.ADULT: 160, Patient.CHILD: 120})
"""Ordered anew for every patient, because the module keeps the last one's.
Adult: protocols/suntech_nibp.  Child: ours, between its usual systolic and the adult's."""


def cuff_key(state: State, _event: Event | None, now: Now) -> Step:
    """Start the cuff, or stop it while it measures."""
    if not state.commanded:
        return refuse_key(state)
    name = state.commanded[0]
    if phase_of(state, name) in ACTIVE:
        return _and_abort(with_click(state), name)
    if phase_of(state, name) is MeasuringPhase.ABORTING:
        return refuse_key(replace(state, notice=f"{name}: wait until the cuff is empty."))
    if state.links.get(name) in (None, LinkState.ABSENT, LinkState.BUSY, LinkState.STUCK):
        return refuse_key(replace(state, notice=f"{name} is not there. Check its cable."))
    patient = patient_of(state, now)
    if not isinstance(patient, Patient):
        return refuse_key(replace(state, notice=patient))
    order = StartMeasuring(patient, INITIAL_INFLATION_MMHG[patient])
    tag = None if state.encounter is None else state.encounter.tag
    measuring = Measuring(MeasuringPhase.STARTING, "", tag)
    state = replace(state, measuring=MappingProxyType({**state.measuring, name: measuring}))
    done = with_click(replace(state, notice=""))
    return replace(done, commands=(*done.commands, OrderInstrument(name, order)))


def aborts(state: State) -> tuple[Command, ...]:
    """Return the orders that stop every cuff that is or may be filling."""
    return tuple(
        OrderInstrument(name, AbortMeasuring())
        for name in state.commanded
        if phase_of(state, name) in ACTIVE
    )


def is_urgent(_state: State, event: Event | None, _now: Now) -> bool:
    """Whether an instrument says that somebody must act at once."""
    return isinstance(event, MeasuringChanged) and event.urgent


def is_still_urgent(state: State, now: Now) -> bool:
    """Whether the words still stand so long after the buzzer last called."""
    called = state.called_mono_s
    return called is not None and now.mono_s - called >= CALL_EVERY_S and bool(urgent_words(state))


def sound_urgent(state: State, _event: Event | None, now: Now) -> Step:
    """Let the buzzer call somebody; the words stand on every screen by themselves."""
    return Step(replace(state, called_mono_s=now.mono_s), (MakeSound(Sound.FAULT),))


def urgent_words(state: State) -> str:
    """Return what somebody must do at once, whatever the screen shows; empty for nothing.

    A link that was lost counts in its own encounter and while there is none: a module that is
    never plugged in again must not talk over the next patient's screens.
    """
    tag = None if state.encounter is None else state.encounter.tag
    return " ".join(
        f"{name}: {known.words}"
        for name, known in sorted(state.measuring.items())
        if known.urgent
        and (known.phase is MeasuringPhase.ABORTING or tag in (None, known.encounter))
    )


def phase_of(state: State, instrument: str) -> MeasuringPhase:
    """Return how far a commanded instrument is."""
    known = state.measuring.get(instrument)
    return MeasuringPhase.IDLE if known is None else known.phase


def patient_of(state: State, now: Now) -> Patient | str:
    """Return whom the cuff is on, or in words why it is not started.

    Newborns are not measured: an age in whole years cannot tell them from infants.
    """
    encounter, served = state.encounter, state.served
    if encounter is None or served is None:
        return AGE_FIRST
    if "age_years" not in served.task.quantities:
        return Patient.ADULT
    age = encounter.usable("age_years", now.mono_s)
    if age is None or not isinstance(age.value, float | int):
        return AGE_FIRST
    if age.value < 1:
        return NOT_UNDER_ONE
    return Patient.ADULT if age.value >= ADULT_FROM_YEARS else Patient.CHILD


def _and_abort(done: Step, name: str) -> Step:
    return replace(done, commands=(*done.commands, OrderInstrument(name, AbortMeasuring())))
