"""The worker of a port with instruments that are asked or answered, on real pseudo-terminals."""

import time

import pytest

from appliance.events import (
    InstrumentNoted,
    LinkState,
    MeasurementReceived,
    StoredResultsReceived,
)
from appliance.heartbeat import Heartbeats
from appliance.instruments.instrument import Instrument
from appliance.instruments.protocols import find_protocol
from appliance.instruments.stream_talkers import NO_STREAM
from appliance.instruments.worker import PortWorker
from hw_mocks.boards import set_fault, set_values
from hw_mocks.clock import Course, SimulatedClock
from hw_mocks.encoding.astm import glucose_records
from hw_mocks.instruments.onetouch_ultraeasy import UltraEasyBoard
from hw_mocks.more_boards import MORE_KINDS
from hw_mocks.ports import SimulatedPort
from tests.contract.events_heard import Events, wait_until

UTC_S = 1_800_000_000.0
DEADLINE_S = 40.0


class Bed:
    """One simulated instrument, the worker of its port, and everything that was heard."""

    def __init__(self, folder, protocol, rate):
        self.protocol = protocol
        self.clock = SimulatedClock(Course(time.monotonic(), rate, UTC_S))
        self.port = SimulatedPort(folder / "port")
        self.board = MORE_KINDS[protocol].make("board", self.port, self.clock, 1)
        self.events = Events(DEADLINE_S)
        instrument = Instrument("bed", str(self.port.path), find_protocol(protocol))
        self.worker = PortWorker(instrument, self.clock, self.events.post, Heartbeats())

    def start(self):
        self.board.start()
        self.worker.start()
        return self

    def value(self, quantity, value):
        return self.events.next(
            lambda e: (
                isinstance(e, MeasurementReceived)
                and (e.measurement.quantity, e.measurement.value) == (quantity, value)
            )
        )

    def stored(self):
        return self.events.next(lambda e: isinstance(e, StoredResultsReceived))

    def end(self):
        assert self.worker.stop(5.0)
        self.board.stop()

    @property
    def measured(self):
        return [e for e in self.events.seen if isinstance(e, MeasurementReceived)]


@pytest.fixture
def bed(tmp_path):
    made = []

    def make(protocol, rate=2.0):
        made.append(Bed(tmp_path, protocol, rate))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.mark.parametrize(
    ("protocol", "quantity", "value"),
    [
        ("contec_cms50:old", "spo2_pct", 91),
        ("contec_cms50:v7", "spo2_pct", 91),
        ("nonin_oem3:1", "spo2_pct", 91),
        ("and_scale", "weight_kg", 64.2),
        ("gy_mcu90614", "surface_temp_degc", 33.5),
        ("healthypi_openview", "heart_rate_bpm", 88),
    ],
)
def test_every_instrument_is_heard_over_a_real_port(bed, protocol, quantity, value):
    it = bed(protocol).start()
    set_values(it.board, protocol, {quantity: value})
    it.events.link(LinkState.SPEAKING)
    found = it.value(quantity, value).measurement
    assert (found.source.name, found.source.protocol) == ("bed", protocol)


def test_a_v7_that_is_unplugged_is_started_again(bed):
    it = bed("contec_cms50:v7").start()
    it.value("spo2_pct", 97.0)
    it.board.unplug()
    it.events.link(LinkState.ABSENT)
    it.board.streaming = False
    it.board.plug()
    it.events.link(LinkState.SPEAKING)
    it.value("spo2_pct", 97.0)
    it.worker.stop(5.0)
    wait_until(lambda: it.board.commands[-1][1] == 0xA2, "it was told to stop", DEADLINE_S)


def test_a_v7_that_does_not_answer_is_noted_in_words(bed):
    it = bed("contec_cms50:v7", rate=10.0)
    set_fault(it.board, it.protocol, "deaf")
    it.start()
    note = it.events.next(lambda e: isinstance(e, InstrumentNoted))
    assert note == InstrumentNoted("bed", NO_STREAM)
    it.board.unplug()
    assert it.events.next(lambda e: isinstance(e, InstrumentNoted)).words == ""


def test_stored_glucose_never_becomes_a_measurement(bed):
    it = bed("onetouch_ultraeasy", rate=5.0)
    assert isinstance(it.board, UltraEasyBoard)
    it.board.clock_ahead_s = 7200.0
    it.board.records = [
        (round(UTC_S) + 7200 - 86400, 90),
        (round(UTC_S) + 7200 - 600, 126),
        (round(UTC_S) + 7200 - 900, 700),
    ]
    it.start()
    results = it.stored().results
    assert [r.measurement.value for r in results] == [126 / 18.016, None, 90 / 18.016]
    newest = results[0]
    assert 600 <= newest.age_at_receipt_s < 700, "by the meter's own clock"
    assert newest.clock_ahead_of_utc_s == pytest.approx(7200, abs=30)
    assert newest.device == "C176SA00G"
    later = newest.measurement.received_mono_s + 60
    assert newest.age_s(later) == newest.age_at_receipt_s + 60
    assert it.measured == []


def test_results_of_a_laboratory_device_await_a_choice(bed):
    it = bed("astm_lis01", rate=5.0).start()
    it.board.tell(glucose_records("7.1"))
    (result,) = it.stored().results
    assert (result.measurement.value, result.device) == (7.1, "Simulated^1.0")
    assert (result.device_time, result.age_at_receipt_s) == ("2026-03-01T08:15:00", 60.0)
    assert it.measured == []
    wait_until(lambda: it.board.ended == 1, "the session ended", DEADLINE_S)
