"""What `appliance instruments` shows: the ports of this machine and what speaks on them.

Configured ports are listened to for a while by the same worker as in the daemon.  A port
that the daemon holds is shown as in use and is not disturbed.  A port that is not
configured is named and not opened, unless a technician asks who is there: opening one resets
many sensor boards.  What is found is offered for the settings, never used.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from appliance.clock import Clock, SystemClock
from appliance.events import Event, LinkChanged, LinkState
from appliance.heartbeat import Heartbeats
from appliance.instruments.counters import Counters
from appliance.instruments.identifying import Found, find_out
from appliance.instruments.identity import ComPorts, identify, system_ports
from appliance.instruments.instrument import Instrument
from appliance.instruments.worker import PortWorker

NOT_CONFIGURED = "not configured"


@dataclass(frozen=True, slots=True)
class PortReport:
    """One port.

    instrument, driver: names of the instrument and its protocol, empty where the port is not
    configured.  device: what it is known by.  state: of its link, in words.  speaks: who was
    found to speak there, where that was asked and is not what the settings say.
    """

    path: str
    device: str
    instrument: str = ""
    driver: str = ""
    state: str = NOT_CONFIGURED
    counters: Counters | None = None
    speaks: str = ""

    def as_record(self) -> dict[str, object]:
        """Return it as the plain record that is printed."""
        record: dict[str, object] = {
            "path": self.path,
            "device": self.device,
            "instrument": self.instrument,
            "driver": self.driver,
            "state": self.state,
        }
        if self.speaks:
            record["speaks"] = self.speaks
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


def ask_who(reports: Sequence[PortReport]) -> list[PortReport]:
    """Find out who speaks on every port that is not configured or does not speak as it should.

    All ports at the same time, within some 5 s; a port in use is not touched.
    """
    speaking = {LinkState.SPEAKING.value, LinkState.BUSY.value, LinkState.ABSENT.value}
    asked = [each.path for each in reports if each.state not in speaking]
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        found = dict(zip(asked, pool.map(find_out, asked), strict=True))
    return [_with_words(each, found.get(each.path)) for each in reports]


def _with_words(report: PortReport, found: Found | None) -> PortReport:
    if found is None or (found.protocol is not None and found.protocol.name == report.driver):
        return report
    words = found.words
    if found.protocol is not None and report.driver:
        words += ". The settings say otherwise: are two cables swapped?"
    elif found.protocol is not None:
        words += ". Not used: name it in the settings."
    return replace(report, speaks=words)


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
