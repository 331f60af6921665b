"""What screens say of instruments: those that the settings name, and others that were found.

An instrument that the settings do not name is offered by name, with where it is plugged in; it
is never used, and nothing that it measures is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from appliance.events import LinkState, MeasuringPhase, PortOffer
from appliance.states import State
from appliance.views import Condition
from appliance.wording import brief

OFFERS = 2
"""Offers that the ready screen gives a row; instruments in use need the others."""
LONGEST_PLACE = 60
LONGEST_WORDS = 70
NOT_USED = "not used: the settings do not name it"


def link_conditions(state: State) -> list[Condition]:
    """Return what the ready screen reports of each instrument of the settings."""
    return [_link_condition(state, name) for name in sorted(state.links)]


def _link_condition(state: State, name: str) -> Condition:
    link, measuring = state.links[name], state.measuring.get(name)
    if measuring is not None and measuring.phase is MeasuringPhase.ABORTING:
        return Condition(name, measuring.words or measuring.phase.value, well=False)
    if note := state.notes.get(name):
        return Condition(name, note, well=False)
    waiting = sum(each.instrument == name for each in state.stored)
    if waiting:
        return Condition(name, f"holds {waiting} stored: begin with the patient", well=True)
    return Condition(name, link.value, link is LinkState.SPEAKING)


def offer_conditions(offers: Sequence[PortOffer]) -> list[Condition]:
    """Return what the ready screen reports of instruments that the settings do not name."""
    speaking = _speaking(offers)
    shown = [
        Condition("Not in the settings", f"{_who(each)}, {NOT_USED}", well=False)
        for each in speaking[:OFFERS]
    ]
    if more := len(speaking) - len(shown):
        words = f"{more} more, not used. Press [#] for all."
        shown.append(Condition("Not in the settings", words, well=False))
    return shown


def offer_lines(offers: Sequence[PortOffer]) -> list[str]:
    """Return what the page about the appliance says of them: who, where, under which protocol."""
    return [
        f"Not in the settings: {_who(each)}"
        f"{f' (protocol {each.protocol})' if each.protocol else ''}"
        f" on {brief(each.identity, LONGEST_PLACE)}."
        for each in _speaking(offers)
    ]


def _speaking(offers: Sequence[PortOffer]) -> list[PortOffer]:
    # Where nothing speaks there may be a modem or a spare cable: that is for the status alone.
    return [each for each in offers if each.protocol or each.speaks]


def _who(offer: PortOffer) -> str:
    return brief(offer.words, LONGEST_WORDS)
