"""A result that a device kept: measured some time ago, and nobody knows on whom.

It is never a measurement of an encounter by itself: a person picks the one that belongs to
the patient, by its time and value.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.clinical.measurement import Measurement


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

    def age_s(self, now_mono_s: float) -> float | None:
        """Seconds since it was measured by the device's clock; None if unknown."""
        if self.age_at_receipt_s is None:
            return None
        return self.age_at_receipt_s + self.measurement.age_s(now_mono_s)
