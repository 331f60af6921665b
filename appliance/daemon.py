"""The main loop: one queue in, one pure step, commands and a view out.

It alone owns the State.  It feeds the watchdog after a finished turn and only while every
worker shows signs of life.  Hazard H-02 (silent): a dead or hung worker stops the feeding.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, replace
from queue import Empty
from typing import Any

from appliance import __version__
from appliance.boots import HEALTHY_AFTER_S
from appliance.clock import Now
from appliance.controller import step
from appliance.events import Event, MeasurementReceived, SelfTestFinished, TimePassed
from appliance.journal import code_of, is_fault
from appliance.parts import Parts
from appliance.presenting import lamp_of, present
from appliance.states import (
    Assess,
    Command,
    EndDaemon,
    MakeSound,
    Mode,
    OrderInstrument,
    RunSelfTest,
    SetClock,
    State,
    SwitchOff,
)
from appliance.status import FORM
from appliance.views import Lamp, View

log = logging.getLogger("appliance")

TURN_S = 1.0
"""Longest wait for an event: ages on the screen are shown in whole seconds."""
STALE_AFTER_S = 5.0
"""A worker beats at least once a second; five missed beats are no hiccup."""
_TELLS_HOW_IT_IS = (Mode.IDLE, Mode.TECHNICAL_FAULT, Mode.SWITCH_OFF, Mode.SWITCHING_OFF)
"""Modes in which the start is over: it serves, says why not, or somebody ends it."""
KEPT_FAULTS = 20
"""The last faults that the status tells."""
CALM_S = 0.4
"""Real seconds between two screens that readings alone bring about: numbers that change faster
cannot be read, and each screen costs 5 to 15 ms.  A first reading after a pause, a key and
everything else are shown at once."""
MAX_BATCH = 64
"""Events taken in before the screen is drawn anew, so that a storm cannot starve it."""


class Daemon:
    """Runs until it is told to stop."""

    def __init__(self, parts: Parts, state: State) -> None:
        self._parts = parts
        self._state = state
        self._view: View | None = None
        self._lamp: Lamp | None = None
        # Never yet: the machine's own clock may be seconds old.
        self._readings_s, self._shown_mode = -math.inf, state.mode
        self._owes = False
        self._ready = False
        self._ready_s = 0.0
        self._well = False
        self._ended = False
        self._faults: deque[tuple[str, float]] = deque(maxlen=KEPT_FAULTS)

    def run(self) -> None:
        """Take events and answer them until EndDaemon."""
        while not self._ended:
            events = self._next_events()
            for event in events:
                self._answer(event)
            self._show_in_time(events)
            if not self._parts.beats.stale(STALE_AFTER_S):
                self._parts.notifier.alive()
            self._note_health()
        self._parts.notifier.stopping()

    def _note_health(self) -> None:
        """After so long under the watchdog, failed starts are forgotten: once."""
        if self._well or not self._ready or self._parts.healthy is None:
            return
        if time.monotonic() - self._ready_s < HEALTHY_AFTER_S:
            return
        self._well = True
        try:
            self._parts.healthy()
        except OSError as error:
            log.error("event=HEALTH_NOT_KEPT errno=%s", error.errno)

    def _next_events(self) -> list[Event]:
        events, parts = [], self._parts
        try:
            longest_s = parts.clock.real_s(TURN_S)
            if self._owes:
                longest_s = min(longest_s, max(0.001, self._left_s()))
            events.append(parts.events.get(timeout=longest_s))
            while len(events) < MAX_BATCH:
                events.append(parts.events.get_nowait())
        except Empty:
            pass
        return events or [TimePassed()]

    def _show_in_time(self, events: Sequence[Event]) -> None:
        """Show what there is; readings alone not so soon after other readings."""
        readings = all(isinstance(event, MeasurementReceived) for event in events)
        if readings and self._left_s() > 0.0 and self._state.mode is self._shown_mode:
            self._owes = True
            return
        if self._show() and (readings or self._owes):
            self._readings_s = time.monotonic()
        self._owes = False

    def _left_s(self) -> float:
        return self._readings_s + CALM_S - time.monotonic()

    def _answer(self, event: Event) -> None:
        now = self._parts.clock.now()
        before = self._state.mode
        self._state, commands = step(self._state, event, now)
        if self._parts.observe is not None:
            self._parts.observe(event, now, self._state)
        self._record(event, now)
        if self._state.mode is not before:
            log.info("mode=%s", self._state.mode.name)
            self._tell_mode()
        for command in commands:
            self._do(command)

    def _record(self, event: Event, now: Now) -> None:
        code = code_of(event)
        if not code:
            return
        bad = is_fault(event)
        log.log(logging.ERROR if bad else logging.INFO, "event=%s", code)
        if bad:
            self._faults.append((code, now.mono_s))

    def snapshot(self) -> dict[str, Any]:
        """Return what the status tells; safe to call from another thread.

        Every attribute read here is one frozen value, replaced and never changed.
        """
        state, parts, now = self._state, self._parts, self._parts.clock.now()
        return {
            "form": FORM,
            "version": __version__,
            "mode": state.mode.value,
            "ready": self._ready,
            "heartbeats_age_s": parts.beats.ages_s(),
            "queue_depth": parts.events.qsize(),
            "clock": now.quality.value,
            "models": [
                {
                    "task": served.task.id,
                    "version": served.task.version,
                    "proof": served.proof,
                    "refusal": served.refusal,
                }
                for served in state.tasks
            ],
            "bundles_refused": [folder for folder, _ in state.refused_bundles],
            "instruments": [
                {**facts, "note": state.notes.get(str(facts["name"]), "")}
                for facts in parts.instruments.facts()
            ],
            "ports_offered": [asdict(each) for each in state.offered],
            "faults": [
                {"code": code, "ago_s": round(now.mono_s - at_s, 1)}
                for code, at_s in tuple(self._faults)
            ],
        }

    def _tell_mode(self) -> None:
        mode = self._state.mode
        self._parts.notifier.status(mode.value)
        if not self._ready and mode in _TELLS_HOW_IT_IS:
            self._ready = True
            self._ready_s = time.monotonic()
            self._show()
            self._parts.notifier.ready()
            log.info("event=READY")

    def _do(self, command: Command) -> None:
        match command:
            case RunSelfTest():
                self._parts.events.put(SelfTestFinished(self._parts.self_test()))
            case Assess():
                self._parts.model.submit(command)
            case OrderInstrument(instrument, order):
                self._parts.instruments.order(instrument, order)
            case SetClock(utc_s):
                self._parts.steward.set_clock(utc_s)
            case SwitchOff():
                self._parts.steward.power_off()
            case MakeSound(sound):
                self._parts.signals.sound(sound)
            case EndDaemon():
                self._ended = True

    @property
    def farewell(self) -> View | None:
        """What the screen goes on saying when the daemon has ended; None: nothing."""
        return self._view if self._state.mode is Mode.SWITCHING_OFF else None

    def _show(self) -> bool:
        """Show view and lamps; return whether the view is another than before."""
        view = present(self._state, self._parts.clock.now(), self._parts.place)
        changed = view != self._view
        if changed:
            self._view, self._shown_mode = view, self._state.mode
            self._parts.screen.show(view)
        lamp = lamp_of(self._state)
        if lamp is not self._lamp:
            self._lamp = lamp
            self._parts.signals.show(lamp)
        return changed


def starting_state(template: State, now: Now) -> State:
    """Return the first state of a daemon that starts now."""
    return replace(template, entered_mono_s=now.mono_s, last_key_mono_s=now.mono_s)
