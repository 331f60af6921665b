"""Actions of the help page: what each key of the present screen does.

It lies over a screen and is no mode: time goes on, and whatever moves the mode closes it.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.acting import Step, with_click
from appliance.clock import Now
from appliance.events import Event, Key, KeyPressed
from appliance.states import Mode, State

HELPED = frozenset(
    {
        Mode.ABOUT,
        Mode.SET_CLOCK,
        Mode.SWITCH_OFF,
        Mode.CHOOSE_TASK,
        Mode.COLLECT,
        Mode.ENTRY,
        Mode.PICK,
        Mode.CONFIRM,
        Mode.JUDGE,
        Mode.REVIEW,
        Mode.RESULT,
    }
)
"""Modes with keys to explain; the others wait, or say themselves what to press."""
STRAIGHT = frozenset({Key.INFO, Key.POINT})
"""Keys that act on the help page of the collect screen as on that screen: one goes on without
what is missing, and the other must stop a cuff wherever somebody reads."""


def is_asked(state: State, event: Event | None, _now: Now) -> bool:
    """Whether the key for help was pressed where there is help."""
    asked = isinstance(event, KeyPressed) and event.key is Key.INFO
    return asked and not state.helping and state.mode in HELPED


def is_read(state: State, event: Event | None, _now: Now) -> bool:
    """Whether a key was pressed that only closes the help page."""
    if not state.helping or not isinstance(event, KeyPressed):
        return False
    return not (state.mode is Mode.COLLECT and event.key in STRAIGHT)


def has_stood(state: State, now: Now) -> bool:
    """Whether nobody reads the help page any more."""
    return state.helping and now.mono_s - state.last_key_mono_s >= state.timeouts.page_s


def open_help(state: State, _event: Event | None, _now: Now) -> Step:
    """Lay the help page over the screen."""
    return with_click(replace(state, helping=True))


def close_help(state: State, event: Event | None, _now: Now) -> Step:
    """Take the help page away; the key does nothing else."""
    closed = replace(state, helping=False)
    return Step(closed) if event is None else with_click(closed)
