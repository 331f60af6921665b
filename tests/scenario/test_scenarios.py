"""Every built-in scenario on the real daemon: real ptys, real runtime, the shipped model."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from appliance.panel_kinds import size_of
from hw_mocks.__main__ import main
from hw_mocks.scenario import read_scenario

FOLDER = Path(__file__).parents[2] / "hw_mocks" / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_scenario(path: Path, tmp_path: Path) -> None:
    assert main(["play", str(path), "--out", str(tmp_path), "--quiet"]) == 0

    lines = (tmp_path / "timeline.jsonl").read_text().splitlines()
    timeline = [json.loads(line) for line in lines]
    times = [event["mono_s"] for event in timeline]
    assert times == sorted(times)
    assert {"KeyPressed", "MeasurementReceived", "ModelAdmitted"} <= {e["event"] for e in timeline}

    final = json.loads((tmp_path / "result.json").read_text())
    assert final["scenario"] == path.stem
    given = [e["fields"]["assessment"] for e in timeline if e["event"] == "AssessmentFinished"]
    assert final["outcome"] == (given[-1]["outcome"] if given else None)
    if given:
        assert (final["category"], final["probability"]) == (
            given[-1]["category"],
            given[-1]["probability"],
        )
    pictures = sorted((tmp_path / "screens").glob("[0-9][0-9][0-9]-*.png"))
    assert f"-{final['screen']}.png" in "".join(p.name for p in pictures)
    with Image.open(pictures[0]) as picture:
        display = tomllib.loads(path.read_text("utf-8")).get("settings", {}).get("display", {})
        assert picture.size == size_of("capture", display.get("size", ""))
    for layer in (tmp_path / "screens").glob("*.json"):
        tags = {text["tag"] for text in json.loads(layer.read_text())} - {None}
        assert len(tags) <= 1

    log = (tmp_path / "daemon.log").read_text()
    for event in timeline:
        measurement = event["fields"].get("measurement") if event["fields"] else None
        if measurement and measurement["value"] is not None:
            assert f"{measurement['value']}" not in log, "a patient's value is in the journal"


def test_the_scenarios_of_the_design_are_there() -> None:
    assert {p.stem for p in SCENARIOS} >= {
        "high-risk",
        "low-risk",
        "rule-and-model-differ",
        "abstains-flag-stands",
        "missing-then-typed",
        "expires-before-review",
        "second-patient",
        "unplugged-and-back",
    }


def test_a_wrong_expectation_fails(tmp_path: Path) -> None:
    text = (
        (FOLDER / "low-risk.toml").read_text().replace('category = "not-high"', 'category = "high"')
    )
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text)
    assert main(["play", str(wrong), "--out", str(tmp_path / "out"), "--quiet"]) == 1


def test_every_fault_of_a_scenario_file_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(
        'title = "x"\ntask = 5\nspeed = 900\nclock = "soon"\nmood = "good"\n'
        '[instruments]\ncuff = "smoke"\n[[steps]]\nkeys = "A Z"\n[[steps]]\nsend = {mood = 1}\n'
        "[[steps]]\n[expect]\nwonder = 1\n"
    )
    with pytest.raises(ValueError, match="task") as refused:
        read_scenario(wrong)
    words = str(refused.value)
    for part in (
        "task",
        "speed",
        "clock",
        "mood",
        "smoke",
        "keys",
        "steps[2]",
        "steps[3]",
        "wonder",
    ):
        assert part in words
