"""ProtoCentral HealthyPi boards (OpenView packets): a development kit, not a monitor.

The tables stand in the order of the sheet (protocols/healthypi_openview).  There is no
checksum: a stream counts once two whole packets stand one behind the other, and a vital sign
as the median of a second of them.  Seconds are counted in bytes, so that a file and a live
port give the same.  Two fixed numbers of older boards that look like a blood pressure are
never read.

Source: the sheet (medium confidence, one vendor's design); lengths of types 3 and 4 from the
vendor's firmware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from appliance.clinical.measurement import Status
from appliance.instruments.agreement import lower_median
from appliance.instruments.decoding import Decoded, Output, refusal_of
from appliance.instruments.framing import Framing

START, HEAD, FOOT = b"\x0a\xfa", 5, b"\x00\x0b"

SPO2, TEMPERATURE = "spo2_pct", "temp_degc"
HEART_RATE, RESPIRATORY_RATE = "heart_rate_bpm", "respiratory_rate_bpm"
SPO2_MISSING, RATE_MISSING = (0, 25), (0,)
"""Marks: the sheet infers 0 from the firmware and has 25 from the vendor's viewer."""
MISSING = {
    SPO2: SPO2_MISSING,
    HEART_RATE: RATE_MISSING,
    RESPIRATORY_RATE: RATE_MISSING,
    TEMPERATURE: (),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one kind of packet carries what, from the start of its payload.

    vitals: quantity to offset; a temperature is two bytes, signed, in hundredths.
    status: offset of the front end's state, where there is one.
    a_second: packets of this kind in a second.  least: so many of them must be good.
    beside: bytes of the other kinds of packet that are sent with each of this one.
    """

    size: int
    vitals: Mapping[str, int]
    a_second: int = 125
    least: int = 50
    beside: int = 0
    status: int | None = None


LAYOUTS: Mapping[tuple[int, int], Layout] = MappingProxyType(
    {
        (2, 22): Layout(22, {TEMPERATURE: 17, SPO2: 19, HEART_RATE: 20, RESPIRATORY_RATE: 21}),
        (2, 20): Layout(
            20, {TEMPERATURE: 12, RESPIRATORY_RATE: 14, SPO2: 15, HEART_RATE: 16}, status=19
        ),
        # Eight samples a packet: an eighth of the packets, and of those that must be good.
        (3, 50): Layout(50, {HEART_RATE: 48, RESPIRATORY_RATE: 49}, 16, 7, beside=26),
        (4, 19): Layout(19, {SPO2: 16, TEMPERATURE: 17}, 16, 7, beside=57),
    }
)
"""By type and length of the payload."""

ECG_OFF, PROBE_OFF = 0x01, 0x02
"""Bits of the front end's state (low confidence: one older viewer)."""
OFF = {
    ECG_OFF: ((HEART_RATE, RESPIRATORY_RATE), "ECG electrode off"),
    PROBE_OFF: ((SPO2,), "finger out of the sensor"),
}
STALE_AFTER_S = 10
"""Nothing at all has changed for so long: the board repeats old numbers."""

NO_READING = "no reading yet"
TOO_FEW = "too few good packets in the last second"
STALE = "nothing has changed for 10 s: the board repeats old numbers"

NO_FRAME = "no packet begins here"
BAD_FRAME = "packet without its length, type or end"
ALONE = "packet without a good one behind it"
BROKEN_OFF = "packet broken off at the end of the bytes"


@dataclass(slots=True)
class _Second:
    """What packets of one kind said since it was told last."""

    begins: int
    seen: dict[str, list[int]] = field(default_factory=dict)
    off: dict[str, str] = field(default_factory=dict)
    packets: int = 0
    last: bytes = b""
    unchanged: int = 0
    told: bool = False


class HealthyPiDecoder:
    """Decoder of the packets.  Any miss is a loss of sync."""

    def __init__(self) -> None:
        self._bytes = Framing(NO_FRAME)
        self._trusted = False
        self._seconds: dict[tuple[int, int], _Second] = {}
        self._groups = 0

    def feed(self, chunk: bytes) -> list[Output]:
        """Take the next bytes, however they were cut; return what they completed."""
        self._bytes.add(chunk)
        while self._step():
            pass
        return self._bytes.collect()

    def finish(self) -> list[Output]:
        """Say what was left over; the second that had begun still counts."""
        given: list[Output] = []
        while len(self._bytes):
            self._bytes.drop_unfinished(BROKEN_OFF)
            self._trusted = False
            given += self.feed(b"")
        for kind, second in self._seconds.items():
            if second.packets >= LAYOUTS[kind].least or (second.packets and not second.told):
                self._tell(LAYOUTS[kind], second)
        return given + self._bytes.finish(BROKEN_OFF)

    def reset(self) -> None:
        """Forget half a packet and what came before: the link was opened again."""
        self._bytes.reset()
        self._trusted = False
        self._seconds.clear()

    def _step(self) -> bool:
        """Decide on what waits; whether there was enough of it."""
        if before := self._bytes.find(START[0]):
            self._bytes.skip(before)
            self._trusted = False
        if not START.startswith(self._bytes.peek(0, 2)):
            self._bytes.skip(1)
            self._trusted = False
            return True
        size = self._packet_at(0)
        if size is None:
            return False
        if not size:
            self._drop(BAD_FRAME)
            return True
        if not self._trusted:
            behind = self._packet_at(size)
            if behind is None:
                return False
            if not behind:
                self._drop(ALONE)
                return True
        self._trusted = True
        self._take(self._bytes.take(size))
        return True

    def _packet_at(self, at: int) -> int | None:
        """Return the size of the whole packet there, 0 when none is, None when not yet known."""
        head = self._bytes.peek(at, HEAD)
        if not START.startswith(head[:2]) or (len(head) >= 4 and head[3]):
            return 0
        if len(head) < HEAD:
            return None
        layout = LAYOUTS.get((head[4], head[2]))
        if layout is None:
            return 0
        size = HEAD + layout.size + len(FOOT)
        foot = self._bytes.peek(at + size - len(FOOT), len(FOOT))
        if not FOOT.startswith(foot):
            return 0
        return size if len(foot) == len(FOOT) else None

    def _drop(self, words: str) -> None:
        self._bytes.drop(words)
        self._trusted = False

    def _take(self, packet: bytes) -> None:
        kind = packet[4], packet[2]
        layout = LAYOUTS[kind]
        payload = packet[HEAD : HEAD + layout.size]
        second = self._seconds.setdefault(kind, _Second(self._bytes.offset - len(packet)))
        second.packets += 1
        second.unchanged = second.unchanged + 1 if payload == second.last else 0
        second.last = payload
        for quantity, at in layout.vitals.items():
            second.seen.setdefault(quantity, []).append(_number(quantity, payload, at))
        if layout.status is not None:
            second.off |= _off(payload[layout.status])
        if self._bytes.offset - second.begins >= layout.a_second * (len(packet) + layout.beside):
            self._tell(layout, second)

    def _tell(self, layout: Layout, second: _Second) -> None:
        """Give the medians of a second, or why there are none; begin the next."""
        self._groups += 1
        extra = MappingProxyType({"good_packets": second.packets})
        stale = second.unchanged >= STALE_AFTER_S * layout.a_second - 1
        for quantity, numbers in second.seen.items():
            absent = STALE if stale else second.off.get(quantity, "")
            if second.packets < layout.least:
                absent = TOO_FEW
            value, reason = _median(quantity, numbers)
            reason = absent or reason
            status = Status.MISSING if reason else Status.VALID
            value = None if reason else value
            group = f"second {self._groups}"
            self._bytes.give(Decoded(quantity, value, status, reason, group, extra))
        second.seen.clear()
        second.off.clear()
        second.packets = 0
        second.begins = self._bytes.offset
        second.told = True


def _number(quantity: str, payload: bytes, at: int) -> int:
    if quantity == TEMPERATURE:
        return int.from_bytes(payload[at : at + 2], "little", signed=True)
    return payload[at]


def _off(state: int) -> dict[str, str]:
    """Return the quantities that the front end says nothing is connected for, and why."""
    return {
        quantity: words
        for bit, (quantities, words) in OFF.items()
        if state & bit
        for quantity in quantities
    }


def _median(quantity: str, numbers: list[int]) -> tuple[float | None, str]:
    """Return the median of those that are no missing mark, or why it does not count."""
    present = [number for number in numbers if number not in MISSING[quantity]]
    if 2 * len(present) <= len(numbers):
        return None, NO_READING
    value = lower_median(present) / (100 if quantity == TEMPERATURE else 1)
    return value, refusal_of(quantity, value)
