"""The controller: one pure step from state and event to state and commands.

`step` first lets time act (a result that expired is withdrawn before a key is answered),
then takes in what every mode must know, then looks the event up in the table of the present
mode, then lets time act again.  The table is `appliance.transitions.TABLE`; the drawing in
docs/developer is made from it.  A mode may only lead where its table says.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from appliance.actions_cuff import aborts
from appliance.actions_stored import forget_waiting
from appliance.clinical.measurement import Measurement
from appliance.clinical.stored import with_arrivals
from appliance.clock import Now
from appliance.events import (
    BundleRefused,
    DisplayFaulted,
    Event,
    InstrumentNoted,
    Key,
    KeypadFaulted,
    KeyPressed,
    LinkChanged,
    MeasurementReceived,
    MeasuringChanged,
    MeasuringPhase,
    ModelAdmitted,
    PanelFaulted,
    PortsOffered,
    SelfTestFinished,
    StoredResultsReceived,
)
from appliance.states import WITH_PATIENT, Command, Measuring, ServedTask, State
from appliance.transitions import EVERYWHERE, TABLE, Answer, Step

_MOST_MOVES_OF_TIME = 4
"""More moves at one moment than any chain of time-outs in the table can make."""


class TableBroken(AssertionError):
    """An action led where the table does not: a defect of ours, never of the input."""


def step(state: State, event: Event, now: Now) -> tuple[State, tuple[Command, ...]]:
    """Answer one event at one moment."""
    commands: list[Command] = []
    was_helping = state.helping
    state = forget_waiting(_let_time_act(state, now, commands), now)
    if isinstance(event, KeyPressed):
        state = _note_key(state, event, now)
    state = _take_in(state, event)
    for answer in (*EVERYWHERE, *TABLE[state.mode]):
        if answer.trigger.answers(state, event, now) and not answer.trigger.is_time:
            state = _follow(answer, state, event, now, commands)
            break
    if was_helping and isinstance(event, KeyPressed):
        state = replace(state, helping=False)
    state = _let_time_act(state, now, commands)
    return state, tuple(commands)


def _let_time_act(state: State, now: Now, commands: list[Command]) -> State:
    for _ in range(_MOST_MOVES_OF_TIME):
        due = next(
            (
                answer
                for answer in (*EVERYWHERE, *TABLE[state.mode])
                if answer.trigger.is_time and answer.trigger.answers(state, None, now)
            ),
            None,
        )
        if due is None:
            return state
        state = _follow(due, state, None, now, commands)
    return state


def _follow(
    answer: Answer, state: State, event: Event | None, now: Now, commands: list[Command]
) -> State:
    done: Step = answer.act(state, event, now)
    commands.extend(done.commands)
    after = done.state
    if after.mode is not state.mode:
        if after.mode not in answer.leads_to:
            raise TableBroken(f"{state.mode} led to {after.mode} on {answer.on}")
        after = replace(
            after,
            entered_mono_s=now.mono_s,
            cancel_armed_mono_s=None,
            power_armed_mono_s=None,
            helping=False,
        )
    if after.mode not in WITH_PATIENT:
        commands.extend(aborts(after))
        after = without_patient(after)
    return after


def without_patient(state: State) -> State:
    """Return the state with nothing of any patient in it.

    Stored results that waited during an encounter go with it: they may be its patient's.
    """
    return replace(
        state,
        encounter=None,
        entry=None,
        picking=None,
        judging=None,
        reviewed=MappingProxyType({}),
        result=None,
        stored=() if state.encounter is not None else state.stored,
    )


def _note_key(state: State, event: KeyPressed, now: Now) -> State:
    """Note that somebody is there; another key takes back the first press of one that asks twice.

    The words that warn of the second press go with the mark: nobody is unwarned.
    """
    state = replace(state, last_key_mono_s=now.mono_s)
    if state.cancel_armed_mono_s is not None and event.key is not Key.BACK:
        state = replace(state, cancel_armed_mono_s=None, notice="")
    if state.power_armed_mono_s is not None and event.key is not Key.POWER:
        state = replace(state, power_armed_mono_s=None, notice="")
    return state


def _take_in(state: State, event: Event) -> State:
    """Take in what every mode must know; moves to no other mode."""
    match event:
        case MeasurementReceived(measurement) if state.encounter is not None:
            if not _ordered_for_another(state, measurement):
                return replace(state, encounter=state.encounter.accept(measurement))
            return state
        case MeasuringChanged(instrument, phase, words, urgent):
            known = state.measuring.get(instrument, Measuring(phase))
            failure = known.failure
            if phase is MeasuringPhase.FAILED:
                failure = words
            elif phase not in (MeasuringPhase.IDLE, MeasuringPhase.ABORTING):
                failure = ""
            now_so = Measuring(phase, words, known.encounter, urgent, failure)
            return replace(
                state, measuring=MappingProxyType({**state.measuring, instrument: now_so})
            )
        case StoredResultsReceived(_, results):
            return replace(state, stored=with_arrivals(state.stored, results))
        case InstrumentNoted(instrument, words):
            others = {name: each for name, each in state.notes.items() if name != instrument}
            noted = {**others, instrument: words} if words else others
            return replace(state, notes=MappingProxyType(noted))
        case PortsOffered(offers):
            return replace(state, offered=offers)
        case LinkChanged(instrument, link):
            return replace(state, links=MappingProxyType({**state.links, instrument: link}))
        case ModelAdmitted(task, refusal, proof):
            rest = tuple(s for s in state.tasks if s.task.id != task.id)
            served = (*rest, ServedTask(task, refusal, proof))
            return replace(state, tasks=tuple(sorted(served, key=lambda s: s.task.title)))
        case BundleRefused(folder, reason):
            return replace(state, refused_bundles=(*state.refused_bundles, (folder, reason)))
        case SelfTestFinished(faults):
            return replace(state, self_tested=True, faults=faults)
        case DisplayFaulted(words):
            return replace(state, display_fault=words)
        case KeypadFaulted(words):
            return replace(state, keypad_fault=words)
        case PanelFaulted(part, words):
            panel = {**state.panel_faults, part: words}
            return replace(state, panel_faults=MappingProxyType(panel))
        case _:
            return state


def _ordered_for_another(state: State, measurement: Measurement) -> bool:
    """Whether an instrument measured this for an encounter that is not the present one."""
    name = measurement.source.name
    if name not in state.commanded or state.encounter is None:
        return False
    known = state.measuring.get(name)
    return known is None or known.encounter != state.encounter.tag
