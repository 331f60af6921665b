"""One patient's stay in front of the appliance, and which of its values count.

An encounter starts empty and takes only measurements received after it began, and results
that a person picked for it out of those that a device kept.  It keeps, for each quantity and
source, the newest measurement and the newest valid one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType

from appliance.clinical.measurement import Measurement, Origin, Status
from appliance.clinical.quantities import PRESSURES, RISING_PRESSURES
from appliance.clinical.repeats import Repeats, with_repeat

ByQuantityAndSource = Mapping[tuple[str, str], Measurement]


def _nothing() -> ByQuantityAndSource:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Encounter:
    """The measurements of one patient for one task.

    tag: number of this encounter, never used twice while the daemon lives.
    started_mono_s: measurements received before this belong to somebody else.
    repeats: earlier values, to be looked at and never assessed.
    """

    tag: int
    task: str
    started_mono_s: float
    newest: ByQuantityAndSource = field(default_factory=_nothing)
    newest_valid: ByQuantityAndSource = field(default_factory=_nothing)
    repeats: Repeats = ()

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
        repeats = with_repeat(self.repeats, mine)
        return replace(self, newest=newest, newest_valid=valid, repeats=repeats)

    def pick(self, measurement: Measurement) -> Encounter:
        """Return the encounter with a result in it that a person picked as this patient's.

        It was measured before, often before the encounter began.  What stood for its quantity
        gives way, as it does to a typed value; what comes later replaces it as usual.
        """
        mine = replace(measurement, encounter=self.tag)
        own = {(mine.quantity, mine.source.name): mine}

        def others(each: ByQuantityAndSource) -> dict[tuple[str, str], Measurement]:
            return {key: m for key, m in each.items() if key[0] != mine.quantity}

        newest = MappingProxyType({**others(self.newest), **own})
        counts = own if mine.status is Status.VALID else {}
        valid = MappingProxyType({**others(self.newest_valid), **counts})
        return replace(self, newest=newest, newest_valid=valid)

    def without_by_hand(self, quantity: str) -> Encounter:
        """Return the encounter without the value that a person typed, picked or accepted.

        What instruments have reported since counts again.  Pressures that were typed together
        belong to one reading: they go together.
        """
        gone = {
            key
            for key, m in self.newest_valid.items()
            if _same_reading(key[0], quantity) and _by_hand(m)
        }
        mended = tuple(
            m for m in self.repeats if not (_same_reading(m.quantity, quantity) and _by_hand(m))
        )
        return replace(self._without(gone), repeats=mended)

    def without(self, quantity: str) -> Encounter:
        """Return the encounter in which nothing stands for a quantity, to measure it again.

        Pressures belong to one reading: they go together.  It stays among the repeats.
        """
        return self._without({key for key in self.newest if _same_reading(key[0], quantity)})

    def by_hand(self, quantity: str) -> bool:
        """Whether a person gave a value of the quantity."""
        return any(key[0] == quantity and _by_hand(m) for key, m in self.newest_valid.items())

    def _without(self, gone: Collection[tuple[str, str]]) -> Encounter:
        def rest(each: ByQuantityAndSource) -> ByQuantityAndSource:
            return MappingProxyType({key: m for key, m in each.items() if key not in gone})

        return replace(self, newest=rest(self.newest), newest_valid=rest(self.newest_valid))

    def accept_doubtful(self, measurement: Measurement) -> Encounter:
        """Return the encounter in which this doubtful value of its own counts: a person says so.

        It keeps its age.  A valid value of the same source that came after it still wins.
        """
        key = (measurement.quantity, measurement.source.name)
        valid = self.newest_valid.get(key)
        later = valid is not None and valid.received_mono_s > measurement.received_mono_s
        if measurement.encounter != self.tag or later:
            return self
        mine = measurement.accepted_by_person()
        # Where another reading has come since, that one stays the newest.
        newest = {**self.newest, key: mine} if self.newest.get(key) == measurement else self.newest
        return replace(
            self,
            newest=MappingProxyType(dict(newest)),
            newest_valid=MappingProxyType({**self.newest_valid, key: mine}),
        )

    def acceptable(self, quantity: str, now_mono_s: float) -> Measurement | None:
        """Return the doubtful value that a person may accept for a quantity now, or None.

        Only the newest reading, and never one that contradicts its other pressures or is too
        old.
        """
        latest = self.latest(quantity)
        if latest is None or latest.status is not Status.DOUBTFUL:
            return None
        if contradicts_itself(self, latest):
            return None
        return latest if latest.accepted_by_person().is_usable(now_mono_s) else None

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


def _by_hand(m: Measurement) -> bool:
    return m.source.origin is not Origin.INSTRUMENT or bool(m.accepted)


def _same_reading(one: str, other: str) -> bool:
    return one == other or (one in PRESSURES and other in PRESSURES)


def _freshest(measurements: Iterable[Measurement]) -> Measurement | None:
    return max(measurements, key=lambda m: m.received_mono_s, default=None)


def select_inputs(
    encounter: Encounter, quantities: Iterable[str], now_mono_s: float
) -> Mapping[str, Measurement]:
    """Return the usable measurement of each quantity; what has none is not in the answer.

    Pressures are taken from one reading only: the source and group of the newest of them
    decide, and a pressure of another reading is left out rather than mixed in.  A reading
    that contradicts itself gives none.
    """
    chosen = {
        quantity: found
        for quantity in quantities
        if (found := encounter.usable(quantity, now_mono_s)) is not None
    }
    pressures = [chosen[name] for name in PRESSURES & chosen.keys()]
    if pressures:
        lead = max(pressures, key=lambda m: (m.received_mono_s, m.quantity))
        contradicts = contradicts_itself(encounter, lead)
        for mine in pressures:
            if contradicts or (mine.source, mine.group) != (lead.source, lead.group):
                del chosen[mine.quantity]
    return MappingProxyType(chosen)


def contradicts_itself(encounter: Encounter, pressure: Measurement) -> bool:
    """Whether the reading that this pressure belongs to has its pressures in the wrong order.

    Doubtful ones count here: a decoder that finds the contradiction can only doubt the
    pressure that came last, and the one before it is no better.
    """
    rising = [
        m.value
        for name in RISING_PRESSURES
        if (m := encounter.newest.get((name, pressure.source.name))) is not None
        and (m.source, m.group) == (pressure.source, pressure.group)
        and isinstance(m.value, float | int)
    ]
    return any(not low < high for low, high in pairwise(rising))
