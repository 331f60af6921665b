"""Runs on the test's machine: a simulated cuff and a text-line board, obeying standard input.

Orders, one a line: `plug NAME`, `fill MMHG`, `ask`.  After each, one line of JSON: how often
the cuff was told to abort, its pressure, and its port's device.
"""

from __future__ import annotations

import grp
import json
import os
import sys
from pathlib import Path

from appliance.clock import SystemClock
from hw_mocks.instruments.board import Board
from hw_mocks.instruments.line_nmea import LineBoard, Stream
from hw_mocks.instruments.suntech_nibp import SuntechBoard
from hw_mocks.ports import SimulatedPort


def plug_in(board: Board) -> None:
    """Plug it in as udev would: the device belongs to dialout and to nobody else."""
    board.start()
    device = os.path.realpath(board.port.path)
    os.chown(device, 0, grp.getgrnam("dialout").gr_gid)
    os.chmod(device, 0o660)


def main() -> None:
    """Obey until standard input ends."""
    clock = SystemClock()
    cuff = SuntechBoard("cuff", SimulatedPort(Path("/dev/cuff")), clock)
    streams = {"temp_degc": Stream(37.0, every_s=0.5)}
    board = LineBoard("board", SimulatedPort(Path("/dev/board")), clock, streams=streams)
    boards: dict[str, Board] = {"cuff": cuff, "board": board}
    for line in sys.stdin:
        match line.split():
            case ["plug", name]:
                plug_in(boards[name])
            case ["fill", mmhg]:
                cuff.fill(float(mmhg))
        answer = {
            "aborts": len(cuff.told("abort")),
            "mmhg": cuff.cuff_mmhg,
            "device": os.path.realpath("/dev/cuff"),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
