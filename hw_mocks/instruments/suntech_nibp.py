"""A SunTech blood-pressure module with a cuff, as its sheet says.

It keeps a record of every command it was told and of the pressure in its cuff, with their
times, so that a test can prove what happened to the patient's arm.  Encoding here is written
from the sheet and shares nothing with the appliance.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from hw_mocks.instruments.board import Board

FILL_MMHG_S = 35.0
BLEED_MMHG_S = 5.0
DUMP_MMHG_S = 150.0
FILLED_MMHG = {"start adult": 160, "start child": 120, "start neonate": 90}
STEPS_S = 0.05
LENGTHS = {0x20: 3, 0x87: 3, 0x28: 3, 0x79: 5, 0x17: 5, 0x00: 3, 0x81: 7, 0x0C: 6}
"""Command: length of the whole frame."""
NAMES = {
    b"\x20": "start adult",
    b"\x87": "start child",
    b"\x28": "start neonate",
    b"\x79\x01\x00": "abort",
    b"\x79\x03\x00": "get result",
    b"\x79\x05\x00": "get cuff pressure",
    b"\x79\x02\x03": "get return code",
    b"\x00": "module data",
}


class Fault(Enum):
    """What can be wrong with a measurement; the value is the module's error code."""

    NONE = 0
    WEAK = 1
    ARM_MOVED = 2
    KINKED = 85
    LEAK = 87
    HOLDS = -1
    """The valve sticks: the cuff stays full until it is told to abort."""


class Answering(Enum):
    """How the module answers."""

    WELL = "well"
    LATE = "late"
    NEVER = "never"
    BUSY = "busy"
    WRONG_CHECK = "wrong check"


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it came: a name, and the bytes."""

    mono_s: float
    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class _Reply:
    """A frame on its way out.  says: the numbers in it."""

    at_mono_s: float
    frame: bytes
    says: Mapping[str, float]
    measured_mono_s: float


class _Doing(Enum):
    NOTHING = 0
    FILLING = 1
    BLEEDING = 2
    DUMPING = 3


def encode_reply(data: bytes) -> bytes:
    """Return a frame of the module with its length and check."""
    body = bytes([0x3E, len(data) + 3]) + data
    return body + bytes([(256 - sum(body) % 256) % 256])


@dataclass(slots=True)
class SuntechBoard(Board):
    """One simulated module.  Its results are what it is set to; its faults are told to it.

    late_s: how late it answers while it is LATE.  commands, pressures: the record.
    """

    systolic_mmhg: int = 128
    diastolic_mmhg: int = 79
    mean_mmhg: int = 96
    pulse_rate_bpm: int = 67
    fault: Fault = Fault.NONE
    answering: Answering = Answering.WELL
    late_s: float = 1.5
    ignore_aborts: bool = False
    commands: list[Command] = field(default_factory=list)
    pressures: list[tuple[float, float]] = field(default_factory=list)
    cuff_mmhg: float = 0.0
    _doing: _Doing = _Doing.NOTHING
    _target_mmhg: float = 160.0
    _initial_mmhg: float | None = None
    _began_mono_s: float = 0.0
    _moved_mono_s: float | None = None
    _error: int = 0
    _has_reading: bool = False
    _received: bytearray = field(default_factory=bytearray)
    _answers: deque[_Reply] = field(default_factory=deque)

    def told(self, *names: str) -> list[Command]:
        """Return the commands with these names (all without any), in their order."""
        with self._lock:
            return [each for each in self.commands if not names or each.name in names]

    def fill(self, mmhg: float) -> None:
        """Put pressure into the cuff, as if a measurement ran that nobody here ordered."""
        with self._lock:
            self.cuff_mmhg, self._doing, self.fault = mmhg, _Doing.BLEEDING, Fault.HOLDS

    def hold_reading(self) -> None:
        """Hold a completed reading, as after a measurement for somebody who is gone."""
        with self._lock:
            self._has_reading = True

    def power_cut(self) -> None:
        """Lose power and get it back: the record stays, everything else is forgotten."""
        with self._lock:
            self._doing, self._has_reading, self._error = _Doing.DUMPING, False, 0
            self._received.clear()
            self._answers.clear()

    def _act(self, now_mono_s: float) -> None:
        self._move(now_mono_s)
        self._received += self.port.read()
        while command := self._next_command(now_mono_s):
            self.commands.append(command)
            self._obey(command, now_mono_s)
        while self._answers and self._answers[0].at_mono_s <= now_mono_s:
            reply = self._answers.popleft()
            if reply.says:
                self._say(reply.says, measured_mono_s=reply.measured_mono_s)
            self._pace(reply.frame)

    def unplug(self) -> None:
        """Pull the cable; half a command and what was not sent are lost, the cuff stays."""
        with self._lock:
            self._received.clear()
            self._answers.clear()
            self.port.unplug()

    def _next_command(self, now_mono_s: float) -> Command | None:
        """Take a whole command from what was received; one with a wrong check is passed over."""
        while len(self._received) >= 2:
            length = LENGTHS.get(self._received[1])
            if self._received[0] != 0x3A or length is None:
                del self._received[0]
                continue
            if len(self._received) < length:
                return None
            raw = bytes(self._received[:length])
            del self._received[:length]
            if sum(raw) % 256:
                continue
            return Command(now_mono_s, _name_of(raw), raw)
        return None

    def _obey(self, command: Command, now: float) -> None:
        busy = self.answering is Answering.BUSY or self._doing in (_Doing.FILLING, _Doing.BLEEDING)
        match command.name:
            case "abort":
                self._answer(b"A", now)
                if not self.ignore_aborts and self._doing is not _Doing.NOTHING:
                    self._doing, self._error = _Doing.DUMPING, 86
            case "get cuff pressure":
                mmhg = round(self.cuff_mmhg)
                says = {"cuff_pressure_mmhg": float(mmhg)}
                self._answer(mmhg.to_bytes(2, "little", signed=True), now, says)
            case "get result":
                self._answer(self._result(), now, self._reading() if self._has_reading else {})
            case "get return code":
                self._answer(b"\x00\x00\x00", now)
            case "module data":
                self._answer(b"FW 1.0 SIMULATED".ljust(64, b"\x00"), now)
            case _ if busy:
                self._answer(b"B", now)
            case "initial inflation":
                self._initial_mmhg = float(int.from_bytes(command.raw[2:4], "little"))
                self._answer(b"O", now)
            case name if name in FILLED_MMHG:
                self._answer(b"O", now)
                self._target_mmhg = self._initial_mmhg or FILLED_MMHG[name]
                self._initial_mmhg = None
                self._doing, self._began_mono_s = _Doing.FILLING, now
                self._error, self._has_reading = 0, False
            case _:
                self._answer(b"E", now)

    def _answer(
        self, data: bytes, now: float, says: Mapping[str, float] = MappingProxyType({})
    ) -> None:
        frame = encode_reply(data)
        if self.answering is Answering.WRONG_CHECK:
            frame = frame[:-1] + bytes([frame[-1] ^ 0x55])
        late_s = self.late_s if self.answering is Answering.LATE else 0.0
        if self.answering is not Answering.NEVER:
            self._answers.append(_Reply(now + late_s, frame, says, self._began_mono_s))

    def _reading(self) -> dict[str, float]:
        return {
            "systolic_mmhg": float(self.systolic_mmhg),
            "diastolic_mmhg": float(self.diastolic_mmhg),
            "map_mmhg": float(self.mean_mmhg),
            "pulse_rate_bpm": float(self.pulse_rate_bpm),
        }

    def _result(self) -> bytes:
        numbers = (self.systolic_mmhg, self.diastolic_mmhg, self.mean_mmhg, self.pulse_rate_bpm)
        systolic, diastolic, mean, rate = numbers if self._has_reading else (0, 0, 0, 0)
        return (
            systolic.to_bytes(2, "little")
            + diastolic.to_bytes(2, "little")
            + bytes([22 if self._has_reading else 0, int(self._has_reading)])
            + bytes(8)
            + bytes([rate, 0])
            + mean.to_bytes(2, "little")
            + bytes([self._error, 0, 0])
        )

    def _move(self, now: float) -> None:
        last, self._moved_mono_s = self._moved_mono_s, now
        # In steps, so that a clock that jumps finds the same curve.
        passed = 0.0 if last is None else now - last
        while passed > 0.0:
            step_s = min(STEPS_S, passed)
            passed -= step_s
            self._step(now - passed, step_s)
        if not self.pressures or self.pressures[-1][1] != self.cuff_mmhg:
            self.pressures.append((now, self.cuff_mmhg))

    def _step(self, now: float, step_s: float) -> None:
        for_s = now - self._began_mono_s
        if self._doing is _Doing.FILLING:
            leaks = self.fault is Fault.LEAK
            rate = FILL_MMHG_S * (4.0 if self.fault is Fault.KINKED else 1.0)
            self.cuff_mmhg = min(
                25.0 if leaks else self._target_mmhg, self.cuff_mmhg + rate * step_s
            )
            if leaks and for_s >= 10.0:
                self._end(87, now)
            elif self.fault is Fault.KINKED and for_s >= 2.0:
                self._end(85, now)
            elif self.cuff_mmhg >= self._target_mmhg and self.fault is not Fault.KINKED:
                self._doing = _Doing.BLEEDING
        elif self._doing is _Doing.BLEEDING and self.fault is not Fault.HOLDS:
            self.cuff_mmhg -= BLEED_MMHG_S * step_s
            if self.fault is Fault.ARM_MOVED and self.cuff_mmhg < self.mean_mmhg:
                self._end(2, now)
            elif self.cuff_mmhg < min(self.diastolic_mmhg - 20, self._target_mmhg - 30):
                self._end(1 if self.fault is Fault.WEAK else 0, now)
        elif self._doing is _Doing.DUMPING:
            self.cuff_mmhg = max(0.0, self.cuff_mmhg - DUMP_MMHG_S * step_s)
            if not self.cuff_mmhg:
                self._doing = _Doing.NOTHING

    def _end(self, error: int, now: float) -> None:
        self._doing, self._error = _Doing.DUMPING, error
        self._has_reading = error == 0
        self._answer(b"K", now)


def _name_of(raw: bytes) -> str:
    if raw[1] == 0x17:
        return "initial inflation"
    return NAMES.get(raw[1:-1], "unknown")
