"""Scale lines, one rule of the sheet after another."""

import pytest

from appliance.clinical.measurement import Status
from appliance.instruments.and_scale import (
    BELOW_ZERO,
    EMPTY,
    IN_GRAMS,
    NOT_A_LINE,
    NOT_A_WEIGHT,
    NOT_CONFIRMED,
    NOT_EMPTY,
    NOT_TEXT,
    OTHER_UNIT,
    OVER_CAPACITY,
    PARITY,
    TOO_HEAVY,
    TOO_LIGHT,
    TOO_LONG,
    UNSTABLE,
    ScaleDecoder,
)
from hw_mocks.encoding.scale import OVERLOAD, encode_line, encode_sics, spoil_parity
from tests.unit.instruments.decoded import decode, errors, reports, values

SCALE = "and_scale"
KG_71 = b"ST,+00071.35 kg\r\n"


def said(data):
    return [(o.value, o.status.value, o.reason) for o in decode(SCALE, data)]


def test_worked_examples_of_the_sheet():
    assert bytes.fromhex("53 54 2C 2B 30 30 30 37 31 2E 33 35 20 6B 67 0D 0A") == KG_71
    assert encode_line(71.35) == KG_71
    assert encode_line(71.4, "US", "GS", decimals=1)[-4:] == b"kg\r\n"
    assert said(KG_71 * 3) == [
        (71.35, "doubtful", NOT_CONFIRMED),
        (71.35, "doubtful", NOT_CONFIRMED),
        (71.35, "valid", ""),
    ]
    assert said(b"US,GS,+0071.4kg\r\n") == [(71.4, "doubtful", UNSTABLE)]
    assert said(OVERLOAD) == [(None, "missing", TOO_HEAVY)]


@pytest.mark.parametrize(
    "line",
    [
        b"ST,+00071.35 kg\r\n",
        b"ST,+  71.35 kg\r\n",
        b"ST,+ 71.35kg\r\n",
        b"ST,GS,+00071.35kg\r\n",
        b"ST,NT,+0071.35 kg\r\n",
        b"ST,+00071,35 kg\r\n",
        b"ST,GS,+0071,35kg\r\n",
        b"WT,+00071.35 kg\r\n",
        b"ST,+00071.35 KG\n",
        b"ST,GS,   71.35 kg\r\n",
        b"S S      71.35 kg\r\n",
    ],
)
def test_a_stable_weight_in_every_usual_form(line):
    assert values(decode(SCALE, line * 3)) == [("weight_kg", 71.35)]
    assert errors(decode(SCALE, line * 3)) == []


def test_pounds_are_converted_once_and_marked():
    outputs = decode(SCALE, encode_line(157.3, unit="lb", decimals=1) * 3)
    assert values(outputs) == [("weight_kg", 157.3 * 0.45359237)]
    assert dict(outputs[2].extra) == {"reported_value": 157.3, "reported_unit": "lb"}


def test_grams_are_shown_in_kilograms_and_never_count():
    outputs = decode(SCALE, encode_line(3250, unit="g", decimals=1) * 5)
    assert {o.value for o in outputs} == {3.25}
    assert values(outputs) == []
    assert outputs[-1].reason == IN_GRAMS
    assert decode(SCALE, encode_line(71350, unit="g", decimals=0))[0].value == 71.35


@pytest.mark.parametrize("between", [encode_line(71.4, "US"), OVERLOAD, encode_line(71.4), b"x\n"])
def test_the_three_lines_must_stand_in_a_row(between):
    assert values(decode(SCALE, KG_71 * 2 + between + KG_71 * 2)) == []
    assert len(values(decode(SCALE, KG_71 * 2 + between + KG_71 * 3))) == 1


def test_the_next_person_counts_only_after_the_scale_was_empty():
    next_person = encode_line(64.2) * 4
    outputs = decode(SCALE, KG_71 * 3 + next_person)
    assert values(outputs) == [("weight_kg", 71.35)]
    assert outputs[-1].reason == NOT_EMPTY
    outputs = decode(SCALE, KG_71 * 3 + encode_line(0) + next_person)
    assert values(outputs) == [("weight_kg", 71.35), ("weight_kg", 64.2), ("weight_kg", 64.2)]
    assert len({o.group for o in outputs if o.status is Status.VALID}) == 2
    moving_zero = encode_line(0, "US")
    assert len(values(decode(SCALE, KG_71 * 3 + moving_zero + next_person))) == 1


def test_the_same_person_may_sway():
    outputs = decode(SCALE, KG_71 * 4 + encode_line(70.9, "US") + KG_71 * 3)
    assert len(values(outputs)) == 3
    assert len({o.group for o in outputs if o.status is Status.VALID}) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (encode_line(0), EMPTY),
        (b"ST,-0000.00 kg\r\n", EMPTY),
        (encode_line(-1.2), BELOW_ZERO),
        (encode_line(350), OVER_CAPACITY),
        (encode_line(350.5), OVER_CAPACITY),
        (encode_line(0.2), "reported value refused: weight_kg must be 0.3 to 350 kg"),
        (OVERLOAD, TOO_HEAVY),
        (b"OL,GS,+99999999kg\r\n", TOO_HEAVY),
        (b"OL,             \r\n", TOO_HEAVY),
        (b"OL\r\n", TOO_HEAVY),
        (b"S +\r\n", TOO_HEAVY),
        (b"S -\r\n", TOO_LIGHT),
        (b"S I\r\n", "the scale cannot weigh now: it moves or is busy"),
    ],
)
def test_no_weight_and_why(line, words):
    outputs = decode(SCALE, KG_71 * 3 + line * 5)
    assert {(o.value, o.status, o.reason) for o in outputs[3:]} == {(None, Status.MISSING, words)}


def test_the_capacity_may_be_configured():
    outputs = decode(SCALE, encode_line(160) * 3, decoder=ScaleDecoder(150.0))
    assert values(outputs) == []
    assert outputs[0].reason == OVER_CAPACITY


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"ST,TR,+0001.50kg\r\n", "the line is a tare, not a weight"),
        (b"ST,PT,+0001.50kg\r\n", "the line is a preset tare, not a weight"),
        (b"ST,OK,+0071.35kg\r\n", "the line is a comparison, not known to be gross or net"),
        (b"ST,--,+0071.35kg\r\n", "the line is a comparison, not known to be gross or net"),
        (b"QT,+00000071 PC\r\n", NOT_A_WEIGHT),
        (b"QT,+00000071 kg\r\n", NOT_A_WEIGHT),
        (b"ST,+00000071  %\r\n", NOT_A_WEIGHT),
        (b"ST,+00071.35 oz\r\n", OTHER_UNIT),
        (b"EC,E01\r\n", "the scale cannot carry out the command"),
        (b"?\r\n", "the scale did not understand the command"),
        (b"ES\r\n", "the scale did not understand the command"),
        (b"ET\r\n", "the scale heard a damaged command"),
    ],
)
def test_what_is_no_weight_of_a_person_is_told_and_never_one(line, words):
    outputs = decode(SCALE, line * 5)
    assert {o.words for o in reports(outputs)} == {words}
    assert len(reports(outputs)) == 5


@pytest.mark.parametrize(
    ("letter", "status"), [(True, (71.35, "valid", "")), (False, (71.35, "doubtful", UNSTABLE))]
)
def test_mettler_answers(letter, status):
    assert said(encode_sics(71.35, letter) * 3)[-1] == status


def test_a_line_that_parity_spoiled_is_refused_and_says_what_to_look_at():
    outputs = decode(SCALE, spoil_parity(KG_71) * 3)
    assert values(outputs) == []
    assert {words for words, _, _ in errors(outputs)} == {PARITY}
    assert "7E1" in PARITY


def test_the_first_line_may_be_cut_anywhere_and_never_gives_a_value():
    for at in range(1, len(KG_71)):
        outputs = decode(SCALE, KG_71[at:] + encode_line(64.2) * 3)
        assert values(outputs) == [("weight_kg", 64.2)], at
        assert all(o[0] == NOT_A_LINE for o in errors(outputs))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b"ST,+000\x0071.35 kg\r\n", NOT_TEXT),
        (b"ST,+00071.35\r\n", NOT_A_LINE),
        (b"XX,+00071.35 kg\r\n", NOT_A_LINE),
        (b"ST,+0007a.35 kg\r\n", NOT_A_LINE),
        (b"ST,+00071.35 kg ST,+00071.35 kg\r\n", NOT_A_LINE),
        (b"ST,+7.1.35 kg\r\n", NOT_A_LINE),
        (b"T,+00071.35 kg\r\n", NOT_A_LINE),
    ],
)
def test_lines_that_are_not_understood_are_refused_with_their_offset(bad, words):
    assert errors(decode(SCALE, KG_71 + bad + KG_71)) == [(words, len(KG_71), bad)]


def test_an_endless_line_is_cut():
    outputs = decode(SCALE, b"9" * 600 + b"\n" + KG_71 * 3)
    assert [(words, offset, len(raw)) for words, offset, raw in errors(outputs)] == [
        (TOO_LONG, 0, 256),
        (TOO_LONG, 256, 256),
        (NOT_A_LINE, 512, 89),
    ]
    assert len(values(outputs)) == 1


def test_a_last_line_without_its_end_counts_and_half_of_one_does_not():
    assert len(values(decode(SCALE, KG_71 * 2 + KG_71[:-2]))) == 1
    assert errors(decode(SCALE, KG_71[:9])) != []


def test_reset_forgets_half_a_line_and_not_who_was_weighed_last():
    decoder = ScaleDecoder()
    decoder.feed(KG_71 * 3 + KG_71[:5])
    decoder.reset()
    outputs = decode(SCALE, encode_line(64.2) * 3 + b"x\n", decoder=decoder)
    assert values(outputs) == []
    assert outputs[2].reason == NOT_EMPTY
    assert errors(outputs)[0][1] == len(KG_71) * 6 + 5
    outputs = decode(SCALE, encode_line(0) + encode_line(64.2) * 3, decoder=decoder)
    assert values(outputs) == [("weight_kg", 64.2)]
