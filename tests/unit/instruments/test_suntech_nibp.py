"""What the SunTech module says and is told, one rule of the sheet after another."""

import pytest

from appliance.clinical.measurement import Status
from appliance.instruments import suntech_commands as commands
from appliance.instruments.decode_file import record_of
from appliance.instruments.decoding import Decoded, Rejected, Reported
from appliance.instruments.suntech_nibp import (
    BAD_CHECK,
    BROKEN_OFF,
    ERRORS,
    NO_FRAME,
    UNKNOWN_LETTER,
    SuntechDecoder,
)
from appliance.orders import Patient, StartMeasuring

EXAMPLE = bytes.fromhex("3E 18 80 00 4F 00 16 01 00 00 00 00 00 00 00 00 43 00 60 00 00 00 00 21")
FAILED = bytes.fromhex("3E 18" + "00" * 18 + "57 00 00 53")


def reply(*data):
    body = [0x3E, len(data) + 3, *data]
    return bytes([*body, -sum(body) % 256])


def result(systolic=128, diastolic=79, mean=96, rate=67, *, status=1, error=0, spare=0):
    data = [systolic & 255, systolic >> 8, diastolic & 255, diastolic >> 8, 22, status]
    data += [0] * 8 + [rate, spare, mean & 255, mean >> 8, error, 0, 0]
    return reply(*data)


def cuff(mmhg):
    return reply(mmhg & 255, mmhg >> 8 & 255)


def decode(data):
    decoder = SuntechDecoder()
    return decoder.feed(data) + decoder.finish()


def reading(data):
    return [(o.quantity, o.value, o.status, o.reason) for o in decode(data)]


def test_worked_examples_of_the_module():
    (pressure,) = decode(bytes.fromhex("3E 05 8F 00 2E"))
    assert (pressure.quantity, pressure.value, pressure.unit) == (
        "cuff_pressure_mmhg",
        143.0,
        "mm[Hg]",
    )
    assert decode(bytes.fromhex("3E 04 4F 6F")) == [Reported("accepted", {"letter": "O"})]
    assert result() == EXAMPLE
    assert reading(EXAMPLE) == [
        ("systolic_mmhg", 128.0, Status.VALID, ""),
        ("diastolic_mmhg", 79.0, Status.VALID, ""),
        ("map_mmhg", 96.0, Status.VALID, ""),
        ("pulse_rate_bpm", 67.0, Status.VALID, ""),
    ]
    assert {o.extra["beats"] for o in decode(EXAMPLE)} == {22}
    words = "cuff did not fill: look for a leak, a loose cuff or a loose hose (code 87)"
    assert reading(FAILED) == [
        (name, None, Status.MISSING, words)
        for name in ("systolic_mmhg", "diastolic_mmhg", "map_mmhg", "pulse_rate_bpm")
    ]


def test_worked_examples_of_the_host():
    assert commands.set_initial_inflation(180).hex(" ") == "3a 17 b4 00 fb"
    assert commands.START[Patient.ADULT].hex(" ") == "3a 20 a6"
    assert commands.ABORT.hex(" ") == "3a 79 01 00 4c"
    assert commands.START[Patient.CHILD].hex(" ") == "3a 87 3f"
    assert commands.START[Patient.NEONATE].hex(" ") == "3a 28 9e"
    assert commands.GET_RESULT[:4].hex(" ") == "3a 79 03 00"
    assert commands.GET_CUFF_PRESSURE[:4].hex(" ") == "3a 79 05 00"
    assert commands.GET_RETURN_CODE[:4].hex(" ") == "3a 79 02 03"
    assert reply(ord("A")) == commands.ABORTED


def test_every_command_sums_to_zero_and_none_moves_valve_or_pump():
    named = [value for value in vars(commands).values() if isinstance(value, bytes)]
    named += commands.START.values()
    named.append(commands.set_initial_inflation(100))
    assert len(named) >= 9
    for each in named:
        assert sum(each) % 256 == 0
        assert each[1] != 0x0C


@pytest.mark.parametrize(
    ("patient", "mmhg", "fine"),
    [
        (Patient.ADULT, 280, True),
        (Patient.ADULT, 281, False),
        (Patient.CHILD, 240, True),
        (Patient.CHILD, 241, False),
        (Patient.NEONATE, 140, True),
        (Patient.NEONATE, 160, False),
        (Patient.ADULT, 0, False),
    ],
)
def test_an_initial_inflation_stays_inside_what_the_patient_bears(patient, mmhg, fine):
    if fine:
        assert StartMeasuring(patient, mmhg).initial_inflation_mmhg == mmhg
    else:
        with pytest.raises(ValueError, match=f"initial inflation for {patient}"):
            StartMeasuring(patient, mmhg)


@pytest.mark.parametrize("letter", "OKBAES")
def test_every_letter_is_told_and_stays_in_the_printed_contract(letter):
    (told,) = decode(reply(ord(letter)))
    record = record_of(told)
    assert record == {
        "quantity": None,
        "value": None,
        "unit": None,
        "status": "missing",
        "reason": told.words,
        "extra": {"letter": letter},
    }
    assert told.words


def test_a_letter_that_nobody_knows_is_rejected_and_counted():
    assert decode(reply(ord("X"))) == [Rejected(UNKNOWN_LETTER, 0, reply(ord("X")))]


@pytest.mark.parametrize("mmhg", [-10, -1, 0, 62, 143, 256, 330])
def test_cuff_pressure_is_signed_and_a_3e_in_it_is_data(mmhg):
    ((_, value, status, _),) = reading(cuff(mmhg))
    assert (value, status) == (mmhg, Status.VALID)


@pytest.mark.parametrize("mmhg", [-11, 331, -32768, 32767])
def test_a_cuff_pressure_that_cannot_be_is_missing(mmhg):
    ((_, value, status, reason),) = reading(cuff(mmhg))
    assert (value, status) == (None, Status.MISSING)
    assert "-10 to 330" in reason


def test_values_of_one_result_share_one_group_and_no_other_has_it():
    groups = [o.group for o in decode(EXAMPLE * 2)]
    assert len(set(groups[:4])) == len(set(groups[4:])) == 1
    assert groups[0] != groups[4]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"status": 0}, "nothing measured yet"),
        ({"systolic": 0, "diastolic": 0, "mean": 0, "rate": 0, "status": 0}, "nothing measured"),
        ({"systolic": 0}, "nothing measured yet"),
        ({"diastolic": 0}, "nothing measured yet"),
        ({"mean": 128}, "contradict"),
        ({"mean": 79}, "contradict"),
        ({"mean": 0}, "contradict"),
        ({"systolic": 79}, "contradict"),
        ({"systolic": 79, "diastolic": 128}, "contradict"),
        ({"systolic": 301}, "40 to 300"),
        ({"diastolic": 19}, "20 to 200"),
        ({"systolic": 300, "mean": 251}, "25 to 250"),
        ({"error": 1}, "weak or no pulse"),
        ({"error": 2}, "arm moved"),
        ({"error": 85}, "kink"),
        ({"error": 86}, "stopped"),
        ({"error": 200}, "not known (code 200)"),
    ],
)
def test_only_a_reading_in_which_all_agrees_counts(said, words):
    outputs = decode(result(**said))
    assert [o.value for o in outputs] == [None] * 4
    assert {o.status for o in outputs} == {Status.MISSING}
    for each in outputs:
        assert words in each.reason


def test_every_error_of_the_sheet_has_its_words():
    assert set(ERRORS) == {1, 2, 3, 4, 85, 86, 87, 88, 89, 90, 91, 97, 99}
    for code, words in ERRORS.items():
        (first, *_) = decode(result(error=code))
        assert first.reason == f"{words} (code {code})"
        assert first.extra["error_code"] == code


@pytest.mark.parametrize(
    ("said", "words"),
    [({"rate": 0}, "no pulse"), ({"spare": 1}, "not clear"), ({"rate": 19}, "20")],
)
def test_a_doubtful_pulse_is_missing_and_leaves_the_pressures(said, words):
    *pressures, pulse = decode(result(**said))
    assert {o.status for o in pressures} == {Status.VALID}
    assert (pulse.value, pulse.status) == (None, Status.MISSING)
    assert words in pulse.reason


def test_return_code_and_texts_are_told():
    assert decode(reply(0, 0, 0)) == [Reported("last command was good", {"return_code": 0})]
    assert decode(reply(0, 0, 7)) == [Reported("return code 7", {"return_code": 7})]
    text = b"FW 1.2\x00SN 345".ljust(64, b"\x00")
    assert decode(reply(*text)) == [Reported("module data", {"text": "FW 1.2 SN 345"})]


@pytest.mark.parametrize("bit", [0x01, 0x10, 0x80])
def test_a_wrong_check_is_never_a_value(bit):
    for at in range(24):
        damaged = bytearray(EXAMPLE)
        damaged[at] ^= bit
        outputs = decode(bytes(damaged) + cuff(62))
        assert [o.value for o in outputs if isinstance(o, Decoded)][-1:] == [62.0], at
        assert len([o for o in outputs if isinstance(o, Decoded)]) == 1


def test_a_bad_frame_is_one_run_with_its_reason():
    damaged = EXAMPLE[:-1] + b"\x22"
    outputs = decode(b"zz" + damaged + EXAMPLE + b"zz" + EXAMPLE)
    assert outputs[:2] == [Rejected(NO_FRAME, 0, b"zz"), Rejected(BAD_CHECK, 2, damaged)]
    assert outputs[6] == Rejected(NO_FRAME, 50, b"zz")
    assert len(outputs) == 11


def test_a_frame_that_lost_its_tail_gives_way_to_the_next():
    outputs = decode(cuff(62)[:3] + reply(ord("O")))
    assert outputs[-1] == Reported("accepted", {"letter": "O"})


@pytest.mark.parametrize("length", sorted(set(range(256)) - {4, 5, 6, 0x18, 0x43}))
def test_only_known_lengths_are_waited_for(length):
    outputs = decode(bytes([0x3E, length]) + cuff(100))
    assert [o.value for o in outputs if isinstance(o, Decoded)] == [100.0]


def test_the_end_of_the_bytes_says_what_was_left_over():
    assert decode(EXAMPLE[:9]) == [Rejected(BROKEN_OFF, 0, EXAMPLE[:9])]
    outputs = decode(b"\x3e\x43" + cuff(90))
    assert outputs[0] == Rejected(BROKEN_OFF, 0, b"\x3e\x43")
    assert outputs[1].value == 90.0


def test_reset_never_joins_what_came_before_with_what_comes_after():
    decoder = SuntechDecoder()
    decoder.feed(EXAMPLE[:10])
    decoder.reset()
    outputs = decoder.feed(EXAMPLE[10:] + cuff(90))
    assert outputs[0] == Rejected(NO_FRAME, 10, EXAMPLE[10:])
    assert outputs[1].value == 90.0
