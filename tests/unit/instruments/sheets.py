"""For each protocol: good frames, and what a stream can possibly say.

The second is the judge of the decoders: written from the sheets alone, it looks at every byte
of a stream without any state, and says which values a decoder may take at most.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hw_mocks.encoding import astm, contec, healthypi, infrared, scale, ultraeasy
from tests.unit.instruments.binary_streams import (
    nibp_frames_in,
    nibp_result,
    nonin_packet,
    nonin_packets_in,
)
from tests.unit.instruments.test_line_nmea_properties import checks as lines_in
from tests.unit.instruments.test_line_nmea_properties import line as nmea_line

Possible = Counter
"""(quantity, value) to how often it may be taken; set elements where often is enough."""
OFTEN = 1_000_000


@dataclass(frozen=True)
class Sheet:
    """One protocol.

    frame: a good frame with chance values.  in_a_row: how many equal ones make a value count.
    before: what must stand before a row of them.  possible: see Possible.  checked: whether its
    frames have a check.  could: the same for bytes that a fuzzer made, where a sum is kept by
    bytes that changed places; None where that is `possible`.
    """

    protocol: str
    frame: Callable[[Random], bytes]
    possible: Callable[[bytes], Counter]
    in_a_row: int = 1
    checked: bool = True
    held_bytes: int = 30_000
    before: bytes = b""
    could: Callable[[bytes], Counter] | None = None


def _often(found):
    return Counter(dict.fromkeys(found, OFTEN))


def _infrared_in(stream):
    found = Counter()
    for match in re.finditer(rb"(?=\x5a\x5a\x45\x04([\s\S]{4})([\s\S]))", stream):
        data, check = match.groups()
        if (0x5A + 0x5A + 0x45 + 4 + sum(data)) % 256 == check[0]:
            high, low = data[0], data[1]
            degc_100 = high * 256 + low - (65536 if high > 127 else 0)
            found["surface_temp_degc", degc_100 / 100] += 1
    return found


def _meter_in(stream):
    found = Counter()
    for start in range(len(stream) - 15):
        frame = stream[start : start + 16]
        if frame[:2] == b"\x02\x10" and frame[3:5] == b"\x05\x06" and frame[13] == 3:
            check = ultraeasy.crc(frame[:14])
            if frame[14:] == bytes([check % 256, check // 256]):
                mg_dl = int.from_bytes(frame[9:13], "little")
                found["glucose_mmol_l", mg_dl / 18.016] += 1
    return found


def _sessions_in(stream):
    """Values in good frames, in whatever session: a result is in one line of one frame here."""
    found = Counter()
    for match in re.finditer(rb"(?=\x02([^\x02\x03\x04\x05\x17]+\x03)([0-9A-Fa-f]{2}))", stream):
        body, check = match.groups()
        total = 0
        for byte in body:
            total = (total + byte) % 256
        # A sum cannot see a NUL (a break on the line): a frame with one passes its check.
        text = body.replace(b"\0", b"")
        said = re.match(rb"[0-7]R\|1\|\^\^\^Glucose\|([0-9.]+)\|mmol/L\|", text)
        if total == int(check, 16) and said:
            found["glucose_mmol_l", float(said.group(1))] += 1
    return found


_NUMBERS = re.compile(rb"[0-9]+(?:\.[0-9]+)?")


def _numbers_in(stream):
    """Every number in frames whose sum holds, in whatever session, each by itself and joined.

    A sum cannot see a NUL (a break on the line) nor bytes in another order: such a frame passes.
    """
    frames = []
    for match in re.finditer(
        rb"(?=\x02([^\x02\x03\x04\x05\x17]+[\x03\x17])([0-9A-Fa-f]{2}))", stream
    ):
        body, check = match.groups()
        total = 0
        for byte in body:
            total = (total + byte) % 256
        if total == int(check, 16):
            frames.append(body[1:-1].replace(b"\0", b""))
    apart = Counter(number for text in frames for number in _NUMBERS.findall(text))
    found = Counter()
    for number, times in (apart | Counter(_NUMBERS.findall(b"".join(frames)))).items():
        found["glucose_mmol_l", float(number)] += times
        found["glucose_mmol_l", float(number) / 18.016] += times
    return found


def _three(found, spo2, pulse):
    """Add what three frames in a row say alike."""
    if len(set(spo2)) == 1:
        found.add(("spo2_pct", float(spo2[0])))
    if len(set(pulse)) == 1:
        found.add(("pulse_rate_bpm", float(pulse[0])))


def _old_in(stream):
    found = set()
    for match in re.finditer(rb"(?=((?:[\x80-\xff][\x00-\x7f]{4}){3}))", stream):
        frames = [match.group(1)[at : at + 5] for at in (0, 5, 10)]
        _three(found, [f[4] for f in frames], [f[3] + f[2] // 64 % 2 * 128 for f in frames])
    return _often(found)


def _v7_in(stream):
    found = set()
    for match in re.finditer(rb"(?=((?:\x01[\x80-\xff]{8}){3}))", stream):
        datas = []
        for at in (0, 9, 18):
            frame = match.group(1)[at : at + 9]
            high = frame[1] - 128
            datas.append([b - (0 if high // 2**n % 2 else 128) for n, b in enumerate(frame[2:])])
        _three(found, [d[4] for d in datas], [d[3] for d in datas])
        if len({(d[5], d[6]) for d in datas}) == 1:
            found.add(("perfusion_index_pct", (datas[0][5] + 256 * datas[0][6]) / 100))
    return _often(found)


def _nonin_one_in(stream):
    found = set()
    for match in re.finditer(rb"(?=((?:[\x80-\xff][\x00-\x7f]{2}){3}))", stream):
        frames = [match.group(1)[at : at + 3] for at in (0, 3, 6)]
        spo2 = sorted(f[2] for f in frames)
        rate = sorted(f[0] % 4 * 128 + f[1] for f in frames)
        if spo2[2] - spo2[0] <= 4:
            found.add(("spo2_pct", float(spo2[1])))
        if rate[2] - rate[0] <= 10:
            found.add(("pulse_rate_bpm", float(rate[1])))
    return _often(found)


def _weights_in(stream):
    lines = [line for line in stream.split(b"\n") if line.strip(b"\r")]
    found = set()
    for at in range(len(lines) - 2):
        three = {line.strip(b"\r").replace(b" ", b"") for line in lines[at : at + 3]}
        if len(three) == 1 and (said := re.fullmatch(rb"ST,\+([0-9.]+)kg", three.pop())):
            found.add(("weight_kg", float(said.group(1))))
    return _often(found)


def _vitals_in(stream):
    """Values of packets with another right behind."""
    found = set()
    for match in re.finditer(rb"(?=\x0a\xfa\x16\x00\x02([\s\S]{22})\x00\x0b)", stream):
        payload = match.group(1)
        temp_100 = int.from_bytes(payload[17:19], "little", signed=True)
        found.add(("temp_degc", temp_100 / 100))
        names = ("spo2_pct", "heart_rate_bpm", "respiratory_rate_bpm")
        found |= set(zip(names, map(float, payload[19:22]), strict=True))
    return _often(found)


def _packets_in(data_format):
    def possible(stream):
        found = set()
        for rate, spo2 in nonin_packets_in(stream, data_format):
            found |= {("pulse_rate_bpm", float(rate)), ("spo2_pct", float(spo2))}
        return _often(found)

    return possible


def _pressures_in(stream):
    found = Counter()
    for frame in nibp_frames_in(stream):
        if len(frame) == 24:
            names = ("systolic_mmhg", "diastolic_mmhg", "map_mmhg")
            for name, at in zip(names, (2, 4, 18), strict=True):
                found[name, float(frame[at] + 256 * frame[at + 1])] += 1
            found["pulse_rate_bpm", float(frame[16])] += 1
        if len(frame) == 5:
            pressure = frame[2] + 256 * frame[3] - (65536 if frame[3] > 127 else 0)
            found["cuff_pressure_mmhg", float(pressure)] += 1
    return found


def _lines_in(stream):
    said = [float(each) for each in lines_in(stream) if re.fullmatch(r"-?\d+(\.\d+)?", each)]
    return Counter(("spo2_pct", value) for value in said)


def _nibp(chance):
    low = chance.randint(50, 80)
    return nibp_result(low + chance.randint(30, 80), low, low + 15, chance.randint(50, 150))


def _nonin(data_format):
    return lambda chance: nonin_packet(data_format, chance.randint(40, 200), chance.randint(75, 99))


def _nmea(chance):
    said = f"PBVS,1,{chance.randint(0, 999):03d},SPO2,{chance.randint(70, 99)},%,V"
    return nmea_line(said)


def _live(encoder):
    return lambda chance: encoder(chance.randint(40, 200), chance.randint(70, 100))


def _record(chance):
    return ultraeasy.encode_record(2, chance.randint(0, 2**32 - 1), chance.randint(20, 600))


def _session(chance):
    value = f"{chance.uniform(2, 30):.1f}"
    moment = f"2026{chance.randint(1, 12):02d}01{chance.randint(0, 23):02d}1500"
    return astm.encode_session(astm.glucose_records(value, moment=moment))


SHEETS = {
    sheet.protocol: sheet
    for sheet in (
        Sheet("line_nmea", _nmea, _lines_in),
        Sheet("nonin_oem3:2", _nonin("2"), _packets_in("2")),
        Sheet("nonin_oem3:7", _nonin("7"), _packets_in("7")),
        Sheet("suntech_nibp", _nibp, _pressures_in),
        Sheet(
            "gy_mcu90614",
            lambda chance: infrared.encode_temperatures(chance.randint(2000, 4500) / 100),
            _infrared_in,
        ),
        Sheet("onetouch_ultraeasy", _record, _meter_in),
        Sheet("astm_lis01", _session, _sessions_in, held_bytes=4_000_000, could=_numbers_in),
        Sheet("contec_cms50:old", _live(contec.encode_old), _old_in, 3, checked=False),
        Sheet("contec_cms50:v7", _live(contec.encode_v7_live), _v7_in, 3, checked=False),
        Sheet(
            "nonin_oem3:1",
            lambda chance: bytes([0x80, chance.randint(40, 120), chance.randint(75, 99)]),
            _nonin_one_in,
            3,
            checked=False,
        ),
        Sheet(
            "and_scale",
            lambda chance: scale.encode_line(chance.randint(300, 19999) / 100),
            _weights_in,
            3,
            checked=False,
            before=scale.encode_line(0),
        ),
        Sheet(
            "healthypi_openview",
            lambda chance: healthypi.encode_v5(
                chance.randint(3500, 4000), chance.randint(80, 99), chance.randint(50, 150)
            ),
            _vitals_in,
            50,
            checked=False,
        ),
    )
}


def damaged(frame: bytes, chance: Random) -> bytes:
    """Return the frame after one mishap of a line."""
    at = chance.randrange(len(frame))
    match chance.randrange(8):
        case 0 | 1:
            flipped = frame[at] ^ 1 << chance.randrange(8)
            return frame[:at] + bytes([flipped]) + frame[at + 1 :]
        case 2:
            return frame[:at] + chance.randbytes(1) + frame[at + 1 :]
        case 3:
            return frame[:at] + frame[at + 1 :]
        case 4:
            return frame[:at] + chance.randbytes(1) + frame[at:]
        case 5:
            return frame[: at + 1] + frame[at:]
        case 6:
            return frame[:at]
        case _:
            size = chance.randint(1, min(8, len(frame) - at))
            return frame[:at] + chance.randbytes(size) + frame[at + size :]
