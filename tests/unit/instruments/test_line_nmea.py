"""The checked text line, one rule of its sheet after another."""

from functools import reduce

import pytest

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import Decoded, Rejected
from appliance.instruments.line_nmea import LineNmeaDecoder


def line(body, end="\r\n"):
    text = body.encode("latin-1")
    check = reduce(lambda total, byte: total ^ byte, text, 0)
    return b"$" + text + f"*{check:02X}".encode() + end.encode()


def decode(data):
    return LineNmeaDecoder().feed(data)


def only(data):
    (output,) = decode(data)
    return output


def reading(kind="SPO2", value="97", unit="%", status="V", seq="007"):
    return only(line(f"PBVS,1,{seq},{kind},{value},{unit},{status}"))


def test_worked_examples_of_the_sheet():
    outputs = decode(
        b"$PBVS,1,041,TMP,36.7,Cel,V*5A\r\n"
        b"$PBVS,1,042,SPO2,,%,F*0D\r\n"
        b"$PBVS,1,043,WGT,71.35,kg,V*21\r\n"
    )
    assert [(o.quantity, o.value, o.unit, o.status, o.reason) for o in outputs] == [
        ("temp_degc", 36.7, "Cel", Status.VALID, ""),
        ("spo2_pct", None, "%", Status.MISSING, "probe or finger off"),
        ("weight_kg", 71.35, "kg", Status.VALID, ""),
    ]
    assert [dict(o.extra) for o in outputs] == [{"seq": 41}, {"seq": 42}, {"seq": 43}]


@pytest.mark.parametrize(
    ("kind", "value", "unit", "quantity"),
    [
        ("TMP", "36.7", "Cel", "temp_degc"),
        ("SPO2", "97", "%", "spo2_pct"),
        ("PR", "72", "/min", "pulse_rate_bpm"),
        ("RR", "16", "/min", "respiratory_rate_bpm"),
        ("SBP", "120", "mm[Hg]", "systolic_mmhg"),
        ("DBP", "80", "mm[Hg]", "diastolic_mmhg"),
        ("MAP", "93", "mm[Hg]", "map_mmhg"),
        ("GLU", "5.5", "mmol/L", "glucose_mmol_l"),
        ("WGT", "71.35", "kg", "weight_kg"),
        ("HGT", "170", "cm", "height_cm"),
    ],
)
def test_every_kind_gives_its_quantity(kind, value, unit, quantity):
    output = reading(kind, value, unit)
    assert (output.quantity, output.value, output.unit) == (quantity, float(value), unit)
    assert (output.status, output.reason) == (Status.VALID, "")


def test_glucose_in_mg_dl_is_converted_once_and_says_so():
    output = reading("GLU", "100", "mg/dL")
    assert output.value == pytest.approx(5.5506, abs=1e-4)
    assert output.unit == "mmol/L"
    assert dict(output.extra) == {"seq": 7, "reported_value": 100.0, "reported_unit": "mg/dL"}


def test_glucose_limits_hold_after_the_conversion():
    assert reading("GLU", "40", "mg/dL").status is Status.VALID
    assert reading("GLU", "5", "mg/dL").status is Status.MISSING


@pytest.mark.parametrize(
    ("status", "kept", "expected", "reason"),
    [
        ("V", True, Status.VALID, ""),
        ("VB", True, Status.VALID, ""),
        ("BV", True, Status.VALID, ""),
        ("F", False, Status.MISSING, "probe or finger off"),
        ("O", False, Status.MISSING, "out of range"),
        ("E", False, Status.MISSING, "sensor fault"),
        ("FE", False, Status.MISSING, "probe or finger off, sensor fault"),
        ("L", True, Status.DOUBTFUL, "low signal"),
        ("M", True, Status.DOUBTFUL, "motion"),
        ("U", True, Status.DOUBTFUL, "unstable"),
        ("LM", True, Status.DOUBTFUL, "low signal, motion"),
        ("VL", True, Status.DOUBTFUL, "low signal"),
        ("VM", True, Status.DOUBTFUL, "motion"),
        ("VU", True, Status.DOUBTFUL, "unstable"),
        ("VF", False, Status.MISSING, "probe or finger off"),
        ("VO", False, Status.MISSING, "out of range"),
        ("VE", False, Status.MISSING, "sensor fault"),
        ("MF", False, Status.MISSING, "probe or finger off"),
        ("B", False, Status.MISSING, "not marked valid by the sensor"),
    ],
)
def test_the_worst_status_letter_decides(status, kept, expected, reason):
    output = reading(status=status)
    assert (output.status, output.reason) == (expected, reason)
    assert output.value == (97.0 if kept else None)
    assert output.extra.get("battery_low", False) == ("B" in status)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("V", "sign of life: no reading"),
        ("VB", "sign of life: no reading"),
        ("M", "motion"),
        ("F", "probe or finger off"),
        ("B", "not marked valid by the sensor"),
    ],
)
def test_an_empty_value_is_missing(status, reason):
    output = reading(value="", status=status)
    assert (output.value, output.status, output.reason) == (None, Status.MISSING, reason)
    assert output.extra.get("sign_of_life", False) == (reason == "sign of life: no reading")


@pytest.mark.parametrize("value", ["29.9", "100.1", "-97", "1" * 40])
@pytest.mark.parametrize("status", ["V", "M"])
def test_what_cannot_be_a_reading_is_missing_and_names_the_limits(value, status):
    output = reading(value=value, status=status)
    assert (output.value, output.status) == (None, Status.MISSING)
    assert "30 to 100 %" in output.reason


@pytest.mark.parametrize("value", ["30", "100", "100.0", "0097"])
def test_the_limits_themselves_are_readings(value):
    assert reading(value=value).status is Status.VALID


WORDS = {
    "no $": "not a line: no $ before it",
    "long": "line longer than 82 characters",
    "broken": "line broken off before its end",
    "no check": "no check at the end of the line",
    "character": "a character that may not stand in a line",
    "hex": "check is not two hex digits",
    "check": "check does not match the line",
    "sentence": "sentence is not PBVS",
    "version": "version of the format is not known",
    "fields": "wrong number of fields",
    "seq": "sequence number is not three digits",
    "kind": "kind of reading is not known",
    "unit": "unit is not the one of this kind",
    "value": "value is not a plain decimal number",
    "empty": "status is empty",
    "status": "status is not understood",
    "duplicate": "duplicate line: this sequence number came before",
}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"ets Jun  8 2016 00:22:57\r\n", "no $"),
        (b"PBVS,1,041,TMP,36.7,Cel,V*5A\r\n", "no $"),
        (line("PBVS,1,041,TMP," + "3" * 60 + ",Cel,V"), "long"),
        (b"$PBVS,1,041,TMP,36.7,Cel,V\r\n", "no check"),
        (b"$\r\n", "no check"),
        (b"$*\r\n", "no check"),
        (b"$PBVS,1,041,TMP,36.7,Cel,V*5A \r\n", "no check"),
        (line("PBVS,1,041,TMP,36.7\t,Cel,V"), "character"),
        (line("PBVS,1,041,TMP,36.7\x00,Cel,V"), "character"),
        (line("PBVS,1,041,TMP,36.7\x7f,Cel,V"), "character"),
        (line("PBVS,1,041,TMP,36.7\xb0,Cel,V"), "character"),
        (line("PBVS,1,041,TMP,36.7\r,Cel,V"), "character"),
        (line("PBVS,1,041,TMP,36*7,Cel,V"), "character"),
        (line("!PBVS,1,041,TMP,36.7,Cel,V"), "character"),
        (b"$PBVS,1,041,TMP,36.7,Cel,V*5G\r\n", "hex"),
        (b"$PBVS,1,041,TMP,36.7,Cel,V* 5\r\n", "hex"),
        (b"$PBVS,1,041,TMP,36.7,Cel,V*5B\r\n", "check"),
        (b"$PBVS,1,041,TMP,39.7,Cel,V*5A\r\n", "check"),
        (line("GPGGA,123519,4807.038,N"), "sentence"),
        (line("pbvs,1,041,TMP,36.7,Cel,V"), "sentence"),
        (line(""), "sentence"),
        (line("PBVS"), "version"),
        (line("PBVS,2,041,TMP,36.7,Cel,V"), "version"),
        (line("PBVS,01,041,TMP,36.7,Cel,V"), "version"),
        (line("PBVS,1,041,TMP,36.7,Cel"), "fields"),
        (line("PBVS,1,041,TMP,36.7,Cel,V,"), "fields"),
        (line("PBVS,1,41,TMP,36.7,Cel,V"), "seq"),
        (line("PBVS,1,0041,TMP,36.7,Cel,V"), "seq"),
        (line("PBVS,1,-41,TMP,36.7,Cel,V"), "seq"),
        (line("PBVS,1,,TMP,36.7,Cel,V"), "seq"),
        (line("PBVS,1,041,TEMP,36.7,Cel,V"), "kind"),
        (line("PBVS,1,041,tmp,36.7,Cel,V"), "kind"),
        (line("PBVS,1,041,,36.7,Cel,V"), "kind"),
        (line("PBVS,1,041,TMP,98.1,[degF],V"), "unit"),
        (line("PBVS,1,041,WGT,71350,g,V"), "unit"),
        (line("PBVS,1,041,SPO2,97,mmol/L,V"), "unit"),
        (line("PBVS,1,041,TMP,36.7,,V"), "unit"),
        (line("PBVS,1,041,TMP,,K,F"), "unit"),
        (line("PBVS,1,041,TMP,36.7,Cel,"), "empty"),
        (line("PBVS,1,041,TMP,36.7,Cel,X"), "status"),
        (line("PBVS,1,041,TMP,36.7,Cel,v"), "status"),
        (line("PBVS,1,041,TMP,36.7,Cel,VV"), "status"),
        (line("PBVS,1,041,TMP,36.7,Cel,V "), "status"),
    ],
)
def test_every_reason_to_reject_a_line(data, words):
    output = only(data + b"$")
    assert output == Rejected(WORDS[words], 0, data)


@pytest.mark.parametrize(
    "value",
    [
        "+37",
        "3e1",
        "37.",
        ".5",
        "-",
        ".",
        "3.6.7",
        " 37",
        "37 ",
        "nan",
        "inf",
        "3_7",
        "0x25",
        "--3",
    ],
)
def test_only_plain_decimal_numbers_are_read(value):
    assert reading(value=value).error == WORDS["value"]


def test_a_negative_number_is_well_formed():
    assert reading("TMP", "-5.0", "Cel").status is Status.MISSING


def test_hex_of_either_case_and_a_bare_line_feed_are_read():
    assert only(b"$PBVS,1,041,TMP,36.7,Cel,V*5a\n").value == 36.7


def test_a_line_of_exactly_82_characters_is_read_and_one_more_is_not():
    head, tail = "PBVS,1,041,TMP,", ".7,Cel,V"
    digits = "0" * (82 - 6 - len(head) - len(tail) - 2) + "36"
    longest = line(head + digits + tail)
    assert len(longest) == 82
    assert only(longest).value == 36.7
    assert only(line(head + "0" + digits + tail)).error == WORDS["long"]
    # One character is not won by leaving out the CR.
    assert only(line(head + "0" + digits + tail, end="\n")).error == WORDS["long"]


def test_a_second_dollar_restarts_the_line_at_the_last():
    broken, whole = b"$PBVS,1,041,TMP,3", line("PBVS,1,042,TMP,36.7,Cel,V")
    first, second = decode(broken + whole)
    assert first == Rejected(WORDS["broken"], 0, broken)
    assert second.value == 36.7


def test_a_broken_line_with_a_good_check_is_still_not_a_line():
    whole = line("PBVS,1,042,TMP,36.7,Cel,V")
    first, second = decode(whole[:-2] + line("PBVS,1,043,TMP,36.8,Cel,V"))
    assert first == Rejected(WORDS["broken"], 0, whole[:-2])
    assert second.value == 36.8


def test_noise_before_a_line_costs_nothing_but_itself():
    noise = bytes(b for b in range(256) if b not in b"$\n")
    first, second = decode(noise + line("PBVS,1,042,TMP,36.7,Cel,V"))
    assert first == Rejected(WORDS["no $"], 0, noise)
    assert second.value == 36.7


def test_offsets_count_every_byte_also_of_good_and_empty_lines():
    good = line("PBVS,1,042,TMP,36.7,Cel,V")
    decoder = LineNmeaDecoder()
    outputs = decoder.feed(good + b"\r\n\n" + b"noise\n")
    assert outputs[1:] == [Rejected(WORDS["no $"], len(good) + 3, b"noise\n")]
    decoder.feed(b"half")
    decoder.reset()
    assert decoder.feed(b"x\n")[0].offset == len(good) + 3 + 6 + 4


def test_an_overlong_line_is_rejected_in_bounded_pieces():
    outputs = decode(b"$" + b"A" * 600 + b"\n")
    assert [o.error for o in outputs] == [WORDS["long"], WORDS["no $"], WORDS["no $"]]
    assert b"".join(o.raw for o in outputs) == b"$" + b"A" * 600 + b"\n"
    assert max(len(o.raw) for o in outputs) <= 256


@pytest.mark.parametrize("length", range(250, 262))
@pytest.mark.parametrize("first", [b"$", b"A"])
def test_no_piece_is_longer_than_its_limit(first, length):
    data = first + b"A" * (length - 1) + b"\n"
    outputs = decode(data)
    assert b"".join(o.raw for o in outputs).rstrip() == data.rstrip()
    assert max(len(o.raw) for o in outputs) <= 256


def test_a_repeated_line_is_a_duplicate_until_the_number_changes():
    one = line("PBVS,1,041,TMP,36.7,Cel,V")
    outputs = decode(one + one + line("PBVS,1,042,TMP,36.7,Cel,V"))
    assert [getattr(o, "error", o.value if isinstance(o, Decoded) else "") for o in outputs] == [
        36.7,
        WORDS["duplicate"],
        36.7,
    ]


def test_a_repeat_behind_another_kind_of_the_same_reading_is_a_duplicate_too():
    pulse, spo2 = line("PBVS,1,041,PR,72,/min,V"), line("PBVS,1,041,SPO2,97,%,V")
    outputs = decode(pulse + spo2 + pulse)
    assert isinstance(outputs[1], Decoded)
    assert outputs[2].error == WORDS["duplicate"]


def seqs(*numbers):
    return b"".join(line(f"PBVS,1,{n:03d},TMP,36.7,Cel,V") for n in numbers)


def test_a_gap_is_counted_on_the_next_good_line_only():
    extras = [o.extra.get("lost_lines") for o in decode(seqs(5, 6, 9, 10))]
    assert extras == [None, None, 2, None]


def test_the_sequence_wraps_without_a_gap():
    assert [o.extra.get("lost_lines") for o in decode(seqs(998, 999, 0, 2))] == [
        None,
        None,
        None,
        1,
    ]


def test_a_damaged_line_is_a_gap_and_a_refused_one_is_not():
    damaged = seqs(6).replace(b"36.7", b"36.8")
    refused = line("PBVS,1,006,TMP,36.7,K,V")
    assert decode(seqs(5) + damaged + seqs(7))[-1].extra["lost_lines"] == 1
    assert "lost_lines" not in decode(seqs(5) + refused + seqs(7))[-1].extra


def test_a_gap_before_a_refused_line_is_told_by_the_next_good_one():
    refused = line("PBVS,1,008,TMP,36.7,K,V")
    assert decode(seqs(5) + refused + seqs(9))[-1].extra["lost_lines"] == 2


def test_reset_forgets_half_a_line_and_the_sequence():
    decoder = LineNmeaDecoder()
    decoder.feed(seqs(5) + b"$PBVS,1,006,TMP,3")
    decoder.reset()
    (rejected,) = decoder.feed(b"6.7,Cel,V*5A\r\n")
    assert isinstance(rejected, Rejected)
    (output,) = decoder.feed(seqs(5))
    assert output.value == 36.7
    assert "lost_lines" not in output.extra


def pressures(*readings, seq=11):
    return decode(
        b"".join(line(f"PBVS,1,{seq:03d},{kind},{value},mm[Hg],V") for kind, value in readings)
    )


def test_one_cuff_reading_shares_a_group_and_no_other_reading_has_it():
    decoder = LineNmeaDecoder()
    groups = []
    for seq in (11, 12, 11):
        for kind, value in (("SBP", 120), ("DBP", 80), ("MAP", 93)):
            (output,) = decoder.feed(line(f"PBVS,1,{seq:03d},{kind},{value},mm[Hg],V"))
            groups.append(output.group)
    assert len(set(groups)) == 3
    assert all(groups[i] == groups[i + 1] == groups[i + 2] for i in (0, 3, 6))
    decoder.reset()
    (again,) = decoder.feed(line("PBVS,1,011,SBP,120,mm[Hg],V"))
    assert again.group not in groups


@pytest.mark.parametrize("order", [("SBP", "DBP"), ("DBP", "SBP")])
@pytest.mark.parametrize(("systolic", "diastolic"), [(80, 120), (100, 100)])
def test_diastolic_not_below_systolic_makes_the_second_doubtful(order, systolic, diastolic):
    sent = {"SBP": systolic, "DBP": diastolic}
    first, second = pressures(*((kind, sent[kind]) for kind in order))
    assert first.status is Status.VALID
    assert (second.status, second.value) == (Status.DOUBTFUL, sent[order[1]])
    assert second.reason == "diastolic pressure is not below systolic pressure"


def test_a_mean_outside_its_pressures_is_doubtful():
    *_, mean = pressures(("SBP", 120), ("DBP", 80), ("MAP", 125))
    assert (mean.status, mean.reason) == (
        Status.DOUBTFUL,
        "mean pressure is not below systolic pressure",
    )


def test_pressures_in_order_and_of_different_readings_do_not_contradict():
    assert {o.status for o in pressures(("SBP", 120), ("DBP", 80), ("MAP", 93))} == {Status.VALID}
    decoder = LineNmeaDecoder()
    decoder.feed(line("PBVS,1,001,SBP,90,mm[Hg],V"))
    (other,) = decoder.feed(line("PBVS,1,002,DBP,95,mm[Hg],V"))
    assert other.status is Status.VALID


@pytest.mark.parametrize("end", ["", "\r"])
def test_the_last_line_of_a_file_may_lack_its_line_end(end):
    decoder = LineNmeaDecoder()
    assert decoder.feed(line("PBVS,1,041,TMP,36.7,Cel,V", end=end)) == []
    (output,) = decoder.finish()
    assert output.value == 36.7
    assert decoder.finish() == []


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        (b"$PBVS,1,041,TMP,36.7,Cel,V", "broken"),
        (b"$PBVS,1,041,TMP,36.7,Cel,V*5", "broken"),
        (b"$", "broken"),
        (b"noise", "no $"),
        (b"$PBVS,1,041,TMP,36.8,Cel,V*5A", "check"),
        (b"$" + b"A" * 90, "long"),
    ],
)
def test_the_end_of_a_file_says_what_was_left_over(rest, words):
    decoder = LineNmeaDecoder()
    assert decoder.feed(b"\n" + rest) == []
    assert decoder.finish() == [Rejected(WORDS[words], 1, rest)]


def test_an_empty_file_gives_nothing():
    assert LineNmeaDecoder().finish() == []
