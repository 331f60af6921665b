"""Actions without a patient: start, self-test, faults, the end, choosing a task."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from appliance.acting import Step, refuse_key, with_click
from appliance.clinical.encounter import Encounter
from appliance.clock import Now
from appliance.events import Event, KeyPressed, WorkerDied
from appliance.states import EndDaemon, MakeSound, Mode, RunSelfTest, ServedTask, State
from appliance.views import Sound


def begin_self_test(state: State, _event: Event | None, _now: Now) -> Step:
    """Start the checks afresh; what was found before is forgotten."""
    state = replace(state, mode=Mode.SELF_TEST, self_tested=False, faults=(), notice="")
    return Step(state, (RunSelfTest(),))


def self_test_is_over(state: State, _now: Now) -> bool:
    """Whether the checks ended and every bundle was admitted or refused."""
    known = len(state.tasks) + len(state.refused_bundles)
    return state.self_tested and known >= state.expected_bundles


def end_self_test(state: State, _event: Event | None, _now: Now) -> Step:
    """Become ready, or show what failed."""
    # A thread that ended does not start again: no self-test may call the appliance ready.
    faults = tuple(dict.fromkeys((*state.faults, *map(_stopped_words, state.dead))))
    mode = Mode.TECHNICAL_FAULT if faults else Mode.IDLE
    return Step(replace(state, mode=mode, faults=faults))


def self_test_overdue(state: State, _event: Event | None, _now: Now) -> Step:
    """Show that the checks did not end."""
    words = "The self-test did not end in time."
    return _fault(state, words)


def worker_died(state: State, event: Event | None, _now: Now) -> Step:
    """Show that a part of the appliance stopped."""
    part = event.worker if isinstance(event, WorkerDied) else "part"
    if part not in state.dead:
        state = replace(state, dead=(*state.dead, part))
    return _fault(state, _stopped_words(part))


def _stopped_words(part: str) -> str:
    return f"A part of the appliance stopped working: {part}. Switch it off and on."


def _fault(state: State, words: str) -> Step:
    faults = (*state.faults, words) if words not in state.faults else state.faults
    state = replace(state, mode=Mode.TECHNICAL_FAULT, faults=faults, notice="")
    return Step(state, (MakeSound(Sound.FAULT),))


def stop(state: State, _event: Event | None, _now: Now) -> Step:
    """End in good order; on the way to switching off, the screen goes on saying so."""
    if state.mode is not Mode.SWITCHING_OFF:
        state = replace(state, mode=Mode.OUT_OF_SERVICE)
    return Step(state, (EndDaemon(),))


def open_tasks(state: State, _event: Event | None, _now: Now) -> Step:
    """Open the list of tasks, if there is any."""
    if not state.tasks:
        return refuse_key(replace(state, notice="No task is installed. Call a technician."))
    return with_click(replace(state, mode=Mode.CHOOSE_TASK, selected=0, notice=""))


def next_task(state: State, _event: Event | None, _now: Now) -> Step:
    """Move the mark to the next task."""
    return with_click(replace(state, selected=(state.selected + 1) % len(state.tasks)))


def choose_by_digit(state: State, event: Event | None, now: Now) -> Step:
    """Begin an encounter with the task of this number."""
    digit = event.key.digit if isinstance(event, KeyPressed) else None
    if not digit or digit > len(state.tasks):
        return refuse_key(state)
    return _begin_encounter(state, state.tasks[digit - 1], now)


def choose_selected(state: State, _event: Event | None, now: Now) -> Step:
    """Begin an encounter with the marked task."""
    return _begin_encounter(state, state.tasks[state.selected], now)


def _begin_encounter(state: State, served: ServedTask, now: Now) -> Step:
    tag = state.last_tag + 1
    encounter = Encounter(tag, served.task.id, now.mono_s)
    state = replace(
        state,
        mode=Mode.COLLECT,
        encounter=encounter,
        last_tag=tag,
        selected=0,
        notice="",
        entry=None,
        result=None,
        reviewed=MappingProxyType({}),
    )
    return with_click(state)
