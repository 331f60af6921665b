"""What stands between a driver and the thread of its port, with both ends made up."""

import queue

import pytest

from appliance.clinical.measurement import Status
from appliance.clock import Now
from appliance.events import MeasuringChanged
from appliance.events import MeasuringPhase as Phase
from appliance.instruments.commanding import SHORTEST_WAIT_S, UNASKED, Commander
from appliance.instruments.counters import Tally
from appliance.instruments.decoding import Decoded
from appliance.instruments.driver import Step, Told
from appliance.instruments.port import READ_TIMEOUT_S, PortLostError
from appliance.orders import AbortMeasuring, Patient, StartMeasuring

ORDER = StartMeasuring(Patient.ADULT)
VALUE = Decoded("cuff_pressure_mmhg", 60.0, Status.VALID)


class MadeUp:
    """A driver, a port, a clock and a listener in one; it keeps the order of what happened."""

    def __init__(self, step=None, *, lost=False):
        self.step, self.lost_port = step or Step(), lost
        self.log = []
        self.due_s = 0.0
        self.tally = Tally()
        self.commander = Commander("cuff", self, self, self.post, self.tally, queue.SimpleQueue())

    def now(self):
        return Now(100.0)

    def real_s(self, seconds):
        return seconds / 10

    def post(self, event):
        self.log.append(event)

    def write(self, data):
        if self.lost_port:
            raise PortLostError(OSError(5, "gone"))
        self.log.append(data)

    def drain(self, within_s):
        self.log.append(f"drain {within_s}")

    def opened(self, now):
        self.log.append("opened")
        return self.step

    def heard(self, outputs, now):
        return self.step

    def ordered(self, order, now):
        self.log.append(order)
        return Step()

    def lost(self):
        return self.step

    def due_mono_s(self, now):
        return now + self.due_s

    def last_words(self):
        return b"abort"


def test_an_order_from_before_the_opening_is_refused_before_anything_is_written():
    made = MadeUp(Step(b"abort"))
    made.commander.order(ORDER)
    made.commander.open(made)
    assert isinstance(made.log[0], MeasuringChanged)
    assert made.log[0].phase is Phase.FAILED
    assert made.log[1:] == ["opened", b"abort"]
    made.log.clear()
    made.commander.exchange(made, [], list)
    assert ORDER not in made.log


def test_an_abort_without_a_port_needs_no_answer():
    made = MadeUp()
    made.commander.order(AbortMeasuring())
    made.commander.refuse_orders()
    assert made.log == []


def test_bytes_go_out_first_then_values_then_phases():
    made = MadeUp(Step(b"x", (Told(Phase.DONE, "well"),), (VALUE,), 2))
    made.commander.exchange(made, [], lambda values: made.log.extend(values))
    assert made.log == [b"x", VALUE, MeasuringChanged("cuff", Phase.DONE, "well")]
    assert made.tally.snapshot().errors == {UNASKED: 2}


def test_orders_are_carried_out_in_their_order():
    made = MadeUp()
    made.commander.order(ORDER)
    made.commander.order(AbortMeasuring())
    made.commander.exchange(made, [], list)
    assert made.log == [ORDER, AbortMeasuring()]


@pytest.mark.parametrize(
    ("due_s", "wait_s"), [(-1.0, SHORTEST_WAIT_S), (1.0, 0.1), (60.0, READ_TIMEOUT_S)]
)
def test_the_port_is_waited_for_until_something_is_due_in_real_time(due_s, wait_s):
    made = MadeUp()
    made.due_s = due_s
    assert made.commander.wait_s() == pytest.approx(wait_s)


def test_last_words_on_a_port_that_is_gone_do_no_harm():
    made = MadeUp(lost=True)
    made.commander.leave(made)
    assert made.log == []
    there = MadeUp()
    there.commander.leave(there)
    assert there.log == [b"abort", "drain 0.3"]


def test_a_lost_port_is_told_and_open_orders_with_it():
    made = MadeUp(Step(told=(Told(Phase.FAILED, "lost"),)))
    made.commander.order(ORDER)
    made.commander.lose()
    assert [e.words[:4] for e in made.log] == ["lost", "Not "]
