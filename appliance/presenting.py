"""From the controller's state to what the screen and the lamps say: pure, total, honest.

One function for each mode.  Every text that stems from a patient becomes a Shown with the
encounter's tag; a value that is stale, doubtful or missing is never written as a number
that could be taken for a present one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from appliance import __version__
from appliance.actions_cuff import urgent_words
from appliance.actions_help import HELPED
from appliance.clock import Now
from appliance.key_names import with_key_names
from appliance.place import Place as Place
from appliance.presenting_doubtful import judge_view
from appliance.presenting_help import HELP, help_view
from appliance.presenting_inputs import collect_view, entry_view
from appliance.presenting_links import link_conditions, offer_conditions, offer_lines
from appliance.presenting_result import lamp_of_result, result_view
from appliance.presenting_review import review_view
from appliance.presenting_settings import settings_conditions, settings_lines
from appliance.presenting_stored import confirm_view, pick_view
from appliance.setting_clock import as_typed
from appliance.states import Mode, State
from appliance.views import (
    ChooseView,
    Condition,
    KeyHint,
    Lamp,
    Option,
    PageView,
    ReadyView,
    Tone,
    View,
)
from appliance.wording import brief, some_of

ROWS = 12
"""Conditions of one line that the ready screen has room for."""
ROWS_WITH_REASONS = 8
ONE_LINE = 40
"""Characters of a condition that stand in one line."""
LONGEST_REASON = 140
LEAST_REASON = 20
REASONS_TOGETHER = 300
"""Characters of all longer conditions together, beside ROWS_WITH_REASONS rows."""
ABOUT_TOGETHER = 600
"""Characters of all proofs together on the page about the appliance."""
FAULTS = 4
"""Faults that a page names; a technician sees the first of them mended first."""

_LEFT = {"model": "rule only", "rule": "red flags only"}
"""What is left of a task of each kind when it is refused: on the ready screen ..."""
_REFUSED = {
    "model": "rule and red flags only: model refused",
    "rule": "red flags only: rule refused",
}
"""... and beside the question."""

NOT_CERTIFIED = "Not a certified medical device. It supports, never replaces, your judgement."


def present(state: State, now: Now, place: Place) -> View:
    """Return what the screen says in this state at this moment."""
    view = _VIEWS[state.mode](state, now, place)
    if state.mode in HELPED:
        view = replace(view, keys=(*view.keys, HELP))
    if state.helping:
        view = help_view(state, view, now)
    if urgent := urgent_words(state):
        view = replace(view, urgent=urgent)
    return with_key_names(view, place.keys)


def lamp_of(state: State) -> Lamp:
    """Return what the lamps say in this state."""
    if state.mode is Mode.OUT_OF_SERVICE:
        return Lamp.OUT_OF_SERVICE
    if state.mode is Mode.TECHNICAL_FAULT or state.display_fault:
        return Lamp.FAULT
    if urgent_words(state):
        answer = lamp_of_result(state.result) if state.result is not None else Lamp.FAULT
        return answer if answer is Lamp.URGENT else Lamp.FAULT
    if state.mode in (Mode.STARTING, Mode.SELF_TEST):
        return Lamp.STARTING
    if state.mode is Mode.RESULT and state.result is not None:
        return lamp_of_result(state.result)
    if state.mode is Mode.SWITCH_OFF:
        waits = not (state.self_tested or state.faults)
        return Lamp.FAULT if state.faults else Lamp.STARTING if waits else Lamp.READY
    if state.mode in (Mode.IDLE, Mode.ABOUT, Mode.CHOOSE_TASK, Mode.SET_CLOCK):
        return Lamp.READY
    return Lamp.WORKING


def _starting(_state: State, _now: Now, _place: Place) -> View:
    return PageView("starting", "Starting", (NOT_CERTIFIED,), Tone.WAIT)


def _self_test(state: State, _now: Now, _place: Place) -> View:
    done = "done" if state.self_tested else "running"
    known = len(state.tasks) + len(state.refused_bundles)
    lines = (
        f"Display, clock and runtime: {done}",
        f"Models proven: {known} of {state.expected_bundles}",
    )
    return PageView("self-test", "Self-test", lines, Tone.WAIT, notice=state.notice)


def _ready(state: State, now: Now, place: Place) -> View:
    conditions = list(settings_conditions(place.settings))
    conditions += [*link_conditions(state), *offer_conditions(state.offered)]
    for served in state.tasks:
        kind, left = served.task.kind, _LEFT[served.task.kind]
        words = f"{kind} refused, {left}: {served.refusal}" if served.refusal else f"{kind} proven"
        conditions.append(Condition(served.task.title, words, not served.refusal))
    for folder, reason in state.refused_bundles:
        conditions.append(Condition(brief(folder), f"task refused: {reason}", well=False))
    clock = "set" if now.utc_s is not None else "not set: answers carry no time of day"
    conditions.append(Condition("Clock", clock, now.utc_s is not None))
    if state.keypad_fault:
        conditions.append(Condition("Keypad", state.keypad_fault, well=False))
    faults = sorted(state.panel_faults.items())
    conditions += [Condition(part, words, well=False) for part, words in faults if words]
    keys = (KeyHint("A", "new patient"), KeyHint("#", "about"))
    title = f"Ready - {place.clinic}" if place.clinic else "Ready"
    shown = _that_fit(conditions)
    return ReadyView(title, place.date_and_time(now), shown, state.notice, keys)


def _that_fit(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return the conditions as the screen has room for them; what is not well comes first.

    The long reasons share the room that rows of one line leave.
    """
    long = sum(len(each.words) > ONE_LINE for each in conditions)
    most = min(LONGEST_REASON, max(ONE_LINE, REASONS_TOGETHER // max(1, long)))
    rows = ROWS_WITH_REASONS if long else ROWS
    ordered = list(conditions)
    if len(ordered) > rows:
        ordered.sort(key=lambda each: each.well)
        left = ordered[rows - 1 :]
        bad = sum(not each.well for each in left)
        words = f"{bad} of them not well" if bad else "all well"
        ordered = [*ordered[: rows - 1], Condition(f"And {len(left)} more", words, not bad)]
    return tuple(replace(each, words=brief(each.words, most)) for each in ordered)


def _about(state: State, _now: Now, place: Place) -> View:
    # Each task takes a line whatever is said of it.
    settings = settings_lines(place.settings, max(40, 280 - 40 * len(state.tasks)))
    lines = [f"Bedside appliance {__version__}", NOT_CERTIFIED, place.translation, *settings]
    lines += offer_lines(state.offered)
    room = ABOUT_TOGETHER - sum(map(len, lines[2:]))
    most = max(LEAST_REASON, min(LONGEST_REASON, room // max(1, len(state.tasks))))
    for served in state.tasks:
        task = served.task
        words = brief(served.proof or served.refusal, most)
        lines.append(f"{task.title} {task.version}: {words}")
    keys = (KeyHint("C", "set the clock"), KeyHint("D", "switch off"), KeyHint("B", "back"))
    return PageView("about", "About", tuple(filter(None, lines)), keys=keys)


def _set_clock(state: State, now: Now, place: Place) -> View:
    lines = (
        "Type year, month, day, hour and minute, in the clinic's own time.",
        as_typed(state.clock_typed),
        f"Now: {place.date_and_time(now)}",
    )
    keys = (KeyHint("A", "set"), KeyHint("C", "correct"), KeyHint("B", "back"))
    return PageView("set-clock", "Set the clock", lines, keys=keys, notice=state.notice)


def _setting_clock(_state: State, _now: Now, _place: Place) -> View:
    return PageView("setting-clock", "Working", ("The clock is being set.",), Tone.WAIT)


def _switch_off(_state: State, _now: Now, _place: Place) -> View:
    lines = (
        "Switch off this appliance?",
        "It says when the plug may be pulled. Nothing of a patient is kept.",
    )
    keys = (KeyHint("A", "switch off"), KeyHint("B", "stay on"))
    return PageView("switch-off", "Switch off", lines, keys=keys)


_UNTIL = "Wait until this screen says that it may be pulled, or has been dark for ten seconds."


def _switching_off(_state: State, _now: Now, _place: Place) -> View:
    return switching_off_view()


def switching_off_view() -> PageView:
    """Return the page that stands from the order to switch off to the end of the daemon."""
    lines = ("Do not pull the plug yet.", _UNTIL)
    return PageView("switching-off", "Switching off", lines, Tone.WAIT)


def _choose(state: State, _now: Now, _place: Place) -> View:
    options = tuple(
        Option(
            str(index + 1),
            served.task.title,
            _REFUSED[served.task.kind] if served.refusal else served.task.question,
            selected=index == state.selected,
        )
        for index, served in enumerate(state.tasks)
    )
    keys = (KeyHint("A", "choose"), KeyHint("D", "next"), KeyHint("B", "back"))
    return ChooseView("What is the question?", options, keys)


def _assessing(state: State, _now: Now, _place: Place) -> View:
    keys = (KeyHint("B", "back"),)
    return PageView("assessing", "Working", ("One moment.",), Tone.WAIT, keys, state.notice)


def _technical_fault(state: State, _now: Now, _place: Place) -> View:
    lines = (
        *(some_of(state.faults, FAULTS) or ("An unknown fault.",)),
        "No answer is given while this stands. Nothing of a patient was kept.",
        "Press [A] to test again. If it comes back, use another way and call a technician.",
    )
    keys = (KeyHint("A", "test"),)
    return PageView("technical-fault", "Technical fault", lines, Tone.FAULT, keys, state.notice)


def _out_of_service(state: State, _now: Now, _place: Place) -> View:
    return out_of_service_view(some_of(state.faults, FAULTS))


def out_of_service_view(faults: tuple[str, ...] = ()) -> PageView:
    """Return the page that stands whenever the appliance does not serve."""
    lines = ("Do not use this appliance.", *faults, "Measure and decide without it.")
    return PageView("out-of-service", "OUT OF SERVICE", lines, Tone.FAULT, (KeyHint("A", "test"),))


_VIEWS: Mapping[Mode, Callable[[State, Now, Place], View]] = MappingProxyType(
    {
        Mode.STARTING: _starting,
        Mode.SELF_TEST: _self_test,
        Mode.IDLE: _ready,
        Mode.ABOUT: _about,
        Mode.SET_CLOCK: _set_clock,
        Mode.SETTING_CLOCK: _setting_clock,
        Mode.SWITCH_OFF: _switch_off,
        Mode.SWITCHING_OFF: _switching_off,
        Mode.CHOOSE_TASK: _choose,
        Mode.COLLECT: lambda state, now, _place: collect_view(state, now),
        Mode.ENTRY: lambda state, now, _place: entry_view(state, now),
        Mode.PICK: lambda state, now, _place: pick_view(state, now),
        Mode.CONFIRM: lambda state, now, _place: confirm_view(state, now),
        Mode.JUDGE: lambda state, now, _place: judge_view(state, now),
        Mode.REVIEW: lambda state, now, _place: review_view(state, now),
        Mode.ASSESSING: _assessing,
        Mode.RESULT: lambda state, now, place: result_view(
            state, now, lambda later_s: place.time_of_day(now, later_s)
        ),
        Mode.TECHNICAL_FAULT: _technical_fault,
        Mode.OUT_OF_SERVICE: _out_of_service,
    }
)
