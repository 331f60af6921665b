"""Nonin OEM III, Xpod and relatives, data formats 2 and 7: oxygen saturation and pulse.

The tables stand in the order of the sheet (protocols/nonin_oem3).  Only whole packets of
25 good frames count; half a packet is never kept.  The display averages ("D") are never
read: they keep the last number for about 10 s after the finger is gone.

Source: the sheet, formats 2 and 7 (four independent implementations agree).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import LOST_LINES, Decoded, Extra, Output, refusal_of
from appliance.instruments.framing import Framing

FRAME = 5
FRAMES = 25
PACKET = FRAME * FRAMES

ALWAYS = 0x80
SNSD, ARTF, OOT, SNSA = 0x40, 0x20, 0x10, 0x08
RPRF, GPRF, SYNC = 0x04, 0x02, 0x01
"""Bits of STATUS."""

NO_VALUE = {SNSD: "sensor disconnected or unusable", SNSA: "finger out of the sensor"}
"""Set in any frame: both values are missing whatever the numbers say."""
DOUBT = {OOT: "out of track: no run of good pulses", ARTF: "movement or artefact"}
"""Set in any frame: values are kept with the reason and not used."""
LOW_PERFUSION = "low perfusion: weak pulse at the sensor"

PERFUSION = {RPRF: "red", GPRF: "green", RPRF | GPRF: "yellow"}
WORST_FIRST = ("red", "yellow", "green")
PERFUSION_PACKETS = 9
"""Perfusion and artefact are flagged only around a pulse: they are judged over 3 s, which holds
one at 20/min.  The rates are means over four beats (the sheet), so the packet between two
disturbed pulses is no better than theirs."""


class Frame(IntEnum):
    """Number of the frame that carries it in its floating data byte, from 1."""

    RATE_HIGH = 1
    RATE_LOW = 2
    SPO2 = 3
    FIRMWARE = 4
    TIMER_HIGH = 6
    TIMER_LOW = 7
    STAT2 = 8
    E_RATE_HIGH = 14
    E_RATE_LOW = 15
    E_SPO2 = 16


SMARTPOINT, LOW_BATTERY = 0x20, 0x01
"""Bits of STAT2."""

RATE_MISSING = 511
SPO2_MISSING = 127
TIMER_MODULUS = 1 << 14
LOST_AT_MOST = 180
"""One minute of packets; a larger step of the timer is a module that was started again."""

NO_FRAME = "no frame begins here"
BAD_FRAME = "packet dropped: a frame in it is not one"
SYNC_EARLY = "packet dropped: the next began before its 25th frame"
SYNC_LATE = "packet dropped: no new one began behind its 25th frame"
BROKEN_OFF = "packet broken off at the end of the bytes"


@dataclass(frozen=True, slots=True)
class Format:
    """Where a frame carries STATUS, and its fixed first byte if it has one."""

    status_at: int
    first: int | None


FORMATS = MappingProxyType({"2": Format(1, 0x01), "7": Format(0, None)})


class NoninDecoder:
    """Decoder of one format.

    A packet counts once the 25 frames are followed by the first of another, by bytes that
    are no frame (those cost the packet they belong to), or by the end of the bytes.  A
    dropped packet is searched again from its second byte, so that a false beginning never
    costs the true one behind it.
    """

    def __init__(self, data_format: str) -> None:
        self._format = FORMATS[data_format]
        self._bytes = Framing(NO_FRAME)
        self._frames = 0  # good ones at the front of the bytes that wait; 0 while hunting
        self._packets = 0
        self._timer: int | None = None
        self._perfusion: deque[str] = deque(maxlen=PERFUSION_PACKETS)
        self._disturbed = 0  # for how many packets more, unless an undisturbed pulse comes

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        self._bytes.add(chunk)
        while self._step():
            pass
        return self._bytes.collect()

    def finish(self) -> list[Output]:
        """Say what was left over; a whole last packet still counts."""
        if self._frames == FRAMES:
            self._take_packet()
        self._frames = 0
        return self._bytes.finish(BROKEN_OFF)

    def reset(self) -> None:
        """Forget half a packet and what came before: the link was opened again."""
        self._bytes.reset()
        self._frames = 0
        self._timer = None
        self._perfusion.clear()
        self._disturbed = 0

    def _step(self) -> bool:
        """Decide on the next five bytes; whether there were so many."""
        if self._frames == 0 and self._format.first is not None:
            self._bytes.skip(self._bytes.find(self._format.first))
        frame = self._bytes.peek(self._frames * FRAME, FRAME)
        if len(frame) < FRAME:
            return False
        good = is_frame(frame, self._format)
        begins = good and bool(frame[self._format.status_at] & SYNC)
        if self._frames == 0:
            if begins:
                self._frames = 1
            else:
                self._bytes.skip(1)
        elif self._frames < FRAMES:
            if good and not begins:
                self._frames += 1
            else:
                self._drop_packet(SYNC_EARLY if begins else BAD_FRAME)
        elif good and not begins:
            self._drop_packet(SYNC_LATE)
        else:
            self._take_packet()
        return True

    def _drop_packet(self, words: str) -> None:
        self._bytes.drop(words)
        self._frames = 0

    def _take_packet(self) -> None:
        raw = self._bytes.take(PACKET)
        self._frames = 0
        self._packets += 1
        states = raw[self._format.status_at :: FRAME]
        floating = raw[3::FRAME]
        flags = 0
        for state in states:
            flags |= state
        absent = [words for bit, words in NO_VALUE.items() if flags & bit]
        here = _perfusion_of(states)
        if absent:
            self._perfusion.clear()
            self._disturbed = 0
        else:
            self._perfusion.append(here)
            self._disturbed = 0 if here else max(0, self._disturbed - 1)
        if flags & ARTF:
            self._disturbed = PERFUSION_PACKETS
        elif self._disturbed:
            flags |= ARTF
        perfusion = next((p for p in WORST_FIRST if p in self._perfusion), "")
        doubts = [words for bit, words in DOUBT.items() if flags & bit]
        if perfusion == "red":
            doubts.append(LOW_PERFUSION)
        extra = _extra_of(floating)
        if perfusion:
            extra["perfusion"] = perfusion
        lost = self._lost_before(int(extra["timer"]))
        group = f"packet {self._packets}"
        values = (
            ("spo2_pct", _spo2(floating, Frame.SPO2)),
            ("pulse_rate_bpm", _rate(floating, Frame.RATE_HIGH, Frame.RATE_LOW)),
        )
        for quantity, value in values:
            said: Extra = MappingProxyType(extra | ({LOST_LINES: lost} if lost else {}))
            lost = 0  # told once for a packet
            self._bytes.give(
                Decoded(quantity, *_judge(quantity, value, absent, doubts), group, said)
            )

    def _lost_before(self, timer: int) -> int:
        """Return how many packets the timer says were never seen just before this one."""
        last, self._timer = self._timer, timer
        if last is None:
            return 0
        lost = (timer - last - 1) % TIMER_MODULUS
        return lost if lost <= LOST_AT_MOST else 0


def is_frame(frame: bytes, data_format: Format) -> bool:
    """Whether five bytes pass the fixed byte, bit 7 of STATUS and the sum."""
    return (
        (data_format.first is None or frame[0] == data_format.first)
        and bool(frame[data_format.status_at] & ALWAYS)
        and sum(frame[:4]) & 0xFF == frame[4]
    )


def _rate(floating: bytes, high: Frame, low: Frame) -> float | None:
    rate = ((floating[high - 1] & 0x03) << 7) | (floating[low - 1] & 0x7F)
    return None if rate == RATE_MISSING else float(rate)


def _spo2(floating: bytes, frame: Frame) -> float | None:
    spo2 = floating[frame - 1] & 0x7F
    return None if spo2 == SPO2_MISSING else float(spo2)


def _perfusion_of(states: bytes) -> str:
    """Return the worst that was flagged around a pulse of this packet; empty without one."""
    seen = {PERFUSION.get(state & (RPRF | GPRF), "") for state in states}
    return next((each for each in WORST_FIRST if each in seen), "")


def _extra_of(floating: bytes) -> dict[str, float | str | bool]:
    stat2 = floating[Frame.STAT2 - 1]
    extra: dict[str, float | str | bool] = {
        "timer": (floating[Frame.TIMER_HIGH - 1] & 0x7F) << 7
        | (floating[Frame.TIMER_LOW - 1] & 0x7F),
        "firmware": floating[Frame.FIRMWARE - 1],
        "smartpoint": bool(stat2 & SMARTPOINT),
        "battery_low": bool(stat2 & LOW_BATTERY),
    }
    averages = {
        "e_spo2_pct": _spo2(floating, Frame.E_SPO2),
        "e_pulse_rate_bpm": _rate(floating, Frame.E_RATE_HIGH, Frame.E_RATE_LOW),
    }
    return extra | {name: value for name, value in averages.items() if value is not None}


def _judge(
    quantity: str, value: float | None, absent: list[str], doubts: list[str]
) -> tuple[float | None, Status, str]:
    """Return value, status and reason: the worst thing that is said of the value decides."""
    if value is None and not absent:
        absent = doubts or ["no reading yet"]
    if value is not None and not absent and (refusal := refusal_of(quantity, value)):
        absent = [refusal]
    if value is None or absent:
        return None, Status.MISSING, ", ".join(absent)
    return value, Status.DOUBTFUL if doubts else Status.VALID, ", ".join(doubts)
