"""Recording a device on a real pseudo-terminal, and having it speak again from the file."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.events import MeasurementReceived, StoredResultsReceived
from appliance.heartbeat import Heartbeats
from appliance.instruments.capture import Capture, read_capture
from appliance.instruments.decode_file import decode_capture, record_of
from appliance.instruments.decoding import Decoded, Output
from appliance.instruments.instrument import Instrument
from appliance.instruments.protocols import find_protocol
from appliance.instruments.recorder import Recorder, Recording
from appliance.instruments.worker import PortWorker
from hw_mocks.__main__ import main
from hw_mocks.boards import KINDS_OF_BOARD, set_values
from hw_mocks.clock import Course, SimulatedClock
from hw_mocks.instruments.board import Board
from hw_mocks.instruments.line_nmea import LineBoard, Stream
from hw_mocks.instruments.replay import ReplayBoard
from hw_mocks.ports import SimulatedPort
from tests.contract.events_heard import Events, wait_until

RATE = 4.0
UTC_S = 1_800_000_000.0
DEADLINE_S = 40.0
LEAST_S = 10.0
ROOT = Path(__file__).parents[2]
DEVICES = {
    "line_nmea": ("temp_degc", 36.7),
    "nonin_oem3:2": ("spo2_pct", 94),
    "nonin_oem3:7": ("spo2_pct", 93),
    "contec_cms50:old": ("spo2_pct", 92),
    "contec_cms50:v7": ("pulse_rate_bpm", 66),
    "gy_mcu90614": ("surface_temp_degc", 33.4),
    "healthypi_openview": ("spo2_pct", 91),
    "onetouch_ultraeasy": ("glucose_mmol_l", 7.0),
    "astm_lis01": ("glucose_mmol_l", 7.5),
}


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(Course(time.monotonic(), RATE, UTC_S))


def board_of(protocol: str, port: SimulatedPort, clock: SimulatedClock) -> Board:
    board = KINDS_OF_BOARD[protocol].make("board", port, clock, 1)
    quantity, value = DEVICES[protocol]
    if isinstance(board, LineBoard):
        board.streams[quantity] = Stream(value, 0.5, 0.0, "V")
    else:
        set_values(board, protocol, {quantity: value})
    return board


def says(outputs: list[Output], protocol: str) -> bool:
    """Whether the value of the device is among them, several times where it streams."""
    quantity, value = DEVICES[protocol]
    found = [
        each
        for each in outputs
        if isinstance(each, Decoded)
        and each.quantity == quantity
        and each.value is not None
        and abs(each.value - value) < 0.06
    ]
    return len(found) >= (1 if protocol in ("onetouch_ultraeasy", "astm_lis01") else 3)


def record(protocol: str, port: SimulatedPort, clock: SimulatedClock) -> tuple[str, list[Output]]:
    """Record until the device has said its value; return the file's text and the outputs."""
    spoken = find_protocol(protocol)
    text = io.StringIO()
    recording = Recording(str(port.path), spoken.line, spoken, 120.0, ask=True)
    recorder = Recorder(recording, text, clock)
    outputs: list[Output] = []
    began_s = clock.now().mono_s
    for output in recorder.run():
        outputs.append(output)
        # Long enough that it is still speaking when somebody listens to the replay.
        if clock.now().mono_s - began_s > LEAST_S and says(outputs, protocol):
            recorder.stop.set()
    assert says(outputs, protocol)
    return text.getvalue(), outputs


@pytest.fixture(params=DEVICES)
def recorded(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SimulatedClock
) -> tuple[str, Capture, list[Output]]:
    protocol: str = request.param
    port = SimulatedPort(tmp_path / "port")
    board = board_of(protocol, port, clock)
    board.start()
    try:
        text, outputs = record(protocol, port, clock)
    finally:
        board.stop()
    return protocol, read_capture(io.BytesIO(text.encode())), outputs


def test_a_recording_gives_the_readings_that_it_gave_live_and_speaks_again(
    recorded: tuple[str, Capture, list[Output]], tmp_path: Path, clock: SimulatedClock
) -> None:
    protocol, capture, outputs = recorded
    assert capture.protocol == protocol
    assert list(decode_capture(capture)) == [record_of(each) for each in outputs]
    asked = find_protocol(protocol).talker is not None and protocol != "gy_mcu90614"
    assert any(batch.out for batch in capture.batches) == asked

    port = SimulatedPort(tmp_path / "again")
    board = ReplayBoard("again", port, clock, capture.batches)
    events = Events(DEADLINE_S)
    instrument = Instrument("again", str(port.path), find_protocol(protocol))
    worker = PortWorker(instrument, clock, events.post, Heartbeats())
    worker.start()
    board.start()
    quantity, value = DEVICES[protocol]
    try:
        heard = events.next(
            lambda e: (
                (
                    isinstance(e, MeasurementReceived)
                    and e.measurement.quantity == quantity
                    and e.measurement.value == pytest.approx(value, abs=0.06)
                )
                or isinstance(e, StoredResultsReceived)
            )
        )
        if isinstance(heard, StoredResultsReceived):
            assert heard.results[0].measurement.value == pytest.approx(value, abs=0.06)
    finally:
        assert worker.stop(5.0)
        board.stop()


def test_a_cuff_is_never_ordered_anything_by_a_recording(
    tmp_path: Path, clock: SimulatedClock
) -> None:
    port = SimulatedPort(tmp_path / "port")
    port.plug()
    spoken = find_protocol("suntech_nibp")
    recorder = Recorder(
        Recording(str(port.path), spoken.line, spoken, 3.0, ask=True), io.StringIO(), clock
    )
    assert not list(recorder.run())
    assert port.read() == b""
    port.unplug()


def test_a_port_that_is_pulled_leaves_what_was_heard(tmp_path: Path, clock: SimulatedClock) -> None:
    port = SimulatedPort(tmp_path / "port")
    board = board_of("line_nmea", port, clock)
    board.start()
    out = tmp_path / "new.capture"
    process = decode("--protocol", "line_nmea", "--record", out, port.path)
    try:
        wait_until(lambda: out.exists() and out.read_bytes().count(b"\n") > 3, DEADLINE_S)
        port.unplug()
        _, complaints = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
        process.wait()
        board.stop()
    assert process.returncode == 3
    assert "What was heard until then is kept" in complaints
    with out.open("rb") as file:
        assert any(record.get("value") == 36.7 for record in decode_capture(read_capture(file)))


def decode(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "appliance", "decode", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def ended(*arguments: object) -> tuple[int, str, str]:
    process = decode(*arguments)
    output, complaints = process.communicate(timeout=DEADLINE_S)
    return process.returncode, output, complaints


@pytest.fixture
def thermometer(tmp_path: Path, clock: SimulatedClock) -> Iterator[SimulatedPort]:
    port = SimulatedPort(tmp_path / "thermometer")
    board = board_of("line_nmea", port, clock)
    board.start()
    yield port
    board.stop()


def test_the_command_records_until_it_is_interrupted(
    thermometer: SimulatedPort, tmp_path: Path
) -> None:
    out = tmp_path / "new.capture"
    process = decode("--protocol", "line_nmea", "--record", out, thermometer.path)
    assert process.stdout is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
    reader.start()
    try:
        wait_until(lambda: sum('"value": 36.7' in line for line in lines) >= 2, DEADLINE_S)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        reader.join(DEADLINE_S)
    assert process.stderr is not None
    assert "may send names" in process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    code, output, _ = ended("--recorded", out)
    assert code == 0
    assert output.splitlines() == [line.strip() for line in lines]


def test_an_unknown_device_is_recorded_by_its_line_and_decoded_later(
    thermometer: SimulatedPort, tmp_path: Path
) -> None:
    out = tmp_path / "new.capture"
    code, output, _ = ended("--line", "9600,8N1", "--seconds", 2, "--record", out, thermometer.path)
    assert (code, output) == (0, "")
    assert ended("--recorded", out)[0] == 2
    code, output, _ = ended("--recorded", "--protocol", "line_nmea", out)
    assert code == 0
    assert any(json.loads(line).get("value") == 36.7 for line in output.splitlines())


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--record", "new", "port"), 2, "Name the protocol"),
        (("--record", "new", "--protocol", "nothing", "port"), 2, "not known"),
        (("--record", "new", "--line", "9600", "port"), 2, "not a line"),
        (("--record", "new", "--protocol", "line_nmea"), 2, "Name the port"),
        (("--record", "new", "--protocol", "line_nmea", "absent"), 3, "cannot be read"),
        (("--record", "there", "--protocol", "line_nmea", "port"), 5, "exists"),
        (("--recorded", "there"), 5, "no capture"),
    ],
)
def test_what_cannot_be_recorded_or_read_is_said(
    tmp_path: Path,
    thermometer: SimulatedPort,
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    (tmp_path / "there").write_text("{}\n")
    names = {"port": thermometer.path} | {
        each: tmp_path / each for each in ("new", "there", "absent")
    }
    found, _, complaints = ended(*(names.get(each, each) for each in arguments))
    assert found == code
    assert words in complaints
    assert (tmp_path / "there").read_text() == "{}\n"


def test_a_port_of_the_running_appliance_is_left_to_it(
    thermometer: SimulatedPort, tmp_path: Path, clock: SimulatedClock
) -> None:
    instrument = Instrument("t", str(thermometer.path), find_protocol("line_nmea"))
    events = Events(DEADLINE_S)
    worker = PortWorker(instrument, clock, events.post, Heartbeats())
    worker.start()
    try:
        events.next(lambda e: isinstance(e, MeasurementReceived))
        code, _, complaints = ended(
            "--protocol", "line_nmea", "--record", tmp_path / "new", thermometer.path
        )
    finally:
        assert worker.stop(5.0)
    assert code == 3
    assert "stop the appliance first" in complaints


def test_a_recording_is_played_as_an_instrument_on_the_command_line(
    thermometer: SimulatedPort, tmp_path: Path
) -> None:
    out = tmp_path / "new.capture"
    known = ("--protocol", "line_nmea")
    assert ended(*known, "--seconds", 2, "--record", out, thermometer.path)[0] == 0
    port = tmp_path / "again"
    assert (
        main(["instrument", "line_nmea", "--replay", str(tmp_path / "none"), "--port", str(port)])
        == 2
    )
    again = tmp_path / "again.capture"
    player = threading.Thread(
        target=main,
        args=(
            ["instrument", "line_nmea", "--replay", str(out), "--port", str(port), "--for-s", "6"],
        ),
    )
    player.start()
    wait_until(port.exists, DEADLINE_S)
    ended(*known, "--seconds", 4, "--record", again, port)
    player.join(DEADLINE_S)
    with again.open("rb") as file:
        heard = list(decode_capture(read_capture(file)))
    assert any(record.get("value") == 36.7 for record in heard)
