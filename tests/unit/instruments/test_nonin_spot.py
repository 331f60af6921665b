"""Nonin format 13."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.clock import Now
from appliance.instruments.nonin_spot import BAD_CHECK, BAD_END, BROKEN_OFF, NO_READING
from hw_mocks.instruments.nonin_spot import NoninSpotBoard
from hw_mocks.ports import SimulatedPort
from tests.unit.instruments.decoded import decode, errors, values

SPOT = "nonin_oem3:13"
EXAMPLE = bytes.fromhex("00 02 00 0D 00 0E 14 1A 03 01 08 0F 00 00 02 00 00 8E 00 5B 34 03")


def spot(status=0x0200, rate=142, spo2=91, more=b"", month=3):
    data = bytes([20, 26, month, 1, 8, 15, 0, 0, status // 256, status % 256])
    data += bytes([rate // 256, rate % 256, 0, spo2]) + more
    return b"\x00\x02\x00\x0d" + len(data).to_bytes(2, "big") + data + bytes([sum(data) % 256, 3])


def test_worked_example_of_the_sheet():
    assert spot() == EXAMPLE
    outputs = decode(SPOT, EXAMPLE)
    assert values(outputs) == [("spo2_pct", 91.0), ("pulse_rate_bpm", 142.0)]
    assert dict(outputs[0].extra) == {
        "smartpoint": True,
        "battery_low": False,
        "device_time": "2026-03-01T08:15:00",
    }


@pytest.mark.parametrize("said", [{"status": 0x0100}, {"rate": 511, "spo2": 127}])
def test_nothing_measured(said):
    assert {(o.value, o.reason) for o in decode(SPOT, spot(**said))} == {(None, NO_READING)}


def test_from_memory_and_low_battery_are_told():
    extra = decode(SPOT, spot(status=0x0011))[0].extra
    assert (extra["stored"], extra["battery_low"], extra["smartpoint"]) == (True, True, False)
    assert "device_time" not in decode(SPOT, spot(month=13))[0].extra


def test_longer_data_and_frames_in_a_row():
    outputs = decode(SPOT, spot(more=b"\x00\x02\x00\x0d") + spot() + b"\x00\x00" + spot())
    assert len(values(outputs)) == 6


@pytest.mark.parametrize("at", range(len(EXAMPLE)))
def test_one_wrong_byte_costs_its_frame_alone(at):
    bad = bytearray(EXAMPLE)
    bad[at] ^= 0x20
    outputs = decode(SPOT, spot(spo2=95) + bytes(bad) + spot(spo2=95) * 2)
    assert values(outputs, "spo2_pct") == [95.0] * 3
    assert b"".join(raw for _, _, raw in errors(outputs)) == bytes(bad)
    if at >= 6:
        assert errors(outputs)[0][0] == (BAD_END if at == 21 else BAD_CHECK)


def test_the_end_of_the_bytes():
    assert errors(decode(SPOT, EXAMPLE + EXAMPLE[:9])) == [(BROKEN_OFF, 22, EXAMPLE[:9])]


class _Clock:
    def now(self):
        return Now(0.0, datetime(2026, 3, 1, 8, 15, tzinfo=UTC).timestamp())


def test_the_simulated_device_sends_the_sheets_example():
    board = NoninSpotBoard("it", SimulatedPort(Path("nowhere")), _Clock())
    board.pulse_rate_bpm, board.spo2_pct = 142, 91
    assert board.frame() == EXAMPLE


def test_a_simulated_check_from_memory_is_marked_as_stored():
    board = NoninSpotBoard("it", SimulatedPort(Path("nowhere")), _Clock())
    board.from_memory = True
    outputs = decode(SPOT, board.frame())
    assert all(each.extra["stored"] for each in outputs)
    assert values(outputs, "spo2_pct") == [97.0]
