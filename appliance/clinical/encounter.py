"""One patient's stay in front of the appliance, and which of its values count.

An encounter starts empty and takes only measurements received after it began.  It keeps,
for each quantity and source, the newest measurement and the newest valid one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from appliance.clinical.measurement import Measurement, Status
from appliance.clinical.quantities import PRESSURES

ByQuantityAndSource = Mapping[tuple[str, str], Measurement]


def _nothing() -> ByQuantityAndSource:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Encounter:
    """The measurements of one patient for one task.

    tag: number of this encounter, never used twice while the daemon lives.
    started_mono_s: measurements received before this belong to somebody else.
    """

    tag: int
    task: str
    started_mono_s: float
    newest: ByQuantityAndSource = field(default_factory=_nothing)
    newest_valid: ByQuantityAndSource = field(default_factory=_nothing)

    def accept(self, measurement: Measurement) -> Encounter:
        """Return the encounter with this measurement in it, marked as its own.

        A measurement received before the encounter began, or marked with another
        encounter's tag, is another patient's: the encounter is returned unchanged.
        """
        if measurement.received_mono_s < self.started_mono_s:
            return self
        if measurement.encounter not in (None, self.tag):
            return self
        mine = replace(measurement, encounter=self.tag)
        key = (mine.quantity, mine.source.name)
        newest = MappingProxyType({**self.newest, key: mine})
        valid = self.newest_valid
        if mine.status is Status.VALID:
            valid = MappingProxyType({**valid, key: mine})
        return replace(self, newest=newest, newest_valid=valid)

    def latest(self, quantity: str) -> Measurement | None:
        """Return the newest measurement of the quantity from any source, valid or not."""
        return _freshest(m for (name, _), m in self.newest.items() if name == quantity)

    def usable(self, quantity: str, now_mono_s: float) -> Measurement | None:
        """Return what an assessment would use now, or None.

        Of two sources the one received last wins: so a fresher valid reading of an
        instrument replaces a typed value, unless somebody typed after it.  A reading
        that is missing or doubtful replaces nothing.
        """
        return _freshest(
            m
            for (name, _), m in self.newest_valid.items()
            if name == quantity and m.is_usable(now_mono_s)
        )


def _freshest(measurements: Iterable[Measurement]) -> Measurement | None:
    return max(measurements, key=lambda m: m.received_mono_s, default=None)


def select_inputs(
    encounter: Encounter, quantities: Iterable[str], now_mono_s: float
) -> Mapping[str, Measurement]:
    """Return the usable measurement of each quantity; what has none is not in the answer.

    Pressures are taken from one reading only: the source and group of the newest of them
    decide, and a pressure of another reading is left out rather than mixed in.
    """
    chosen = {
        quantity: found
        for quantity in quantities
        if (found := encounter.usable(quantity, now_mono_s)) is not None
    }
    pressures = [chosen[name] for name in PRESSURES & chosen.keys()]
    if pressures:
        lead = max(pressures, key=lambda m: (m.received_mono_s, m.quantity))
        for mine in pressures:
            if (mine.source, mine.group) != (lead.source, lead.group):
                del chosen[mine.quantity]
    systolic, diastolic = chosen.get("systolic_mmhg"), chosen.get("diastolic_mmhg")
    if systolic is not None and diastolic is not None and not _below(diastolic, systolic):
        del chosen["systolic_mmhg"], chosen["diastolic_mmhg"]
    return MappingProxyType(chosen)


def _below(diastolic: Measurement, systolic: Measurement) -> bool:
    low, high = diastolic.value, systolic.value
    return isinstance(low, float | int) and isinstance(high, float | int) and low < high
