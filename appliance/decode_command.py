"""`appliance decode`: bytes of a file, a pipe, a recording or a port to one JSON object a line."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from appliance.clock import SystemClock
from appliance.exits import Exit
from appliance.instruments.capture import CaptureRefused, read_capture
from appliance.instruments.decode_file import (
    InputRefused,
    decode_capture,
    decode_stream,
    record_of,
)
from appliance.instruments.port import PortLostError
from appliance.instruments.protocols import LineSettings, UnknownProtocol, find_protocol
from appliance.instruments.recorder import Recorder, Recording, create
from appliance.output import fail, unread

NO_PROTOCOL = "Name the protocol with --protocol; a recording holds its own."
NO_PORT = "Name the port to be recorded, as in: appliance decode --record NEW.capture /dev/ttyUSB0"
NO_LINE = "Name the protocol with --protocol, or the line with --line, as in 19200,8O1."
HOLDS = (
    "Recording into {file}; end it with Ctrl-C. It holds all that the device says: look through it"
    " before you pass it on. A laboratory device may send names and sample numbers."
)
_LINE = re.compile(r"([1-9][0-9]{2,6}),([78])([NEO])([12])")


class _BadUsage(ValueError):
    """The arguments do not go together; the message says what to do."""


def decode(arguments: argparse.Namespace) -> int:
    """Decode or record what the arguments name; return the exit code."""
    try:
        if arguments.record is not None:
            return _record(arguments)
        if arguments.file is None:
            return _print(_records(arguments, sys.stdin.buffer))
        with arguments.file.open("rb") as stream:
            return _print(_records(arguments, stream))
    except (UnknownProtocol, _BadUsage) as error:
        return fail(Exit.BAD_USAGE, str(error))
    except (InputRefused, CaptureRefused) as error:
        return fail(Exit.INPUT_REFUSED, str(error))
    except OSError as error:
        return unread(error)


def _records(arguments: argparse.Namespace, stream: BinaryIO) -> Iterator[dict[str, object]]:
    if arguments.recorded:
        capture = read_capture(stream)
        if not (arguments.protocol or capture.protocol):
            raise _BadUsage(NO_PROTOCOL)
        return decode_capture(capture, arguments.protocol)
    if not arguments.protocol:
        raise _BadUsage(NO_PROTOCOL)
    return decode_stream(arguments.protocol, stream, as_hex=arguments.hex)


def _print(records: Iterable[dict[str, object]]) -> int:
    for record in records:
        print(json.dumps(record), flush=True)
    return Exit.DONE


def _record(arguments: argparse.Namespace) -> int:
    """Record a port.  The file is made before the port is opened, and kept however it ends."""
    if arguments.file is None:
        raise _BadUsage(NO_PORT)
    protocol = find_protocol(arguments.protocol) if arguments.protocol else None
    if protocol is None and not arguments.line:
        raise _BadUsage(NO_LINE)
    line = _line(arguments.line) if arguments.line else LineSettings()
    if protocol is not None and not arguments.line:
        line = protocol.line
    for_s = float("inf") if arguments.seconds is None else arguments.seconds
    recording = Recording(str(arguments.file), line, protocol, for_s, arguments.ask)
    with create(arguments.record) as file:
        print(HOLDS.format(file=arguments.record), file=sys.stderr, flush=True)
        recorder = Recorder(recording, file, SystemClock())
        with _ended_by_signals(recorder.stop.set):
            try:
                return _print(map(record_of, recorder.run()))
            except PortLostError as lost:
                return fail(Exit.HARDWARE, _lost_words(arguments.file, lost))


def _line(text: str) -> LineSettings:
    found = _LINE.fullmatch(text)
    if found is None:
        raise _BadUsage(f"--line {text} is not a line such as 9600,8N1")
    baud, bits, parity, stops = found.groups()
    return LineSettings(int(baud), int(bits), parity, int(stops))


@contextlib.contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """Let an interrupt end the recording in good order, so that all of it is kept."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for each in before:
        signal.signal(each, lambda *_: end())
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _lost_words(path: object, lost: PortLostError) -> str:
    if lost.held:
        return f"{path} is in use by another program: stop the appliance first."
    return f"{path}: the port cannot be read ({lost.fault}). What was heard until then is kept."
