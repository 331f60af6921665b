"""Words that several screens share: ages, where a value comes from, and the end of patience.

Ages are computed from the monotonic clock at the moment of drawing.
"""

from __future__ import annotations

from appliance.clinical.measurement import Dating, Measurement, Origin
from appliance.clock import Now
from appliance.states import State

WARN_BEFORE_CLEARING_S = 30.0


def clearing_words(state: State, now: Now) -> str:
    """Warn shortly before the patient is forgotten; empty until then."""
    left_s = state.last_key_mono_s + state.timeouts.idle_clear_s - now.mono_s
    if left_s > WARN_BEFORE_CLEARING_S:
        return ""
    return f"Nobody there? Cleared in {max(0, int(left_s))} s. Press [D] to stay."


def age_words(age_s: float) -> str:
    """Return an age in whole seconds up to two minutes, in whole minutes from there."""
    if age_s < 120:
        return f"{int(age_s)} s ago"
    return f"{int(age_s // 60)} min ago"


def source_words(m: Measurement, now: Now) -> str:
    """Say how old it is, by whose clock, and where it comes from."""
    by = "typed" if m.source.origin is Origin.TYPED else m.source.name
    age = age_words(m.age_s(now.mono_s))
    match m.dating:
        case Dating.DEVICE_CLOCK:
            return f"{age} {m.dating}, {by}"
        case Dating.UNKNOWN:
            return f"read {age}, {m.dating}, {by}"
        case Dating.RECEIVED:
            return f"{age}, {by}"
