"""Results that a device kept: measured some time ago, and nobody knows on whom.

They are never measurements of an encounter by themselves: a person picks the one that belongs
to the patient, by its time and value.  Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from appliance.clinical.measurement import Dating, Measurement, Origin
from appliance.clinical.quantities import QUANTITIES

OLDEST_S = 60 * 60.0
"""No stored result is offered beyond this, whatever its quantity: the older it is, the likelier
it is another person's.  Source: DESIGN section 5, the longest time of use that is not a whole
encounter (glucose)."""

MOST_WAITING = 1000
"""Results that wait at the same time; the oldest arrivals give way.  A meter holds 500."""


@dataclass(frozen=True, slots=True)
class StoredResult:
    """One result with everything that helps a person to know it again.

    measurement: the value, or why there is none (HI, LO, a text); its receipt is the moment
    of the download, not of the test.  device_time: when it was measured by the device's own
    clock (ISO, no zone), empty if unknown.  age_at_receipt_s: how old it was at the download
    by that same clock, so that a wrong clock does not matter; None if unknown, negative if
    the clock was set back.  clock_ahead_of_utc_s: how far the device's clock was ahead of
    ours in UTC (time zone included); None while ours is not trusted or theirs not known.
    device: which one, as it names itself.
    """

    measurement: Measurement
    device_time: str = ""
    age_at_receipt_s: float | None = None
    clock_ahead_of_utc_s: float | None = None
    device: str = ""

    @property
    def instrument(self) -> str:
        """Name of the instrument that handed it over."""
        return self.measurement.source.name

    def age_s(self, now_mono_s: float) -> float | None:
        """Seconds since it was measured by the device's clock; None if unknown.

        A result from the device's future says that its clock was set: its age is not known.
        """
        if self.age_at_receipt_s is None or self.age_at_receipt_s < 0:
            return None
        return self.age_at_receipt_s + self.measurement.age_s(now_mono_s)

    def is_too_old(self, now_mono_s: float) -> bool:
        """Whether it may not be picked any more; of unknown age, as old as its receipt at least."""
        usable_for_s = QUANTITIES[self.measurement.quantity].usable_for_s
        limit_s = OLDEST_S if usable_for_s is None else min(OLDEST_S, usable_for_s)
        age_s = self.age_s(now_mono_s)
        at_least_s = self.measurement.age_s(now_mono_s) if age_s is None else age_s
        return at_least_s >= limit_s

    def picked(self) -> Measurement:
        """Return it as a measurement that a person picked, dated to when it was measured.

        Of unknown age, it is dated to its receipt and says so.
        """
        m = self.measurement
        source = replace(m.source, origin=Origin.STORED)
        age_s = self.age_s(m.received_mono_s)
        if age_s is None:
            return replace(m, source=source, dating=Dating.UNKNOWN)
        utc_s = None if m.received_utc_s is None else m.received_utc_s - age_s
        return replace(
            m,
            source=source,
            received_mono_s=m.received_mono_s - age_s,
            received_utc_s=utc_s,
            dating=Dating.DEVICE_CLOCK,
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What a device measured together: one result, or those of one reading.  Never empty."""

    results: tuple[StoredResult, ...]

    @property
    def first(self) -> StoredResult:
        """The result that speaks for all in what it says of time and device."""
        return self.results[0]

    def of(self, quantity: str) -> StoredResult | None:
        """Return its result of this quantity."""
        return next((r for r in self.results if r.measurement.quantity == quantity), None)

    def is_too_old(self, now_mono_s: float) -> bool:
        """Whether any of it is."""
        return any(each.is_too_old(now_mono_s) for each in self.results)


def offers(
    waiting: Iterable[StoredResult], quantity: str, among: Collection[str], now_mono_s: float
) -> tuple[Offer, ...]:
    """Return what is offered for a quantity: the youngest first, of unknown age last.

    among: the quantities that are asked; others are not shown.  Too old ones are in it.
    """
    together: dict[tuple[object, ...], list[list[StoredResult]]] = {}
    for result in waiting:
        m = result.measurement
        if m.quantity in among:
            key = (result.instrument, result.device, result.device_time, m.received_mono_s, m.group)
            _put(result, together.setdefault(key, []))
    found = [Offer(tuple(each)) for readings in together.values() for each in readings]
    asked = [each for each in found if each.of(quantity) is not None]
    return tuple(sorted(asked, key=lambda each: _unknown_last(each, now_mono_s)))


def _put(result: StoredResult, readings: list[list[StoredResult]]) -> None:
    """Add it to the reading that it belongs to, or as one of its own.

    Two results of one quantity are never of one reading, whatever the device says.
    """
    m = result.measurement
    for reading in readings:
        if m.group and all(each.measurement.quantity != m.quantity for each in reading):
            reading.append(result)
            return
    readings.append([result])


def with_arrivals(
    waiting: Sequence[StoredResult], arrived: Sequence[StoredResult]
) -> tuple[StoredResult, ...]:
    """Return what waits now; a result that a device hands over again takes its own place."""
    again = {_same(each) for each in arrived if each.device_time}
    kept = [each for each in waiting if not each.device_time or _same(each) not in again]
    return (*arrived, *kept)[:MOST_WAITING]


def _same(result: StoredResult) -> tuple[object, ...]:
    m = result.measurement
    return (result.instrument, result.device, result.device_time, m.quantity, m.value, m.status)


def _unknown_last(offer: Offer, now_mono_s: float) -> tuple[bool, float]:
    age_s = offer.first.age_s(now_mono_s)
    return age_s is None, age_s or 0.0
