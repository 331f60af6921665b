"""How long the controller waits: a module of its own, so that who reads settings need no more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the controller waits, in seconds of the appliance's clock.

    idle_clear_s: without a key, after which nothing of the patient stays (at most 180).
    page_s: without a key on a page that needs no patient.  cancel_s: for the second press
    that cancels an encounter.  assess_s: for the model, before the safety floor answers
    alone.  self_test_s: for the start-up checks.  fault_s: on the fault page before the
    appliance is out of service; retry_s: out of service before it tests itself again.
    steward_s: for the steward to set the clock; power_off_s: for the machine to stop the
    appliance once it was told to switch off.
    """

    idle_clear_s: float = 180.0
    page_s: float = 60.0
    cancel_s: float = 5.0
    assess_s: float = 10.0
    self_test_s: float = 60.0
    fault_s: float = 60.0
    retry_s: float = 300.0
    steward_s: float = 10.0
    power_off_s: float = 60.0
