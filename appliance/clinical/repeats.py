"""Which of a patient's values are kept as repeats, so that a change within a stay can be seen.

They are shown beside the value that counts and are never assessed.  They go with the encounter.
"""

from __future__ import annotations

from collections.abc import Sequence

from appliance.clinical.measurement import Measurement, Origin, Status
from appliance.clinical.quantities import NEVER_S, QUANTITIES

APART_S = 60.0
"""Readings nearer than this are one: a stream, or a slip of the finger mended.  Ours: a cuff
needs about as long from one reading to the next."""
MOST = 4
"""Kept of each quantity; the oldest goes first.  Ours: what a row has room for."""

Repeats = tuple[Measurement, ...]


def with_repeat(kept: Repeats, m: Measurement) -> Repeats:
    """Return the repeats with this measurement among them, if it is one."""
    quantity = QUANTITIES[m.quantity]
    if m.status is not Status.VALID or not quantity.is_number or quantity.usable_for_s == NEVER_S:
        return kept
    own = [each for each in kept if each.quantity == m.quantity]
    if own and m.received_mono_s - own[-1].received_mono_s < APART_S:
        if m.source.origin is Origin.INSTRUMENT:
            return kept
        own.pop()
    others = tuple(each for each in kept if each.quantity != m.quantity)
    return (*others, *own[-(MOST - 1) :], m)


def earlier(kept: Sequence[Measurement], used: Measurement) -> Repeats:
    """Return the repeats of a value's quantity before it, the oldest first."""
    return tuple(
        each
        for each in kept
        if each.quantity == used.quantity and used.received_mono_s - each.received_mono_s >= APART_S
    )
