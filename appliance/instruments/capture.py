"""The file of a recording: the bytes of one line with their times, to be decoded again anywhere.

A capture is JSON, one object a line.  The first line names the form and the line's settings;
each other one is a batch of bytes with the seconds since the start:

    {"capture": 1, "protocol": "nonin_oem3:2", "baud": 9600, "data_bits": 8, "parity": "N",
     "stop_bits": 1, "dtr": false}
    {"t_s": 0.0123, "in": "01816a0154"}
    {"t_s": 0.9, "out": "7d81a1"}

`in`: from the device.  `out`: what was written to it.  It holds no date, no name of a machine
and nothing of a patient but what the device itself puts on its line (a laboratory device may
send names).  Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from appliance.instruments.protocols import LineSettings

FORM = 1
LONGEST_LINE = 65536
"""Bytes; a batch of our own takes less than 9000."""
LONGEST_S = 86_400.0 * 7
_HEX = re.compile(r"(?:[0-9a-f]{2})+")


class CaptureRefused(ValueError):
    """The file is no capture; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Bytes that were moved together.  t_s: seconds since the start.  out: written by us."""

    t_s: float
    data: bytes
    out: bool = False


@dataclass(frozen=True, slots=True)
class Capture:
    """A recording.  protocol: what was believed to speak; empty when nothing was."""

    protocol: str
    line: LineSettings
    batches: tuple[Batch, ...]

    def heard(self) -> Iterator[Batch]:
        """Return what the device said, in its order."""
        return (each for each in self.batches if not each.out)


def head_line(protocol: str, line: LineSettings) -> str:
    """Return the first line of a capture."""
    head: dict[str, object] = {"capture": FORM, "protocol": protocol, "baud": line.baud}
    head |= {"data_bits": line.data_bits, "parity": line.parity}
    return json.dumps({**head, "stop_bits": line.stop_bits, "dtr": line.dtr}) + "\n"


def batch_line(batch: Batch) -> str:
    """Return the line of one batch."""
    way = "out" if batch.out else "in"
    return json.dumps({"t_s": round(batch.t_s, 4), way: batch.data.hex()}) + "\n"


def read_capture(stream: BinaryIO) -> Capture:
    """Read a whole capture.  Raises CaptureRefused.

    A last line that was cut off, as by a full disk, is left out.
    """
    lines = _lines(stream)
    protocol, line = _head(next(lines, {}))
    batches: list[Batch] = []
    for number, record in enumerate(lines, start=2):
        batch = _batch(record, number)
        if batches and batch.t_s < batches[-1].t_s:
            raise CaptureRefused(f"line {number}: its time is before that of the line above")
        batches.append(batch)
    return Capture(protocol, line, tuple(batches))


def _lines(stream: BinaryIO) -> Iterator[object]:
    number = 0
    while text := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(text) > LONGEST_LINE:
            raise CaptureRefused(f"line {number} is longer than {LONGEST_LINE} bytes")
        try:
            yield json.loads(text)
        except (ValueError, RecursionError):
            if number > 1 and not text.endswith(b"\n"):
                return
            raise CaptureRefused(f"line {number} is not JSON: this is no capture") from None


def _head(record: object) -> tuple[str, LineSettings]:
    said = record if isinstance(record, dict) else {}
    if said.get("capture") != FORM or isinstance(said.get("capture"), bool):
        raise CaptureRefused(f'line 1: no {{"capture": {FORM}, ...}}: this is no capture')
    line = LineSettings()
    wanted: dict[str, type] = {"protocol": str, "dtr": bool, "parity": str}
    wanted |= dict.fromkeys(("baud", "data_bits", "stop_bits"), int)
    for key, kind in wanted.items():
        if type(said.get(key)) is not kind:
            raise CaptureRefused(f"line 1: {key} is absent or of another kind")
    line = LineSettings(
        said["baud"], said["data_bits"], said["parity"], said["stop_bits"], said["dtr"]
    )
    return said["protocol"], line


def _batch(record: object, number: int) -> Batch:
    said = record if isinstance(record, dict) else {}
    ways = [way for way in ("in", "out") if way in said]
    t_s = said.get("t_s")
    if len(ways) != 1 or isinstance(t_s, bool) or not isinstance(t_s, int | float):
        raise CaptureRefused(f'line {number}: needs "t_s" and either "in" or "out"')
    text = said[ways[0]]
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise CaptureRefused(f"line {number}: bytes must be pairs of small hex digits")
    if not 0 <= t_s <= LONGEST_S:
        raise CaptureRefused(f"line {number}: t_s must be 0 to {LONGEST_S:.0f} s")
    return Batch(float(t_s), bytes.fromhex(text), ways[0] == "out")


def with_pauses(batches: Iterable[Batch], pause_s: float) -> Iterator[tuple[bytes, bool]]:
    """Return each batch's bytes, and whether so long a pause came before them.

    A live port forgets half a frame over such a pause, so a capture must as well.
    """
    last_s = 0.0
    for batch in batches:
        yield batch.data, batch.t_s - last_s > pause_s
        last_s = batch.t_s
