"""What is written: ranges, int8 steps, reference bins, golden inputs, vectors, sentences."""

import copy
import hashlib
import json

import numpy as np
import pytest

from appliance.clinical import assessment
from models.training import bundle, scaling, vector_files
from models.training.data import FEATURES
from models.training.golden import golden_inputs
from models.training.reference import binned, reference_form


def test_ranges_are_widened_to_the_last_decimal_that_is_shown():
    values = np.array([[20, 100, 60, 6.0, 36.667, 60], [40, 140, 90, 19.04, 39.444, 90]])
    ranges = scaling.ranges_of(values)
    assert ranges.low == (20, 100, 60, 6.0, 36.6, 60)
    assert ranges.high == (40, 140, 90, 19.1, 39.5, 90)


def test_unit_scaling_clips():
    ranges = scaling.Ranges((0.0,) * 6, (10.0,) * 6)
    assert ranges.unit(np.array([[-1, 0, 2.5, 10, 11, 5]])).tolist() == [[0, 0, 0.25, 1, 1, 0.5]]


def test_training_quantises_as_the_appliance_does(shipped_task):
    rng = np.random.default_rng(6)
    low = np.array([each.trained_low for each in shipped_task.inputs])
    high = np.array([each.trained_high for each in shipped_task.inputs])
    rows = np.concatenate([[low, high], low + rng.random((3000, 6)) * (high - low)])
    ranges = scaling.Ranges(tuple(low), tuple(high))
    for row, raw in zip(rows, scaling.quantise(ranges.unit(rows)), strict=True):
        assert assessment.quantise(shipped_task, row.tolist()) == tuple(raw.tolist())


def test_no_cell_is_small_and_no_row_is_lost():
    rng = np.random.default_rng(1)
    column = np.concatenate([rng.normal(50, 12, 300), [0.0, 100.0]])
    edges, counts = binned(column, 0.0, 100.0)
    assert min(counts) >= 11
    assert sum(counts) == 302
    assert len(edges) == len(counts) + 1
    assert (edges[0], edges[-1]) == (0.0, 100.0)


def test_bins_hold_their_lower_edge():
    column = np.repeat([0.0, 0.5, 1.0], 20)
    edges, counts = binned(column, 0.0, 1.0)
    assert counts == [20, 20, 20]
    assert edges == [0.0, 0.05, 0.55, 1.0]


def test_few_rows_make_one_cell():
    assert binned(np.array([1.0, 2.0]), 0.0, 4.0) == ([0.0, 4.0], [2])


def test_reference_medians():
    values = np.tile(np.arange(6.0) + 10, (30, 1))
    values[:16] += 1
    form = reference_form(values, scaling.ranges_of(values))
    assert [each["median"] for each in form["features"]] == [11, 12, 13, 14, 15, 16]
    assert [each["quantity"] for each in form["features"]] == list(FEATURES)


def test_golden_inputs_hold_the_corners_and_are_int8():
    middle = [1, 2, 3, 4, 5, 6]
    rows = golden_inputs(6, middle)
    assert len(rows) == 64
    assert [-128] * 6 in rows
    assert [127] * 6 in rows
    for index in range(6):
        for end in (-128, 127):
            assert [*middle[:index], end, *middle[index + 1 :]] in rows
    assert all(len(row) == 6 and all(-128 <= each <= 127 for each in row) for row in rows)
    assert rows == golden_inputs(6, middle)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (vector_files.PLAUSIBLE, vector_files.plausible_rows()),
        (vector_files.EMERGENCY, vector_files.emergency_rows()),
    ],
)
def test_vector_files_are_what_the_seed_gives(name, rows):
    assert (vector_files.FOLDER / name).read_text(encoding="ascii") == vector_files.as_csv(rows)
    assert [list(row.values()) for row in vector_files.read_vectors(name)] == [
        [row[feature] for feature in FEATURES] for row in rows
    ]


def test_refreshing_a_hash_touches_that_hash_only(tmp_path):
    (tmp_path / "golden.json").write_text("new")
    text = 'a = "same"\n[files]\n"MODEL_CARD.md" = "1"\n"golden.json" = "2"\n'
    (tmp_path / "bundle.toml").write_text(text)
    bundle.refresh_hash(tmp_path, "golden.json")
    digest = hashlib.sha256(b"new").hexdigest()
    assert (tmp_path / "bundle.toml").read_text() == text.replace('"2"', f'"{digest}"')


def test_wide_json_is_json():
    form = {"inputs": [[1, 2], [3, 4]], "keys": {"b": [1], "a": [2]}}
    assert json.loads(bundle.as_json(form, wide=True)) == form
    assert json.loads(bundle.as_json({"inputs": [], "keys": {}}, wide=True)) == {
        "inputs": [],
        "keys": {},
    }


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((0.05, 0.01, 0.09), "The model is better."),
        ((-0.05, -0.09, -0.01), "The rule is better."),
        ((0.02, -0.01, 0.05), "At equal alarms the rule is as good."),
    ],
)
def test_the_verdict_follows_the_interval(stored_figures, interval, words):
    figures = copy.deepcopy(stored_figures)
    figures["differences"]["sensitivity_at_rule_specificity_minus_rule"] = list(interval)
    sentence = bundle.against_rule(figures)
    assert sentence.endswith(words)
    assert len(sentence) <= 130


def test_the_sentence_has_the_figures(stored_figures):
    figures = copy.deepcopy(stored_figures)
    figures["net_int8"]["sensitivity"][0], figures["net_int8"]["specificity"][0] = 0.861, 0.852
    figures["rule"]["sensitivity"][0], figures["rule"]["specificity"][0] = 0.779, 0.926
    assert bundle.against_rule(figures).startswith(
        "Of 100 high-risk women it finds 86, the rule 78; false alarms 15 and 7 in 100. "
    )
