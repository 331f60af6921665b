"""Actions that let a person judge a value which its instrument doubts, and take it all the same.

Nothing doubtful counts by itself: it is looked at alone, with what the instrument says against
it, and stands as it was while somebody looks.  Hazards: H-01 a wrong answer with confidence.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.acting import Step, first_missing, task_of, usable_inputs, with_click
from appliance.clinical.measurement import Measurement
from appliance.clock import Now
from appliance.events import Event
from appliance.states import Entry, Mode, State

GONE = "It is too old by now, or a newer value counts. Nothing was changed."


def doubtful_of(state: State, index: int, now: Now) -> Measurement | None:
    """Return the doubtful value that may be accepted for the input at this place, or None.

    Only where nothing counts: a value that does is changed by typing.
    """
    quantity = task_of(state).inputs[index].quantity
    if state.encounter is None or quantity in usable_inputs(state, now):
        return None
    return state.encounter.acceptable(quantity, now.mono_s)


def open_judge(state: State, now: Now) -> Step | None:
    """Open the page of the marked input's doubtful value; None when it has none."""
    found = doubtful_of(state, state.selected, now)
    if found is None:
        return None
    return with_click(replace(state, mode=Mode.JUDGE, judging=found, notice=""))


def judged_too_late(state: State, now: Now) -> bool:
    """Whether the value on the page may not be accepted any more."""
    if state.judging is None or state.encounter is None:
        return True
    counts = state.judging.quantity in usable_inputs(state, now)
    return counts or not state.judging.accepted_by_person().is_usable(now.mono_s)


def back_too_late(state: State, _event: Event | None, now: Now) -> Step:
    """Go back to the inputs: what the page asks for is over."""
    return _back(replace(state, notice=GONE), now)


def accept(state: State, _event: Event | None, now: Now) -> Step:
    """Take the value; it stays marked as accepted wherever it is shown or recorded."""
    if state.judging is not None and state.encounter is not None:
        encounter = state.encounter.accept_doubtful(state.judging)
        state = replace(state, encounter=encounter)
    return _back(replace(state, notice=""), now)


def leave(state: State, _event: Event | None, now: Now) -> Step:
    """Go back to the inputs; the value still does not count."""
    return _back(replace(state, notice=""), now)


def type_instead(state: State, _event: Event | None, _now: Now) -> Step:
    """Open the empty entry of the same input."""
    entry = Entry(task_of(state).inputs[state.selected])
    return with_click(replace(state, mode=Mode.ENTRY, judging=None, entry=entry, notice=""))


def _back(state: State, now: Now) -> Step:
    missing = first_missing(state, now)
    selected = state.selected if missing is None else missing
    return with_click(replace(state, mode=Mode.COLLECT, judging=None, selected=selected))
