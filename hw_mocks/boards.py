"""The simulated instruments by protocol: how a scenario makes one, sets it, and breaks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hw_mocks.board_kind import Kind
from hw_mocks.instruments.board import Board
from hw_mocks.instruments.line_nmea import KINDS, LineBoard
from hw_mocks.instruments.nonin_oem3 import Finger, NoninBoard, Perfusion
from hw_mocks.instruments.suntech_nibp import Answering, Fault, SuntechBoard
from hw_mocks.more_boards import MORE_KINDS

POLLS = frozenset({"get cuff pressure", "get result", "get return code", "module data"})
"""What the appliance asks a module again and again; left out of what it was told."""

Break = Callable[[Board], None]


_WELL_FINGER: Mapping[str, object] = {
    "finger": Finger.IN,
    "perfusion": Perfusion.GREEN,
    "artefact": False,
    "out_of_track": False,
    "silent": False,
}
_WELL_CUFF: Mapping[str, object] = {"fault": Fault.NONE, "answering": Answering.WELL}


def _nonin(data_format: str) -> Kind:
    return Kind(
        lambda name, port, clock, _seed: NoninBoard(name, port, clock, data_format=data_format),
        {"spo2_pct": "spo2_pct", "pulse_rate_bpm": "pulse_rate_bpm"},
        {
            "none": _WELL_FINGER,
            "finger off": {"finger": Finger.OUT},
            "no sensor": {"finger": Finger.NO_SENSOR},
            "artefact": {"artefact": True},
            "out of track": {"out_of_track": True},
            "low perfusion": {"perfusion": Perfusion.RED},
            "silent": {"silent": True},
        },
    )


KINDS_OF_BOARD: Mapping[str, Kind] = MappingProxyType(
    {
        "line_nmea": Kind(
            lambda name, port, clock, seed: LineBoard(name, port, clock, seed), {}, {}
        ),
        "nonin_oem3:2": _nonin("2"),
        "nonin_oem3:7": _nonin("7"),
        "suntech_nibp": Kind(
            lambda name, port, clock, _seed: SuntechBoard(name, port, clock),
            {
                "systolic_mmhg": "systolic_mmhg",
                "diastolic_mmhg": "diastolic_mmhg",
                "map_mmhg": "mean_mmhg",
                "pulse_rate_bpm": "pulse_rate_bpm",
            },
            {
                "none": _WELL_CUFF,
                "weak pulse": {"fault": Fault.WEAK},
                "arm moved": {"fault": Fault.ARM_MOVED},
                "kinked hose": {"fault": Fault.KINKED},
                "leak": {"fault": Fault.LEAK},
                "late": {"answering": Answering.LATE},
                "no answer": {"answering": Answering.NEVER},
                "busy": {"answering": Answering.BUSY},
                "wrong check": {"answering": Answering.WRONG_CHECK},
            },
        ),
        **MORE_KINDS,
    }
)

SENDS = frozenset(KINDS)
"""Quantities that a board of text lines can send."""


def set_values(board: Board, protocol: str, values: Mapping[str, float]) -> None:
    """Set what a board measures from now on."""
    for quantity, value in values.items():
        setattr(board, KINDS_OF_BOARD[protocol].fields[quantity], value)


def set_fault(board: Board, protocol: str, name: str) -> None:
    """Break a board in one way, or make it well again."""
    for attribute, value in KINDS_OF_BOARD[protocol].faults[name].items():
        setattr(board, attribute, value)


def swap_cables(one: Board, other: Board) -> None:
    """Pull both cables and put each into the other's port."""
    one.unplug()
    other.unplug()
    one.port, other.port = other.port, one.port
    one.plug()
    other.plug()


def told(board: Board) -> list[str]:
    """Return what a board was told to do, without what it was only asked."""
    if not isinstance(board, SuntechBoard):
        return []
    return [each.name for each in board.told() if each.name not in POLLS]
