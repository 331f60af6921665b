"""Actions while values are collected: marking, typing, cancelling, going to the review."""

from __future__ import annotations

from dataclasses import replace

from appliance.acting import Step, first_missing, refuse_key, task_of, usable_inputs, with_click
from appliance.actions_cuff import aborts
from appliance.actions_doubtful import open_judge
from appliance.actions_stored import open_pick
from appliance.clinical.measurement import KEYPAD, Measurement, Status
from appliance.clinical.quantities import PRESSURES
from appliance.clock import Now
from appliance.events import Event, Key, KeyPressed
from appliance.states import Entry, Mode, State
from appliance.typing_in import accept, type_key

TYPED_TOGETHER = "typed"
"""Group of all typed pressures: a person types systolic and diastolic of one reading."""


def next_row(state: State, _event: Event | None, _now: Now) -> Step:
    """Move the mark to the next input."""
    count = len(task_of(state).inputs)
    return with_click(replace(state, selected=(state.selected + 1) % count, notice=""))


def type_into_row(state: State, event: Event | None, _now: Now) -> Step:
    """Open the entry of the marked input with this key typed already."""
    entry = Entry(task_of(state).inputs[state.selected])
    if isinstance(event, KeyPressed):
        entry = type_key(entry, event.key)
    return with_click(replace(state, mode=Mode.ENTRY, entry=entry, notice=""))


def open_entry(state: State, _event: Event | None, _now: Now) -> Step:
    """Open the empty entry of the marked input."""
    entry = Entry(task_of(state).inputs[state.selected])
    return with_click(replace(state, mode=Mode.ENTRY, entry=entry, notice=""))


def pick_or_enter(state: State, event: Event | None, now: Now) -> Step:
    """Offer what devices have stored of the marked input; without any, open its entry."""
    return open_pick(state, now) or open_entry(state, event, now)


def pick_judge_or_enter(state: State, event: Event | None, now: Now) -> Step:
    """Offer what is stored, else what is doubtful of the marked input; else open its entry."""
    return open_pick(state, now) or open_judge(state, now) or open_entry(state, event, now)


def review_or_enter(state: State, event: Event | None, now: Now) -> Step:
    """Go to the review; while a required value is missing, to where it is got instead."""
    missing = first_missing(state, now)
    if missing is None:
        return review_incomplete(state, event, now)
    return pick_or_enter(replace(state, selected=missing), event, now)


def review_incomplete(state: State, _event: Event | None, now: Now) -> Step:
    """Go to the review with what there is; what is missing stays missing, a cuff is stopped."""
    reviewed, stops = usable_inputs(state, now), aborts(state)
    # What is reviewed stands still, and nothing goes on of which the screen says nothing.
    notice = "The cuff was told to stop." if stops else ""
    state = replace(state, mode=Mode.REVIEW, reviewed=reviewed, notice=notice, selected=0)
    done = with_click(state)
    return replace(done, commands=(*done.commands, *stops))


def cancel(state: State, _event: Event | None, now: Now) -> Step:
    """Stop the cuff and ask once; at the second press forget the patient."""
    if state.cancel_armed_mono_s is None:
        stops = aborts(state)
        words = "Press [B] again to cancel. Nothing will be kept."
        if stops:
            words = f"The cuff was told to stop. {words}"
        done = with_click(replace(state, cancel_armed_mono_s=now.mono_s, notice=words))
        return replace(done, commands=(*done.commands, *stops))
    return with_click(replace(state, mode=Mode.IDLE, notice="Cancelled. Nothing was kept."))


def cancel_lapsed(state: State, now: Now) -> bool:
    """Whether the second press did not come in time."""
    armed = state.cancel_armed_mono_s
    return armed is not None and now.mono_s - armed >= state.timeouts.cancel_s


def disarm_cancel(state: State, _event: Event | None, _now: Now) -> Step:
    """Forget the first press."""
    return Step(replace(state, cancel_armed_mono_s=None, notice=""))


def forget_idle(state: State, _event: Event | None, _now: Now) -> Step:
    """Forget the patient because nobody touched a key."""
    words = "Cleared: no key was pressed. Nothing was kept."
    return Step(replace(state, mode=Mode.IDLE, notice=words))


def type_key_in(state: State, event: Event | None, _now: Now) -> Step:
    """Type, correct or choose."""
    if state.entry is None or not isinstance(event, KeyPressed):
        return Step(state)
    if event.key is Key.CLEAR and may_take_back(state):
        return _take_back(state)
    after = type_key(state.entry, event.key)
    if after == state.entry and event.key is not Key.CLEAR:
        return refuse_key(state)
    return with_click(replace(state, entry=after))


def may_take_back(state: State) -> bool:
    """Whether the entry is empty and a person gave the value that stands there."""
    entry, encounter = state.entry, state.encounter
    if entry is None or encounter is None or entry.text:
        return False
    return encounter.by_hand(entry.input.quantity)


def _take_back(state: State) -> Step:
    """Undo what a person typed, picked or accepted; the mark stays on its row."""
    if state.entry is None or state.encounter is None:
        return Step(state)
    encounter = state.encounter.without_by_hand(state.entry.input.quantity)
    words = "Taken back."
    state = replace(state, mode=Mode.COLLECT, entry=None, encounter=encounter, notice=words)
    return with_click(state)


def accept_entry(state: State, _event: Event | None, now: Now) -> Step:
    """Take the typed value, or say why not."""
    if state.entry is None or state.encounter is None:
        return Step(replace(state, mode=Mode.COLLECT))
    taken = accept(state.entry)
    if isinstance(taken, Entry):
        return refuse_key(replace(state, entry=taken))
    name = state.entry.input.quantity
    measurement = Measurement(
        name,
        taken,
        Status.VALID,
        KEYPAD,
        now.mono_s,
        now.utc_s,
        group=TYPED_TOGETHER if name in PRESSURES else "",
    )
    state = replace(state, encounter=state.encounter.accept(measurement))
    return leave_entry(state, None, now)


def leave_entry(state: State, _event: Event | None, now: Now) -> Step:
    """Go back to the inputs, with the mark on the first that is still missing."""
    missing = first_missing(state, now)
    selected = state.selected if missing is None else missing
    return with_click(replace(state, mode=Mode.COLLECT, entry=None, selected=selected))
