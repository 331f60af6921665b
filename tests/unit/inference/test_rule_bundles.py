"""Rule bundles: verified like any other, proven by their cases, refused where these differ."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from appliance.clinical.assessment import Outcome
from appliance.exits import Exit
from appliance.inference.admission import admit
from appliance.inference.bundle import read_bundle
from appliance.inference.predicting import predict_rows, write_rows
from appliance.inference.refusals import BundleRefused, ModelFailed, ModelRefused
from appliance.inference.showing import show_bundle, verify_bundle
from appliance.inference.trial import TrialReport
from appliance.inference.worker import AssessRequest
from tests.unit.inference.test_bundle import reseal
from tests.unit.inference.test_inference_worker import Rig, rig
from tests.unit.inference.toy import RULE_CASES, model, rule_form, write_bundle, write_rule

__all__ = ["rig"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_rule(tmp_path / "toy-rule")


def _no_trial(*_: object, **__: object) -> TrialReport:
    raise AssertionError("no child process is needed for a rule")


def test_a_rule_is_admitted_without_any_runtime(folder: Path) -> None:
    admitted = admit(read_bundle(folder), runtime="none such", trial=_no_trial)
    assert admitted.proof.one_line == "a rule: no model and no runtime; 7 golden cases agree"
    assert admitted.proof.key == "rule"
    with pytest.raises(ModelFailed, match="a rule has no graph"):
        admitted.engine.invoke((0,))
    admitted.engine.close()


def test_its_digest_is_that_of_the_chart(folder: Path) -> None:
    bundle = read_bundle(folder)
    assert len(bundle.digest) == 64
    assert (bundle.model, bundle.golden) == (b"", None)
    text = (folder / "bundle.toml").read_text()
    (folder / "bundle.toml").write_text(text.replace("Made up.", "Made up!"))
    assert read_bundle(folder).digest not in ("", bundle.digest)


@pytest.mark.parametrize(
    ("index", "place", "value"), [(0, -2, 1), (0, -1, "alone"), (5, -2, 0), (4, -2, 3)]
)
def test_a_case_that_comes_out_otherwise_refuses_the_rule(
    tmp_path: Path, index: int, place: int, value: Any
) -> None:
    cases = [list(case) for case in RULE_CASES]
    cases[index][place] = value
    if cases[index][-1] is None:
        cases[index][-1] = "calm"
    bundle = read_bundle(write_rule(tmp_path / "b", cases=cases))
    assert bundle.model_fault == ""
    with pytest.raises(ModelRefused, match="1 of 7 golden cases come out otherwise") as caught:
        admit(bundle)
    assert caught.value.code == "golden"


def test_a_chart_that_was_changed_no_longer_agrees_with_its_cases(tmp_path: Path) -> None:
    form = rule_form()
    first, second = form["score"]["parts"][0]["bands"]
    first["when"][0][0]["at_most"] = second["when"][0][0]["above"] = 101
    report = verify_bundle(write_rule(tmp_path / "b", form=form))
    assert (report["ok"], report["floor"], report["code"]) == (False, True, "golden")


@pytest.mark.parametrize("name", ["golden.json", "MODEL_CARD.md"])
@pytest.mark.parametrize("way", ["missing", "changed"])
def test_a_bad_file_costs_the_score_but_not_the_flags(folder: Path, name: str, way: str) -> None:
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if way == "changed":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    bundle = read_bundle(folder)
    assert bundle.task.red_flags
    assert bundle.model_fault.startswith(name)
    assert (bundle.cases, bundle.digest) == ((), "")
    with pytest.raises(ModelRefused, match=name):
        admit(bundle)


@pytest.mark.parametrize("name", ["model.tflite", "reference.json", "setup.py"])
def test_what_no_rule_has_costs_the_score(folder: Path, name: str) -> None:
    (folder / name).write_bytes(model("dense6"))
    assert name in read_bundle(folder).model_fault


def test_a_model_in_the_list_of_hashes_costs_the_score(folder: Path) -> None:
    path = folder / "bundle.toml"
    path.write_text(path.read_text().replace('"MODEL_CARD.md" =', '"model.tflite" = "0", "M" ='))
    assert "model.tflite" in read_bundle(folder).model_fault


def test_a_model_bundle_needs_its_model_still(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b")
    (folder / "model.tflite").unlink()
    assert read_bundle(folder).model_fault == "model.tflite is missing"


def test_a_form_with_faults_is_refused(tmp_path: Path) -> None:
    form = rule_form() | {"title": ""}
    with pytest.raises(BundleRefused, match="title") as caught:
        read_bundle(write_rule(tmp_path / "b", form=form))
    assert caught.value.code == "form"


BAD_CASES: list[Any] = [
    {"cases": RULE_CASES, "extra": 1},
    {"quantities": ["age_years"]},
    {"quantities": ["pulse_rate_bpm", "age_years", "chest_pain"]},
    {"cases": []},
    {"cases": 4},
    {"cases": [7]},
    {"cases": [[30, 80, "none", 0]]},
    {"cases": [[30, True, "none", 0, "calm"]]},
    {"cases": [[30, [80], "none", 0, "calm"]]},
    {"cases": [[30, 80, "none", 0.0, "calm"]]},
    {"cases": [[30, 80, "none", None, "calm"]]},
    {"cases": [[30, 80, "none", 0, "blue"]]},
    {"cases": [[30, 80, "none", 0, ["calm"]]]},
    {"cases": [case for case in RULE_CASES if case[-1] != "alone"]},
    {"cases": [case for case in RULE_CASES if case[-1] is not None]},
    {"cases": RULE_CASES * 800},
]


@pytest.mark.parametrize("change", BAD_CASES, ids=lambda each: str(each)[:60])
def test_golden_cases_that_are_none_cost_the_score(folder: Path, change: dict[str, Any]) -> None:
    good = json.loads((folder / "golden.json").read_text())
    reseal(folder, "golden.json", json.dumps(good | change).encode())
    assert read_bundle(folder).model_fault.startswith("golden.json:")


def test_what_is_said_of_it(folder: Path) -> None:
    report = verify_bundle(folder)
    assert (report["ok"], report["kind"], report["golden_vectors"]) == (True, "rule", 7)
    assert report["golden_made"] == "the same on every machine"
    facts = show_bundle(folder)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["score"]["most"] == 5
    assert facts["score"]["not_for"] == ["toys are not for the small"]
    assert facts["rule"] is None
    assert facts["inputs"][1] == {
        "quantity": "pulse_rate_bpm",
        "required": True,
        "round_to": 1.0,
    }
    assert facts["categories"][1] == {
        "id": "alone",
        "label": "ONE ALONE",
        "from_score": None,
        "from_single": 3,
    }


def test_rows_carry_the_score_and_nothing_of_a_model(folder: Path) -> None:
    admitted = admit(read_bundle(folder))
    lines = [
        "chest_pain,age_years,pulse_rate_bpm\n",
        "typical,30,170\n",
        "typical,9,170\n",
        ",30,80\n",
        "none,thirty,80\n",
        "sad,30,80\n",
    ]
    out = io.StringIO()
    write_rows(predict_rows(read_bundle(folder).task, admitted.engine.invoke, lines), out)
    assert out.getvalue().splitlines()[1:] == [
        "1,,5,much,,,racing,",
        "2,,,,toys are not for the small,,racing,",
        "3,,,,missing: chest_pain,,,",
        "4,,,,age_years is not a number,,,",
        '5,,,,"chest_pain must be one of typical, atypical, non-anginal, none",,,',
    ]


def test_the_worker_serves_it_beside_a_model(rig: Rig, folder: Path, tmp_path: Path) -> None:
    worker = rig.start(folder, write_bundle(tmp_path / "toy-six"))
    rule, other = rig.next(), rig.next()
    assert (rule.task.id, rule.refusal) == ("toy-rule", "")
    assert rule.proof.startswith("a rule: no model and no runtime")
    assert (other.task.id, other.refusal) == ("toy-six", "")
    values = {"age_years": 30.0, "pulse_rate_bpm": 101.0, "chest_pain": "typical"}
    worker.submit(AssessRequest(1, "toy-rule", values))
    answer = rig.next().assessment
    assert (answer.outcome, answer.score) == (Outcome.ANSWERED, 5)


def test_a_refused_rule_leaves_its_flags(rig: Rig, folder: Path) -> None:
    (folder / "golden.json").unlink()
    worker = rig.start(folder)
    assert rig.next().refusal == "golden.json is missing"
    worker.submit(AssessRequest(1, "toy-rule", {"pulse_rate_bpm": 170.0}))
    answer = rig.next().assessment
    assert answer.outcome is Outcome.NO_MODEL
    assert answer.reason == "the rule is not available: golden.json is missing"
    assert [flag.id for flag in answer.floor.flags] == ["racing"]
    assert answer.score is None


def test_there_is_no_model_to_measure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from appliance.bench import run_bench

    assert run_bench(folder, 10, None, as_json=True) == Exit.MODEL_REFUSED
    assert "no model to measure" in capsys.readouterr().err
