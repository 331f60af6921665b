"""The task form: valid tables make a task, and every fault is named at once."""

from __future__ import annotations

import contextlib
import copy
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clinical.task import Beyond, Level
from appliance.clinical.task_form import TaskFormError, task_from_form

sys.path.insert(0, str(Path(__file__).parents[1] / "inference"))
from tests.unit.inference.toy import reference, six_form, three_form


def faults_of(form: Any, usual: Any = None) -> tuple[str, ...]:
    with pytest.raises(TaskFormError) as caught:
        task_from_form(form, reference(six_form()) if usual is None else usual)
    return caught.value.faults


def test_a_whole_form_becomes_a_task() -> None:
    form = six_form()
    task = task_from_form(form, reference(form))
    assert task.id == "toy-six"
    assert task.release == 7
    assert task.quantities[0] == "age_years"
    assert task.inputs[0].reference == 40.0
    assert task.inputs[0].below.beyond is Beyond.ABSTAIN
    assert task.inputs[0].above.beyond is Beyond.HOLD
    assert task.inputs[0].above.until == 75.0
    assert task.categories[1].level is Level.URGENT
    assert task.output_tensor.scale == 0.00390625
    assert task.undecided is None
    assert len(task.rule.when) == 2
    assert task.red_flags[0].when[1][0].quantity == "diastolic_mmhg"


def test_a_task_with_choices() -> None:
    form = three_form()
    task = task_from_form(form, reference(form))
    assert task.inputs[1].codes == (("typical", 2.0), ("non-anginal", 1.0), ("none", 0.0))
    assert task.inputs[0].impute == 50.0
    assert task.inputs[0].likely == (30.0, 70.0)
    assert task.undecided == (0.499, 0.501)
    assert task.rule.when[0][0].equals == "typical"


def test_an_abstaining_side_needs_no_until() -> None:
    form = six_form()
    del form["inputs"][0]["below"]["until"]
    assert task_from_form(form, reference(form)).inputs[0].below.until == 10.0


def test_another_kind_is_refused_before_anything_else_is_read() -> None:
    assert faults_of(six_form() | {"kind": "oracle"}) == ('kind: must be "model" or "rule"',)


def test_a_rule_with_the_tables_of_a_model_is_refused() -> None:
    found = faults_of(six_form() | {"kind": "rule"})
    assert "tensors: is not known" in found
    assert "score: is missing" in found


def test_all_faults_are_named_together() -> None:
    form = six_form()
    form["schema"] = 2
    form["surprise"] = 1
    form["inputs"][1]["quantity"] = "mood"
    form["categories"][1]["from_probability"] = 1.5
    form["rule"]["category"] = "blue"
    del form["caveat"]
    named = "\n".join(faults_of(form))
    for place in (
        "schema:",
        "surprise: is not known",
        "inputs[1].quantity: mood",
        "categories[1].from_probability",
        "rule.category: blue",
        "caveat: is missing",
    ):
        assert place in named


WRONG: list[tuple[str, Any, str]] = [
    ("task", "Toy Task", "task:"),
    ("version", "1.0", "version:"),
    ("release", 0, "release:"),
    ("release", True, "release:"),
    ("kind", 5, 'kind: must be "model"'),
    ("inputs.0.trained_low", 10**400, "inputs[0].trained_low: must be a number"),
    ("inputs.0.trained_low", math.inf, "inputs[0].trained_low: must be a number"),
    ("title", "  ", "title:"),
    ("exclusions", "nobody", "exclusions:"),
    ("valid_for_s", 0, "valid_for_s:"),
    ("valid_for_s", 1e9, "valid_for_s:"),
    ("valid_for_s", math.nan, "valid_for_s:"),
    ("inputs", [], "inputs: needs 1 or more"),
    ("inputs", {}, "inputs:"),
    ("inputs.0", 5, "inputs[0]: must be a table"),
    ("inputs.0.trained_low", "10", "inputs[0].trained_low:"),
    ("inputs.0.trained_low", -1.0, "inputs[0].trained_low: must be 0 to 120"),
    ("inputs.0.trained_high", 130.0, "inputs[0].trained_high: must be 0 to 120"),
    ("inputs.0.trained_high", 10.0, "inputs[0].trained_high: must be above"),
    ("inputs.0.trained_high", 20.0, "inputs[0].quantity: its median"),
    ("inputs.0.below", None, "inputs[0].below:"),
    ("inputs.0.below.beyond", "guess", "inputs[0].below.beyond: must be one of abstain, hold"),
    ("inputs.0.below.why", "", "inputs[0].below.why:"),
    ("inputs.0.below.until", 11.0, "inputs[0].below.until:"),
    ("inputs.0.above.until", 121.0, "inputs[0].above.until:"),
    ("inputs.0.above.until", 69.0, "inputs[0].above.until:"),
    ("inputs.0.impute", 9.0, "inputs[0].impute:"),
    ("inputs.0.likely", [50.0, 40.0], "inputs[0].likely:"),
    ("inputs.0.likely", [50.0], "inputs[0].likely:"),
    ("inputs.0.extra", 1, "inputs[0].extra: is not known"),
    ("inputs.0.quantity", "systolic_mmhg", "inputs[1].quantity: systolic_mmhg is there twice"),
    ("inputs.0.quantity", "perfusion_index_pct", "inputs[0].quantity: perfusion_index_pct is nev"),
    ("inputs.0.codes", {"a": 1.0}, "inputs[0].codes: is not known"),
    ("tensors.input.scale", 0.0, "tensors.input.scale:"),
    ("tensors.output.zero_point", 128, "tensors.output.zero_point:"),
    ("tensors.output.zero_point", 1.0, "tensors.output.zero_point:"),
    ("categories.0.from_probability", 0.1, "categories[0].from_probability: must be 0"),
    ("categories.1.from_probability", 0.0, "categories[1].from_probability: must be above"),
    ("categories.1.id", "not-high", "categories[1].id: not-high is there twice"),
    ("categories.1.level", "red", "categories[1].level: must be one of calm, caution, urgent"),
    ("calibration", {}, "calibration.method: is missing"),
    ("abstention", {"undecided": [0.5, 1.5]}, "abstention.undecided:"),
    ("abstention", {"band": 1}, "abstention.band: is not known"),
    ("rule.when", [], "rule.when:"),
    ("rule.when", [[]], "rule.when:"),
    ("rule.when", [[{"quantity": "glucose_mmol_l"}]], "rule.when[0][0]: compares with nothing"),
    ("rule.when.0.0.at_least", 500.0, "rule.when[0][0].at_least:"),
    ("rule.when.0.0.equals", "yes", "rule.when[0][0].equals:"),
    ("rule.when.0.0.quantity", "sex", "rule.when[0][0].at_least: is not known"),
    ("rule.otherwise", "blue", "rule.otherwise: blue is not a category"),
    ("red_flags.1.id", "very-high-pressure", "red_flags[1].id: very-high-pressure is there twice"),
    ("red_flags.0.source", "", "red_flags[0].source:"),
]


@pytest.mark.parametrize(("path", "value", "fault"), WRONG, ids=lambda each: str(each)[:40])
def test_one_wrong_entry_is_named_with_its_place(path: str, value: Any, fault: str) -> None:
    form = six_form()
    place: Any = form
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in way:
        place = place[step]
    place[last] = value
    assert any(each.startswith(fault) for each in faults_of(form))


@pytest.mark.parametrize("key", sorted(set(six_form()) - {"change_plan", "output_histogram"}))
def test_each_missing_entry_is_named(key: str) -> None:
    form = six_form()
    del form[key]
    assert f"{key}: is missing" in faults_of(form)


def test_a_choice_needs_codes_inside_its_scale() -> None:
    form = three_form()
    form["inputs"][1]["codes"] = {"none": 0.0, "typical": 3.0, "odd": 1.0}
    form["inputs"][2]["codes"] = {"yes": 1.0}
    found = faults_of(form, reference(form))
    assert "inputs[1].codes.typical: must be a number from 0 to 2" in found
    assert "inputs[1].codes.odd: is not known" in found
    assert "inputs[2].codes: needs two or more of yes, no" in found


def test_faults_of_the_reference_are_named_too() -> None:
    usual = reference(six_form())
    usual["features"][0]["median"] = "forty"
    usual["features"][1]["counts"] = [1] * 21
    usual["features"].pop()
    found = "\n".join(faults_of(six_form(), usual))
    assert "reference.json.features[0].median: must be a number" in found
    assert "reference.json.features[1].counts: must be 20 whole numbers at most" in found
    assert "reference.json has no median of pulse_rate_bpm" in found


@pytest.mark.parametrize("usual", [{}, {"features": 3}, {"features": [3]}])
def test_a_reference_that_is_none_is_a_fault(usual: Any) -> None:
    assert any(each.startswith("reference.json.features") for each in faults_of(six_form(), usual))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [way] if way else []
    entries: Any = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for key, inner in entries:
        found += places(inner, (*way, key))
    return found


@given(way=st.sampled_from(places(three_form())), value=junk)
def test_whatever_stands_in_one_place_gives_a_task_or_faults(way: Any, value: Any) -> None:
    form = copy.deepcopy(three_form())
    place: Any = form
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    with contextlib.suppress(TaskFormError):  # any other exception fails the test
        task_from_form(form, reference(three_form()))
