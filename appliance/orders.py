"""What may be ordered from an instrument that measures on command.

Source: IEC 80601-2-30 allows at most 300 mmHg in the cuff in normal use, 150 mmHg for
neonates; about 160 mmHg is a usual first inflation for adults (protocols/suntech_nibp).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Patient(StrEnum):
    """Whom the cuff is on: what the instrument is told before it inflates."""

    ADULT = "adult"
    CHILD = "child"
    NEONATE = "neonate"


HIGHEST_MMHG = {Patient.ADULT: 300, Patient.CHILD: 300, Patient.NEONATE: 150}
"""More than this in the cuff is a fault, whatever the instrument says."""

INFLATION_MMHG = {
    Patient.ADULT: (80, 280),
    Patient.CHILD: (60, 240),
    Patient.NEONATE: (40, 140),
}
"""First inflation that may be ordered: ours, inside the highest pressures above."""


@dataclass(frozen=True, slots=True)
class StartMeasuring:
    """Inflate the cuff and measure once.

    initial_inflation_mmhg: where to inflate to first; None leaves it to the instrument.
    Raises ValueError outside INFLATION_MMHG.
    """

    patient: Patient
    initial_inflation_mmhg: int | None = None

    def __post_init__(self) -> None:
        """Refuse an inflation that the patient must not bear."""
        low, high = INFLATION_MMHG[self.patient]
        mmhg = self.initial_inflation_mmhg
        if mmhg is not None and not low <= mmhg <= high:
            raise ValueError(
                f"initial inflation for {self.patient} must be {low} to {high} mmHg, not {mmhg}"
            )


@dataclass(frozen=True, slots=True)
class AbortMeasuring:
    """Empty the cuff, now, whatever is going on."""


Order = StartMeasuring | AbortMeasuring
