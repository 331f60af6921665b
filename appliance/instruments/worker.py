"""One thread for one instrument: moves bytes from its port to its decoder, and events on.

It survives whatever a port does: absent, held by another, silent, noisy, hanging, unplugged
in mid-frame and back under another number.  It never guesses a value, and it never opens
another device in the place of its own.

An instrument that is commanded has a driver beside its decoder, one that must be asked or
answered a talker: its bytes are written between two batches by this same thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from appliance.clinical.measurement import Measurement, Origin, Source
from appliance.clock import Clock, Now
from appliance.events import (
    Event,
    LinkChanged,
    LinkState,
    MeasurementReceived,
    StoredResultsReceived,
    WorkerDied,
)
from appliance.heartbeat import Heartbeats
from appliance.instruments.commanding import Commander, commander_for
from appliance.instruments.conversing import Conversation, conversation_for
from appliance.instruments.counters import Counters, Tally
from appliance.instruments.decoding import (
    SIGN_OF_LIFE,
    STORED,
    Decoded,
    Output,
    is_from_instrument,
)
from appliance.instruments.identity import ComPorts, PortIdentity, system_ports
from appliance.instruments.instrument import Instrument
from appliance.instruments.link import LinkWatch
from appliance.instruments.notes import About, Notes
from appliance.instruments.place import NotThereError, OpenPort, PortPlace
from appliance.instruments.port import READ_TIMEOUT_S, Port, PortLostError
from appliance.instruments.storing import measurement_of, newest_first, stored_result
from appliance.instruments.strangers import Strangers
from appliance.orders import Order

FIRST_PAUSE_S = 0.25
LAST_PAUSE_S = 2.0
"""Pauses between attempts to open: doubled from the first to the last, in real time."""
STOP_WITHIN_S = 1.0

Post = Callable[[Event], None]


class PortWorker:
    """Owns the port of one instrument while it runs.

    Everything heard is posted from its thread.  `comports`, `open_port`: the hardware seams.
    """

    def __init__(
        self,
        instrument: Instrument,
        clock: Clock,
        post: Post,
        heartbeats: Heartbeats,
        *,
        comports: ComPorts = system_ports,
        open_port: OpenPort = Port,
    ) -> None:
        self.instrument = instrument
        self.worker = f"port:{instrument.name}"
        self._clock = clock
        self._post = post
        self._heartbeats = heartbeats
        self._place = PortPlace(instrument, comports, open_port)
        self._source = Source(Origin.INSTRUMENT, instrument.name, instrument.protocol.name)
        self._decoder = instrument.protocol.decoder()
        self._tally = Tally()
        self._commander = commander_for(
            instrument.name, instrument.protocol.driver, clock, post, self._tally
        )
        self._notes = Notes(instrument.name, post)
        self._speaker: Commander | Conversation | None = self._commander or conversation_for(
            instrument.name, instrument.protocol.talker, clock, self._notes.talked
        )
        self._strangers = Strangers(instrument.protocol, partial(self._notes.say, About.STRANGER))
        self._state: LinkState | None = None
        self._pause_s = FIRST_PAUSE_S
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.worker, daemon=True)

    @property
    def state(self) -> LinkState | None:
        """The state last posted; None before the first."""
        return self._state

    @property
    def identity(self) -> PortIdentity | None:
        """The device that was opened; None before the first time."""
        return self._place.identity

    def device(self) -> str | None:
        """Return the device that is this instrument's now; None while it is away."""
        return self._place.device()

    def counters(self) -> Counters:
        """Return the counters as they are now; from any thread."""
        return self._tally.snapshot()

    def start(self) -> None:
        """Start the thread.  Its heartbeat counts from here, even if it hangs at once."""
        self._heartbeats.beat(self.worker)
        self._thread.start()

    def order(self, order: Order) -> None:
        """Order a measurement or its abort; never waits, from any thread.

        MeasuringChanged tells what becomes of it.  Raises ValueError if it measures by itself.
        """
        if self._commander is None:
            raise ValueError(f"{self.instrument.name} takes no orders: it measures by itself")
        self._commander.order(order)
        self._woken.set()

    def stop(self, within_s: float = STOP_WITHIN_S) -> bool:
        """Close the port and end the thread; whether it ended in time.

        An instrument that measures on command is told to abort first.
        """
        self._stop.set()
        self._woken.set()
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._heartbeats.beat(self.worker)
                self._attempt()
                self._pause()
                self._pause_s = min(2 * self._pause_s, LAST_PAUSE_S)
        # The top of a worker: whatever was not foreseen must reach the main loop.  The
        # heartbeat stays behind and goes stale, so the watchdog sees it as well.
        except Exception as error:  # noqa: BLE001
            self._post(WorkerDied(self.worker, type(error).__name__))
        else:
            self._heartbeats.retire(self.worker)

    def _attempt(self) -> None:
        """Open the port and listen until it is lost or a stop is asked for."""
        port = self._open()
        if port is None:
            return
        there = True
        try:
            self._listen(port)
        except PortLostError as lost:
            there = False
            port.close()
            self._note_loss(lost)
            if self._speaker is not None:
                self._speaker.lose()
            self._strangers.forget()
            self._notes.forget()
        finally:
            # Also on a fault of ours: nothing may be left inflated.
            if there and self._speaker is not None:
                self._speaker.leave(port)
            port.close()

    def _pause(self) -> None:
        """Wait before the next attempt; an order meanwhile is refused at once."""
        self._woken.clear()
        if self._commander is not None:
            self._commander.refuse_orders()
        if not self._stop.is_set():
            self._woken.wait(self._pause_s)
        if self._commander is not None:
            self._commander.refuse_orders()

    def _open(self) -> Port | None:
        try:
            port = self._place.open(self._stop, self._opening)
        except NotThereError:
            self._tell(LinkState.ABSENT)
            return None
        except PortLostError as lost:
            self._note_loss(lost)
            return None
        if port is not None:
            self._tally.count_open()
        return port

    def _opening(self, late: bool) -> None:
        self._heartbeats.beat(self.worker)
        if self._commander is not None:
            self._commander.refuse_orders()
        if late:
            self._tell(LinkState.STUCK)

    def _listen(self, port: Port) -> None:
        """Move bytes until a stop is asked for.  Raises PortLostError."""
        self._decoder.reset()
        patience_s = self.instrument.protocol.silent_after_s
        watch = LinkWatch(patience_s, self._clock.now().mono_s)
        self._tell(watch.state)
        byte_mono_s = self._clock.now().mono_s
        if self._speaker is not None:
            self._speaker.open(port)
        while not self._stop.is_set():
            self._heartbeats.beat(self.worker)
            wait_s = self._speaker.wait_s() if self._speaker else READ_TIMEOUT_S
            batch = port.read_batch(wait_s, self.instrument.protocol.gather_s)
            now = self._clock.now()
            if now.mono_s - byte_mono_s > self.instrument.protocol.pause_s:
                # H-04: its other half would date it as of now, and may be of another patient.
                self._decoder.reset()
            outputs = self._decode(batch, now) if batch else []
            if batch:
                byte_mono_s = now.mono_s
                self._pause_s = FIRST_PAUSE_S
                good = any(map(is_from_instrument, outputs))
                watch.heard(now.mono_s, good=good)
                self._strangers.heard(batch, good=good, refused=not good and bool(outputs))
            watch.passed(now.mono_s)
            self._strangers.tell(watch.state)
            self._tell(watch.state)
            pass_on = partial(self._pass_on, now)
            if self._speaker is None:
                pass_on([output for output in outputs if isinstance(output, Decoded)])
            else:
                # Only what answers a question counts; anything else may be another's.
                self._speaker.exchange(port, outputs, pass_on)

    def _decode(self, batch: bytes, now: Now) -> list[Output]:
        outputs: list[Output] = []
        try:
            outputs = self._decoder.feed(batch)
            for output in outputs:
                if isinstance(output, Decoded):
                    self._measured(output, now)
        # A fault in a decoder (or a value that contradicts itself) costs this batch, not the
        # instrument: it is counted for the technician, and nothing of it is passed on.
        except Exception as error:  # noqa: BLE001
            self._tally.count_error(f"decoder failed: {type(error).__name__}")
            self._decoder.reset()
            outputs = []
        self._tally.count_batch(len(batch), outputs)
        return outputs

    def _pass_on(self, now: Now, values: Sequence[Decoded]) -> None:
        self._notes.heard(values)
        stored = [each for each in values if each.extra.get(STORED)]
        for value in values:
            # What a device kept may be anybody's: it waits until a person has chosen it.
            if not value.extra.get(SIGN_OF_LIFE) and not value.extra.get(STORED):
                self._post(MeasurementReceived(self._measured(value, now)))
        if stored:
            results = (stored_result(self._measured(each, now), each.extra) for each in stored)
            name = self.instrument.name
            self._post(StoredResultsReceived(name, newest_first(results)))

    def _measured(self, decoded: Decoded, now: Now) -> Measurement:
        return measurement_of(decoded, self._source, now)

    def _note_loss(self, lost: PortLostError) -> None:
        self._tally.count_error(f"port: {lost.fault}")
        self._tell(LinkState.BUSY if lost.held else LinkState.ABSENT)

    def _tell(self, state: LinkState) -> None:
        if state is not self._state:
            self._state = state
            self._post(LinkChanged(self.instrument.name, state))
