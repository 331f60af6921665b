"""When an answer of the state machine is given: triggers of keys, events and moments.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from appliance.clock import Now
from appliance.events import Asked, Event, Key, KeyPressed, StewardAnswered
from appliance.states import State

DIGITS = frozenset(key for key in Key if key.digit is not None)


@dataclass(frozen=True, slots=True)
class Trigger:
    """When an answer is given.  is_time: it waits for a moment, not for an event."""

    answers: Callable[[State, Event | None, Now], bool]
    is_time: bool = False


def keys(*which: Key) -> Trigger:
    """Answer any of these keys."""
    wanted = frozenset(which)
    return Trigger(lambda _, event, __: isinstance(event, KeyPressed) and event.key in wanted)


def happened(kind: type[Event]) -> Trigger:
    """Answer an event of this kind."""
    return Trigger(lambda _, event, __: isinstance(event, kind))


def steward_answered(asked: Asked) -> Trigger:
    """Answer what the steward says to this, and not to what was asked before."""
    return Trigger(lambda _, event, __: isinstance(event, StewardAnswered) and event.asked is asked)


def when(due: Callable[[State, Now], bool]) -> Trigger:
    """Answer as soon as this is so."""
    return Trigger(lambda state, _, now: due(state, now), is_time=True)


def in_mode_for(seconds: Callable[[State], float]) -> Trigger:
    """Answer after so long in this mode."""
    return when(lambda state, now: now.mono_s - state.entered_mono_s >= seconds(state))


def without_key_for(seconds: Callable[[State], float]) -> Trigger:
    """Answer after so long without a key, counted from the mode's beginning at the earliest."""
    return when(
        lambda state, now: (
            now.mono_s - max(state.last_key_mono_s, state.entered_mono_s) >= seconds(state)
        )
    )


def idle_with_patient() -> Trigger:
    """Answer when no key was pressed for so long that the patient must be forgotten."""
    return when(lambda s, now: now.mono_s - s.last_key_mono_s >= s.timeouts.idle_clear_s)
