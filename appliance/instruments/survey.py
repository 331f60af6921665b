"""What `appliance instruments` shows: the ports of this machine and what speaks on them.

Configured ports are listened to for a while by the same worker as in the daemon.  A port
that the daemon holds is shown as in use and is not disturbed.  A port that is not
configured is named but never opened: opening one resets many sensor boards.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.clock import Clock, SystemClock
from appliance.events import Event, LinkChanged, LinkState
from appliance.heartbeat import Heartbeats
from appliance.instruments.counters import Counters
from appliance.instruments.identity import ComPorts, identify, system_ports
from appliance.instruments.worker import Instrument, PortWorker

NOT_CONFIGURED = "not configured"


@dataclass(frozen=True, slots=True)
class PortReport:
    """One port.

    instrument, driver: names of the instrument and its protocol, empty where the port is not
    configured.  device: what it is known by.  state: of its link, in words.
    """

    path: str
    device: str
    instrument: str = ""
    driver: str = ""
    state: str = NOT_CONFIGURED
    counters: Counters | None = None

    def as_record(self) -> dict[str, object]:
        """Return it as the plain record that is printed."""
        record: dict[str, object] = {
            "path": self.path,
            "device": self.device,
            "instrument": self.instrument,
            "driver": self.driver,
            "state": self.state,
        }
        if self.counters is not None:
            record["counters"] = {
                "bytes_read": self.counters.bytes_read,
                "good": self.counters.good,
                "rejected": self.counters.rejected,
                "lost_lines": self.counters.lost_lines,
                "reopened": self.counters.reopened,
                "errors": dict(self.counters.errors),
            }
        return record


def survey_ports(
    instruments: Sequence[Instrument],
    listen_s: float,
    *,
    clock: Clock | None = None,
    comports: ComPorts = system_ports,
) -> list[PortReport]:
    """Listen on every configured port for up to listen_s real seconds; report all ports.

    Ends early when every instrument speaks or is known to be in use.  Configured ports
    come first, in the order given, then the others that are present.
    """
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    workers = [
        PortWorker(each, clock or SystemClock(), events.put, Heartbeats(), comports=comports)
        for each in instruments
    ]
    for worker in workers:
        worker.start()
    try:
        _await_answers(len(workers), events, time.monotonic() + listen_s)
    finally:
        reports = [_report(worker, comports) for worker in workers]
        for worker in workers:
            worker.stop()
    taken = {os.path.realpath(each.path) for each in instruments}
    others = [port.device for port in comports() if port.device not in taken]
    return reports + [PortReport(path, str(identify(path, comports))) for path in sorted(others)]


def _await_answers(expected: int, events: queue.SimpleQueue[Event], until_s: float) -> None:
    answered: set[str] = set()
    while len(answered) < expected and (left_s := until_s - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left_s)
        except queue.Empty:
            return
        if isinstance(event, LinkChanged):
            if event.state in (LinkState.SPEAKING, LinkState.BUSY):
                answered.add(event.instrument)
            else:
                answered.discard(event.instrument)


def _report(worker: PortWorker, comports: ComPorts) -> PortReport:
    instrument = worker.instrument
    identity = worker.identity or identify(instrument.path, comports)
    return PortReport(
        path=instrument.path,
        device=str(identity),
        instrument=instrument.name,
        driver=instrument.protocol.name,
        state=(worker.state or LinkState.ABSENT).value,
        counters=worker.counters(),
    )
