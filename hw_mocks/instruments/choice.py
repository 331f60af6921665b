"""One simulated instrument as a person asks for it on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.clock import Clock
from appliance.instruments.capture import read_capture
from hw_mocks.instruments.board import Board
from hw_mocks.instruments.line_nmea import KINDS, LineBoard, Stream
from hw_mocks.instruments.nonin_oem3 import Finger, NoninBoard, Perfusion
from hw_mocks.instruments.replay import ReplayBoard
from hw_mocks.instruments.suntech_nibp import Answering, Fault, SuntechBoard
from hw_mocks.more_boards import MORE_KINDS
from hw_mocks.ports import SimulatedPort

PROTOCOLS = ("line_nmea", "nonin_oem3:2", "nonin_oem3:7", "suntech_nibp", *MORE_KINDS)

NIBP_FAULTS = {each.name.lower(): each for each in Fault}
NIBP_ANSWERS = {each.name.lower(): each for each in Answering}
OXIMETER_FAULTS = ("finger_off", "no_sensor", "artefact", "out_of_track", "low_perfusion")


class ChoiceRefused(ValueError):
    """There is no such instrument, value or fault; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was asked for.  values: each QUANTITY=NUMBER.  fault: one word, empty for none.

    every_s, noise, status: of the streams of a line board; the others keep their own pace.
    """

    protocol: str
    values: Sequence[str] = ()
    every_s: float = 1.0
    noise: float = 0.0
    status: str = "V"
    fault: str = ""


def board_for(chosen: Chosen, path: Path, clock: Clock) -> Board:
    """Return the instrument, not yet started.  Raises ChoiceRefused."""
    port = SimulatedPort(path)
    if chosen.protocol in MORE_KINDS:
        return _one_of_more(chosen, port, clock)
    name, _, variant = chosen.protocol.partition(":")
    match name:
        case "nonin_oem3":
            oximeter = NoninBoard(chosen.protocol, port, clock, data_format=variant)
            values = _values(chosen, ("spo2_pct", "pulse_rate_bpm"))
            oximeter.spo2_pct = round(values.get("spo2_pct", oximeter.spo2_pct))
            oximeter.pulse_rate_bpm = round(values.get("pulse_rate_bpm", oximeter.pulse_rate_bpm))
            break_oximeter(oximeter, chosen.fault)
            return oximeter
        case "suntech_nibp":
            nibp = SuntechBoard(chosen.protocol, port, clock)
            _set_reading(nibp, chosen)
            break_nibp(nibp, chosen.fault)
            return nibp
        case _:
            board = LineBoard(chosen.protocol, port, clock)
            if chosen.fault:
                raise ChoiceRefused("line_nmea has no --fault; its --status says what is wrong")
            for quantity, value in _values(chosen, tuple(KINDS)).items():
                board.streams[quantity] = Stream(value, chosen.every_s, chosen.noise, chosen.status)
            return board


def replay_for(chosen: Chosen, capture: Path, path: Path, clock: Clock) -> Board:
    """Return the recorded device, not yet started.  Raises ChoiceRefused, CaptureRefused."""
    try:
        with capture.open("rb") as stream:
            batches = read_capture(stream).batches
    except OSError as error:
        raise ChoiceRefused(f"{capture}: {error.strerror}") from error
    return ReplayBoard(chosen.protocol, SimulatedPort(path), clock, batches)


def _one_of_more(chosen: Chosen, port: SimulatedPort, clock: Clock) -> Board:
    kind = MORE_KINDS[chosen.protocol]
    board = kind.make(chosen.protocol, port, clock, 0)
    for quantity, value in _values(chosen, tuple(kind.fields)).items():
        now = getattr(board, kind.fields[quantity])
        setattr(board, kind.fields[quantity], round(value) if isinstance(now, int) else value)
    faults = {name.replace(" ", "_"): fault for name, fault in kind.faults.items()}
    _known(chosen.fault, tuple(faults))
    for attribute, state in faults.get(chosen.fault, {}).items():
        setattr(board, attribute, state)
    return board


def break_oximeter(board: NoninBoard, fault: str) -> None:
    """Give it one fault, and take away every other.  Raises ChoiceRefused."""
    _known(fault, OXIMETER_FAULTS)
    fingers = {"finger_off": Finger.OUT, "no_sensor": Finger.NO_SENSOR}
    board.finger = fingers.get(fault, Finger.IN)
    board.artefact = fault == "artefact"
    board.out_of_track = fault == "out_of_track"
    board.perfusion = Perfusion.RED if fault == "low_perfusion" else Perfusion.GREEN


def break_nibp(board: SuntechBoard, fault: str) -> None:
    """Give it one fault, and take away every other.  Raises ChoiceRefused."""
    _known(fault, (*NIBP_FAULTS, *NIBP_ANSWERS))
    board.fault = NIBP_FAULTS.get(fault, Fault.NONE)
    board.answering = NIBP_ANSWERS.get(fault, Answering.WELL)


def _set_reading(board: SuntechBoard, chosen: Chosen) -> None:
    quantities = ("systolic_mmhg", "diastolic_mmhg", "map_mmhg", "pulse_rate_bpm")
    values = _values(chosen, quantities)
    board.systolic_mmhg = round(values.get("systolic_mmhg", board.systolic_mmhg))
    board.diastolic_mmhg = round(values.get("diastolic_mmhg", board.diastolic_mmhg))
    third = board.diastolic_mmhg + (board.systolic_mmhg - board.diastolic_mmhg) / 3
    board.mean_mmhg = round(values.get("map_mmhg", third))
    board.pulse_rate_bpm = round(values.get("pulse_rate_bpm", board.pulse_rate_bpm))


def _values(chosen: Chosen, known: tuple[str, ...]) -> dict[str, float]:
    values = {}
    for given in chosen.values:
        quantity, _, number = given.partition("=")
        _known(quantity, known)
        try:
            values[quantity] = float(number)
        except ValueError:
            raise ChoiceRefused(f"{given} is not QUANTITY=NUMBER") from None
    return values


def _known(word: str, known: tuple[str, ...]) -> None:
    if word and word not in known:
        raise ChoiceRefused(f"{word} is not one of {', '.join(known)}")
