"""Scenarios: an encounter written down so that a clinician can read it.

A scenario is a TOML file; docs/developer/scenarios.md describes it.  Reading one either
gives a Scenario or raises ScenarioRefused with every fault in it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from appliance.clinical.quantities import QUANTITIES
from hw_mocks.boards import KINDS_OF_BOARD, SENDS
from hw_mocks.damage import DamageRefused, damage_of

DEFAULT_CLOCK = "2026-12-01T08:15:00Z"
DEFAULT_SPEED = 5.0

KEYS_OF_THE_FILE = (
    "title",
    "task",
    "speed",
    "clock",
    "keypad",
    "instruments",
    "settings",
    "steps",
    "expect",
)
KEYPADS = ("matrix", "pad")
"""The 4x4 matrix, or a USB number pad; a scenario names keys by the matrix's prints."""
KEYS = frozenset("0123456789ABCD*#")
STEP_KINDS = (
    "keys",
    "power",
    "type",
    "send",
    "stream",
    "set",
    "fault",
    "quiet",
    "raw",
    "replay",
    "damage",
    "reboot",
    "unplug",
    "plug",
    "swap",
    "wait_s",
    "jump_s",
    "clock",
    "power_cut_s",
    "check",
)
OF_AN_INSTRUMENT = frozenset(
    {
        "send",
        "stream",
        "set",
        "fault",
        "raw",
        "replay",
        "damage",
        "reboot",
        "plug",
        "unplug",
        "quiet",
    }
)
OF_A_LINE_BOARD = frozenset({"send", "stream", "quiet"})
EXPECTATIONS = (
    "screen",
    "outcome",
    "category",
    "score",
    "rule",
    "flags",
    "shows",
    "hides",
    "probability",
    "used",
    "told",
)


class ScenarioRefused(ValueError):
    """The file is no scenario.  Its text names every fault."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens.  kind: one of STEP_KINDS; say: what it means, for the reader."""

    kind: str
    say: str
    what: object
    instrument: str = ""
    status: str = "V"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One encounter, or several, on one appliance.

    speed: simulated seconds for each real one.  utc_s: wall time at the start.
    instruments: name to protocol.  settings: tables that go into the settings file as they
    are (timeouts, tasks).  expect: what must hold at the end.  keypad: one of KEYPADS.
    """

    name: str
    title: str
    task: str
    speed: float
    utc_s: float
    instruments: Mapping[str, str]
    settings: Mapping[str, object]
    steps: tuple[Step, ...]
    expect: Mapping[str, object]
    keypad: str = "matrix"


def read_scenario(path: Path) -> Scenario:
    """Read one scenario file; raise ScenarioRefused."""
    try:
        form = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioRefused(f"{path}: {error}") from error
    faults: list[str] = []
    _only(
        form,
        KEYS_OF_THE_FILE,
        "scenario",
        faults,
    )
    for key in ("title", "task"):
        if not isinstance(form.get(key), str):
            faults.append(f"{key} must be a text")
    instruments = _instruments(form.get("instruments", {}), faults)
    steps = _steps(form.get("steps", []), instruments, faults)
    steps = tuple(_beside(step, path) for step in steps)
    expect = form.get("expect", {})
    _only(expect, EXPECTATIONS, "expect", faults)
    speed = form.get("speed", DEFAULT_SPEED)
    if not isinstance(speed, int | float) or not 0.1 <= speed <= 50:
        faults.append("speed must be a number from 0.1 to 50")
    keypad = form.get("keypad", KEYPADS[0])
    if keypad not in KEYPADS:
        faults.append(f"keypad must be one of {', '.join(KEYPADS)}")
    utc_s = moment_of(form.get("clock", DEFAULT_CLOCK), faults)
    if faults:
        raise ScenarioRefused(f"{path}:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return Scenario(
        path.stem,
        form["title"],
        form["task"],
        float(speed),
        utc_s,
        instruments,
        form.get("settings", {}),
        steps,
        expect,
        keypad,
    )


def _only(table: object, known: tuple[str, ...], where: str, faults: list[str]) -> None:
    if not isinstance(table, dict):
        faults.append(f"{where} must be a table")
        return
    faults += [
        f"{where}: unknown key {key!r}; known are {', '.join(known)}"
        for key in table
        if key not in known
    ]


def _instruments(table: object, faults: list[str]) -> dict[str, str]:
    if not isinstance(table, dict):
        faults.append("instruments must be a table of name = protocol")
        return {}
    known = ", ".join(KINDS_OF_BOARD)
    for name, protocol in table.items():
        if protocol not in KINDS_OF_BOARD:
            faults.append(f"instruments.{name}: {protocol!r} is not simulated; known are {known}")
    return dict(table)


def _beside(step: Step, path: Path) -> Step:
    """Return the step with a file named from the scenario's folder."""
    return replace(step, what=str(path.parent / str(step.what))) if step.kind == "replay" else step


def _steps(rows: object, instruments: Mapping[str, str], faults: list[str]) -> tuple[Step, ...]:
    if not isinstance(rows, list) or not rows:
        faults.append("steps must be a list of at least one [[steps]]")
        return ()
    return tuple(step_of(f"steps[{i}]", row, instruments, faults) for i, row in enumerate(rows, 1))


def step_of(where: str, row: object, instruments: Mapping[str, str], faults: list[str]) -> Step:
    """Return one step of this row; note what is wrong with it, beginning with `where`."""
    _only(row, (*STEP_KINDS, "say", "instrument", "status"), where, faults)
    table: dict[str, object] = row if isinstance(row, dict) else {}
    kinds = [kind for kind in STEP_KINDS if kind in table]
    if len(kinds) != 1:
        faults.append(f"{where}: needs exactly one of {', '.join(STEP_KINDS)}")
        return Step("wait_s", "", 0.0)
    kind, what = kinds[0], table[kinds[0]]
    faults += [f"{where}: {words}" for words in _faults_of(kind, what)]
    only = next(iter(instruments)) if len(instruments) == 1 else ""
    instrument = str(table.get("instrument", only))
    if kind in ("plug", "unplug", "quiet", "reboot"):
        instrument = str(what)
    if kind in OF_AN_INSTRUMENT:
        words = _fault_of_instrument(kind, what, instrument, instruments)
        if words:
            faults.append(f"{where}: {words}")
    return Step(kind, str(table.get("say", "")), what, instrument, str(table.get("status", "V")))


def _faults_of(kind: str, what: object) -> list[str]:
    match kind:
        case "keys" if not isinstance(what, str) or not set(what.replace(" ", "")) <= KEYS:
            return [f"keys may hold {''.join(sorted(KEYS))} and blanks"]
        case "power" if what not in (1, 2):
            return ["power must be 1 or 2: how often its key is pressed"]
        case "type":
            return _unknown_quantities(what, QUANTITIES)
        case "send" | "stream":
            return _unknown_quantities(what, SENDS)
        case "swap" if not (isinstance(what, list) and len(what) == 2):
            return ["swap must name two instruments"]
        case "raw" | "replay" if not isinstance(what, str):
            return [f"{kind} must be a text"]
        case "damage":
            try:
                damage_of(what if isinstance(what, dict) else {"damage": what})
            except DamageRefused as refused:
                return [str(refused)]
            return []
        case "wait_s" | "jump_s" | "power_cut_s" if not _is_seconds(what):
            return [f"{kind} must be seconds"]
        case "clock":
            moment_faults: list[str] = []
            moment_of(what, moment_faults)
            return moment_faults
        case "check":
            faults: list[str] = []
            _only(what, EXPECTATIONS, "check", faults)
            return faults
        case _:
            return []


def _is_seconds(what: object) -> bool:
    return isinstance(what, int | float) and what >= 0


def _fault_of_instrument(
    kind: str, what: object, instrument: str, instruments: Mapping[str, str]
) -> str:
    if instrument not in instruments:
        return f"instrument must be one of {', '.join(instruments) or '(none)'}"
    protocol = instruments[instrument]
    board = KINDS_OF_BOARD.get(protocol)
    if board is None:
        return ""
    if kind in OF_A_LINE_BOARD and protocol != "line_nmea":
        return f"{kind} is for line_nmea; {instrument} speaks {protocol}: use set"
    if kind == "fault" and what not in board.faults:
        return f"{instrument} has the faults {', '.join(board.faults) or '(none)'}"
    if kind == "set" and not (isinstance(what, dict) and set(what) <= set(board.fields)):
        return f"{instrument} measures {', '.join(board.fields) or 'what it is sent'}"
    return ""


def _unknown_quantities(what: object, known: Collection[str]) -> list[str]:
    if not isinstance(what, dict) or not what:
        return ["must be a table of quantity = value"]
    names = ", ".join(sorted(known))
    return [f"unknown quantity {q!r}; known are {names}" for q in what if q not in known]


def moment_of(text: object, faults: list[str]) -> float:
    """Return the UTC seconds of a moment written as in a scenario; note what is wrong with it."""
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        faults.append(f"clock must be a moment such as {DEFAULT_CLOCK}")
        return 0.0
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
