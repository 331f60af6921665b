"""The electricity of a key matrix: which wires hang together through closed switches.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from appliance.panel.keypad import Switch

Wire = tuple[str, int]
"""One wire of the pad: ("row", number) or ("column", number)."""


def joined_to(wire: Wire, closed: Iterable[Switch]) -> frozenset[Wire]:
    """Return every wire connected to this one, itself included.

    Current flows through a closed switch both ways, so three closed corners of a rectangle
    join its fourth row and column too: that is what a ghost key is.
    """
    switches = tuple(closed)
    joined = {wire}
    grown = True
    while grown:
        grown = False
        for row, column in switches:
            ends: set[Wire] = {("row", row), ("column", column)}
            if joined & ends and not ends <= joined:
                joined |= ends
                grown = True
    return frozenset(joined)


@lru_cache(maxsize=256)  # asked at every move of a pin, with few different answers
def low_wires(driven_low: frozenset[Wire], closed: frozenset[Switch]) -> frozenset[Wire]:
    """Return the wires that are low when these are driven low."""
    return frozenset(low for wire in driven_low for low in joined_to(wire, closed))


def shorted(driven: frozenset[Wire], closed: frozenset[Switch]) -> bool:
    """Return whether two of the driven wires are joined."""
    return any(len(joined_to(wire, closed) & driven) > 1 for wire in driven)
