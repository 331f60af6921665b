"""The worker of a port with the simulated module and oximeter, on real pseudo-terminals."""

import time

import pytest

from appliance.clinical.measurement import Status
from appliance.events import LinkState, MeasurementReceived, MeasuringPhase
from appliance.heartbeat import Heartbeats
from appliance.instruments.instrument import Instrument
from appliance.instruments.protocols import find_protocol
from appliance.instruments.worker import PortWorker
from appliance.orders import AbortMeasuring, Patient, StartMeasuring
from hw_mocks.clock import Course, SimulatedClock
from hw_mocks.instruments.line_nmea import LineBoard, Stream
from hw_mocks.instruments.nonin_oem3 import Finger, NoninBoard, Perfusion
from hw_mocks.instruments.suntech_nibp import Answering, Fault, SuntechBoard
from hw_mocks.ports import SimulatedPort
from tests.contract.events_heard import Events, wait_until

RATE = 6.0
DEADLINE_S = 40.0
ADULT = StartMeasuring(Patient.ADULT, 160)
UTC_S = 1_800_000_000.0
READING = {
    "systolic_mmhg": 128.0,
    "diastolic_mmhg": 79.0,
    "map_mmhg": 96.0,
    "pulse_rate_bpm": 67.0,
}


class Bed:
    """One simulated instrument, the worker of its port, and everything that was heard."""

    def __init__(self, folder, protocol, kind, rate, **settings):
        self.clock = SimulatedClock(Course(time.monotonic(), rate, UTC_S))
        self.port = SimulatedPort(folder / "port")
        self.board = kind("board", self.port, self.clock, **settings)
        self.events = Events(DEADLINE_S)
        self.heartbeats = Heartbeats()
        self.instrument = Instrument("bed", str(self.port.path), find_protocol(protocol))
        self.worker = None

    def start(self):
        self.board.start()
        self.worker = PortWorker(self.instrument, self.clock, self.events.post, self.heartbeats)
        self.worker.start()
        return self

    def idle(self):
        self.events.phase(MeasuringPhase.IDLE)
        return self

    def measuring(self, mmhg=100.0):
        self.worker.order(ADULT)
        self.events.phase(MeasuringPhase.INFLATING)
        wait_until(lambda: self.board.cuff_mmhg > mmhg, "the cuff was filled", DEADLINE_S)

    def end(self):
        if self.worker is not None:
            assert self.worker.stop(5.0)
        self.board.stop()

    @property
    def names(self):
        return [command.name for command in self.board.told()]

    @property
    def received(self):
        return [e.measurement for e in self.events.seen if isinstance(e, MeasurementReceived)]


@pytest.fixture
def bed(tmp_path):
    made = []

    def make(protocol="suntech_nibp", kind=SuntechBoard, rate=RATE, **settings):
        made.append(Bed(tmp_path, protocol, kind, rate, **settings))
        return made[-1]

    yield make
    for each in made:
        each.end()


def test_a_whole_measurement(bed):
    nibp = bed().start().idle()
    assert nibp.names[0] == "abort"
    nibp.worker.order(ADULT)
    nibp.events.phase(MeasuringPhase.DONE)
    reading = [m for m in nibp.received if m.quantity in READING]
    assert {m.quantity: m.value for m in reading} == READING
    assert {m.status for m in reading} == {Status.VALID}
    assert len({m.group for m in reading}) == 1
    assert {m.source.name for m in reading} == {"bed"}
    shown = [m.value for m in nibp.received if m.quantity == "cuff_pressure_mmhg"]
    assert max(shown) > 150.0
    assert len(nibp.board.told("initial inflation")) == len(nibp.board.told("start adult")) == 1
    polls = [c.mono_s for c in nibp.board.told("get cuff pressure")]
    began = nibp.board.told("start adult")[0].mono_s
    ended = nibp.board.told("get result")[0].mono_s
    assert 20.0 < ended - began < 40.0
    assert sum(began < at < ended for at in polls) / (ended - began) > 2.0
    nibp.board.commands.clear()
    wait_until(lambda: nibp.board.told("get cuff pressure"), "it was polled at rest", DEADLINE_S)
    assert "abort" not in nibp.names


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.LEAK, "code 87"),
        (Fault.KINKED, "code 85"),
        (Fault.ARM_MOVED, "code 2"),
        (Fault.WEAK, "code 1"),
    ],
)
def test_a_measurement_that_fails_gives_no_value_and_says_why(bed, fault, words):
    nibp = bed(fault=fault).start().idle()
    nibp.worker.order(ADULT)
    failed = nibp.events.phase(MeasuringPhase.FAILED)
    assert words in failed.words
    result = [m for m in nibp.received if m.quantity in READING]
    assert [m.value for m in result] == [None] * 4
    assert all(words in m.reason for m in result)
    assert nibp.board.cuff_mmhg < 15.0


@pytest.mark.parametrize(
    "answering", [Answering.LATE, Answering.NEVER, Answering.BUSY, Answering.WRONG_CHECK]
)
def test_a_module_that_answers_wrongly_is_aborted_and_never_started_twice(bed, answering):
    nibp = bed().start().idle()
    nibp.board.commands.clear()
    nibp.board.answering = answering
    nibp.worker.order(ADULT)
    nibp.events.phase(MeasuringPhase.ABORTING)
    wait_until(lambda: nibp.board.told("abort"), "it was told to abort", DEADLINE_S)
    nibp.board.answering = Answering.WELL
    nibp.events.phase(MeasuringPhase.FAILED)
    assert nibp.names.count("initial inflation") == 1
    assert "start adult" not in nibp.names
    assert not [m for m in nibp.received if m.quantity in READING]


@pytest.mark.parametrize("answering", [Answering.LATE, Answering.NEVER, Answering.WRONG_CHECK])
def test_a_module_that_goes_wrong_while_it_measures_is_aborted(bed, answering):
    nibp = bed().start().idle()
    nibp.measuring(60.0)
    nibp.board.answering = answering
    nibp.events.phase(MeasuringPhase.ABORTING)
    wait_until(lambda: nibp.board.cuff_mmhg == 0.0, "the cuff was empty", DEADLINE_S)
    nibp.board.answering = Answering.WELL
    nibp.events.phase(MeasuringPhase.FAILED)
    assert nibp.names.count("start adult") == 1


def test_an_ordered_abort_empties_the_cuff_before_it_is_told(bed):
    nibp = bed(fault=Fault.HOLDS).start().idle()
    nibp.measuring(150.0)
    nibp.worker.order(AbortMeasuring())
    assert nibp.events.phase(MeasuringPhase.ABORTING).words == "Stopped."
    nibp.events.phase(MeasuringPhase.FAILED)
    assert nibp.board.cuff_mmhg < 15.0


def test_an_abort_that_does_not_work_is_repeated_and_told(bed):
    nibp = bed(fault=Fault.HOLDS).start().idle()
    nibp.board.ignore_aborts = True
    nibp.measuring(150.0)
    nibp.worker.order(AbortMeasuring())
    told = nibp.events.next(lambda e: "Take it off" in getattr(e, "words", ""))
    assert told.phase is MeasuringPhase.ABORTING
    nibp.board.ignore_aborts = False
    nibp.events.phase(MeasuringPhase.FAILED)


def test_a_stop_while_it_measures_leaves_an_empty_cuff(bed):
    nibp = bed(fault=Fault.HOLDS).start().idle()
    nibp.measuring(150.0)
    nibp.board.commands.clear()
    began_s = time.monotonic()
    assert nibp.worker.stop()
    assert time.monotonic() - began_s < 1.0
    wait_until(lambda: nibp.board.cuff_mmhg == 0.0, "the cuff was empty", DEADLINE_S)
    assert nibp.names[-1] == "abort"


def test_a_stop_at_rest_is_an_abort_too(bed):
    nibp = bed().start().idle()
    nibp.board.commands.clear()
    assert nibp.worker.stop()
    wait_until(lambda: nibp.board.told("abort"), "it was told to abort", DEADLINE_S)


def test_unplugged_while_it_measures_the_cuff_hears_an_abort_first_when_it_is_back(bed):
    nibp = bed(fault=Fault.HOLDS).start().idle()
    nibp.measuring(150.0)
    nibp.board.unplug()
    failed = nibp.events.phase(MeasuringPhase.FAILED)
    assert "Take the cuff off" in failed.words
    nibp.board.commands.clear()
    assert nibp.board.cuff_mmhg > 100.0
    nibp.board.plug()
    nibp.events.phase(MeasuringPhase.FAILED)
    assert nibp.names[0] == "abort"
    assert nibp.board.cuff_mmhg < 15.0
    nibp.board.fault = Fault.NONE
    nibp.worker.order(ADULT)
    nibp.events.phase(MeasuringPhase.DONE)


def test_a_module_found_inflated_at_the_start_is_emptied_first(bed):
    nibp = bed()
    nibp.board.fill(170.0)
    nibp.start()
    nibp.events.phase(MeasuringPhase.IDLE)
    assert nibp.names[0] == "abort"
    assert nibp.board.cuff_mmhg < 15.0


def test_an_order_without_a_module_is_refused_at_once_and_not_kept(bed):
    nibp = bed().start().idle()
    nibp.board.unplug()
    nibp.events.link(LinkState.ABSENT)
    nibp.worker.order(ADULT)
    assert "not connected" in nibp.events.phase(MeasuringPhase.FAILED).words
    nibp.board.plug()
    nibp.idle()
    wait_until(
        lambda: len(nibp.board.told("get cuff pressure")) > 3, "it was polled at rest", DEADLINE_S
    )
    assert "start adult" not in nibp.names


def test_another_instrument_on_the_port_is_never_believed(bed):
    wrong = bed(kind=LineBoard)
    wrong.board.streams["systolic_mmhg"] = Stream(120.0, 1.0)
    wrong.start()
    wrong.events.link(LinkState.GARBLED)
    wrong.worker.order(ADULT)
    wrong.events.next(lambda e: "still being emptied" in getattr(e, "words", ""))
    assert wrong.received == []


def test_an_instrument_that_measures_by_itself_takes_no_orders(bed):
    oximeter = bed("nonin_oem3:2", NoninBoard, 1.0).start()
    with pytest.raises(ValueError, match="takes no orders"):
        oximeter.worker.order(ADULT)


@pytest.mark.parametrize("data_format", ["2", "7"])
def test_the_oximeter_at_full_rate_loses_no_packet(bed, data_format):
    oximeter = bed(f"nonin_oem3:{data_format}", NoninBoard, 1.0, data_format=data_format).start()
    oximeter.events.link(LinkState.SPEAKING)
    seen = [oximeter.events.measurement() for _ in range(24)]
    assert [m.quantity for m in seen] == ["spo2_pct", "pulse_rate_bpm"] * 12
    assert [m.value for m in seen] == [97.0, 72.0] * 12
    counters = oximeter.worker.counters()
    assert counters.lost_lines == 0
    # The first packet may have begun before the port was open.
    assert counters.rejected <= 1
    times = [m.received_mono_s for m in seen[::2]]
    assert (times[-1] - times[0]) / 11 == pytest.approx(1 / 3, abs=0.08)


def test_a_damaged_or_shortened_packet_costs_itself_alone(bed):
    oximeter = bed("nonin_oem3:2", NoninBoard, 1.0).start()
    oximeter.events.link(LinkState.SPEAKING)
    oximeter.board.damage, oximeter.board.lose = 2, 2
    wait_until(lambda: oximeter.worker.counters().rejected >= 4, "four were dropped", DEADLINE_S)
    oximeter.events.next(lambda e: isinstance(e, MeasurementReceived))
    wait_until(lambda: oximeter.worker.counters().lost_lines == 4, "four are missed", DEADLINE_S)
    while not oximeter.events.empty:
        oximeter.events.next(lambda e: True)
    assert set(oximeter.events.values) == {97.0, 72.0}


def test_faults_of_the_oximeter_reach_the_staff_as_what_they_are(bed):
    oximeter = bed("nonin_oem3:7", NoninBoard, 1.0, data_format="7").start()
    board, events = oximeter.board, oximeter.events

    def spo2(status, reason):
        return events.next(
            lambda e: (
                isinstance(e, MeasurementReceived)
                and e.measurement.quantity == "spo2_pct"
                and (e.measurement.status, e.measurement.reason) == (status, reason)
            )
        ).measurement

    assert spo2(Status.VALID, "").value == 97.0
    board.finger = Finger.OUT
    assert spo2(Status.MISSING, "finger out of the sensor").value is None
    board.finger = Finger.NO_SENSOR
    assert spo2(Status.MISSING, "sensor disconnected or unusable").value is None
    board.finger, board.perfusion = Finger.IN, Perfusion.RED
    assert spo2(Status.DOUBTFUL, "low perfusion: weak pulse at the sensor").value == 97.0
    board.perfusion, board.out_of_track = Perfusion.GREEN, True
    spo2(Status.DOUBTFUL, "out of track: no run of good pulses")
    board.out_of_track, board.artefact = False, True
    spo2(Status.DOUBTFUL, "movement or artefact")
    board.artefact, board.spo2_pct = False, 88
    assert spo2(Status.VALID, "").value == 88.0
    board.silent = True
    events.link(LinkState.SILENT)
