"""The screens on which a person picks what a device has stored: which one, and whose it is.

Every number on them is shown with its age by the device's own clock, or with what that clock
said, and nothing on them counts before it was confirmed.
"""

from __future__ import annotations

from appliance.actions_stored import A_PAGE, marked_offer
from appliance.clinical.measurement import Status
from appliance.clinical.quantities import QUANTITIES
from appliance.clinical.stored import Offer, StoredResult
from appliance.clock import Now
from appliance.presenting_words import age_words, clearing_words
from appliance.states import State
from appliance.views import ChooseView, InputRow, InputsView, KeyHint, Option, RowState, Shown
from appliance.wording import brief, staff_words, unit_words

NO_NUMBER = "no number"
CLOCK_OFF_S = 60.0
"""A device's clock that is less off is called right: it tells minutes."""


def pick_view(state: State, now: Now) -> ChooseView:
    """Return the page of the stored results of one input."""
    picking, encounter = state.picking, state.encounter
    if picking is None or encounter is None:
        raise LookupError("no stored results are offered")
    quantity, tag = picking.input.quantity, encounter.tag
    first = picking.selected - picking.selected % A_PAGE
    options = tuple(
        Option(
            str(index + 1),
            _value(_of(offer, quantity)),
            _note(offer, quantity, now),
            selected=first + index == picking.selected,
            tag=tag,
        )
        for index, offer in enumerate(picking.offers[first : first + A_PAGE])
    )
    keys = (
        KeyHint("A", "this one"),
        KeyHint("D", "next"),
        KeyHint("C", "type it instead"),
        KeyHint("B", "back"),
    )
    return ChooseView(
        f"{QUANTITIES[quantity].label}: stored",
        options,
        keys,
        state.notice or clearing_words(state, now) or _count_words(state, first),
        "pick-stored",
        patient=Shown(f"Patient {tag}", tag),
    )


def confirm_view(state: State, now: Now) -> InputsView:
    """Return the page that asks whether the marked one is of this patient."""
    encounter = state.encounter
    if encounter is None:
        raise LookupError("no encounter is open")
    rows = tuple(_row(each, state, encounter.tag, now) for each in marked_offer(state).results)
    warning = "Take it only if you know that it was measured on this patient."
    return InputsView(
        "confirm-stored",
        "Is it of this patient?",
        Shown(f"Patient {encounter.tag}", encounter.tag),
        rows,
        state.notice or clearing_words(state, now) or warning,
        (KeyHint("A", "yes, of this patient"), KeyHint("B", "no")),
    )


def _count_words(state: State, first: int) -> str:
    picking = state.picking
    if picking is None:
        return ""
    last = min(first + A_PAGE, len(picking.offers))
    words = "Of whom they are is not known."
    if len(picking.offers) > A_PAGE:
        words = f"{first + 1} to {last} of {len(picking.offers)}. {words}"
    return f"{words} {picking.too_old} more are too old." if picking.too_old else words


def _row(result: StoredResult, state: State, tag: int, now: Now) -> InputRow:
    m = result.measurement
    quantity = QUANTITIES[m.quantity]
    value = None if m.value is None else Shown(quantity.format(m.value), tag)
    return InputRow(
        quantity.label,
        unit_words(quantity.unit),
        RowState.STORED,
        value,
        Shown(f"{_age(result, now)}, {result.instrument}", tag),
        _doubt(result) or clock_words(result, state.utc_offset_min),
    )


def clock_words(result: StoredResult, utc_offset_min: int) -> str:
    """Say how far the device's clock is off ours; empty where that is not known."""
    if result.clock_ahead_of_utc_s is None:
        return ""
    ahead_s = result.clock_ahead_of_utc_s - utc_offset_min * 60
    if abs(ahead_s) < CLOCK_OFF_S:
        return "its clock is right"
    way = "ahead of" if ahead_s > 0 else "behind"
    return f"its clock is {_span(abs(ahead_s))} {way} ours"


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} days"


def _of(offer: Offer, quantity: str) -> StoredResult:
    return offer.of(quantity) or offer.first


def _value(result: StoredResult) -> str:
    m = result.measurement
    if m.value is None:
        return NO_NUMBER
    quantity = QUANTITIES[m.quantity]
    return f"{quantity.format(m.value)} {unit_words(quantity.unit)}".rstrip()


def _note(offer: Offer, quantity: str, now: Now) -> str:
    """Say how old it is, where it comes from, and what was measured with it."""
    result = _of(offer, quantity)
    others = [
        f"{QUANTITIES[each.measurement.quantity].label} {_value(each)}"
        for each in offer.results
        if each is not result
    ]
    parts = (_age(result, now), _doubt(result), result.instrument, *others)
    return ", ".join(filter(None, parts))


def _doubt(result: StoredResult) -> str:
    m = result.measurement
    return "" if m.status is Status.VALID else brief(staff_words(m.reason), 60)


def _age(result: StoredResult, now: Now) -> str:
    age_s = result.age_s(now.mono_s)
    if age_s is not None:
        return f"{age_words(age_s)} by its own clock"
    if result.device_time:
        moment = result.device_time.replace("T", " ")[:16]
        return f"its clock said {moment}, age not known"
    return f"read {age_words(result.measurement.age_s(now.mono_s))}, age not known"
