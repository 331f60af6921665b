"""How the simulated instruments of one protocol are made, set and broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.clock import Clock
from hw_mocks.instruments.board import Board
from hw_mocks.ports import SimulatedPort


@dataclass(frozen=True, slots=True)
class Kind:
    """One protocol.

    fields: what `set` may set, quantity to the board's own name for it.
    faults: what `fault` may name; "none" makes it well again.
    """

    make: Callable[[str, SimulatedPort, Clock, int], Board]
    fields: Mapping[str, str]
    faults: Mapping[str, Mapping[str, object]]
