"""Stages of a measurement by the blood-pressure module, and the limits its driver judges by.

Source: sheet protocols/suntech_nibp, sequence and timing, unless it says ours.
"""

from __future__ import annotations

from enum import Enum, auto

from appliance.events import MeasuringPhase
from appliance.orders import Patient

ANSWER_WITHIN_S = 1.0
POLL_EVERY_S = 0.25
REST_POLL_EVERY_S = 2.0
"""At rest the pressure is asked for as a sign of life, and because a cuff must be empty."""
LONGEST_S = {Patient.ADULT: 130.0, Patient.CHILD: 130.0, Patient.NEONATE: 65.0}
EMPTY_BELOW_MMHG = {Patient.ADULT: 15.0, Patient.CHILD: 15.0, Patient.NEONATE: 5.0}
FILLS_WITHIN_S = 30.0
"""Ours.  A cuff that holds no pressure by then was never filled; the module's own 87 is first."""


class Stage(Enum):
    """How far the driver has come."""

    CLOSED = auto()
    RESTING = auto()
    SETTING = auto()
    STARTING = auto()
    MEASURING = auto()
    FETCHING = auto()
    EMPTYING = auto()


PHASES = {
    Stage.SETTING: MeasuringPhase.STARTING,
    Stage.STARTING: MeasuringPhase.STARTING,
    Stage.MEASURING: MeasuringPhase.INFLATING,
    Stage.FETCHING: MeasuringPhase.INFLATING,
}
"""Stages of a measurement under way."""
