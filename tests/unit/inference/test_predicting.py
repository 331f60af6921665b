"""Prediction from CSV: the daemon's answers, row by row."""

from __future__ import annotations

import csv
import io
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clinical.assessment import Outcome, assess
from appliance.clinical.task_form import task_from_form
from appliance.inference.engines import AUTO, Engine, open_engine
from appliance.inference.predicting import (
    OUTPUT_COLUMNS,
    InputRefused,
    Row,
    predict_rows,
    write_rows,
)
from tests.unit.inference.toy import GOOD_VALUES, model, reference, six_form, three_form

SIX = task_from_form(six_form(), reference(six_form()))
THREE = task_from_form(three_form(), reference(three_form()))
HEADER = ",".join(SIX.quantities)
GOOD = "30,120,80,7,37,70"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = open_engine(AUTO, model("dense6"))
    yield made
    made.close()


def cells(engine: Engine | None, *lines: str, header: str = HEADER) -> list[dict[str, str]]:
    infer = engine.invoke if engine else None
    out = io.StringIO()
    write_rows(predict_rows(SIX, infer, io.StringIO("\n".join([header, *lines]))), out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_a_row_is_answered_exactly_as_the_daemon_answers(engine: Engine) -> None:
    (row,) = cells(engine, GOOD)
    answer = assess(SIX, GOOD_VALUES, engine.invoke)
    assert answer.probability is not None
    assert row == {
        "row": "1",
        "probability": f"{answer.probability:.6f}",
        "score": "",
        "category": answer.category,
        "refusal": "",
        "rule": "not-high",
        "flags": "",
        "raw_int8": str(answer.raw_int8),
    }
    assert tuple(row) == OUTPUT_COLUMNS


def test_columns_may_come_in_any_order(engine: Engine) -> None:
    turned = cells(engine, "70,37,7,80,120,30", header=",".join(reversed(SIX.quantities)))
    assert turned == cells(engine, GOOD)


NO_ANSWER = {"probability": "", "score": "", "category": "", "raw_int8": ""}


@pytest.mark.parametrize(
    ("line", "refusal", "rule", "flags"),
    [
        ("30,120,80,,37,70", "missing: glucose_mmol_l", "", ""),
        ("30,145,80,,37,70", "missing: glucose_mmol_l", "high", ""),
        ("30,165,80,,39,70", "missing: glucose_mmol_l", "high", "very-high-pressure;fever"),
        ("300,120,80,9,37,70", "age_years must be 0 to 120 a", "high", ""),
        ("30,165,170,7,38,70", "diastolic_mmhg must be below systolic_mmhg", "", "fever"),
        ("old,145,80,7,37,70", "age_years is not a number", "high", ""),
        ("old,145,80,700,37,70", "age_years is not a number; glucose_mmol_l must be", "high", ""),
        ("nan,145,80,7,37,70", "age_years is not a number", "high", ""),
        ("3_0,145,80,7,37,70", "age_years is not a number", "high", ""),
        ("1e999,145,80,7,37,70", "age_years must be a number", "high", ""),
        ("٣٠,145,80,7,37,70", "age_years is not a number", "high", ""),
        ('"30,5",145,80,7,37,70', "age_years is not a number", "high", ""),
        ("30,120,80,7,36,70", "abstained: temp_degc is below what the model can judge", "not", ""),
        ("9,165,80,7,37,70", "abstained: age_years is below", "high", "very-high-pressure"),
        ("30,120", "the row has 2 cells and the header has 6", "", ""),
        (GOOD + ",", "the row has 7 cells and the header has 6", "", ""),
        (",,,,,", "missing: age_years, systolic_mmhg", "", ""),
    ],
)
def test_a_row_without_an_answer_keeps_rule_and_flags(
    engine: Engine, line: str, refusal: str, rule: str, flags: str
) -> None:
    before, row, after = cells(engine, GOOD, line, GOOD)
    assert row["refusal"].startswith(refusal)
    assert row["rule"].startswith(rule)
    assert bool(row["rule"]) == bool(rule)
    assert row["flags"] == flags
    assert {key: row[key] for key in NO_ANSWER} == NO_ANSWER
    assert row["row"] == "2"
    assert {**before, "row": "3"} == after
    assert after["probability"]


def test_a_held_value_is_answered_as_the_bound(engine: Engine) -> None:
    bound, beyond = cells(engine, "70,120,80,7,37,70", "74,120,80,7,37,70")
    assert {**bound, "row": "2"} == beyond


def test_without_a_model_the_floor_stands() -> None:
    (row,) = cells(None, "30,165,80,7,37,70")
    assert row["refusal"] == "the model is not available"
    assert (row["rule"], row["flags"]) == ("high", "very-high-pressure")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_marks_line_ends_and_blank_lines_do_not_matter(
    engine: Engine, tmp_path: Path, end: str, mark: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes((mark + HEADER + end + GOOD + end * 2 + " 30 ,120,80,7,37,70").encode())
    with path.open(encoding="utf-8", newline="") as file:
        first, second = list(predict_rows(SIX, engine.invoke, file))
    assert first.assessment == second.assessment
    assert (first.row, second.row) == (1, 2)
    assert first.assessment.outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", "the file is empty"),
        (HEADER.replace("age_years,", ""), "missing: age_years"),
        (HEADER + ",outcome", "not known: outcome"),
        (HEADER + ",", r"not known: \(no name\)"),
        (HEADER + ",age_years", "there twice: age_years"),
        (HEADER.replace(",", ";"), "separated by commas"),
        (GOOD, "missing: age_years.*not known: 30"),
        (HEADER.replace("age_years", "Age"), "missing: age_years.*not known: Age"),
    ],
)
def test_a_header_that_does_not_fit_refuses_the_file_at_once(header: str, words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        predict_rows(SIX, None, io.StringIO(header))


def test_text_that_breaks_off_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="line 3 is not CSV"):
        list(predict_rows(SIX, None, io.StringIO(f'{HEADER}\n{GOOD}\n"30')))
    path = tmp_path / "in.csv"
    path.write_bytes(HEADER.encode() + b"\n\xff\xfe\n")
    with pytest.raises(InputRefused, match="not UTF-8"), path.open(encoding="utf-8") as file:
        list(predict_rows(SIX, None, file))


def test_choices_and_stand_ins() -> None:
    text = (
        "chest_pain,age_years,fasting_glucose_high\n"
        "typical,,yes\nnone,40,no\nsharp,40,no\natypical,40,no\n"
    )
    rows = list(predict_rows(THREE, lambda quantised: 100, io.StringIO(text)))
    assert [row.assessment.outcome for row in rows] == [
        Outcome.ANSWERED,
        Outcome.ANSWERED,
        Outcome.REFUSED,
        Outcome.ABSTAINED,
    ]
    assert rows[0].cells()[5] == "high"
    assert rows[3].refusal == "abstained: the model knows no answer for chest_pain = atypical"


def test_an_undecided_answer_carries_no_number() -> None:
    text = "age_years,chest_pain,fasting_glucose_high\n40,none,no\n"
    (row,) = predict_rows(THREE, lambda quantised: 0, io.StringIO(text))
    assert row.refusal.startswith("abstained: the model cannot tell")
    assert row.cells()[1] == row.cells()[3] == row.cells()[7] == ""


cell = st.one_of(
    st.sampled_from(["", "30", "120", "80", "7", "37", "nan", "1e9", "-5", " 70 ", "x", "0x10"]),
    st.text(string.printable, max_size=6),
    st.floats(allow_nan=True).map(repr),
)


@given(st.lists(st.lists(cell, min_size=1, max_size=8), max_size=5))
def test_any_cells_give_one_row_each_and_never_a_number_without_an_answer(
    table: list[list[str]],
) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(SIX.quantities)
    writer.writerows(table)
    text.seek(0)
    rows: list[Row] = list(predict_rows(SIX, lambda quantised: 5, text))
    assert [row.row for row in rows] == list(range(1, len(table) + 1))
    for row in rows:
        number, probability, score, category, refusal, _, _, raw = row.cells()
        assert int(number) == row.row
        assert score == ""
        assert bool(refusal) != bool(probability)
        assert bool(probability) == bool(category) == bool(raw)


def _text(value: Any) -> str:
    return repr(float(value))


@given(
    st.tuples(
        st.floats(0, 120),
        st.floats(40, 300),
        st.floats(20, 200),
        st.floats(0.5, 50),
        st.floats(25, 45),
        st.floats(20, 300),
    )
)
def test_possible_values_are_read_without_losing_a_bit(row: tuple[float, ...]) -> None:
    asked: list[Any] = []

    def infer(quantised: Any) -> int:
        asked.append(tuple(quantised))
        return 5

    line = ",".join(_text(each) for each in row)
    (got,) = predict_rows(SIX, infer, io.StringIO(f"{HEADER}\n{line}\n"))
    values = dict(zip(SIX.quantities, row, strict=True))
    assert got.assessment == assess(SIX, values, infer, explain=False)
    assert len(set(asked)) <= 1
