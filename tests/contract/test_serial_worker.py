"""The worker of a port on real pseudo-terminals, with the real serial library."""

import itertools
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace

import pytest

from appliance.clinical.measurement import Origin, Source, Status
from appliance.clock import Now
from appliance.events import LinkChanged, LinkState, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.instruments import opening
from appliance.instruments import worker as worker_module
from appliance.instruments.decoding import Decoded, Rejected
from appliance.instruments.identity import PortKind
from appliance.instruments.instrument import Instrument
from appliance.instruments.link import GARBLED_AFTER_S
from appliance.instruments.port import Port, PortLostError
from appliance.instruments.protocols import find_protocol
from appliance.instruments.survey import survey_ports
from appliance.instruments.worker import PortWorker
from tests.contract.events_heard import DEADLINE_S, Events, wait_until

LINE = find_protocol("line_nmea")


def line(seq, value=97):
    body = f"PBVS,1,{seq:03d},SPO2,{value},%,V"
    check = 0
    for character in body:
        check ^= ord(character)
    return f"${body}*{check:02X}\r\n".encode("ascii")


class ManualClock:
    def __init__(self):
        self.mono_s = 1000.0

    def now(self):
        return Now(self.mono_s, 1_800_000_000.0)

    def real_s(self, seconds):
        return seconds


class Plugged:
    """A simulated adapter: a pseudo-terminal, reached by its own name and by a link."""

    def __init__(self, link):
        self._master, slave = os.openpty()
        self.device = os.ttyname(slave)
        os.close(slave)
        fresh = link.with_suffix(".new")
        fresh.symlink_to(self.device)
        fresh.rename(link)

    def write(self, data):
        while data:
            data = data[os.write(self._master, data) :]

    def unplug(self):
        if self._master is not None:
            os.close(self._master)
            self._master = None


class Room:
    """One instrument's place: its link, its worker, and everything that was heard."""

    def __init__(self, folder):
        self.link = folder / "port"
        self.clock = ManualClock()
        self.events = Events()
        self.heartbeats = Heartbeats()
        self.instrument = Instrument("oximeter", str(self.link), LINE)
        self.worker = None
        self._plugged = []
        self._workers = []

    def plug(self):
        device = Plugged(self.link)
        self._plugged.append(device)
        return device

    def start(self, instrument=None, **seams):
        self.worker = PortWorker(
            instrument or self.instrument, self.clock, self.events.post, self.heartbeats, **seams
        )
        self._workers.append(self.worker)
        self.worker.start()
        return self.worker

    def counters(self):
        return self.worker.counters()

    def heard(self, count):
        wait_until(lambda: self.counters().bytes_read >= count, f"{count} bytes were read")

    def clear(self):
        for each in self._workers:
            assert each.stop(DEADLINE_S)
        for each in self._plugged:
            each.unplug()


@pytest.fixture
def room(tmp_path):
    made = Room(tmp_path)
    yield made
    made.clear()


@pytest.fixture
def quick(monkeypatch):
    """Let many replugs fit into a test; the growth of the pauses has its own."""
    monkeypatch.setattr(worker_module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(worker_module, "LAST_PAUSE_S", 0.02)


@pytest.mark.parametrize("cut", [1, 9, 15, 20, len(line(41)) - 3, len(line(41)) - 1])
def test_half_a_line_is_never_completed_after_a_pause(room, cut):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    device.write(line(41, 39)[:cut])
    room.heard(cut)
    room.clock.mono_s += 600.0
    device.write(line(41, 39)[cut:] + line(42, 97))
    assert room.events.measurement().value == 97.0, "nothing of what began before the pause"


def test_a_line_becomes_a_measurement_with_source_and_receipt(room):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    room.clock.mono_s = 1007.0
    device.write(line(41))
    got = room.events.measurement()
    assert (got.quantity, got.value, got.status) == ("spo2_pct", 97.0, Status.VALID)
    assert got.source == Source(Origin.INSTRUMENT, "oximeter", "line_nmea")
    assert (got.received_mono_s, got.received_utc_s) == (1007.0, 1_800_000_000.0)
    assert got.group.startswith("041")
    assert got.encounter is None
    assert room.events.states == [LinkState.SILENT, LinkState.SPEAKING]
    assert room.counters().good == 1
    assert room.counters().bytes_read == len(line(41))


def test_a_sign_of_life_keeps_the_link_and_says_nothing_of_the_quantity(room):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    device.write(line(41, ""))
    room.events.link(LinkState.SPEAKING)
    device.write(line(42))
    assert room.events.measurement().value == 97.0
    assert room.events.values == [97.0]
    assert room.counters().good == 2


def test_a_line_split_over_many_reads_is_one_measurement(room):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    whole = line(41)
    for count, at in enumerate(range(0, len(whole), 5), start=1):
        device.write(whole[at : at + 5])
        room.heard(min(5 * count, len(whole)))
    assert room.events.measurement().value == 97.0
    assert room.counters().rejected == 0


def test_many_values_in_one_batch_keep_their_order(room):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    device.write(b"".join(line(n, 60 + n) for n in range(20)))
    assert [room.events.measurement().value for _ in range(20)] == [60.0 + n for n in range(20)]


def test_bytes_from_before_the_opening_are_thrown_away(room):
    device = room.plug()
    device.write(line(1, 88) * 3)
    room.start()
    room.events.link(LinkState.SILENT)
    device.write(line(2, 97))
    assert room.events.measurement().value == 97.0
    assert room.counters().bytes_read == len(line(2))


def test_unplugged_and_back_under_the_same_name(room):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    device.write(line(5) + b"$PBVS,1,006,SPO2,9")
    assert room.events.measurement().value == 97.0
    device.unplug()
    room.events.link(LinkState.ABSENT)
    device = room.plug()
    room.events.link(LinkState.SILENT)
    device.write(b"7,%,V*00\r\n" + line(300, 95))
    assert room.events.measurement().value == 95.0
    assert room.events.states == [
        LinkState.SILENT,
        LinkState.SPEAKING,
        LinkState.ABSENT,
        LinkState.SILENT,
        LinkState.SPEAKING,
    ]
    counters = room.counters()
    assert (counters.reopened, counters.lost_lines) == (1, 0)
    # Half a line from before and half from after are never put together.
    assert counters.errors["not a line: no $ before it"] == 1


def test_a_port_that_is_not_there_is_waited_for(room):
    room.start()
    room.events.link(LinkState.ABSENT)
    device = room.plug()
    room.events.link(LinkState.SILENT)
    device.write(line(1))
    assert room.events.measurement().value == 97.0
    assert room.counters().reopened == 0


@dataclass
class UsbInfo:
    device: str
    serial_number: str | None
    vid: int | None = 0x1A86
    pid: int | None = 0x7523
    location: str | None = "1-1.1"


def test_another_device_that_took_the_number_is_not_opened(room, quick):
    ours = room.plug()
    present = [UsbInfo(ours.device, "OURS")]
    instrument = replace(room.instrument, path=ours.device)
    room.start(instrument, comports=lambda: list(present))
    room.events.link(LinkState.SILENT)
    assert room.worker.identity.kind is PortKind.USB_SERIAL
    present.clear()
    ours.unplug()
    room.events.link(LinkState.ABSENT)
    other = room.plug()
    # As a rule the system gave it the lowest free number: the one that ours had.
    present.append(UsbInfo(other.device, "OTHER"))
    ours = room.plug()
    present.append(UsbInfo(ours.device, "OURS", location="1-1.4"))
    room.events.link(LinkState.SILENT)
    other.write(line(1, 50))
    ours.write(line(1, 96))
    assert room.events.measurement().value == 96.0
    assert room.counters().reopened == 1


def test_no_file_and_no_thread_is_left_over_fifty_replugs(room, quick):
    device = room.plug()
    room.start()
    open_files = threads = None
    for turn in range(50):
        room.events.link(LinkState.SILENT)
        device.write(line(turn, 50 + turn))
        assert room.events.measurement().value == 50.0 + turn
        if turn == 0:
            open_files = len(os.listdir("/proc/self/fd"))
            threads = threading.active_count()
        elif turn < 49:
            assert len(os.listdir("/proc/self/fd")) <= open_files
            assert threading.active_count() == threads
        device.unplug()
        room.events.link(LinkState.ABSENT)
        device = room.plug()
    room.events.link(LinkState.SILENT)
    assert room.counters().reopened == 50
    assert room.worker.stop()
    device.unplug()
    # The port, the four pipe ends of the library, and the simulated adapter's own end.
    assert len(os.listdir("/proc/self/fd")) == open_files - 6
    assert threading.active_count() == threads - 1


class Hanging:
    """An opening that waits for as long as the test wants."""

    def __init__(self, then):
        self.released, self.entered, self.over = (threading.Event() for _ in range(3))
        self._then = then

    def __call__(self, path, line, stop):
        self.entered.set()
        assert self.released.wait(DEADLINE_S)
        try:
            return self._then(path, line, stop)
        finally:
            self.over.set()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(opening, "OPENS_WITHIN_S", 0.3)
    monkeypatch.setattr(opening, "LOOK_EVERY_S", 0.02)


def test_a_port_that_hangs_in_open_is_told_and_starves_nobody(room, impatient):
    device = room.plug()
    hanging = Hanging(Port)
    room.start(open_port=hanging)
    room.events.link(LinkState.STUCK)
    until_s = time.monotonic() + 1.0
    while time.monotonic() < until_s:
        assert not room.heartbeats.stale(0.5), "the watchdog would end the whole bedside"
        time.sleep(0.01)
    hanging.released.set()
    room.events.link(LinkState.SILENT)
    device.write(line(1))
    assert room.events.measurement().value == 97.0


def test_a_port_that_hangs_in_open_does_not_keep_the_end_waiting(room, impatient):
    room.link.touch()
    port = ScriptedPort()
    hanging = Hanging(lambda *_: port)
    room.start(open_port=hanging)
    assert hanging.entered.wait(DEADLINE_S)
    assert room.worker.stop()
    assert not port.closed
    hanging.released.set()
    wait_until(lambda: port.closed, "the port that nobody waits for any more is closed")
    assert room.counters().reopened == 0


HOLDER = """
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True)
print("held", flush=True)
sys.stdin.read()
"""


def hold(path):
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_port_in_use_by_another_program_is_waited_for(room, quick):
    device = room.plug()
    with hold(room.link) as other:
        assert other.stdout.readline() == "held\n"
        room.start()
        room.events.link(LinkState.BUSY)
        assert room.counters().errors["port: EAGAIN"] >= 1
        other.stdin.close()
        assert other.wait(DEADLINE_S) == 0
    room.events.link(LinkState.SILENT)
    device.write(line(1))
    assert room.events.measurement().value == 97.0


def test_another_program_cannot_take_the_port_while_we_have_it(room):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    with hold(room.link) as other:
        _, said = other.communicate(timeout=DEADLINE_S)
    assert other.returncode != 0
    assert "exclusively lock" in said
    device.write(line(1))
    assert room.events.measurement().value == 97.0
    assert room.counters().reopened == 0


def test_noise_is_counted_and_told_and_the_next_line_is_read(room):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    device.write(line(1))
    room.events.measurement()
    noise = random.Random(7).randbytes(2000) + b"\n"  # a fixed seed: the same noise each time
    device.write(noise)
    room.heard(len(line(1)) + len(noise))
    assert room.worker.state is LinkState.SPEAKING
    room.clock.mono_s += GARBLED_AFTER_S
    device.write(noise)
    room.events.link(LinkState.GARBLED)
    device.write(line(2, 95))
    room.events.link(LinkState.SPEAKING)
    assert room.events.measurement().value == 95.0
    assert room.events.values == [97.0, 95.0]
    assert room.counters().rejected > 0


def test_an_endless_line_gives_nothing_and_ends_with_the_next(room):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    endless = b"$" + b"A" * 199_999
    device.write(endless)
    room.heard(len(endless))
    room.clock.mono_s += GARBLED_AFTER_S
    device.write(b"A")
    room.events.link(LinkState.GARBLED)
    device.write(b"\n" + line(1))
    assert room.events.measurement().value == 97.0
    assert room.counters().errors["line longer than 82 characters"] == 1


def test_a_port_that_never_speaks_is_silent_and_its_worker_lives(room, monkeypatch):
    beats = []
    monkeypatch.setattr(room.heartbeats, "beat", beats.append)
    room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    room.clock.mono_s += 3600.0
    before = len(beats)
    wait_until(lambda: len(beats) > before + 3, "the worker showed that it lives")
    assert set(beats) == {"port:oximeter"}
    assert room.worker.state is LinkState.SILENT
    assert room.events.states == [LinkState.SILENT]


def test_an_instrument_that_stops_speaking_is_silent_after_its_time(room):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    device.write(line(1))
    room.events.link(LinkState.SPEAKING)
    room.events.measurement()
    room.clock.mono_s += LINE.silent_after_s
    room.events.link(LinkState.SILENT)
    device.write(line(2))
    room.events.link(LinkState.SPEAKING)


@pytest.fixture
def pauses(monkeypatch):
    """Record how long a worker would pause; the first six pauses are cut short."""
    asked_s = []

    class Waits(threading.Event):
        def wait(self, timeout=None):
            if timeout is None:  # the thread's own start
                return super().wait()
            asked_s.append(timeout)
            return super().wait(0.001 if len(asked_s) < 6 else timeout)

    monkeypatch.setattr(worker_module.threading, "Event", Waits)
    return asked_s


def test_pauses_between_attempts_grow_and_a_stop_cuts_them_short(room, pauses):
    room.start()
    wait_until(lambda: len(pauses) >= 6, "six attempts were made")
    assert pauses[:6] == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]
    started_s = time.monotonic()
    assert room.worker.stop()
    assert time.monotonic() - started_s < 1.0


class ScriptedPort:
    """Gives its batches and is lost then."""

    def __init__(self, *batches):
        self._batches = list(batches)
        self.closed = False

    def read_batch(self, wait_s, gather_s):
        if not self._batches:
            raise PortLostError(OSError(5, "gone"))
        return self._batches.pop(0)

    def close(self):
        self.closed = True


def test_bytes_bring_the_short_pause_back_and_mere_opening_does_not(room, pauses):
    room.link.touch()
    ports = iter([ScriptedPort(), ScriptedPort(b""), ScriptedPort(line(1)), ScriptedPort()])

    def open_next(path, settings, stop):
        port = next(ports, None)
        if port is None:
            raise PortLostError(FileNotFoundError(2, "gone"))
        return port

    room.start(open_port=open_next)
    wait_until(lambda: len(pauses) >= 6, "six attempts were made")
    assert pauses[:6] == [0.25, 0.5, 0.25, 0.5, 1.0, 2.0]


def test_a_lost_port_is_closed_before_anybody_is_told(room):
    room.link.touch()
    port = ScriptedPort(line(1))
    closed_when_told = []

    def post(event):
        if isinstance(event, LinkChanged) and event.state is LinkState.ABSENT:
            closed_when_told.append(port.closed)
        room.events.post(event)

    room.worker = PortWorker(
        room.instrument, room.clock, post, room.heartbeats, open_port=lambda *_: port
    )
    room.worker.start()
    room.events.link(LinkState.ABSENT)
    assert room.worker.stop(DEADLINE_S)
    assert closed_when_told[0]
    assert room.counters().errors["port: EIO"] >= 1


def test_stop_ends_a_listening_worker_and_retires_its_heartbeat(room):
    room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    assert room.heartbeats.stale(-1.0) == ("port:oximeter",)
    assert room.worker.stop()
    assert room.heartbeats.stale(-1.0) == ()
    assert not [t for t in threading.enumerate() if t.name == "port:oximeter"]


class FailingDecoder:
    """Fails on one batch, and invents a quantity on another."""

    resets = itertools.count()

    def feed(self, chunk):
        if chunk == b"fail\n":
            raise ZeroDivisionError
        if chunk == b"invent\n":
            return [Decoded("no_such_quantity", 1.0, Status.VALID)]
        return [Decoded("spo2_pct", 97.0, Status.VALID), Rejected("words", 0, b"x")]

    def finish(self):
        return []

    def reset(self):
        next(self.resets)


def test_a_decoder_that_fails_costs_its_batch_and_not_the_instrument(room):
    protocol = replace(LINE, decoder=FailingDecoder)
    device = room.plug()
    room.start(replace(room.instrument, protocol=protocol))
    room.events.link(LinkState.SILENT)
    for bad, words in (("fail", "ZeroDivisionError"), ("invent", "ValueError")):
        device.write(f"{bad}\n".encode())
        fault = f"decoder failed: {words}"
        wait_until(lambda fault=fault: fault in room.counters().errors, fault)
    assert next(FailingDecoder.resets) == 3  # once at opening, once for each failure
    device.write(b"good\n")
    assert room.events.measurement().value == 97.0
    assert room.events.values == [97.0]
    assert (room.counters().good, room.counters().rejected) == (1, 1)


def test_what_nobody_foresaw_is_told_and_leaves_a_stale_heartbeat(room):
    def explode(path, settings, stop):
        raise ZeroDivisionError("values and paths stay out of the event")

    room.plug()
    room.start(open_port=explode)
    died = room.events.next(lambda e: isinstance(e, WorkerDied))
    assert died == WorkerDied("port:oximeter", "ZeroDivisionError")
    assert room.worker.stop()
    assert room.heartbeats.stale(-1.0) == ("port:oximeter",)


def test_the_survey_does_not_disturb_a_port_in_use(room, tmp_path):
    device = room.plug()
    room.start()
    room.events.link(LinkState.SILENT)
    device.write(line(1))
    room.events.measurement()
    gone = Instrument("scale", str(tmp_path / "gone"), LINE)
    free = UsbInfo("/dev/ttyUSB7", "S7")
    reports = survey_ports([room.instrument, gone], 0.5, comports=lambda: [free])
    assert [(r.instrument, r.driver, r.state) for r in reports] == [
        ("oximeter", "line_nmea", "in use by another program"),
        ("scale", "line_nmea", "absent"),
        ("", "", "not configured"),
    ]
    assert reports[2].path == "/dev/ttyUSB7"
    assert reports[2].device == "USB 1a86:7523, USB serial number S7"
    device.write(line(2, 96))
    assert room.events.measurement().value == 96.0
    assert room.counters().reopened == 0
    assert room.events.states == [LinkState.SILENT, LinkState.SPEAKING]


def test_the_survey_listens_and_ends_when_all_speak(room):
    device = room.plug()
    done = threading.Event()

    def speak():
        for seq in itertools.cycle(range(1000)):
            if done.wait(0.02):
                return
            device.write(line(seq))

    talker = threading.Thread(target=speak)
    talker.start()
    started_s = time.monotonic()
    try:
        (report,) = survey_ports([room.instrument], 60.0, comports=list)
    finally:
        done.set()
        talker.join()
    assert time.monotonic() - started_s < 30.0
    record = report.as_record()
    assert record["state"] == "speaking"
    assert record["device"] == str(room.link)
    assert record["counters"]["good"] >= 1
