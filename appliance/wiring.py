"""The one place that knows which hardware is attached, real or simulated.

It makes the parts from the settings, starts the workers, and stops them in order.  Nothing
else chooses parts; `hw_mocks` is imported here alone, and only when the settings name the
control socket of a simulation.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from appliance.afterwards import SWITCHING_OFF
from appliance.asking_steward import AskingSteward
from appliance.boots import BootMemory, Verdict, memory_of_environment
from appliance.clock import Clock, SystemClock
from appliance.daemon import STALE_AFTER_S, TURN_S, Daemon, starting_state
from appliance.events import Event, StopRequested
from appliance.heartbeat import Heartbeats
from appliance.holding import Holding, hold
from appliance.inference.worker import AssessRequest, InferenceWorker, RuntimeChoice
from appliance.instruments.scouting import PortScout
from appliance.instruments.worker import PortWorker
from appliance.notify import Notifier
from appliance.panel.display import DisplayWorker
from appliance.panel.keypad import Keypad
from appliance.panel.power_button import PowerButton
from appliance.parts import Parts
from appliance.provisioned import report_on_settings
from appliance.selftest import start_faults
from appliance.settings import Settings
from appliance.states import Assess, State
from appliance.status import StatusServer
from appliance.views import Lamp, View
from appliance.wiring_parts import (
    LampSignals,
    PortInstruments,
    empty_every_cuff,
    instruments_of,
    keypad_of,
    keys_of,
    log_counts,
    manner_of,
    open_display,
    place_of,
    power_button_of,
    scout_of,
)

if TYPE_CHECKING:
    from hw_mocks.rig import Rig

log = logging.getLogger("appliance")

STOP_WITHIN_S = 1.0
"""For each worker, so that all of them together end well before systemd would kill."""


class SimulationMissing(Exception):
    """The settings ask for simulated hardware, and it is not installed."""


def run_daemon(settings: Settings) -> None:
    """Run the appliance until SIGTERM or SIGINT, or until its terminal is closed.

    Raises DisplayError or KeypadError when that hardware cannot be opened, and
    SimulationMissing.
    """
    events: SimpleQueue[Event] = SimpleQueue()
    _heed_signals(events)
    empty_every_cuff(settings)
    rig = _rig(settings)
    clock: Clock = SystemClock() if rig is None else rig.clock
    beats = Heartbeats()
    panel = open_display(settings) if rig is None else rig.display(settings, open_display)
    manner, translation = manner_of(settings, events.put)
    on_shown = None if rig is None else rig.shown
    display = DisplayWorker(panel, events.put, beats, on_shown, manner)
    factory = None if rig is None else rig.factory
    signals = LampSignals(settings, factory)
    keypad = keypad_of(settings, clock, beats, factory, None if rig is None else rig.pad)
    button = power_button_of(settings, clock, factory)
    memory = memory_of_environment()
    if memory is not None and memory.verdict_of_start() is Verdict.HOLD:
        _hold(memory, events, _Workers(display, signals, keypad, button), beats, keys_of(settings))
        return
    ports = [PortWorker(each, clock, events.put, beats) for each in instruments_of(settings)]
    model = InferenceWorker(
        settings.bundles,
        events.put,
        beats,
        RuntimeChoice(settings.runtime, settings.require_xnnpack),
    )
    scout = scout_of(ports, events.put, beats, None if rig is None else rig.comports)
    workers = _Workers(display, signals, keypad, button, [*ports, scout], model)
    parts = Parts(
        events,
        clock,
        display,
        signals,
        _Model(model),
        PortInstruments(ports),
        AskingSteward(events.put) if rig is None else rig.steward(events.put),
        beats,
        Notifier(),
        place_of(settings, report_on_settings(settings), translation),
        self_test=lambda: start_faults(beats, STALE_AFTER_S),
        observe=None if rig is None else rig.observe,
        healthy=None if memory is None else memory.forget_failures,
    )
    template = State(
        timeouts=settings.timeouts,
        expected_bundles=len(settings.bundles),
        utc_offset_min=settings.utc_offset_min,
        commanded=tuple(p.instrument.name for p in ports if p.instrument.protocol.driver),
    )
    workers.start(events.put)
    if rig is not None:
        rig.start(events.put)
    daemon = Daemon(parts, starting_state(template, clock.now()))
    status = _status(settings, daemon, events, beats)
    try:
        daemon.run()
    finally:
        _heed_no_more()
        if status is not None:
            status.stop(STOP_WITHIN_S)
        log_counts(ports)
        _note_farewell(daemon.farewell)
        workers.stop(daemon.farewell)


def _note_farewell(farewell: View | None) -> None:
    """Leave word for the aftermath whether the screen is to be left as it is."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "")
    if not runtime:
        return
    try:
        if farewell is None:
            Path(runtime, SWITCHING_OFF).unlink(missing_ok=True)
        else:
            Path(runtime, SWITCHING_OFF).touch()
    except OSError as error:
        log.error("event=FAREWELL_NOT_KEPT errno=%s", error.errno)


def _heed_signals(events: SimpleQueue[Event]) -> None:
    """End in good order when asked to; SIGHUP asks only where a terminal can hang up.

    A daemon has no terminal, and there is nothing that it would read anew: it lives on.
    """

    def stop(*_: object) -> None:
        # SimpleQueue.put is safe in a handler; queue.Queue's would deadlock.
        events.put(StopRequested())

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, stop if _has_terminal() else signal.SIG_IGN)


def _heed_no_more() -> None:
    """Ignore further requests to end: a late one would kill a process that is at its end.

    What hangs from here on is ended by SIGKILL.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _hold(
    memory: BootMemory,
    events: SimpleQueue[Event],
    workers: _Workers,
    beats: Heartbeats,
    keys: Mapping[str, str],
) -> None:
    """Stay in the safe state: no instrument is opened and no model is loaded."""
    workers.start(events.put)
    workers.signals.show(Lamp.OUT_OF_SERVICE)
    holding = Holding(
        events,
        workers.display,
        beats,
        Notifier(),
        memory.allow_one_try,
        TURN_S,
        STALE_AFTER_S,
        AskingSteward(events.put).power_off,
        keys,
    )
    farewell = None
    try:
        farewell = hold(holding, memory.counts().failed_boots)
    finally:
        _note_farewell(farewell)
        workers.stop(farewell)


class _Workers:
    """The threads, in the order in which they start and end.

    Without ports and model: what the safe state needs.
    """

    def __init__(
        self,
        display: DisplayWorker,
        signals: LampSignals,
        keypad: Keypad | None,
        button: PowerButton | None,
        ports: Sequence[PortWorker | PortScout] = (),
        model: InferenceWorker | None = None,
    ) -> None:
        self.display, self.signals, self._keypad = display, signals, keypad
        self._button = button
        self._ports, self._model = ports, model

    def start(self, post: Callable[[Event], None]) -> None:
        """Start what staff see and touch, and all that measures."""
        if self._model is not None:
            self._model.start()
        self.display.start()
        self.signals.start(post)
        for port in self._ports:
            port.start()
        if self._keypad is not None:
            self._keypad.start(post)
        if self._button is not None:
            self._button.start(post)

    def stop(self, farewell: View | None = None) -> None:
        """End all: first every cuff is told to empty, last the screen is black or says this."""
        for within_s in (0.0, STOP_WITHIN_S):  # all are told before any is waited for
            for port in self._ports:
                port.stop(within_s)
        if self._model is not None:
            self._model.stop(STOP_WITHIN_S)
        if self._keypad is not None:
            self._keypad.stop(STOP_WITHIN_S)
        if self._button is not None:
            self._button.stop()
        self.signals.close()
        self.display.stop(STOP_WITHIN_S, farewell)


def _status(
    settings: Settings, daemon: Daemon, events: SimpleQueue[Event], beats: Heartbeats
) -> StatusServer | None:
    """Serve the status where the settings or systemd's RuntimeDirectory say; else nowhere."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "")
    path = settings.status_socket or (f"{runtime}/status" if runtime else "")
    if not path:
        return None
    server = StatusServer(Path(path), daemon.snapshot, events.put, beats)
    try:
        server.start()
    except OSError as error:
        # The bedside goes on without a status; the journal says so.
        log.error("event=STATUS_SOCKET_FAILED errno=%s", error.errno)
        return None
    return server


def _rig(settings: Settings) -> Rig | None:
    if not settings.simulation:
        return None
    try:
        from hw_mocks.rig import Rig
    except ImportError as error:
        raise SimulationMissing("simulated hardware is not installed here") from error
    return Rig(settings)


class _Model:
    """Takes the controller's command as the worker's request."""

    def __init__(self, worker: InferenceWorker) -> None:
        self._worker = worker

    def submit(self, request: Assess) -> None:
        self._worker.submit(AssessRequest(request.request, request.task, request.values))
