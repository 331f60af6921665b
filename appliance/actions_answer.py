"""Actions from the review to the answer and back: only reviewed values are assessed."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from appliance.acting import Step, first_missing, reviewed_values, task_of, with_click
from appliance.clinical.assessment import assess
from appliance.clinical.quantities import QUANTITIES
from appliance.clinical.result import give_result
from appliance.clinical.task import Level
from appliance.clock import Now
from appliance.events import AssessmentFinished, Event
from appliance.states import Assess, MakeSound, Mode, State
from appliance.views import Sound


def reviewed_expired(state: State, now: Now) -> bool:
    """Whether a reviewed value may not be used any more."""
    return any(not m.is_usable(now.mono_s) for m in state.reviewed.values())


def back_expired(state: State, _event: Event | None, now: Now) -> Step:
    """Go back to the inputs and name what is too old."""
    old = [QUANTITIES[q].label for q, m in state.reviewed.items() if not m.is_usable(now.mono_s)]
    return _back(state, f"Too old, measure again: {', '.join(old)}.", now)


def back_to_collect(state: State, _event: Event | None, now: Now) -> Step:
    """Go back to the inputs; a result is withdrawn."""
    return _back(state, "", now)


def measure_again(state: State, _event: Event | None, _now: Now) -> Step:
    """Take the marked value away, and go where it is measured or typed anew."""
    if state.encounter is None:
        return Step(state)
    quantity = task_of(state).inputs[state.selected].quantity
    back = replace(
        state,
        mode=Mode.COLLECT,
        encounter=state.encounter.without(quantity),
        reviewed=MappingProxyType({}),
        notice=f"Measure again, or type it: {QUANTITIES[quantity].label}.",
    )
    return with_click(back)


def _back(state: State, notice: str, now: Now) -> Step:
    state = replace(
        state, mode=Mode.COLLECT, result=None, reviewed=MappingProxyType({}), notice=notice
    )
    missing = first_missing(state, now)
    return with_click(replace(state, selected=missing or 0))


def ask_model(state: State, _event: Event | None, _now: Now) -> Step:
    """Have the reviewed values, and only these, assessed."""
    request = state.request + 1
    state = replace(state, mode=Mode.ASSESSING, request=request, notice="")
    command = Assess(request, task_of(state).id, reviewed_values(state))
    return Step(state, (MakeSound(Sound.KEY), command))


def show_result(state: State, event: Event | None, now: Now) -> Step:
    """Show the answer to the last request; drop any other."""
    if not isinstance(event, AssessmentFinished) or event.request != state.request:
        return Step(state)
    if state.encounter is None:
        return Step(replace(state, mode=Mode.RESULT))
    result = give_result(
        state.encounter.tag, task_of(state), event.assessment, state.reviewed, now.mono_s
    )
    category = event.assessment.category
    level = None if category is None else task_of(state).category(category).level
    urgent = bool(event.assessment.floor.flags) or level is Level.URGENT
    sound = MakeSound(Sound.URGENT if urgent else Sound.ANSWER)
    return Step(replace(state, mode=Mode.RESULT, result=result), (sound,))


def answer_without_model(state: State, _event: Event | None, now: Now) -> Step:
    """Answer by the safety floor alone, because the model did not answer in time."""
    assessment = assess(task_of(state), reviewed_values(state), None)
    reason = f"the {task_of(state).kind} did not answer in time"
    assessment = replace(assessment, reason=reason)
    # A late answer to this request must not replace what is shown: the number moves on.
    finished = AssessmentFinished(state.request, assessment)
    done = show_result(state, finished, now)
    return replace(done, state=replace(done.state, request=state.request + 1))


def result_expired(state: State, now: Now) -> bool:
    """Whether the result may not be shown any more."""
    return state.result is None or not state.result.is_valid(now.mono_s)


def withdraw_result(state: State, _event: Event | None, now: Now) -> Step:
    """Take the result off the screen and say so."""
    done = _back(state, "The answer was withdrawn: its values are too old. Measure again.", now)
    return replace(done, commands=(MakeSound(Sound.WITHDRAWN),))


def dismiss(state: State, _event: Event | None, _now: Now) -> Step:
    """Forget the patient; the answer was read."""
    return with_click(replace(state, mode=Mode.IDLE, notice=""))
