"""What a worker posted, for tests that wait for it."""

import queue
import time

import pytest

from appliance.events import LinkChanged, MeasurementReceived, MeasuringChanged

DEADLINE_S = 10.0


def wait_until(condition, what, within_s=DEADLINE_S):
    until_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until_s, f"waited in vain until {what}"
        time.sleep(0.005)


class Events:
    """What a worker posted; waits for the next event that is looked for."""

    def __init__(self, deadline_s=DEADLINE_S):
        self.deadline_s = deadline_s
        self._queue = queue.SimpleQueue()
        self.seen = []

    def post(self, event):
        self._queue.put(event)

    def next(self, wanted):
        until_s = time.monotonic() + self.deadline_s
        while True:
            try:
                event = self._queue.get(timeout=max(0.0, until_s - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"waited in vain; last came {self.seen[-12:]}")
            self.seen.append(event)
            if wanted(event):
                return event

    def link(self, state):
        return self.next(lambda e: isinstance(e, LinkChanged) and e.state is state)

    def measurement(self):
        return self.next(lambda e: isinstance(e, MeasurementReceived)).measurement

    @property
    def empty(self):
        return self._queue.empty()

    def phase(self, phase):
        return self.next(lambda e: isinstance(e, MeasuringChanged) and e.phase is phase)

    @property
    def phases(self):
        return [e.phase for e in self.seen if isinstance(e, MeasuringChanged)]

    @property
    def values(self):
        return [e.measurement.value for e in self.seen if isinstance(e, MeasurementReceived)]

    @property
    def states(self):
        return [e.state for e in self.seen if isinstance(e, LinkChanged)]
