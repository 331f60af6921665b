"""ASTM and LIS01: frames, sessions and records, one rule of the sheet after another."""

import pytest

from appliance.clinical.measurement import Status
from appliance.instruments.astm_lis01 import (
    AGAIN,
    BAD_CHECK,
    BARE,
    BROKEN_FRAME,
    BROKEN_OFF,
    CAME_BEFORE,
    CUT_RECORD,
    DISCARDED,
    FRAME_LIMIT,
    INCOMPLETE,
    JUMPED,
    LONG_FRAME,
    NO_FRAME,
    NO_NUMBER,
    SESSION_LIMIT,
    TOO_LARGE,
    AstmDecoder,
)
from appliance.instruments.astm_records import (
    BAD_HEADER,
    BAD_UNIT,
    BEYOND,
    BROKEN_BY_DEVICE,
    CONTROL_WORDS,
    NO_HEADER,
    NO_VALUE,
    NOT_A_NUMBER,
    NOT_ENDED,
    NOT_MAPPED,
    QUESTION,
    UNKNOWN_STATE,
)
from appliance.instruments.decoding import STORED, Decoded
from hw_mocks.encoding.astm import (
    ENQ,
    EOT,
    encode_frame,
    encode_frames,
    encode_session,
    glucose_records,
)
from tests.unit.instruments.decoded import decode, errors, reports, values

ASTM = "astm_lis01"
HEADER = "H|\\^&|||Simulated"


def words(outputs):
    return [o.words for o in reports(outputs)]


def results(outputs):
    return [o for o in outputs if isinstance(o, Decoded)]


def one(records):
    (found,) = results(decode(ASTM, encode_session(records)))
    return found


def test_worked_frames_of_the_sheet():
    assert encode_frame(1, b"L|1|N\r") == bytes.fromhex("02 31 4C 7C 31 7C 4E 0D 03 30 34 0D 0A")
    text = b"R|1|^^^Glucose|5.4|mmol/L||N||F||||20260301081500\r"
    assert encode_frame(2, text)[-4:-2] == b"98"
    assert encode_frame(3, b"R|1|^^^HGB|11", last=False)[-4:-2] == b"8E"
    assert encode_frame(4, b".2|g/dL||N||F\r")[-4:-2] == b"EA"
    assert errors(decode(ASTM, bytes.fromhex("02 31 4C 7C 31 7C 4E 0D 03 30 34 0D 0A"))) == []


def test_a_result_with_everything_around_it():
    found = one(glucose_records())
    assert (found.quantity, found.value, found.status) == ("glucose_mmol_l", 5.4, Status.VALID)
    assert dict(found.extra) == {
        "test": "Glucose",
        "reported_value": "5.4",
        "reported_unit": "mmol/L",
        "flags": "N",
        "result_status": "F",
        "sample": "S-17",
        "sequence": "1",
        "device_time": "2026-03-01T08:15:00",
        STORED: True,
    }
    sender = next(o for o in decode(ASTM, encode_session(glucose_records())) if "device" in o.extra)
    assert dict(sender.extra) == {
        "device": "Simulated^1.0",
        "device_clock": "2026-03-01T08:16:00",
    }


def test_a_text_cut_into_frames_is_joined_before_it_is_split():
    records = [HEADER, "R|1|^^^HGB|11.2|g/dL||N||F", "R|2|^^^GLU|5.4|mmol/L||N||F", "L|1|N"]
    for size in range(1, 60):
        outputs = decode(ASTM, encode_session(records, size))
        assert values(outputs) == [("glucose_mmol_l", 5.4)], size
        (other,) = [o for o in reports(outputs) if o.words == NOT_MAPPED]
        assert (other.extra["test"], other.extra["reported_value"]) == ("HGB", "11.2")


def test_nothing_counts_before_the_end_of_the_session():
    session = encode_session(glucose_records())
    for size in range(len(session)):
        outputs = decode(ASTM, session[:size])
        assert results(outputs) == [], size
    assert len(results(decode(ASTM, session))) == 1
    outputs = decode(ASTM, session[:-1])
    assert (reports(outputs)[-1].words, reports(outputs)[-1].extra["discarded_frames"]) == (
        DISCARDED,
        5,
    )


def test_a_new_beginning_discards_what_came_before():
    session = encode_session(glucose_records("5.4"))
    outputs = decode(ASTM, session[:-1] + encode_session(glucose_records("6.5")))
    assert [o.value for o in results(outputs)] == [6.5]
    assert DISCARDED in words(outputs)


def test_a_frame_that_comes_again_is_dropped_and_a_damaged_one_is_awaited():
    frames = encode_frames(glucose_records())
    twice = ENQ + b"".join(frame * 2 for frame in frames) + EOT
    outputs = decode(ASTM, twice)
    assert [o.value for o in results(outputs)] == [5.4]
    assert words(outputs).count(AGAIN) == 5
    bad = bytearray(frames[3])
    bad[12] ^= 1
    outputs = decode(ASTM, ENQ + b"".join(frames[:3]) + bytes(bad) + b"".join(frames[3:]) + EOT)
    assert [o.value for o in results(outputs)] == [5.4]
    assert errors(outputs)[0][0] == BAD_CHECK


@pytest.mark.parametrize("lost", range(4))
def test_a_session_without_all_of_its_frames_gives_nothing(lost):
    frames = encode_frames(glucose_records())
    del frames[lost]
    outputs = decode(ASTM, ENQ + b"".join(frames) + EOT)
    assert results(outputs) == []
    assert INCOMPLETE in words(outputs)
    assert errors(outputs)[0][0] == JUMPED


def test_a_session_without_its_last_record_is_doubtful():
    found = one(glucose_records()[:-1])
    assert (found.value, found.status, found.reason) == (5.4, Status.DOUBTFUL, NOT_ENDED)
    found = one([*glucose_records()[:-1], "L|1|T"])
    assert (found.status, found.reason) == (Status.DOUBTFUL, BROKEN_BY_DEVICE)


def test_numbers_go_round_from_seven_to_nought():
    records = [HEADER, *(f"R|{n}|^^^Glucose|5.{n}|mmol/L" for n in range(1, 10)), "L|1|N"]
    outputs = decode(ASTM, encode_session(records))
    assert [o.value for o in results(outputs)] == [5 + n / 10 for n in range(1, 10)]


def test_the_same_number_with_another_text_is_no_copy():
    frames = [encode_frame(1, (record + "\r").encode()) for record in glucose_records()]
    outputs = decode(ASTM, ENQ + b"".join(frames) + EOT)
    assert results(outputs) == []
    assert errors(outputs)[0][0] == JUMPED


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame[:-4] + frame[-4:-2].lower() + frame[-2:],
        lambda frame: frame[:-2],
        lambda frame: frame[:-1],
        lambda frame: frame[:-2] + b"\n",
    ],
)
def test_lower_case_digits_and_missing_line_ends_are_accepted(change):
    frames = [change(frame) for frame in encode_frames(glucose_records())]
    outputs = decode(ASTM, ENQ + b"".join(frames) + EOT)
    assert [o.value for o in results(outputs)] == [5.4]
    assert errors(outputs) == []


def test_without_the_beginning_a_whole_message_still_counts_and_half_of_one_does_not():
    frames = encode_frames(glucose_records())
    assert [o.value for o in results(decode(ASTM, b"".join(frames) + EOT))] == [5.4]
    outputs = decode(ASTM, b"".join(frames[2:]) + EOT)
    assert results(outputs) == []
    assert NO_HEADER in words(outputs)


def test_bare_frames_in_a_file_are_told_with_doubt_and_never_on_a_port():
    frames = b"".join(encode_frames(glucose_records()))
    (found,) = results(decode(ASTM, frames))
    assert (found.value, found.status, found.reason) == (5.4, Status.DOUBTFUL, BARE)
    assert results(AstmDecoder().feed(frames)) == []
    assert results(decode(ASTM, ENQ + frames)) == []
    (found,) = results(decode(ASTM, b"".join(encode_frames(glucose_records()[:-1]))))
    assert found.status is Status.DOUBTFUL


def test_records_parted_by_lf():
    text = "\n".join(glucose_records()).encode()
    (found,) = results(decode(ASTM, ENQ + encode_frame(1, text) + EOT))
    assert found.value == 5.4


def test_what_the_host_answers_may_stand_between():
    frames = encode_frames(glucose_records())
    both = ENQ + b"\x06" + b"".join(frame + b"\x06" for frame in frames) + EOT
    outputs = decode(ASTM, both)
    assert errors(outputs) == []
    assert [o.value for o in results(outputs)] == [5.4]
    assert [o.extra.get("control") for o in reports(outputs)].count("ACK") == 6


@pytest.mark.parametrize(
    ("value", "unit", "found", "reason"),
    [
        ("112", "mg/dL", 112 / 18.016, ""),
        ("112", "mg/dl", 112 / 18.016, ""),
        ("5.4", "mmol/l", 5.4, ""),
        ("+5.4", "mmol/L", 5.4, ""),
        ("5.4", "", None, BAD_UNIT),
        ("5.4", "g/L", None, BAD_UNIT),
        ("", "mmol/L", None, NO_VALUE),
        ("NOT DETECTED", "mmol/L", None, NOT_A_NUMBER),
        ("<0.5", "mmol/L", None, NOT_A_NUMBER),
        ("5,4", "mmol/L", None, NOT_A_NUMBER),
        ("1e1", "mmol/L", None, NOT_A_NUMBER),
        ("nan", "mmol/L", None, NOT_A_NUMBER),
        ("90", "mmol/L", None, "must be 0.5 to 50 mmol/L"),
    ],
)
def test_a_number_only_when_it_is_plainly_one(value, unit, found, reason):
    result = one(glucose_records(value, unit))
    assert (result.value, result.status is Status.MISSING) == (found, found is None)
    assert reason in result.reason
    assert result.extra.get("reported_value", "") == value


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        ("", Status.VALID, ""),
        ("F", Status.VALID, ""),
        ("C", Status.VALID, ""),
        ("P", Status.DOUBTFUL, "preliminary result"),
        ("X", Status.MISSING, "the test could not be done"),
        ("?", Status.DOUBTFUL, UNKNOWN_STATE),
    ],
)
def test_the_state_of_a_result(state, status, reason):
    result = one(glucose_records(state=state))
    assert (result.status, result.reason) == (status, reason)


@pytest.mark.parametrize("flags", ["L", "H", "LL", "HH", "N", "A", "", "B"])
def test_flags_that_say_only_that_it_is_high_or_low_do_not_take_it(flags):
    assert one(glucose_records(flags=flags)).value == 5.4


@pytest.mark.parametrize("flags", ["<", ">", ">/B", "EXP^<"])
def test_beyond_the_range_of_the_device_is_no_number(flags):
    result = one(glucose_records(flags=flags))
    assert (result.value, result.reason) == (None, BEYOND)


@pytest.mark.parametrize("flags", ["C", "B/C", "C/<"])
def test_a_control_solution_is_never_a_result(flags):
    outputs = decode(ASTM, encode_session(glucose_records(flags=flags)))
    assert results(outputs) == []
    assert CONTROL_WORDS in words(outputs)


def test_delimiters_come_from_the_header():
    records = ["H|@^\\|||GeneXpert", "R|1|^^^Glucose|5.4|mmol/L||A@B||F", "L|1|N"]
    assert one(records).extra["flags"] == "A/B"
    records = ["H!~:&!!!Odd", "R!1!:::Glucose!5.4!mmol/L!!N!!F", "L!1!N"]
    assert one(records).value == 5.4


@pytest.mark.parametrize("header", ["H|", "H|||||", "H|^^&", "Habcd|"])
def test_a_header_that_is_not_understood_keeps_nothing(header):
    outputs = decode(ASTM, encode_session([header, *glucose_records()[1:]]))
    assert results(outputs) == []
    assert BAD_HEADER in words(outputs)


def test_without_a_header_the_device_is_unknown():
    outputs = decode(ASTM, encode_session(["mtrsl|pi1|si|rtGLU|qn5.4|"]))
    assert words(outputs)[-2:] == [NO_HEADER, "a session ends"]
    assert results(outputs) == []


def test_bare_names_escapes_and_the_time_of_the_start():
    bare = [HEADER, "R|1|Glucose|5.4|mmol/L||N||F|||20260301080000", "L|1|N"]
    found = one(bare)
    assert (found.extra["test"], found.extra["device_time"]) == ("Glucose", "2026-03-01T08:00:00")
    escaped = [HEADER, "O|1|A&F&B&S&C&E&D", "R|1|^^^Glucose|5.4|mmol/L", "L|1|N"]
    assert one(escaped).extra["sample"] == "A|B^C&D"
    bad_time = [HEADER, "R|1|Glucose|5.4|mmol/L||N||F||||20261301080000", "L|1|N"]
    assert "device_time" not in one(bad_time).extra


def test_contour_meters():
    records = [
        "H|\\^&||x|Bayer7390^01.24\\01.04^7390-2336773|A=1^C=63^U=0^V=20|79|||||||201605042247",
        "R|1|^^^Glucose|93|mg/dL^P||A/M0/T1||201605041325",
        "R|2|^^^Glucose|93|mg/dL^P||C||201605041330",
        "R|3|^^^Glucose|93|||B||201605041335",
        "L|1||N",
    ]
    frames = [
        encode_frame(n + 1, (r + "\r").encode(), last=r[0] == "L") for n, r in enumerate(records)
    ]
    outputs = decode(ASTM, ENQ + b"".join(frames) + EOT)
    first, third = results(outputs)
    assert (first.value, first.status) == (93 / 18.016, Status.VALID)
    assert first.extra["device_time"] == "2016-05-04T13:25:00"
    assert "result_status" not in first.extra
    assert third.extra["reported_unit"] == "mg/dL", "from the header"
    assert CONTROL_WORDS in words(outputs)


def test_a_patient_applies_until_the_next():
    records = [HEADER, "P|1", "R|1|Glu|5.1|mmol/L", "R|2|Glu|5.2|mmol/L", "P|2"]
    records += ["R|1|Glu|5.3|mmol/L", "L|1|N"]
    groups = [o.group for o in results(decode(ASTM, encode_session(records)))]
    assert groups[0] == groups[1] != groups[2]


def test_a_session_that_is_sent_again_gives_nothing_twice():
    session = encode_session(glucose_records())
    decoder = AstmDecoder()
    outputs = decoder.feed(session)
    decoder.reset()
    outputs += decoder.feed(session)
    assert [o.value for o in results(outputs)] == [5.4]
    assert words(outputs).count(CAME_BEFORE) == 1
    outputs = decoder.feed(encode_session(glucose_records("5.9", state="C")))
    assert [o.value for o in results(outputs)] == [5.9]


def test_other_records_and_questions():
    records = [HEADER, "C|1|text", "M|1|maker", "Q|1|^S-17", "Z|what", "L|1|N"]
    assert QUESTION in words(decode(ASTM, encode_session(records)))


def test_any_character_set_is_read():
    for text in ("µ".encode(), "µ".encode("latin-1")):
        frame = encode_frame(2, b"R|1|^^^Glucose|5.4|mmol/L|" + text + b"||F\r")
        stream = ENQ + encode_frame(1, HEADER.encode() + b"\r") + frame
        (found,) = results(decode(ASTM, stream + encode_frame(3, b"L|1|N\r") + EOT))
        assert found.extra["range"] == "µ"


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (b"\x02" + b"8R|1\r\x03" + b"XX\r\n", BAD_CHECK),
        (encode_frame(1, b"x\r").replace(b"1x", b":x").replace(b"31", b"3A"), BAD_CHECK),
        (b"\x02Z\r\x03%02X\r\n" % (ord("Z") + 13 + 3), NO_NUMBER),
        (b"\x021L|1|N\r", BROKEN_FRAME),
        (b"noise", NO_FRAME),
    ],
)
def test_what_is_no_frame_is_refused_with_its_offset(bad, error):
    outputs = decode(ASTM, ENQ + bad + encode_session(glucose_records()))
    assert (errors(outputs)[0][0], errors(outputs)[0][1]) == (error, 1)
    assert [o.value for o in results(outputs)] == [5.4]


def test_frames_may_be_far_longer_than_the_standard_says():
    comment = "C|1|" + "x" * 30_000
    found = one([*glucose_records()[:4], comment, "L|1|N"])
    assert found.value == 5.4


def test_what_is_too_large_is_discarded_and_the_memory_stays():
    decoder = AstmDecoder()
    assert decoder.feed(b"\x021" + b"x" * (FRAME_LIMIT - 10)) == []
    outputs = decoder.feed(b"x" * 20) + decoder.finish()
    assert errors(outputs)[0][0] == LONG_FRAME
    big = [f"C|1|{'x' * 60_000}"] * (SESSION_LIMIT // 60_000 + 1)
    outputs = decode(ASTM, encode_session([*glucose_records()[:4], *big, "L|1|N"]))
    assert results(outputs) == []
    assert TOO_LARGE in words(outputs)


def test_a_session_that_ends_within_a_record_gives_nothing():
    frames = encode_frames(glucose_records())[:3]
    cut = encode_frame(4, b"R|1|^^^Glucose|5.", last=False)
    outputs = decode(ASTM, ENQ + b"".join(frames) + cut + EOT)
    assert results(outputs) == []
    assert CUT_RECORD in words(outputs)


def test_reset_forgets_the_session():
    session = encode_session(glucose_records())
    decoder = AstmDecoder()
    decoder.feed(session[:-1])
    decoder.reset()
    assert results(decoder.feed(EOT) + decoder.finish()) == []


def test_the_end_of_the_bytes_says_what_was_left_over():
    assert errors(decode(ASTM, ENQ + b"\x021H|")) == [(BROKEN_OFF, 1, b"\x021H|")]
