"""The review: exactly the values that will be assessed, each with its repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from appliance.acting import task_of, usable_inputs
from appliance.clinical.encounter import Encounter
from appliance.clinical.measurement import Measurement
from appliance.clinical.quantities import QUANTITIES
from appliance.clinical.repeats import earlier
from appliance.clinical.task import Input
from appliance.clock import Now
from appliance.presenting_doubtful import accepted_words
from appliance.presenting_inputs import BY_HAND, empty_row, encounter_of, patient_of, value_row
from appliance.presenting_words import clearing_words
from appliance.states import State
from appliance.views import InputRow, InputsView, KeyHint, RowState, Shown

_WITHOUT = {
    "model": "Something is missing: red flags and rule only, no model answer.",
    "rule": "Something is missing: red flags only, no score.",
}
"""What follows when a task of each kind is asked with a value missing."""


def review_view(state: State, now: Now) -> InputsView:
    """Return the screen that shows exactly the values that will be assessed."""
    encounter, task = encounter_of(state), task_of(state)
    rows = tuple(
        replace(
            _reviewed_row(each, encounter, state.reviewed.get(each.quantity), now),
            selected=index == state.selected,
        )
        for index, each in enumerate(task.inputs)
    )
    newer = _newer(state, usable_inputs(state, now))
    notice = state.notice or clearing_words(state, now)
    if newer and not state.notice:
        notice = f"Newer reading: {', '.join(newer)}. [B] takes it in."
    elif any(row.state is RowState.MISSING for row in rows):
        notice = notice or _WITHOUT[task.kind]
    keys = (
        KeyHint("A", "these are right: answer"),
        KeyHint("D", "mark"),
        KeyHint("C", "measure again"),
        KeyHint("B", "back to change"),
    )
    title = "Check the values"
    return InputsView("review", title, patient_of(encounter), rows, notice, keys)


def _reviewed_row(
    each: Input, encounter: Encounter, reviewed: Measurement | None, now: Now
) -> InputRow:
    if reviewed is None or reviewed.encounter != encounter.tag:
        return empty_row(each, RowState.MISSING, each.how, selected=False)
    # Never live: it is held as it was when the review began.
    frozen = BY_HAND.get(reviewed.source.origin, RowState.TAKEN)
    frozen = RowState.ACCEPTED if reviewed.accepted else frozen
    row = value_row(each, reviewed, now, frozen, accepted_words(reviewed), selected=False)
    # What speaks against a value comes before what was there earlier.
    return row if row.hint else replace(row, earlier=_earlier(reviewed, encounter, now))


def _earlier(used: Measurement, encounter: Encounter, now: Now) -> Shown | None:
    """Return the repeats before the value, the oldest first, with their ages in minutes."""
    quantity = QUANTITIES[used.quantity]
    words = ", ".join(
        f"{quantity.format(m.value)} ({int(m.age_s(now.mono_s) // 60)} min)"
        for m in earlier(encounter.repeats, used)
        if m.value is not None
    )
    return Shown(f"earlier: {words}", encounter.tag) if words else None


def _newer(state: State, usable: Mapping[str, Measurement]) -> list[str]:
    return [
        QUANTITIES[name].label
        for name, m in usable.items()
        if (seen := state.reviewed.get(name)) is None or seen.value != m.value
    ]
