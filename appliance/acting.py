"""What the controller's actions share: the Step they return and what they ask of a State.

Every action is pure and takes (state, event, now); it reads no clock and keeps nothing
outside the State.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from appliance.clinical.encounter import select_inputs
from appliance.clinical.measurement import Measurement
from appliance.clinical.quantities import Value
from appliance.clinical.task import Task
from appliance.clock import Now
from appliance.events import Event
from appliance.states import Command, MakeSound, Mode, State
from appliance.views import Sound


@dataclass(frozen=True, slots=True)
class Step:
    """The state after an action, and what is to be done."""

    state: State
    commands: tuple[Command, ...] = ()


Action = Callable[[State, Event | None, Now], Step]


def go(mode: Mode) -> Action:
    """Make an action that only leads to another mode."""

    def act(state: State, _event: Event | None, _now: Now) -> Step:
        return with_click(replace(state, mode=mode, notice=""))

    return act


def usable_inputs(state: State, now: Now) -> Mapping[str, Measurement]:
    """Return the measurement that each input of the task would be assessed with now."""
    if state.encounter is None:
        return MappingProxyType({})
    return select_inputs(state.encounter, task_of(state).quantities, now.mono_s)


def first_missing(state: State, now: Now) -> int | None:
    """Return the place of the first required input without a usable value."""
    usable = usable_inputs(state, now)
    for index, each in enumerate(task_of(state).inputs):
        if each.impute is None and each.quantity not in usable:
            return index
    return None


def reviewed_values(state: State) -> Mapping[str, Value]:
    """Return the reviewed values by quantity."""
    return {q: m.value for q, m in state.reviewed.items() if m.value is not None}


def task_of(state: State) -> Task:
    """Return the task of the present encounter; raise LookupError outside one."""
    served = state.served
    if served is None:
        raise LookupError("no task outside an encounter")
    return served.task


def with_click(state: State) -> Step:
    """Return the state with the sound of a key that was answered."""
    return Step(state, (MakeSound(Sound.KEY),))


def refuse_key(state: State) -> Step:
    """Return the state with the sound of a key that does nothing here."""
    return Step(state, (MakeSound(Sound.KEY_REFUSED),))
