"""Actions that set the clock and switch off, both through the steward.

Switching off takes two presses of the power key, or "switch off" on the page about the
appliance and a yes.  The first press stops every cuff that is or may be filling (H-09).
"""

from __future__ import annotations

from dataclasses import replace

from appliance.acting import Step, refuse_key, with_click
from appliance.actions_cuff import aborts
from appliance.actions_service import begin_self_test, self_test_is_over
from appliance.clock import Now
from appliance.events import Event, KeyPressed, StewardAnswered
from appliance.setting_clock import DIGITS, ImpossibleTime, utc_of
from appliance.states import WITH_PATIENT, MakeSound, Mode, SetClock, State, SwitchOff
from appliance.views import Sound

NO_END = "The appliance could not switch off by itself. It still runs. Call a technician."
NO_CLOCK = "The clock was not set: no answer came. Call a technician."


def power_key(state: State, event: Event | None, now: Now) -> Step:
    """Stop the cuff and ask once; at the second press switch off."""
    if state.mode is Mode.SWITCHING_OFF:
        return refuse_key(state)
    if state.mode is Mode.SWITCH_OFF:
        return switch_off(state, event, now)
    if state.mode not in WITH_PATIENT:
        return ask_switch_off(state, event, now)
    if state.power_armed_mono_s is not None and not power_lapsed(state, now):
        return switch_off(state, event, now)
    stops = aborts(state)
    words = "Press the power key again to switch off. Nothing will be kept."
    if stops:
        words = f"The cuff was told to stop. {words}"
    state = replace(state, power_armed_mono_s=now.mono_s, cancel_armed_mono_s=None, notice=words)
    done = with_click(state)
    return replace(done, commands=(*done.commands, *stops))


def power_lapsed(state: State, now: Now) -> bool:
    """Whether the second press of the power key did not come in time."""
    armed = state.power_armed_mono_s
    return armed is not None and now.mono_s - armed >= state.timeouts.cancel_s


def disarm_power(state: State, _event: Event | None, _now: Now) -> Step:
    """Take the first press of the power key back."""
    return Step(replace(state, power_armed_mono_s=None, notice=""))


def ask_switch_off(state: State, _event: Event | None, _now: Now) -> Step:
    """Ask whether the appliance is to be switched off."""
    return with_click(replace(state, mode=Mode.SWITCH_OFF, notice=""))


def switch_off(state: State, _event: Event | None, _now: Now) -> Step:
    """Have the machine end everything; who waits is told not to pull the plug."""
    done = with_click(replace(state, mode=Mode.SWITCHING_OFF, notice=""))
    return replace(done, commands=(*done.commands, SwitchOff()))


def stay_on(state: State, event: Event | None, now: Now) -> Step:
    """Go on after all: ready if everything was found well before, else by a self-test."""
    if state.faults or state.dead or not self_test_is_over(state, now):
        return begin_self_test(state, event, now)
    return with_click(replace(state, mode=Mode.IDLE))


def power_answered(state: State, event: Event | None, now: Now) -> Step:
    """Wait for the end if it was granted; else say that the appliance still runs."""
    if isinstance(event, StewardAnswered) and not event.code:
        return Step(state)
    words = event.words if isinstance(event, StewardAnswered) else NO_END
    done = stay_on(state, None, now)
    sounds = MakeSound(Sound.FAULT)
    tests = tuple(each for each in done.commands if not isinstance(each, MakeSound))
    return Step(replace(done.state, notice=words), (*tests, sounds))


def open_clock(state: State, _event: Event | None, _now: Now) -> Step:
    """Open the page on which date and time are typed."""
    return with_click(replace(state, mode=Mode.SET_CLOCK, clock_typed="", notice=""))


def type_clock(state: State, event: Event | None, _now: Now) -> Step:
    """Take one more digit; one that can only be wrong is refused when all are typed."""
    if not isinstance(event, KeyPressed) or len(state.clock_typed) >= DIGITS:
        return refuse_key(state)
    return with_click(replace(state, clock_typed=state.clock_typed + event.key.value, notice=""))


def correct_clock(state: State, _event: Event | None, _now: Now) -> Step:
    """Take the last digit back."""
    return with_click(replace(state, clock_typed=state.clock_typed[:-1], notice=""))


def accept_clock(state: State, _event: Event | None, _now: Now) -> Step:
    """Have the clock set to what was typed, or say why not."""
    try:
        utc_s = utc_of(state.clock_typed, state.utc_offset_min)
    except ImpossibleTime as error:
        return refuse_key(replace(state, notice=str(error)))
    done = with_click(replace(state, mode=Mode.SETTING_CLOCK, notice=""))
    return replace(done, commands=(*done.commands, SetClock(utc_s)))


def clock_answered(state: State, event: Event | None, _now: Now) -> Step:
    """Say whether the clock was set."""
    refused = event.words if isinstance(event, StewardAnswered) else NO_CLOCK
    if refused:
        words, sound = refused, Sound.FAULT
    else:
        words, sound = "The clock is set.", Sound.KEY
    return Step(replace(state, mode=Mode.IDLE, clock_typed="", notice=words), (MakeSound(sound),))
