"""The form of a score: a gap or an overlap between bands is found before anybody is scored."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clinical.task_form import TaskFormError, task_from_form
from tests.unit.clinical.test_task_form import junk, places
from tests.unit.inference.toy import rule_form


def faults_of(form: Any) -> tuple[str, ...]:
    with pytest.raises(TaskFormError) as caught:
        task_from_form(form)
    return caught.value.faults


def changed(path: str, value: Any) -> dict[str, Any]:
    form = rule_form()
    place: Any = form
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in way:
        place = place[step]
    place[last] = value
    return form


def test_a_whole_form_becomes_a_task() -> None:
    task = task_from_form(rule_form())
    assert task.kind == "rule"
    assert task.score is not None
    assert task.score.most == 5
    assert [part.id for part in task.score.parts] == ["pulse", "pain"]
    assert task.inputs[1].round_to == 1.0
    assert task.inputs[0].round_to is None
    assert task.inputs[1].likely == (40.0, 150.0)
    assert (task.categories[1].from_single, task.categories[1].from_score) == (3, None)
    assert task.rule is None


PULSE = "score.parts.0.bands"
WRONG: list[tuple[str, Any, str]] = [
    # The band edges, moved by one step each way.
    (f"{PULSE}.0.when.0.0.at_most", 99, "score.parts[0].bands: no band holds for pulse_rate_bpm"),
    (f"{PULSE}.0.when.0.0.at_most", 101, "score.parts[0].bands: two hold for pulse_rate_bpm = 101"),
    (f"{PULSE}.1.when.0.0.above", 101, "score.parts[0].bands: no band holds for pulse_rate_bpm ="),
    (f"{PULSE}.1.when.0.0.above", 99, "score.parts[0].bands: two hold for pulse_rate_bpm = 100"),
    ("score.parts.1.bands.2.when.0.0.equals", "none",
     "score.parts[1].bands: no band holds for chest_pain = typical"),
    ("score.parts.1.bands.0.when.0.0.equals", "typical",
     "score.parts[1].bands: two hold for chest_pain = typical"),
    ("score.parts.1.bands.1.when", [[{"quantity": "chest_pain", "equals": "atypical"}]],
     "score.parts[1].bands: no band holds for chest_pain = non-anginal"),
    (f"{PULSE}.0.points", -1, "score.parts[0].bands[0].points:"),
    (f"{PULSE}.0.points", 1.0, "score.parts[0].bands[0].points:"),
    (f"{PULSE}.0.points", 101, "score.parts[0].bands[0].points:"),
    (f"{PULSE}.0.extra", 1, "score.parts[0].bands[0].extra: is not known"),
    (f"{PULSE}.0.when.0.0.quantity", "glucose_mmol_l", "score.parts[0].bands[0].when[0][0].at_m"),
    (f"{PULSE}", [], "score.parts[0].bands: needs 1 or more"),
    ("score.parts", [], "score.parts: needs 1 or more"),
    ("score.parts.1.id", "pulse", "score.parts[1].id: pulse is there twice"),
    ("score.parts.1.label", "", "score.parts[1].label:"),
    ("score.name", "", "score.name:"),
    ("score.source", 1, "score.source:"),
    ("score.mood", 1, "score.mood: is not known"),
    ("score.not_for.0.why", "", "score.not_for[0].why:"),
    ("score.not_for.0.action", "", "score.not_for[0].action:"),
    ("score.not_for.0.when", [], "score.not_for[0].when:"),
    ("score.not_for.0.when.0.0.quantity", "height_cm",
     "score.not_for[0].when: height_cm is not an input of this rule"),
    ("inputs", [], "inputs: needs 1 or more"),
    ("inputs.0.quantity", "mood", "inputs[0].quantity: mood"),
    ("inputs.0.quantity", "pulse_rate_bpm", "inputs[1].quantity: pulse_rate_bpm is there twice"),
    ("inputs.0.quantity", "cuff_pressure_mmhg", "inputs[0].quantity: cuff_pressure_mmhg is never"),
    ("inputs.0.impute", 40.0, "inputs[0].impute: is not known"),
    ("inputs.1.round_to", 0.0, "inputs[1].round_to:"),
    ("inputs.1.round_to", -1.0, "inputs[1].round_to:"),
    ("inputs.2.round_to", 1.0, "inputs[2].round_to: is not known"),
    ("categories.0.from_score", 1, "categories[0].from_score: must be 0"),
    ("categories.0.from_single", 1, "categories[0].from_score: must be 0"),
    ("categories.2.from_score", 0, "categories[2].from_score: must be above"),
    ("categories.2", {"id": "much"}, "categories[2].from_score: or from_single is needed"),
    ("categories.1.id", "calm", "categories[1].id: calm is there twice"),
    ("categories.1.from_probability", 0.5, "categories[1].from_probability: is not known"),
    ("tensors", {}, "tensors: is not known"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "fault"), WRONG, ids=lambda each: str(each)[:40])
def test_one_wrong_entry_is_named_with_its_place(path: str, value: Any, fault: str) -> None:
    found = faults_of(changed(path, value))
    assert any(each.startswith(fault) for each in found), found


def test_bands_of_whole_numbers_need_a_stated_step() -> None:
    form = changed(f"{PULSE}.1.when.0.0", {"quantity": "pulse_rate_bpm", "at_least": 101})
    assert task_from_form(form).kind == "rule"
    del form["inputs"][1]["round_to"]
    (fault,) = faults_of(form)
    assert fault.startswith("score.parts[0].bands: no band holds for pulse_rate_bpm = 100.0000")


def test_a_band_on_what_nobody_asks_for_is_named() -> None:
    form = changed(f"{PULSE}.0.when.0.0", {"quantity": "height_cm", "at_most": 100})
    assert faults_of(form) == ("score.parts[0].when: height_cm is not an input of this rule",)


def test_more_limits_than_can_be_checked_are_refused() -> None:
    form = rule_form()
    quantities = ("age_years", "pulse_rate_bpm", "systolic_mmhg", "height_cm")
    form["inputs"] = [{"quantity": q, "how": "Ask.", "round_to": 1.0} for q in quantities]
    form["score"]["parts"] = form["score"]["parts"][:1]
    groups = [[{"quantity": q, "at_least": 50 + n} for q in quantities] for n in range(20)]
    form["score"]["parts"][0]["bands"][0]["when"] = groups
    assert "score.parts[0].bands: compare with too many limits to be checked" in faults_of(form)


@pytest.mark.parametrize("key", sorted(set(rule_form()) - {"change_plan", "output_histogram"}))
def test_each_missing_entry_is_named(key: str) -> None:
    form = rule_form()
    del form[key]
    assert f"{key}: is missing" in faults_of(form)


@given(way=st.sampled_from(places(rule_form())), value=junk)
def test_whatever_stands_in_one_place_gives_a_task_or_faults(way: Any, value: Any) -> None:
    form = copy.deepcopy(rule_form())
    place: Any = form
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    with contextlib.suppress(TaskFormError):  # any other exception fails the test
        task_from_form(form)
