"""The shipped maternal-risk bundle: its files belong together and its promises hold."""

import hashlib
import itertools
import json
import platform
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from appliance.clinical.assessment import Outcome, assess, quantise
from appliance.clinical.quantities import QUANTITIES
from appliance.inference.engines import AUTO, LITERT, TFLITE, installed_runtimes, open_engine
from models.training import recipes, vector_files
from models.training.answered import answered_figures, shares, task_of
from models.training.bundle import SEALED, bundle_text, hashes_of
from models.training.card import card_text, ranges_in
from models.training.data import FEATURES
from models.training.golden import answers_by_key
from models.training.maternal import rounded

FOLDER = Path(__file__).parents[3] / "models" / "maternal-risk"
FORM = tomllib.loads((FOLDER / "bundle.toml").read_text(encoding="utf-8"))
REFERENCE = json.loads((FOLDER / "reference.json").read_text(encoding="ascii"))
GOLDEN = json.loads((FOLDER / "golden.json").read_text(encoding="ascii"))
MODEL = (FOLDER / "model.tflite").read_bytes()
HEALTHY = {
    "age_years": 27.0,
    "systolic_mmhg": 112.0,
    "diastolic_mmhg": 70.0,
    "glucose_mmol_l": 4.8,
    "temp_degc": 36.4,
    "pulse_rate_bpm": 84.0,
}
RISING = [name for name, up in zip(FEATURES, recipes.SHIPPED.rising, strict=True) if up]


CONSTRAINTS = (FOLDER.parents[1] / "deploy" / "constraints.txt").read_text(encoding="utf-8")
PINNED = {name: re.search(rf"^{name}==(.+)$", CONSTRAINTS, re.M)[1] for name in (TFLITE, LITERT)}
PROVEN = ("x86_64", "aarch64")
"""Processors that the shipped bundle must be admitted on."""


@pytest.fixture(scope="module")
def task():
    return task_of((FOLDER / "bundle.toml").read_text(encoding="utf-8"), REFERENCE)


@pytest.fixture(scope="module")
def infer():
    engine = open_engine(AUTO, MODEL)
    yield engine.invoke
    engine.close()


# --- the files belong together ------------------------------------------------------------


def test_the_folder_holds_a_bundle_and_nothing_else():
    assert sorted(each.name for each in FOLDER.iterdir()) == sorted([*SEALED, "bundle.toml"])


def test_every_file_has_the_hash_that_the_bundle_names():
    for name in SEALED:
        assert FORM["files"][name] == hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
    assert set(FORM["files"]) == set(SEALED)


def test_the_bundle_is_what_the_stored_figures_give(stored_figures):
    made = bundle_text(ranges_in(stored_figures), stored_figures, hashes_of(FOLDER))
    assert (FOLDER / "bundle.toml").read_text(encoding="utf-8") == made


def test_the_card_is_what_the_stored_figures_give(stored_figures):
    assert (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8") == card_text(stored_figures)


def test_the_card_changes_with_the_figures(stored_figures):
    stored_figures["net_int8"]["auc"][0] = 0.12345
    assert "0.123 (" in card_text(stored_figures)
    assert (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8") != card_text(stored_figures)


def test_the_model_is_small():
    assert len(MODEL) <= 8192


def test_texts_fit_on_the_screen():
    assert len(FORM["caveat"]) <= 160
    assert len(FORM["against_rule"]) <= 130
    for each in FORM["inputs"]:
        assert len(each["how"]) <= 70
        assert max(len(each["below"]["why"]), len(each["above"]["why"])) <= 80
    for each in FORM["categories"]:
        assert max(len(each["meaning"]), len(each["advice"])) <= 110
    for each in FORM["red_flags"]:
        assert len(each["text"]) <= 45
        assert len(each["action"]) <= 90
        assert each["source"]


def test_reference_bins_are_coarse():
    for each in REFERENCE["features"]:
        assert len(each["counts"]) <= 20
        assert len(each["edges"]) == len(each["counts"]) + 1
        assert min(each["counts"]) >= 11
        assert len({sum(f["counts"]) for f in REFERENCE["features"]}) == 1


def test_the_threshold_is_a_step_of_the_output(task):
    steps = task.category("high").from_probability / task.output_tensor.scale
    assert steps == int(steps)


# --- the graph ------------------------------------------------------------------------------


@pytest.mark.parametrize("built_in", [False, True])
@pytest.mark.parametrize("name", installed_runtimes())
def test_tensors_are_int8_batch_one_with_the_scales_of_the_bundle(task, name, built_in):
    engine = open_engine(name, MODEL, built_in=built_in)
    assert engine.proof.int8
    assert engine.proof.delegated is not built_in
    assert engine.width == len(FEATURES)
    for found, wanted in (
        (engine.input_tensor, task.input_tensor),
        (engine.output_tensor, task.output_tensor),
    ):
        assert found.scale == pytest.approx(wanted.scale, rel=1e-6)
        assert found.zero_point == wanted.zero_point
    engine.close()


@pytest.mark.skipif(platform.machine() not in PROVEN, reason="no golden vectors for this processor")
def test_golden_vectors_are_exact_for_the_runtimes_installed_here():
    made = answers_by_key(MODEL, GOLDEN["inputs"])
    assert {key.split()[0] for key in made} == set(installed_runtimes())
    assert {key: GOLDEN["keys"].get(key) for key in made} == made


def test_golden_vectors_cover_each_pinned_runtime_on_each_processor():
    wanted = {
        f"{name} {version} {kernels} {processor}"
        for name, version in PINNED.items()
        for kernels in ("xnnpack", "reference")
        for processor in PROVEN
    }
    assert wanted <= set(GOLDEN["keys"])
    assert len(GOLDEN["inputs"]) == 64


def test_what_was_made_by_an_emulator_is_marked_and_the_card_says_so():
    """When a Raspberry Pi has made them, the card's sentence must go with the marks."""
    assert set(GOLDEN["made"]) == {key for key in GOLDEN["keys"] if key.endswith(" aarch64")}
    for words in GOLDEN["made"].values():
        assert words.startswith("emulated by qemu-aarch64 ")
    card = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "made under an emulator, not on a Raspberry Pi" in card


@pytest.mark.parametrize("rising", RISING)
def test_the_answer_never_falls_as_the_input_rises(infer, rising):
    """Every step of the input, before several hundred backgrounds spread over the ranges."""
    index = FEATURES.index(rising)
    rng = np.random.default_rng(index)
    corners = list(itertools.product((-128, 0, 127), repeat=5))
    spread = rng.integers(-128, 128, size=(100, 5)).tolist()
    for others in [*corners, *spread]:
        answers = [
            infer([*others[:index], step, *others[index:]]) for step in (*range(-128, 127, 5), 127)
        ]
        assert answers == sorted(answers), (rising, others)


def test_neighbouring_steps_never_fall_either(infer):
    middle = quantise_median()
    for rising in RISING:
        index = FEATURES.index(rising)
        answers = [infer([*middle[:index], s, *middle[index + 1 :]]) for s in range(-128, 128)]
        assert answers == sorted(answers)


def quantise_median() -> list[int]:
    return list(GOLDEN["inputs"][2])


def test_held_inputs_are_those_in_which_the_answer_only_rises():
    held = [
        each["quantity"]
        for each in FORM["inputs"]
        if "hold" in (each["below"]["beyond"], each["above"]["beyond"])
    ]
    assert set(held) <= set(RISING)


# --- whom it answers --------------------------------------------------------------------------


def test_a_healthy_woman_is_answered_not_high(task, infer):
    made = assess(task, HEALTHY, infer)
    assert (made.outcome, made.category) == (Outcome.ANSWERED, "not-high")
    assert made.floor.flags == ()


@pytest.mark.parametrize(
    ("quantity", "values"),
    [
        ("age_years", (15, 45)),
        ("systolic_mmhg", (90, 135)),
        ("diastolic_mmhg", (55, 85)),
        ("glucose_mmol_l", (4.0, 7.7)),
        ("temp_degc", (35.8, 37.4)),
        ("pulse_rate_bpm", (55, 105)),
    ],
)
def test_the_ends_of_what_is_healthy_are_answered(task, infer, quantity, values):
    for value in values:
        made = assess(task, {**HEALTHY, quantity: value}, infer)
        assert made.outcome is Outcome.ANSWERED, (quantity, value, made.reason)


@pytest.mark.parametrize("pressure", [(175, 115), (160, 90), (150, 110), (240, 140), (300, 200)])
def test_severe_pressure_is_answered_high_with_a_red_flag(task, infer, pressure):
    values = {**HEALTHY, "systolic_mmhg": pressure[0], "diastolic_mmhg": pressure[1]}
    made = assess(task, values, infer)
    assert made.category == "high"
    assert "severe-hypertension" in [flag.id for flag in made.floor.flags]
    assert made.floor.rule_category == "high"


@pytest.mark.parametrize(
    ("quantity", "value", "flag"),
    [
        ("systolic_mmhg", 89, "low-blood-pressure"),
        ("diastolic_mmhg", 110, "severe-hypertension"),
        ("pulse_rate_bpm", 121, "very-fast-pulse"),
        ("pulse_rate_bpm", 39, "very-slow-pulse"),
        ("temp_degc", 34.9, "low-temperature"),
        ("temp_degc", 38.0, "fever"),
        ("glucose_mmol_l", 11.1, "diabetic-glucose"),
        ("glucose_mmol_l", 3.8, "low-glucose"),
    ],
)
def test_red_flags_begin_where_their_sources_say(task, quantity, value, flag):
    values = {**HEALTHY, "systolic_mmhg": 118.0, quantity: value}
    inward = value - 1 if flag in _UPWARD else value + 1
    assert flag in [each.id for each in assess(task, values, None).floor.flags]
    inside = assess(task, {**values, quantity: inward}, None).floor.flags
    assert flag not in [each.id for each in inside]


_UPWARD = ("severe-hypertension", "very-fast-pulse", "fever", "diabetic-glucose")


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("age_years", 9),
        ("age_years", 75),
        ("systolic_mmhg", 65),
        ("diastolic_mmhg", 40),
        ("glucose_mmol_l", 3.5),
        ("temp_degc", 35.2),
        ("temp_degc", 41.5),
        ("pulse_rate_bpm", 45),
        ("pulse_rate_bpm", 135),
    ],
)
def test_beyond_the_limits_the_model_abstains_with_a_reason(task, infer, quantity, value):
    made = assess(task, {**HEALTHY, "diastolic_mmhg": 60.0, quantity: value}, infer)
    assert made.outcome is Outcome.ABSTAINED
    assert quantity in made.reason
    assert made.category is None


@pytest.mark.parametrize("quantity", FEATURES)
def test_every_input_is_required(task, infer, quantity):
    values = {name: value for name, value in HEALTHY.items() if name != quantity}
    made = assess(task, values, infer)
    assert made.outcome is Outcome.REFUSED
    assert quantity in made.reason


def test_the_card_publishes_what_the_vectors_show(task, infer, stored_figures):
    """Built-in kernels and XNNPACK may differ by steps, yet not in whom they answer."""
    made = rounded(answered_figures(task, infer))
    for name in ("plausible", "emergency"):
        stored = stored_figures["vectors"][name]
        for key in ("rows", "answered", "red_flag", "high_or_red_flag"):
            assert made[name][key] == stored[key]


def test_every_emergency_is_noticed_and_nearly_every_healthy_woman_answered(task, infer):
    emergencies = shares(task, infer, vector_files.read_vectors(vector_files.EMERGENCY))
    healthy = shares(task, infer, vector_files.read_vectors(vector_files.PLAUSIBLE))
    assert emergencies["high_or_red_flag"] == 1.0
    assert healthy["answered"] >= 0.98
    assert healthy["red_flag"] == 0.0
    assert healthy["called_high"] <= 0.05


def test_emergencies_are_noticed_without_the_model_unless_they_need_it(task):
    """All but the kind that has no red flag on purpose; that one the plain rule notices."""
    for row in vector_files.read_vectors(vector_files.EMERGENCY):
        made = assess(task, dict(row), None)
        assert made.floor.flags or made.floor.rule_category == "high"


def test_vectors_are_possible_readings():
    for name in (vector_files.PLAUSIBLE, vector_files.EMERGENCY):
        for row in vector_files.read_vectors(name):
            for quantity, value in row.items():
                QUANTITIES[quantity].check(value)


def test_medians_are_what_the_explanation_compares_with(task):
    medians = [each["median"] for each in REFERENCE["features"]]
    assert [each.reference for each in task.inputs] == medians
    assert list(quantise(task, medians)) == quantise_median()
