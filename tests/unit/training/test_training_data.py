"""The data file: good rows in, every defect named, copies removed, near copies together."""

import random

import numpy as np
import pytest

from models.training.data import FEATURES, DataRefused, read_development

SYSTOLIC, TEMPERATURE = FEATURES.index("systolic_mmhg"), FEATURES.index("temp_degc")


def test_values_come_in_the_quantities_own_units(rows, write):
    data = read_development(write(rows))
    assert data.values.shape == (150, 6)
    assert data.values[0].tolist() == pytest.approx([18, 120, 80, 6.1, 37.0, 76])
    assert data.high.sum() == 50


def test_order_of_the_rows_in_the_file_does_not_matter(rows, write):
    first = read_development(write(rows))
    random.Random(1).shuffle(rows)
    again = read_development(write(rows))
    assert np.array_equal(first.values, again.values)
    assert np.array_equal(first.groups, again.groups)


def test_copies_are_removed_and_counted(rows, write):
    data = read_development(write(rows + rows[:20]))
    assert len(data.values) == 150
    assert data.counts["copies_removed"] == 20


def test_rows_that_differ_in_sugar_only_are_one_group(rows, write):
    data = read_development(write(rows))
    assert data.counts["groups"] == 30
    for group in range(30):
        others = np.delete(data.values[data.groups == group], 3, axis=1)
        assert len(np.unique(others, axis=0)) == 1


def test_one_vector_with_two_labels_is_kept_and_counted(rows, write):
    other = [*rows[0][:-1], "low risk"]
    data = read_development(write([*rows, other]))
    assert len(data.values) == 151
    assert data.counts["contradictory_vectors"] == 1


def test_an_impossible_pulse_is_missing_and_its_row_left_out(rows, write):
    rows[3][5] = "7"
    data = read_development(write(rows))
    assert data.counts["impossible_values"] == 1
    assert data.counts["incomplete_rows_left_out"] == 1
    assert len(data.values) == 149
    assert data.values[:, 5].min() == 76


def test_an_empty_cell_leaves_the_row_out(rows, write):
    rows[3][3] = ""
    data = read_development(write(rows))
    assert (data.counts["impossible_values"], len(data.values)) == (0, 149)


def test_diastolic_above_systolic_is_impossible(rows, write):
    rows[0][1], rows[0][2] = "80", "120"
    data = read_development(write(rows))
    assert data.counts["impossible_values"] == 2
    assert data.values[:, SYSTOLIC].min() == 120


def refusal(path) -> str:
    with pytest.raises(DataRefused) as refused:
        read_development(path)
    return str(refused.value)


@pytest.mark.parametrize(
    ("column", "value", "hint"),
    [
        (4, "37.0", "is this Celsius"),
        (3, "126", "is this mg/dl"),
        (1, "16", "is this kPa"),
    ],
)
def test_a_column_in_another_unit_is_refused_with_a_hint(rows, write, column, value, hint):
    for row in rows:
        row[column] = value
    assert hint in refusal(write(rows))


def test_exchanged_pressures_are_refused(rows, write):
    for row in rows:
        row[1], row[2] = row[2], row[1]
    assert "exchanged" in refusal(write(rows))


def test_missing_columns_are_all_named(rows, write):
    header = ["Age", "SystolicBP", "DiastolicBP", "Sugar", "BodyTemp", "Pulse", "RiskLevel"]
    words = refusal(write(rows, header))
    assert "BS, HeartRate" in words
    assert "found: Age" in words


def test_text_in_numbers_and_unknown_labels_are_named_with_their_rows(rows, write):
    rows[1][0], rows[4][3], rows[7][6] = "young", "nan", "danger"
    words = refusal(write(rows))
    assert "row 2, Age: 'young' is not a number" in words
    assert "row 5, BS: 'nan' is not a number" in words
    assert "row 8, RiskLevel: 'danger'" in words


def test_a_short_row_counts_as_missing_cells(rows, write):
    rows[0] = rows[0][:3]
    assert "row 1, RiskLevel" in refusal(write(rows))


def test_many_faults_are_not_all_shown(rows, write):
    for row in rows:
        row[0] = "?"
    assert "and 140 more" in refusal(write(rows))


def test_three_rows_are_too_few(rows, write):
    assert refusal(write(rows[:3])) == "3 rows; 100 are needed"


def test_copies_do_not_make_enough_rows(rows, write):
    assert "30 distinct complete rows; 100 are needed" in refusal(write(rows[:30] * 5))


@pytest.mark.parametrize(("label", "lacking"), [("high risk", "other"), ("low risk", "high risk")])
def test_one_class_only_is_refused(rows, write, label, lacking):
    for row in rows:
        row[6] = label
    assert f"0 distinct rows are {lacking}" in refusal(write(rows))


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "nothing.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    assert "not text" in refusal(tmp_path / "bytes.csv")


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    assert "found: nothing" in refusal(tmp_path / "empty.csv")
