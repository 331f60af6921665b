"""Between a driver and the thread of its port: orders in, bytes out, phases told.

Orders come from any thread and never wait.  An order is carried out at once or refused at
once: none is kept for a port that may come back later, when another patient may sit there.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.clock import Clock
from appliance.events import MeasuringChanged, MeasuringPhase
from appliance.instruments.counters import Tally
from appliance.instruments.decoding import Decoded, Output
from appliance.instruments.driver import Driver, Step, Told
from appliance.instruments.port import READ_TIMEOUT_S, Port, PortLostError
from appliance.orders import Order, StartMeasuring

SHORTEST_WAIT_S = 0.01
DRAIN_WITHIN_S = 0.3
"""On purpose short: the whole daemon has to end in under 2 s."""
UNASKED = "answer to nothing that was asked"

PassOn = Callable[[Sequence[Decoded]], None]

_NOT_CONNECTED = "Not started: the module is not connected. Look at its cable."


@dataclass(frozen=True, slots=True)
class Commander:
    """Owns the driver of one port while its worker runs.

    All but `order` are called from the worker's thread.
    """

    instrument: str
    driver: Driver
    clock: Clock
    post: Callable[[MeasuringChanged], None]
    tally: Tally
    _orders: queue.SimpleQueue[Order]

    def order(self, order: Order) -> None:
        """Take an order for the next turn of the port's thread.  From any thread."""
        self._orders.put(order)

    def refuse_orders(self) -> None:
        """Refuse what was ordered while the port is not open."""
        with contextlib.suppress(queue.Empty):
            while True:
                if isinstance(self._orders.get_nowait(), StartMeasuring):
                    self._tell(Told(MeasuringPhase.FAILED, _NOT_CONNECTED))

    def open(self, port: Port) -> None:
        """Say what comes first on this port.  Raises PortLostError."""
        self.refuse_orders()
        self._carry_out(port, self.driver.opened(self.clock.now().mono_s))

    def exchange(self, port: Port, outputs: Sequence[Output], pass_on: PassOn) -> None:
        """Hand on what was heard and ordered, write what follows, pass on what counts.

        Raises PortLostError.
        """
        now_mono_s = self.clock.now().mono_s
        self._carry_out(port, self.driver.heard(outputs, now_mono_s), pass_on)
        with contextlib.suppress(queue.Empty):
            while True:
                order = self._orders.get_nowait()
                self._carry_out(port, self.driver.ordered(order, now_mono_s))

    def wait_s(self) -> float:
        """Return how many real seconds the port may be waited for until something is due."""
        now_mono_s = self.clock.now().mono_s
        due_s = self.clock.real_s(self.driver.due_mono_s(now_mono_s) - now_mono_s)
        return min(READ_TIMEOUT_S, max(SHORTEST_WAIT_S, due_s))

    def lose(self) -> None:
        """Take note that the port is gone."""
        for told in self.driver.lost().told:
            self._tell(told)
        self.refuse_orders()

    def leave(self, port: Port) -> None:
        """Say the last words before the port is closed on purpose."""
        with contextlib.suppress(PortLostError):
            port.write(self.driver.last_words())
            port.drain(DRAIN_WITHIN_S)

    def _carry_out(self, port: Port, step: Step, pass_on: PassOn | None = None) -> None:
        if step.write:
            port.write(step.write)
        if pass_on is not None:
            # Before the phases: whoever hears that it is done has the reading already.
            pass_on(step.values)
        for told in step.told:
            self._tell(told)
        for _ in range(step.unasked):
            self.tally.count_error(UNASKED)

    def _tell(self, told: Told) -> None:
        self.post(MeasuringChanged(self.instrument, told.phase, told.words, told.urgent))


def commander_for(
    instrument: str,
    driver: Callable[[], Driver] | None,
    clock: Clock,
    post: Callable[[MeasuringChanged], None],
    tally: Tally,
) -> Commander | None:
    """Return a commander with a fresh driver; None for an instrument that needs none."""
    if driver is None:
        return None
    return Commander(instrument, driver(), clock, post, tally, queue.SimpleQueue())
