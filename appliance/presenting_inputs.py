"""The screens on which values are collected, typed and reviewed.

Ages are computed from the monotonic clock at the moment of drawing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from appliance.acting import first_missing, task_of, usable_inputs
from appliance.actions_collect import may_take_back
from appliance.actions_cuff import ACTIVE, phase_of
from appliance.actions_doubtful import doubtful_of
from appliance.actions_stored import waiting_offers
from appliance.clinical.encounter import Encounter, contradicts_itself
from appliance.clinical.measurement import Measurement, Origin, Status
from appliance.clinical.quantities import PRESSURES, QUANTITIES
from appliance.clinical.task import Input
from appliance.clock import Now
from appliance.events import LinkState, MeasuringPhase
from appliance.presenting_doubtful import accepted_words
from appliance.presenting_words import clearing_words, source_words
from appliance.states import State
from appliance.typing_in import limits_in_words
from appliance.views import EntryView, InputRow, InputsView, KeyHint, Option, RowState, Shown
from appliance.wording import staff_words, unit_words

BY_HAND = MappingProxyType({Origin.TYPED: RowState.TYPED, Origin.STORED: RowState.PICKED})


def collect_view(state: State, now: Now) -> InputsView:
    """Return the screen on which instruments fill in values and staff type the rest."""
    encounter, task = encounter_of(state), task_of(state)
    usable = usable_inputs(state, now)
    rows = tuple(
        _cuff_row(each, state, usable, now, selected=index == state.selected)
        or _row(each, state, usable.get(each.quantity), now, selected=index == state.selected)
        for index, each in enumerate(task.inputs)
    )
    missing = first_missing(state, now)
    keys = [
        KeyHint("A", "review" if missing is None else _get(state, missing, now)),
        KeyHint("D", "next row"),
        KeyHint("C", _change(state, now)),
        *_cuff_hints(state),
    ]
    keys.append(KeyHint("B", "cancel"))
    said = (
        state.notice, clearing_words(state, now), _failed_words(state), _note_words(state),
        _link_words(state), _emptying_words(state),
    )  # fmt: skip
    notice = next(filter(None, said), "")
    return InputsView("collect", task.title, patient_of(encounter), rows, notice, tuple(keys))


def entry_view(state: State, now: Now) -> EntryView:
    """Return the screen on which one value is typed."""
    encounter, entry = encounter_of(state), state.entry
    if entry is None:
        raise LookupError("no entry is open")
    quantity = QUANTITIES[entry.input.quantity]
    options = tuple(
        Option(str(index + 1), choice, "", selected=choice == entry.text)
        for index, choice in enumerate(quantity.choices)
    )
    correct = "take back" if may_take_back(state) else "correct"
    keys = [KeyHint("A", "accept again" if entry.asks_again else "accept"), KeyHint("C", correct)]
    if quantity.decimals:
        keys.append(KeyHint("*", "point"))
    if quantity.choices:
        keys.append(KeyHint("D", "next"))
    keys.append(KeyHint("B", "back"))
    return EntryView(
        quantity.label,
        unit_words(quantity.unit),
        Shown(entry.text, encounter.tag),
        limits_in_words(quantity),
        options,
        state.notice or entry.message or clearing_words(state, now),
        entry.asks_again,
        tuple(keys),
    )


def _row(
    each: Input, state: State, usable: Measurement | None, now: Now, *, selected: bool
) -> InputRow:
    stored = _stored_hint(each, state, now)
    if usable is not None:
        hint = accepted_words(usable) or _since(usable, state) or stored
        return value_row(each, usable, now, _state_of(usable, state, now), hint, selected=selected)
    latest = encounter_of(state).latest(each.quantity)
    if latest is None:
        return empty_row(each, RowState.MISSING, stored or each.how, selected=selected)
    if latest.status is Status.MISSING:
        note = state.notes.get(latest.source.name, "")
        hint = f"{latest.source.name}: {staff_words(latest.reason)}. {note}".rstrip(". ")
        return empty_row(each, RowState.MISSING, hint, selected=selected)
    if latest.age_s(now.mono_s) >= (QUANTITIES[each.quantity].usable_for_s or math.inf):
        return empty_row(each, RowState.EXPIRED, stored or "measure again", selected=selected)
    if latest.status is Status.DOUBTFUL:
        hint = f"not used: {staff_words(latest.reason)}"
        return value_row(each, latest, now, RowState.DOUBTFUL, hint, selected=selected)
    if contradicts_itself(encounter_of(state), latest):
        hint = "not used: pressures in wrong order"
        return value_row(each, latest, now, RowState.DOUBTFUL, hint, selected=selected)
    hint = "not of the same reading as the other pressure: type it, or measure both again"
    return empty_row(each, RowState.MISSING, hint, selected=selected)


def _since(usable: Measurement, state: State) -> str:
    """Say what came after the value that is used, and was not used."""
    latest = encounter_of(state).latest(usable.quantity)
    if latest is None or latest.received_mono_s <= usable.received_mono_s:
        return ""
    if latest.status is Status.DOUBTFUL:
        return f"newer one not used: {staff_words(latest.reason)}"
    if latest.status is Status.MISSING and latest.source == usable.source:
        return f"since then: {staff_words(latest.reason)}"
    return ""


def _cuff_hints(state: State) -> list[KeyHint]:
    if not state.commanded:
        return []
    name = state.commanded[0]
    return [KeyHint("*", f"stop {name}" if phase_of(state, name) in ACTIVE else f"start {name}")]


def _cuff_row(
    each: Input, state: State, usable: Mapping[str, Measurement], now: Now, *, selected: bool
) -> InputRow | None:
    """Return the row of a pressure while its cuff measures; None at any other time.

    While the cuff only empties, a value that would be used is shown.
    """
    if each.quantity not in PRESSURES or not state.commanded:
        return None
    name, encounter = state.commanded[0], encounter_of(state)
    phase = phase_of(state, name)
    if phase not in ACTIVE and (phase is not MeasuringPhase.ABORTING or each.quantity in usable):
        return None
    way = RowState.MISSING if phase is MeasuringPhase.ABORTING else RowState.MEASURING
    words = state.measuring[name].words if phase is MeasuringPhase.ABORTING else ""
    row = empty_row(each, way, words or phase.value, selected=selected)
    cuff = encounter.latest("cuff_pressure_mmhg")
    if cuff is None or cuff.value is None or not cuff.is_live(now.mono_s):
        return row
    pressure = f"{QUANTITIES[cuff.quantity].format(cuff.value)} mmHg in the {name}"
    return replace(row, detail=Shown(pressure, encounter.tag))


def _state_of(measurement: Measurement, state: State, now: Now) -> RowState:
    """Return how a value came; live only while its instrument stands by it."""
    source = measurement.source
    if measurement.accepted:
        return RowState.ACCEPTED
    if source.origin in BY_HAND:
        return BY_HAND[source.origin]
    heard = state.links.get(source.name, LinkState.SPEAKING) is LinkState.SPEAKING
    newest = encounter_of(state).newest.get((measurement.quantity, source.name))
    live = measurement.is_live(now.mono_s) and heard and newest == measurement
    return RowState.LIVE if live else RowState.TAKEN


def value_row(
    each: Input, m: Measurement, now: Now, state: RowState, hint: str, *, selected: bool
) -> InputRow:
    """Return the row of a value, with its age and source."""
    if m.value is None or m.encounter is None:
        return empty_row(each, RowState.MISSING, hint, selected=selected)
    quantity = QUANTITIES[each.quantity]
    return InputRow(
        quantity.label,
        unit_words(quantity.unit),
        state,
        Shown(quantity.format(m.value), m.encounter),
        Shown(source_words(m, now), m.encounter),
        hint,
        selected,
    )


def empty_row(each: Input, state: RowState, hint: str, *, selected: bool) -> InputRow:
    """Return the row of an input without a value, and how to get one."""
    quantity = QUANTITIES[each.quantity]
    return InputRow(quantity.label, unit_words(quantity.unit), state, None, None, hint, selected)


def _failed_words(state: State) -> str:
    """Return what a measurement that failed wants of staff."""
    return " ".join(
        f"{name}: {known.failure}"
        for name, known in state.measuring.items()
        if known.failure
        and known.phase not in ACTIVE
        and not known.urgent
        and known.encounter in (None, encounter_of(state).tag)
    )


def _emptying_words(state: State) -> str:
    """Return what is said of a cuff that is being emptied."""
    return " ".join(
        f"{name}: {known.words}"
        for name, known in state.measuring.items()
        if known.phase is MeasuringPhase.ABORTING and known.words and not known.urgent
    )


def _note_words(state: State) -> str:
    """Return what instruments say of themselves."""
    return " ".join(f"{name}: {words}" for name, words in sorted(state.notes.items()))


def _can_pick(state: State, index: int, now: Now) -> bool:
    return bool(waiting_offers(state, task_of(state).inputs[index].quantity, now)[0])


def _change(state: State, now: Now) -> str:
    """Say what the key that changes the marked row does."""
    if _can_pick(state, state.selected, now):
        return "pick"
    return "judge" if doubtful_of(state, state.selected, now) is not None else "change"


def _get(state: State, missing: int, now: Now) -> str:
    """Say how the first missing value is got."""
    return "pick the stored" if _can_pick(state, missing, now) else "type the missing"


def _stored_hint(each: Input, state: State, now: Now) -> str:
    """Say how many stored results wait for this input; empty for none."""
    fresh, too_old = waiting_offers(state, each.quantity, now)
    if fresh:
        return f"{len(fresh)} stored, of whom is not known: [C] to pick"
    return f"{too_old} stored, too old: measure again" if too_old else ""


def _link_words(state: State) -> str:
    lost = sorted(n for n, link in state.links.items() if link is not LinkState.SPEAKING)
    return f"Not heard: {', '.join(lost)}" if lost else ""


def patient_of(encounter: Encounter) -> Shown:
    """Return whose screen it is."""
    return Shown(f"Patient {encounter.tag}", encounter.tag)


def encounter_of(state: State) -> Encounter:
    """Return the present encounter; raise LookupError outside one."""
    if state.encounter is None:
        raise LookupError("no encounter is open")
    return state.encounter
