"""Actions that offer what devices have stored, and take what a person picks of it.

Nothing stored counts by itself: it is marked, looked at with its age, and confirmed to be of
the patient.  Hazards: H-04 another patient's value.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.acting import Step, first_missing, refuse_key, task_of, with_click
from appliance.clinical.stored import Offer, offers
from appliance.clock import Now
from appliance.events import Event, KeyPressed
from appliance.states import HELD_S, Entry, Mode, Picking, State

A_PAGE = 5
"""Offers that stand on the screen together; a digit marks one of them."""

TOO_OLD = "It is too old by now. Measure again."


def forget_waiting(state: State, now: Now) -> State:
    """Forget stored results for which nobody began an encounter in time."""
    if state.encounter is not None or not state.stored:
        return state
    kept = tuple(each for each in state.stored if each.measurement.age_s(now.mono_s) < HELD_S)
    return state if len(kept) == len(state.stored) else replace(state, stored=kept)


def waiting_offers(state: State, quantity: str, now: Now) -> tuple[tuple[Offer, ...], int]:
    """Return what may be picked for an input now, and how many more are too old."""
    if not state.stored:
        return (), 0
    found = offers(state.stored, quantity, task_of(state).quantities, now.mono_s)
    fresh = tuple(each for each in found if not each.is_too_old(now.mono_s))
    return fresh, len(found) - len(fresh)


def open_pick(state: State, now: Now) -> Step | None:
    """Open the page of the marked input's stored results; None when none may be picked."""
    asked = task_of(state).inputs[state.selected]
    fresh, too_old = waiting_offers(state, asked.quantity, now)
    if not fresh:
        return None
    picking = Picking(asked, fresh, 0, too_old)
    return with_click(replace(state, mode=Mode.PICK, picking=picking, notice=""))


def mark_next(state: State, _event: Event | None, _now: Now) -> Step:
    """Move the mark to the next offer; behind the last comes the first."""
    picking = _picking(state)
    marked = (picking.selected + 1) % len(picking.offers)
    return with_click(replace(state, picking=replace(picking, selected=marked), notice=""))


def mark_by_digit(state: State, event: Event | None, now: Now) -> Step:
    """Mark the offer with this number on the screen, and ask whose it is."""
    picking = _picking(state)
    digit = event.key.digit if isinstance(event, KeyPressed) else None
    first = picking.selected - picking.selected % A_PAGE
    if not digit or digit > min(A_PAGE, len(picking.offers) - first):
        return refuse_key(state)
    picking = replace(picking, selected=first + digit - 1)
    return ask_whose(replace(state, picking=picking), event, now)


def ask_whose(state: State, _event: Event | None, now: Now) -> Step:
    """Ask whether the marked one is of this patient; one that became too old is refused."""
    if marked_offer(state).is_too_old(now.mono_s):
        return refuse_key(replace(state, notice=TOO_OLD))
    return with_click(replace(state, mode=Mode.CONFIRM, notice=""))


def take(state: State, _event: Event | None, now: Now) -> Step:
    """Take the marked one as this patient's."""
    offer, encounter = marked_offer(state), state.encounter
    if offer.is_too_old(now.mono_s) or encounter is None:
        return refuse_key(replace(state, mode=Mode.PICK, notice=TOO_OLD))
    for result in offer.results:
        encounter = encounter.pick(result.picked())
    return leave(replace(state, encounter=encounter), None, now)


def not_this_one(state: State, _event: Event | None, _now: Now) -> Step:
    """Go back to the page: it is not of this patient."""
    return with_click(replace(state, mode=Mode.PICK, notice=""))


def type_instead(state: State, _event: Event | None, _now: Now) -> Step:
    """Open the empty entry of the same input."""
    entry = Entry(_picking(state).input)
    return with_click(replace(state, mode=Mode.ENTRY, picking=None, entry=entry, notice=""))


def leave(state: State, _event: Event | None, now: Now) -> Step:
    """Go back to the inputs, with the mark on the first that is still missing."""
    missing = first_missing(state, now)
    selected = state.selected if missing is None else missing
    state = replace(state, mode=Mode.COLLECT, picking=None, selected=selected, notice="")
    return with_click(state)


def marked_offer(state: State) -> Offer:
    """Return the marked offer.  Raises LookupError when nothing is offered."""
    picking = _picking(state)
    return picking.offers[picking.selected]


def _picking(state: State) -> Picking:
    if state.picking is None:
        raise LookupError("no stored results are offered")
    return state.picking
