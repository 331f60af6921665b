"""The one place that knows which hardware is attached, real or simulated.

It makes the parts from the settings, starts the workers, and stops them in order.  Nothing
else chooses parts; `hw_mocks` is imported here alone, and only when the settings name the
control socket of a simulation.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from appliance.boots import BootMemory, Verdict, memory_of_environment
from appliance.clock import Clock, SystemClock
from appliance.daemon import STALE_AFTER_S, TURN_S, Daemon, Parts, Signals, starting_state
from appliance.events import Event, StopRequested
from appliance.heartbeat import Heartbeats
from appliance.holding import Holding, hold
from appliance.inference.worker import AssessRequest, InferenceWorker, RuntimeChoice
from appliance.instruments.protocols import find_protocol
from appliance.instruments.worker import Instrument, PortWorker
from appliance.notify import Notifier
from appliance.orders import Order
from appliance.panel.capture import CaptureDisplay
from appliance.panel.display import DisplayWorker
from appliance.panel.framebuffer import Framebuffer
from appliance.panel.keypad import Keypad
from appliance.panel.keypad_evdev import EvdevKeypad
from appliance.panel.keypad_matrix import MatrixKeypad
from appliance.panel.lamps import LampPins, Lamps
from appliance.panel.port import Display
from appliance.presenting import Place
from appliance.selftest import start_faults
from appliance.settings import Settings
from appliance.states import Assess, State
from appliance.status import StatusServer
from appliance.views import Lamp, Sound

if TYPE_CHECKING:
    from hw_mocks.rig import Rig

log = logging.getLogger("appliance")

STOP_WITHIN_S = 1.0
"""For each worker, so that all of them together end well before systemd would kill."""

SCREEN_SIZE = (800, 480)
"""The panel that the screens are laid out for."""


class SimulationMissing(Exception):
    """The settings ask for simulated hardware, and it is not installed."""


def run_daemon(settings: Settings) -> None:
    """Run the appliance until SIGTERM or SIGINT, or until its terminal is closed.

    Raises DisplayError or KeypadError when that hardware cannot be opened, and
    SimulationMissing.
    """
    events: SimpleQueue[Event] = SimpleQueue()
    _heed_signals(events)
    rig = _rig(settings)
    clock: Clock = SystemClock() if rig is None else rig.clock
    beats = Heartbeats()
    display = DisplayWorker(
        open_display(settings, rig), events.put, beats, on_shown=None if rig is None else rig.shown
    )
    signals = _Lamps(settings, None if rig is None else rig.factory)
    keypad = _keypad(settings, clock, beats, None if rig is None else rig.factory)
    memory = memory_of_environment()
    if memory is not None and memory.verdict_of_start() is Verdict.HOLD:
        _hold(memory, events, _Workers(display, signals, keypad), beats)
        return
    ports = [PortWorker(each, clock, events.put, beats) for each in instruments_of(settings)]
    model = InferenceWorker(
        settings.bundles,
        events.put,
        beats,
        RuntimeChoice(settings.runtime, settings.require_xnnpack),
    )
    workers = _Workers(display, signals, keypad, ports, model)
    parts = Parts(
        events,
        clock,
        display,
        signals,
        _Model(model),
        _Instruments(ports),
        beats,
        Notifier(),
        Place(settings.clinic, settings.utc_offset_min),
        self_test=lambda: start_faults(beats, STALE_AFTER_S),
        observe=None if rig is None else rig.observe,
        healthy=None if memory is None else memory.forget_failures,
    )
    template = State(
        timeouts=settings.timeouts,
        expected_bundles=len(settings.bundles),
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
        if status is not None:
            status.stop(STOP_WITHIN_S)
        workers.stop()


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


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _hold(
    memory: BootMemory, events: SimpleQueue[Event], workers: _Workers, beats: Heartbeats
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
    )
    try:
        hold(holding, memory.counts().failed_boots)
    finally:
        workers.stop()


class _Workers:
    """The threads, in the order in which they start and end.

    Without ports and model: what the safe state needs.
    """

    def __init__(
        self,
        display: DisplayWorker,
        signals: _Lamps,
        keypad: Keypad | None,
        ports: Sequence[PortWorker] = (),
        model: InferenceWorker | None = None,
    ) -> None:
        self.display, self.signals, self._keypad = display, signals, keypad
        self._ports, self._model = ports, model

    def start(self, post: Callable[[Event], None]) -> None:
        """Start what staff see and touch, and all that measures."""
        if self._model is not None:
            self._model.start()
        self.display.start()
        self.signals.start()
        for port in self._ports:
            port.start()
        if self._keypad is not None:
            self._keypad.start(post)

    def stop(self) -> None:
        """End all: first every cuff is told to empty, last the screen is black."""
        for within_s in (0.0, STOP_WITHIN_S):  # all are told before any is waited for
            for port in self._ports:
                port.stop(within_s)
        if self._model is not None:
            self._model.stop(STOP_WITHIN_S)
        if self._keypad is not None:
            self._keypad.stop(STOP_WITHIN_S)
        self.signals.close()
        self.display.stop(STOP_WITHIN_S)


def open_display(settings: Settings, rig: Rig | None = None) -> Display:
    """Open the display that the settings name; raise DisplayError.

    In a simulation a framebuffer is an ordinary file.
    """
    if settings.display.kind == "capture":
        every = rig is not None and rig.every_frame
        return CaptureDisplay(Path(settings.display.folder), SCREEN_SIZE, every=every)
    layout = None if rig is None else rig.framebuffer
    return Framebuffer(Path(settings.display.device), SCREEN_SIZE, layout)


def instruments_of(settings: Settings) -> tuple[Instrument, ...]:
    """Return the instruments that the settings name."""
    return tuple(
        Instrument(i.name, i.port, find_protocol(i.protocol)) for i in settings.instruments
    )


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


def _keypad(
    settings: Settings, clock: Clock, beats: Heartbeats, factory: Any | None
) -> Keypad | None:
    match settings.keypad.kind:
        case "matrix":
            rows, columns = settings.keypad.rows, settings.keypad.columns
            return MatrixKeypad(rows, columns, clock=clock, heartbeats=beats, factory=factory)
        case "evdev":
            return EvdevKeypad(settings.keypad.device, clock=clock, heartbeats=beats)
        case _:
            return None


class _Lamps(Signals):
    """Lamps and buzzer, or none where the settings name no pins."""

    def __init__(self, settings: Settings, factory: Any | None) -> None:
        pins = settings.lamps
        self._lamps: Lamps | None = None
        if pins is not None:
            self._lamps = Lamps(LampPins(pins.green, pins.yellow, pins.red, pins.buzzer), factory)

    def start(self) -> None:
        if self._lamps is not None:
            self._lamps.start()

    def show(self, lamp: Lamp) -> None:
        if self._lamps is not None:
            self._lamps.show(lamp)

    def sound(self, sound: Sound) -> None:
        if self._lamps is not None:
            self._lamps.sound(sound)

    def close(self) -> None:
        if self._lamps is not None:
            self._lamps.off()
            self._lamps.close()


class _Model:
    """Takes the controller's command as the worker's request."""

    def __init__(self, worker: InferenceWorker) -> None:
        self._worker = worker

    def submit(self, request: Assess) -> None:
        self._worker.submit(AssessRequest(request.request, request.task, request.values))


class _Instruments:
    """Gives the controller's orders to the port of the instrument."""

    def __init__(self, ports: Sequence[PortWorker]) -> None:
        self._ports = {port.instrument.name: port for port in ports}

    def order(self, instrument: str, order: Order) -> None:
        self._ports[instrument].order(order)

    def facts(self) -> list[dict[str, object]]:
        return [
            {
                "name": name,
                "protocol": port.instrument.protocol.name,
                "state": None if port.state is None else port.state.value,
                "counters": asdict(port.counters()),
            }
            for name, port in self._ports.items()
        ]
