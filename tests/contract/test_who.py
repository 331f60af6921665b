"""Who is there: every simulated instrument is named in time; nothing is moved or used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from appliance.clock import SystemClock
from appliance.events import (
    Event,
    LinkChanged,
    LinkState,
    MeasurementReceived,
    StoredResultsReceived,
)
from appliance.heartbeat import Heartbeats
from appliance.instruments import identifying
from appliance.instruments.ears import Ears, on_line
from appliance.instruments.identifying import ASKING, LISTENING, Found, find_out
from appliance.instruments.instrument import Instrument
from appliance.instruments.protocols import PROTOCOLS, LineSettings, find_protocol
from appliance.instruments.survey import ask_who, survey_ports
from appliance.instruments.worker import PortWorker
from hw_mocks.boards import KINDS_OF_BOARD, told
from hw_mocks.instruments.board import Board
from hw_mocks.instruments.line_nmea import LineBoard, Stream
from hw_mocks.instruments.suntech_nibp import SuntechBoard
from hw_mocks.ports import SimulatedPort
from tests.contract.events_heard import wait_until

BUSY_MACHINE_S = 5.0
"""What a machine full of other work may add to the five seconds."""
SAME_ON_A_PTY = {"and_scale": "and_scale:8n1", "gy_mcu90614:115200": "gy_mcu90614"}
"""A pseudo-terminal has no speed: of protocols that differ in nothing else, the first is named."""
SILENT = {"astm_lis01", "nonin_oem3:13"}
"""They speak only when they have a result to send."""


class UsbInfo:
    vid, pid = 0x1A86, 0x7523
    serial_number: str | None = None

    def __init__(self, device: str, location: str) -> None:
        self.device, self.location = device, location


Make = Callable[[str, str], Board]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    boards: list[Board] = []

    def start(protocol: str, name: str) -> Board:
        port = SimulatedPort(tmp_path / name)
        board = KINDS_OF_BOARD[protocol].make(name, port, SystemClock(), 1)
        if isinstance(board, LineBoard):
            board.streams["temp_degc"] = Stream(36.7, 1.0, 0.0, "V")
        boards.append(board)
        board.start()
        return board

    yield start
    for board in boards:
        board.stop()


@pytest.mark.parametrize("protocol", sorted(set(KINDS_OF_BOARD) - SILENT))
def test_it_is_named_in_time(make: Make, protocol: str) -> None:
    board = make(protocol, "port")
    began_s = time.monotonic()
    found = find_out(str(board.port.path))
    took_s = time.monotonic() - began_s
    assert found.protocol is not None
    assert found.protocol.name == SAME_ON_A_PTY.get(protocol, protocol)
    assert found.protocol.words in found.words
    assert took_s < identifying.LIMIT_S + BUSY_MACHINE_S


def test_all_that_is_planned_takes_less_than_five_seconds() -> None:
    silent_s = sum(t.listen_s * max(1, len(t.questions)) for t in (*LISTENING, *ASKING))
    speaking_s = sum(t.listen_s + t.more_s for t in LISTENING)
    assert max(silent_s, speaking_s) <= identifying.LIMIT_S - 0.02 * len((*LISTENING, *ASKING))


def test_a_cuff_is_named_and_told_nothing_that_moves_it(make: Make) -> None:
    board = make("suntech_nibp", "port")
    found = find_out(str(board.port.path))
    assert found.protocol is PROTOCOLS["suntech_nibp"]
    assert isinstance(board, SuntechBoard)
    assert told(board) == []


def test_a_device_that_speaks_is_asked_nothing(make: Make) -> None:
    board = make("nonin_oem3:2", "port")
    find_out(str(board.port.path))
    assert board.port.read() == b""


def test_what_is_not_understood_is_asked_nothing_either(tmp_path: Path) -> None:
    port = SimulatedPort(tmp_path / "port")
    port.plug()
    done = threading.Event()

    def rave() -> None:
        while not done.wait(0.05):
            port.write(b"booting version 3 \xa7\xfe")

    raving = threading.Thread(target=rave)
    raving.start()
    try:
        found = find_out(str(port.path))
    finally:
        done.set()
        raving.join()
    assert found.words == "speaks, but is not understood"
    assert port.read() == b""
    port.unplug()


def test_silence_and_absence_are_said(tmp_path: Path) -> None:
    port = SimulatedPort(tmp_path / "port")
    port.plug()
    assert find_out(str(port.path)) == Found()
    assert Found().words == "nothing speaks"
    port.unplug()
    assert "cannot be read" in find_out(str(port.path)).words


def test_two_of_a_kind_and_swapped_cables_are_seen_and_nothing_is_used(
    make: Make, tmp_path: Path
) -> None:
    for protocol, name in (
        ("nonin_oem3:2", "cuff"),
        ("suntech_nibp", "oximeter"),
        ("contec_cms50:v7", "left"),
        ("contec_cms50:v7", "right"),
    ):
        make(protocol, name)
    settings = [
        Instrument("cuff", str(tmp_path / "cuff"), PROTOCOLS["suntech_nibp"]),
        Instrument("oximeter", str(tmp_path / "oximeter"), PROTOCOLS["nonin_oem3:2"]),
    ]
    others = [UsbInfo(str(tmp_path / "left"), "1-1"), UsbInfo(str(tmp_path / "right"), "1-2")]
    reports = ask_who(survey_ports(settings, 4.0, comports=lambda: others))
    speaks = {Path(each.path).name: each.speaks for each in reports}
    assert "nonin_oem3:2. The settings say otherwise: are two cables swapped?" in speaks["cuff"]
    assert "suntech_nibp. The settings say otherwise" in speaks["oximeter"]
    for name in ("left", "right"):
        assert speaks[name].endswith("contec_cms50:v7. Not used: name it in the settings.")
    assert [each.as_record()["speaks"] for each in reports] == [each.speaks for each in reports]


def test_ears_name_nobody_from_noise() -> None:
    ears = Ears(on_line(LineSettings()))
    for number in range(4000):
        ears.hear(bytes(((number * 197 + number // 7) % 256,)))
    assert ears.verdict() is None


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[SimulatedPort]:
    """A loop-back plug: all that is written comes back."""
    port, ended = SimulatedPort(tmp_path / "plug"), threading.Event()
    port.plug()

    def answer() -> None:
        while not ended.is_set():
            port.write(port.read())
            ended.wait(0.005)

    loop = threading.Thread(target=answer)
    loop.start()
    yield port
    ended.set()
    loop.join(20.0)
    port.unplug()


def test_a_plug_that_sends_all_back_is_no_instrument(plug: SimulatedPort) -> None:
    assert find_out(str(plug.path)) == Found(None, 0)


@pytest.mark.parametrize("protocol", ["onetouch_ultraeasy", "contec_cms50:v7", "suntech_nibp"])
def test_its_own_words_that_come_back_do_not_make_it_speak(
    plug: SimulatedPort, protocol: str
) -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    instrument = Instrument("echo", str(plug.path), find_protocol(protocol))
    worker = PortWorker(instrument, SystemClock(), events.put, Heartbeats())
    worker.start()
    try:
        # Asked again and again meanwhile: enough to be called speaking three times over.
        wait_until(lambda: worker.counters().bytes_read >= 18, "its words to come back", 40.0)
        assert worker.state is not LinkState.SPEAKING
    finally:
        assert worker.stop(20.0)
    states = []
    while not events.empty():
        event = events.get()
        states += [event.state] if isinstance(event, LinkChanged) else []
        assert not isinstance(event, MeasurementReceived | StoredResultsReceived)
    assert LinkState.SPEAKING not in states
