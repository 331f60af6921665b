"""The words of `bedside-status.txt`: what a technician with a laptop needs to know.  Pure.

Nothing of a patient is in it, nor ever a reading.  Lines end as Notepad wants them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.card.data_partition import DataPartition
from appliance.settings_report import Served, SettingsReport

WRITTEN = "Written: "
"""Begins the one line that changes although nothing else did."""
_WIDTH = 20


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Everything that the file tells.

    daemon: what the daemon says of itself (appliance.status), None if it does not answer.
    held: it is kept from starting.  instruments: name, protocol and port as set.  ports,
    keypads: names of what is plugged in, with what it says of itself.
    """

    version: str
    device: str
    written: str
    clock_set: bool
    settings: SettingsReport
    data: DataPartition
    daemon: Mapping[str, Any] | None = None
    held: bool = False
    instruments: Sequence[tuple[str, str, str]] = ()
    ports: Sequence[tuple[str, str]] = ()
    keypads: Sequence[tuple[str, str]] = ()


def status_text(facts: CardFacts) -> str:
    """Return the whole file."""
    lines = [
        "Status of this bedside appliance. It writes this file by itself; changes are lost.",
        f"{WRITTEN}{facts.written}",
        "",
        *_paragraphs(facts),
    ]
    return "\r\n".join(_printable(line) for line in lines) + "\r\n"


def same_but_for_time(one: str, other: str) -> bool:
    """Whether two files tell the same."""
    return _timeless(one) == _timeless(other)


def _timeless(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(WRITTEN)]


def _paragraphs(facts: CardFacts) -> Iterator[str]:
    yield _line("Version", facts.version)
    yield _line("Device", facts.device or "no identity could be made")
    yield _line("Clock", "set" if facts.clock_set else "NOT SET: answers carry no time of day")
    yield from _settings(facts.settings)
    yield _line("Appliance", _appliance(facts))
    yield from _models(facts.daemon)
    yield from _instruments(facts)
    yield from _plugged("Ports found", facts.ports)
    yield from _plugged("Number pads found", facts.keypads)
    yield _line("Data partition", str(facts.data))
    yield from _last_faults(facts.daemon)


def _settings(report: SettingsReport) -> Iterator[str]:
    if report.served is Served.FILE:
        yield _line("Settings", f"{Served.FILE} is used")
    elif report.served is not None:
        words = f"{Served.FILE} is REFUSED, {report.count}: " if report.faults else ""
        yield _line("Settings", f"{words}{report.served} are used")
    for fault in report.faults:
        yield f"    {fault}"
    if report.more_faults:
        yield f"    and {report.more_faults} more"
    for note in report.notes:
        yield _line("Note", note)


def _appliance(facts: CardFacts) -> str:
    if facts.daemon is not None:
        return str(facts.daemon.get("mode", "runs"))
    if facts.held:
        return "HELD after failed starts: press A at the keypad to try once more"
    return "DOES NOT ANSWER: it is starting, or out of service"


def _models(daemon: Mapping[str, Any] | None) -> Iterator[str]:
    if daemon is None:
        return
    for model in _tables(daemon, "models"):
        refusal = model.get("refusal")
        words = f"REFUSED, rule and red flags only: {refusal}" if refusal else "proven"
        yield _line("Model", f"{model.get('task')} {model.get('version')}: {words}")
    refused = daemon.get("bundles_refused")
    for folder in refused if isinstance(refused, list) else ():
        yield _line("Task", f"{folder}: REFUSED as a whole")


def _instruments(facts: CardFacts) -> Iterator[str]:
    told = _tables(facts.daemon or {}, "instruments")
    states = {str(each.get("name")): each.get("state") for each in told}
    for name, protocol, port in facts.instruments:
        state = states.get(name) or "not known"
        yield _line("Instrument", f"{name} ({protocol}) on {port}: {state}")
    if not facts.instruments:
        yield _line("Instrument", "none is set")


def _plugged(title: str, found: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield _line(title, "" if found else "none")
    for name, words in found:
        yield f"    {name}    {words}".rstrip()


def _last_faults(daemon: Mapping[str, Any] | None) -> Iterator[str]:
    counts = Counter(str(each.get("code")) for each in _tables(daemon or {}, "faults"))
    yield _line("Last faults", "" if counts else "none since it was switched on")
    for code, count in sorted(counts.items()):
        yield f"    {code}" + (f"    ({count} times)" if count > 1 else "")


def _tables(told: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the tables of a list in what the daemon told; none where it is no such list."""
    tables = told.get(name)
    if not isinstance(tables, list):
        return []
    return [each for each in tables if isinstance(each, Mapping)]


def _line(title: str, words: str) -> str:
    return f"{title + ':':<{_WIDTH}}{words}".rstrip()


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in line)
