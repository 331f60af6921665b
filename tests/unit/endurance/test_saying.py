"""What simulated instruments write down as said is what is on their lines, no more and no less.

Held against the appliance's decoders, which are written from the sheets by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.clinical.measurement import Status
from appliance.clock import Now
from appliance.instruments.decoding import Decoded
from appliance.instruments.protocols import find_protocol
from hw_mocks.instruments.board import Board, Said
from hw_mocks.instruments.line_nmea import LineBoard
from hw_mocks.instruments.nonin_oem3 import Finger, NoninBoard, Perfusion
from hw_mocks.instruments.suntech_nibp import Answering, SuntechBoard
from hw_mocks.ports import SimulatedPort


class Clock:
    """Stands where it is put, and waits for nobody."""

    def __init__(self) -> None:
        self.mono_s = 100.0

    def now(self) -> Now:
        return Now(self.mono_s, None)

    def real_s(self, seconds: float) -> float:
        return 0.0


class Line(SimulatedPort):
    """Keeps what was sent; gives the instrument what it is told."""

    def __init__(self) -> None:
        super().__init__(Path("port"))
        self.sent = bytearray()
        self.to_read = b""

    def write(self, data: bytes) -> None:
        self.sent += data

    def read(self) -> bytes:
        told, self.to_read = self.to_read, b""
        return told


class Bench:
    """One instrument with its line, and what it wrote down."""

    def __init__(self, kind: Callable[..., Board], protocol: str, **settings: Any) -> None:
        self.clock, self.line = Clock(), Line()
        self.board: Any = kind("it", self.line, self.clock, **settings)
        self.said: list[Said] = []
        self.board.listener = self.said.append
        self._protocol = protocol

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds / 0.05)):
            self.clock.mono_s += 0.05
            self.board._act(self.clock.mono_s)

    def decoded(self, *quantities: str) -> list[tuple[str, float, bool]]:
        """Return the numbers on the line as the appliance reads them."""
        outputs = find_protocol(self._protocol).decoder().feed(bytes(self.line.sent))
        return [
            (each.quantity, float(each.value), each.status is Status.VALID)
            for each in outputs
            if isinstance(each, Decoded)
            and isinstance(each.value, float | int)
            and (not quantities or each.quantity in quantities)
        ]

    def written_down(self) -> list[tuple[str, float, bool]]:
        return [(q, v, said.valid) for said in self.said for q, v in said.values.items()]


@pytest.mark.parametrize("data_format", ["2", "7"])
@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"finger": Finger.OUT},
        {"finger": Finger.NO_SENSOR},
        {"artefact": True},
        {"out_of_track": True},
        {"damage": 2},
        {"lose": 1},
    ],
)
def test_an_oximeter(data_format: str, fault: dict[str, Any]) -> None:
    bench = Bench(NoninBoard, f"nonin_oem3:{data_format}", data_format=data_format)
    for pulse, state in ((72, {}), (81, fault), (64, {})):
        bench.board.pulse_rate_bpm = pulse
        for name, value in state.items():
            setattr(bench.board, name, value)
        bench.run(4.0)
        bench.board.finger, bench.board.artefact = Finger.IN, False
        bench.board.out_of_track = False
    bench.run(0.4)  # the appliance counts a packet when the next has begun
    read, written = bench.decoded(), bench.written_down()
    assert read == written[: len(read)]
    assert len(written) - len(read) <= 2
    assert len(read) > 20


def test_a_silent_oximeter_says_nothing() -> None:
    bench = Bench(NoninBoard, "nonin_oem3:7", data_format="7")
    bench.board.silent = True
    bench.run(4.0)
    assert bench.said == []
    assert not bench.line.sent


def test_a_weak_pulse_is_doubted_by_the_packet_that_flags_it() -> None:
    bench = Bench(NoninBoard, "nonin_oem3:7", data_format="7")
    bench.board.perfusion = Perfusion.RED
    bench.run(6.0)
    flagged = [said for said in bench.said if not said.valid]
    assert 3 < len(flagged) < len(bench.said)
    # The appliance is stricter: it remembers a weak pulse for three seconds.
    assert not any(valid for _, _, valid in bench.decoded()[6:])


@pytest.mark.parametrize("status", ["V", "VB", "L", "M", "U"])
def test_a_board_of_text_lines(status: str) -> None:
    bench = Bench(LineBoard, "line_nmea")
    values = {"temp_degc": 36.94, "systolic_mmhg": 128.0, "diastolic_mmhg": 79.0}
    bench.board.send(values, status)
    assert bench.written_down() == bench.decoded()
    assert len({said.group for said in bench.said if "temp_degc" not in said.values}) == 1


def test_a_value_that_is_not_sent_was_not_said() -> None:
    bench = Bench(LineBoard, "line_nmea")
    bench.board.send({"temp_degc": None})
    assert bench.said == []


START, RESULT = bytes.fromhex("3a20a6"), bytes.fromhex("3a7903004a")


def test_a_cuffs_reading_is_said_when_it_is_sent_and_knows_its_measurement() -> None:
    bench = Bench(SuntechBoard, "suntech_nibp")
    began_s = bench.clock.mono_s + 0.05
    bench.line.to_read = START
    bench.run(60.0)
    bench.line.to_read = RESULT
    bench.run(0.1)
    reading = next(said for said in bench.said if "systolic_mmhg" in said.values)
    assert reading.measured_mono_s == pytest.approx(began_s)
    assert bench.decoded(*reading.values) == [(q, v, True) for q, v in reading.values.items()]


def test_an_answer_that_is_never_sent_was_not_said() -> None:
    bench = Bench(SuntechBoard, "suntech_nibp")
    bench.board.hold_reading()
    bench.board.answering = Answering.NEVER
    bench.line.to_read = RESULT
    bench.run(5.0)
    assert bench.said == []
    bench.board.answering = Answering.LATE
    bench.line.to_read = RESULT
    asked_s = bench.clock.mono_s
    bench.run(5.0)
    (said,) = bench.said
    assert said.mono_s >= asked_s + bench.board.late_s
