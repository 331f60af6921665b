"""An assessment with the values it rests on and the moment at which it is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.clinical.assessment import Assessment
from appliance.clinical.measurement import Measurement
from appliance.clinical.task import Task


@dataclass(frozen=True, slots=True)
class Result:
    """What the screen shows of one assessment.

    encounter: tag of the encounter whose reviewed values it rests on.
    used: those values, by quantity.  valid_until_mono_s: withdrawn from then on; the end of
    the task's own validity or the first moment at which a value it used is too old.
    """

    encounter: int
    task: Task
    assessment: Assessment
    used: Mapping[str, Measurement]
    given_mono_s: float
    valid_until_mono_s: float

    def is_valid(self, now_mono_s: float) -> bool:
        """Whether it may still be shown."""
        return now_mono_s < self.valid_until_mono_s


def give_result(
    encounter: int,
    task: Task,
    assessment: Assessment,
    used: Mapping[str, Measurement],
    now_mono_s: float,
) -> Result:
    """Return the result with its validity worked out."""
    ends = [now_mono_s + task.valid_for_s, *(m.usable_until_mono_s() for m in used.values())]
    return Result(encounter, task, assessment, used, now_mono_s, min(ends))
