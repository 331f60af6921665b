"""The page on which a person judges a value that its instrument doubts, and its marks elsewhere."""

from __future__ import annotations

from appliance.clinical.measurement import Measurement
from appliance.clinical.quantities import QUANTITIES
from appliance.clock import Now
from appliance.presenting_words import clearing_words, source_words
from appliance.states import State
from appliance.views import InputRow, InputsView, KeyHint, RowState, Shown
from appliance.wording import staff_words, unit_words

WARNING = "Use it only if it fits the patient that you see."


def judge_view(state: State, now: Now) -> InputsView:
    """Return the page that shows one doubtful value with what speaks against it."""
    encounter, judging = state.encounter, state.judging
    if encounter is None or judging is None or judging.value is None:
        raise LookupError("no doubtful value is judged")
    quantity = QUANTITIES[judging.quantity]
    row = InputRow(
        quantity.label,
        unit_words(quantity.unit),
        RowState.DOUBTFUL,
        Shown(quantity.format(judging.value), encounter.tag),
        Shown(source_words(judging, now), encounter.tag),
        "",
    )
    # A row of its own, so that the words have room: whoever accepts must have read them.
    why = InputRow("Why", "", RowState.DOUBTFUL, None, None, staff_words(judging.reason))
    return InputsView(
        "judge-doubtful",
        "Use this doubtful value?",
        Shown(f"Patient {encounter.tag}", encounter.tag),
        (row, why),
        state.notice or clearing_words(state, now) or WARNING,
        (KeyHint("A", "use it"), KeyHint("C", "type it instead"), KeyHint("B", "do not use it")),
    )


def accepted_words(m: Measurement) -> str:
    """Say that a person took it against the doubt of its instrument; empty for any other."""
    return f"accepted by staff: {staff_words(m.accepted)}" if m.accepted else ""
