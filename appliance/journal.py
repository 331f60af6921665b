"""Event codes for journal and status: a code and which part, never a value of a patient.

The code comes first and a name that people gave comes last, so that a line can be read by a
program whatever the name holds.  Pure.
"""

from __future__ import annotations

from appliance.events import (
    BundleRefused,
    DisplayFaulted,
    Event,
    InstrumentNoted,
    KeypadFaulted,
    LinkChanged,
    LinkState,
    MeasuringChanged,
    MeasuringPhase,
    ModelAdmitted,
    PanelFaulted,
    SelfTestFinished,
    StewardAnswered,
    StoredResultsReceived,
    WorkerDied,
)


def is_fault(event: Event) -> bool:
    """Return whether a technician should look at it."""
    match event:
        case WorkerDied() | BundleRefused():
            return True
        case LinkChanged(_, state):
            return state is not LinkState.SPEAKING
        case MeasuringChanged(_, phase, _, urgent):
            return urgent or phase is MeasuringPhase.FAILED
        case ModelAdmitted(refusal=words) | DisplayFaulted(words) | KeypadFaulted(words):
            return bool(words)
        case PanelFaulted(_, words) | InstrumentNoted(_, words):
            return bool(words)
        case SelfTestFinished(faults):
            return bool(faults)
        case StewardAnswered(_, code):
            return bool(code)
        case _:
            return False


def code_of(event: Event) -> str:
    """Return the event's code and its part; empty for what the journal does not hold."""
    bad = is_fault(event)
    match event:
        case WorkerDied(worker, error):
            return f"WORKER_DIED error={error} worker={worker}"
        case KeypadFaulted():
            return "KEYPAD_FAULT" if bad else "KEYPAD_WELL"
        case PanelFaulted(part):
            return f"PANEL_{'FAULT' if bad else 'WELL'} part={part.lower().replace(' ', '-')}"
        case DisplayFaulted():
            return "DISPLAY_FAULT" if bad else "DISPLAY_WELL"
        case ModelAdmitted(task):
            return f"{'MODEL_REFUSED' if bad else 'MODEL_ADMITTED'} task={task.id}"
        case BundleRefused(folder):
            return f"BUNDLE_REFUSED folder={folder}"
        case LinkChanged(instrument, state):
            return f"LINK state={state.name} instrument={instrument}"
        case MeasuringChanged(instrument, phase, _, urgent):
            mark = " urgent=yes" if urgent else ""
            return f"MEASURING phase={phase.name}{mark} instrument={instrument}"
        case InstrumentNoted(instrument, _):
            return f"INSTRUMENT_{'NOTED' if bad else 'WELL'} instrument={instrument}"
        case StoredResultsReceived(instrument, results):
            return f"STORED_RESULTS count={len(results)} instrument={instrument}"
        case StewardAnswered(asked, code):
            return f"STEWARD asked={asked.value} answer={code.replace(' ', '_') or 'done'}"
        case SelfTestFinished():
            return "SELF_TEST_FAILED" if bad else "SELF_TEST_PASSED"
        case _:
            return ""
