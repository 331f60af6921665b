"""Simulated instruments speak their sheets: the decoders read them, and their faults."""

from dataclasses import dataclass, field

import pytest

from appliance.clock import Now
from appliance.instruments.astm_records import NOT_MAPPED
from appliance.instruments.protocols import find_protocol
from hw_mocks.boards import set_fault, set_values
from hw_mocks.encoding.astm import glucose_records
from hw_mocks.more_boards import MORE_KINDS
from tests.unit.instruments.decoded import decode, errors, last, reports, values

STREAMS = {
    "nonin_oem3:1": {"spo2_pct": 93, "pulse_rate_bpm": 140},
    "nonin_oem3:8": {"spo2_pct": 93, "pulse_rate_bpm": 140},
    "contec_cms50:old": {"spo2_pct": 93, "pulse_rate_bpm": 140},
    "contec_cms50:v7": {"spo2_pct": 93, "pulse_rate_bpm": 140},
    "and_scale": {"weight_kg": 64.2},
    "and_scale:8n1": {"weight_kg": 64.2},
    "gy_mcu90614": {"surface_temp_degc": 33.87},
    "gy_mcu90614:115200": {"surface_temp_degc": 33.87},
    "healthypi_openview": {
        "spo2_pct": 93,
        "heart_rate_bpm": 140,
        "respiratory_rate_bpm": 20,
        "temp_degc": 38.2,
    },
}
"""Instruments that speak by themselves, and what they are set to."""
NO_FAULT_OF_VALUE = {"silent", "kitchen balance"}


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self):
        self.mono_s = 100.0

    def now(self):
        return Now(self.mono_s, 1772352900.0 + self.mono_s - 100.0)

    def real_s(self, seconds):
        return 0.0


@dataclass
class Wire:
    """A port without a pty: what was sent, and what the board is to read."""

    sent: bytearray = field(default_factory=bytearray)
    told: bytearray = field(default_factory=bytearray)

    def write(self, data):
        self.sent += data

    def read(self):
        told, self.told = bytes(self.told), bytearray()
        return told

    def take(self):
        sent, self.sent = bytes(self.sent), bytearray()
        return sent


def made(protocol):
    clock, wire = Clock(), Wire()
    return MORE_KINDS[protocol].make("it", wire, clock, 7), clock, wire


def play(board, clock, seconds):
    for _ in range(round(seconds / 0.1)):
        board._act(clock.mono_s)
        clock.mono_s += 0.1


def started(protocol):
    board, clock, wire = made(protocol)
    if protocol == "contec_cms50:v7":
        wire.told += bytes.fromhex("7D 81 A1 80 80 80 80 80 80")
    set_values(board, protocol, STREAMS[protocol])
    return board, clock, wire


@pytest.mark.parametrize("protocol", STREAMS)
def test_what_it_is_set_to_is_what_is_read(protocol):
    board, clock, wire = started(protocol)
    play(board, clock, 8)
    outputs = decode(protocol, wire.take())
    for quantity, value in STREAMS[protocol].items():
        assert set(values(outputs, quantity)) == {value}, quantity
    assert errors(outputs) == []


@pytest.mark.parametrize(
    ("protocol", "fault"),
    [(p, f) for p in STREAMS for f in MORE_KINDS[p].faults if f != "none"],
)
def test_no_fault_ever_gives_another_value(protocol, fault):
    board, clock, wire = started(protocol)
    play(board, clock, 6)
    wire.take()
    set_fault(board, protocol, fault)
    play(board, clock, 6)
    outputs = decode(protocol, wire.take())
    for quantity, value in STREAMS[protocol].items():
        assert set(values(outputs, quantity)) <= {value}, quantity
    if fault in ("finger off", "no sensor", "searching", "weather board", "overload"):
        gone = [q for q in STREAMS[protocol] if q in ("spo2_pct", "weight_kg")]
        assert all(last(outputs, quantity).value is None for quantity in gone)
    set_fault(board, protocol, "none")
    if fault in ("deaf", "silent") or not STREAMS[protocol]:
        return
    play(board, clock, 6)
    outputs = decode(protocol, wire.take())
    for quantity, value in STREAMS[protocol].items():
        assert values(outputs, quantity)[-1] == value


def test_a_v7_stops_without_its_keep_alive():
    board, clock, wire = started("contec_cms50:v7")
    play(board, clock, 35)
    assert not board.streaming
    assert "shut down" in reports(decode("contec_cms50:v7", wire.take()))[-1].words
    wire.told += bytes.fromhex("7D 81 A1 80 80 80 80 80 80")
    for _ in range(10):
        play(board, clock, 5)
        wire.told += bytes.fromhex("7D 81 AF 80 80 80 80 80 80")
    assert board.streaming


def test_the_scale_sways_before_it_settles_and_answers_when_asked():
    board, clock, wire = started("and_scale")
    play(board, clock, 1)
    assert {o.status.value for o in decode("and_scale", wire.take())} == {"doubtful"}
    board.streaming = False
    play(board, clock, 2)
    wire.take()
    wire.told += b"Q\r\n"
    play(board, clock, 0.2)
    assert wire.take() == b"ST,+00064.20 kg\r\n"
    wire.told += b"X\r\n"
    play(board, clock, 0.2)
    assert wire.take() == b"?\r\n"


def test_the_thermometer_gives_one_reading_when_asked():
    board, clock, wire = started("gy_mcu90614")
    wire.told += b"\xa5\x15\xba"
    play(board, clock, 1)
    assert len(values(decode("gy_mcu90614", wire.take()))) == 1


def test_the_meter_holds_its_conversation_as_the_sheet_says():
    board, clock, wire = made("onetouch_ultraeasy")
    board.records = [(1772352900, 112), (1772352000, 700)]
    wire.told += bytes.fromhex("02 06 08 03 C2 62")
    play(board, clock, 0.1)
    assert wire.take()[2] == 0x0C
    wire.told += bytes.fromhex("02 0A 00 05 1F 00 00 03 AB 91")
    play(board, clock, 0.1)
    answer = wire.take()
    # The acknowledgement has E flipped; the reply is the sheet's worked frame.
    assert answer[:3] == bytes.fromhex("02 06 06")
    assert answer[6:] == bytes.fromhex("02 10 02 05 06 84 F5 A3 69 70 00 00 00 03 BB B4")


def test_the_laboratory_device_sends_again_what_was_refused():
    board, clock, wire = made("astm_lis01")
    board.tell(glucose_records("7.1"))
    board.damage = 1
    play(board, clock, 0.1)
    stream, answers = wire.take(), b"\x06\x06"
    while board.ended == 0:
        wire.told += answers[:1]
        play(board, clock, 0.1)
        sent = wire.take()
        answers = b"\x15" if b"!" in sent or not _checks(sent) else b"\x06"
        stream += sent
    outputs = decode("astm_lis01", stream)
    assert values(outputs) == [("glucose_mmol_l", 7.1)]
    assert len(errors(outputs)) == 1
    assert NOT_MAPPED not in [o.words for o in reports(outputs)]


def _checks(sent):
    return sent[:1] != b"\x02" or sum(sent[1:-4]) % 256 == int(sent[-4:-2], 16)


def test_every_new_protocol_has_its_instrument():
    for protocol in MORE_KINDS:
        assert find_protocol(protocol).name == protocol
