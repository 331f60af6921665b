"""What the journal and the status say of an event: a code, never a value or an identifier.

Codes are upper case and stable; what follows them names parts of ours (a worker, an
instrument's name in the settings), never anything that stems from a patient.
"""

from __future__ import annotations

from appliance.events import (
    BundleRefused,
    DisplayFaulted,
    Event,
    KeypadFaulted,
    LinkChanged,
    LinkState,
    MeasuringChanged,
    MeasuringPhase,
    ModelAdmitted,
    SelfTestFinished,
    WorkerDied,
)

_LINKS = {
    LinkState.ABSENT: "LINK_ABSENT",
    LinkState.BUSY: "LINK_BUSY",
    LinkState.SILENT: "LINK_SILENT",
    LinkState.SPEAKING: "LINK_SPEAKING",
    LinkState.GARBLED: "LINK_GARBLED",
}

FAULTS = frozenset(
    {
        "WORKER_DIED",
        "DISPLAY_FAULT",
        "KEYPAD_FAULT",
        "MODEL_REFUSED",
        "BUNDLE_REFUSED",
        "SELF_TEST_FAILED",
        "MEASURING_FAILED",
        "LINK_ABSENT",
        "LINK_BUSY",
        "LINK_GARBLED",
    }
)
"""Codes that the status keeps as the last faults."""


def code_of(event: Event) -> str:
    """Return the code of an event with the part it concerns; empty for what is not told."""
    match event:
        case WorkerDied(worker, error):
            return f"WORKER_DIED {worker} {error}"
        case DisplayFaulted(words):
            return "DISPLAY_FAULT" if words else "DISPLAY_WELL"
        case KeypadFaulted(words):
            return "KEYPAD_FAULT" if words else "KEYPAD_WELL"
        case ModelAdmitted(task, refusal, _):
            return f"MODEL_REFUSED {task.id}" if refusal else f"MODEL_ADMITTED {task.id}"
        case BundleRefused(folder, _):
            return f"BUNDLE_REFUSED {folder}"
        case SelfTestFinished(faults):
            return f"SELF_TEST_FAILED {len(faults)}" if faults else "SELF_TEST_PASSED"
        case LinkChanged(instrument, state):
            return f"{_LINKS[state]} {instrument}"
        case MeasuringChanged(instrument, MeasuringPhase.FAILED, _):
            return f"MEASURING_FAILED {instrument}"
        case _:
            return ""


def is_fault(code: str) -> bool:
    """Whether a code stands for something that a technician should know."""
    return code.partition(" ")[0] in FAULTS
