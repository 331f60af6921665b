"""One more task is a folder and no code: a toy rule through every command and the daemon.

Neither the appliance nor the simulation has heard of it: its folder is written here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hw_mocks.play import play
from hw_mocks.scenario import read_scenario
from tests.unit.inference.toy import write_rule, write_three

ROOT = Path(__file__).parents[2]
WITHIN_S = 60.0
SCENARIO = """
title = "A toy rule: refused, answered, withdrawn"
task = "toy-rule"

[instruments]
oximeter = "line_nmea"

[[steps]]
check = { screen = "ready", shows = ["Toy rule", "rule proven"] }

[[steps]]
keys = "A 1"

[[steps]]
type = { age_years = 30 }

[[steps]]
instrument = "oximeter"
send = { pulse_rate_bpm = 162 }

[[steps]]
keys = "# # A"

[[steps]]
check = { outcome = "refused", shows = ["NO SCORE", "chest pain"], hides = ["Toy score"] }

[[steps]]
keys = "B"

[[steps]]
type = { chest_pain = "typical" }

[[steps]]
keys = "A A"

[expect]
screen = "result"
outcome = "answered"
category = "much"
score = 5
flags = ["racing"]
shows = ["MUCH", "Toy score: 5", "3 points for pain", "Racing pulse"]
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_rule(folder / "toy-rule")
    return folder


def appliance(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )


def test_no_code_knows_it() -> None:
    for folder in ("appliance", "hw_mocks", "deploy", "systemd"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file():
                assert b"toy-rule" not in path.read_bytes(), path


def test_the_commands_serve_it(models: Path, tmp_path: Path) -> None:
    done = appliance("bundle", "verify", models / "toy-rule", "--json")
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["ok"], facts["kind"]) == (0, True, "rule")
    done = appliance("selftest", "--bundle", models / "toy-rule", "--json")
    checks = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    assert checks["rule toy-rule"]["passed"]
    assert "no model and no runtime" in checks["rule toy-rule"]["words"]
    rows = tmp_path / "rows.csv"
    rows.write_text("age_years,pulse_rate_bpm,chest_pain\n30,101,typical\n30,,none\n", "utf-8")
    done = appliance("predict", "--bundle", models / "toy-rule", rows)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == ["1,,5,much,,,,", "2,,,,missing: pulse_rate_bpm,,,"]


def test_a_model_is_a_folder_too(tmp_path: Path) -> None:
    folder = write_three(tmp_path / "toy-three")
    done = appliance("bundle", "verify", folder, "--json")
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["ok"], facts["kind"]) == (0, True, "model")
    rows = tmp_path / "rows.csv"
    rows.write_text("chest_pain,age_years,fasting_glucose_high\nnone,40,no\n", "utf-8")
    done = appliance("predict", "--bundle", folder, rows)
    row, probability, score, *_ = done.stdout.splitlines()[1].split(",")
    assert (done.returncode, row, score) == (0, "1", "")
    assert 0.0 <= float(probability) <= 1.0


TWO = """
title = "Two questions at one bedside"
task = "toy-rule"

[[steps]]
check = { screen = "ready", shows = ["Maternal risk", "model proven", "Toy rule", "rule proven"] }

[[steps]]
keys = "A"

[[steps]]
check = { screen = "choose-task", shows = ["Is this pregnancy at high risk?", "Is this a toy?"] }

[[steps]]
keys = "2"

[[steps]]
type = { age_years = 9 }

[[steps]]
keys = "# # A"

[[steps]]
check = { outcome = "refused", shows = ["NO SCORE", "Toys are not for the small"] }

[[steps]]
say = "The next patient has the other question"
keys = "A A 1"

[[steps]]
type = { age_years = 30 }

[[steps]]
keys = "# # A"

[expect]
screen = "refusal"
outcome = "refused"
shows = ["Maternal risk", "NO MODEL ANSWER", "Plain rule: open"]
hides = ["Toy"]
"""


def test_a_rule_and_a_model_serve_at_one_bedside(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(TWO, "utf-8")
    bundles = [str(models / "toy-rule"), str(ROOT / "models" / "maternal-risk")]
    scenario = replace(read_scenario(path), settings={"tasks": {"bundles": bundles}})
    final = play(scenario, tmp_path / "out", models, lambda _: None)
    assert (final["task"], final["score"], final["points"]) == ("maternal-risk", None, {})


def test_the_daemon_serves_it(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "toy.toml"
    path.write_text(SCENARIO, "utf-8")
    final = play(read_scenario(path), tmp_path / "out", models, lambda _: None)
    assert (final["score"], final["category"]) == (5, "much")
    assert final["points"] == {"pulse": 2, "pain": 3}
    assert final["valid_for_s"] <= 600
