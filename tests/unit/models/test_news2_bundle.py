"""The shipped NEWS2 bundle against the published chart: every edge of every box, both scales.

The chart stands here once more, as it is printed; nothing is taken from the bundle or from
the module that made its golden cases.

Source: Royal College of Physicians, National Early Warning Score (NEWS) 2, December 2017.
"""

from __future__ import annotations

import itertools
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from appliance.clinical.assessment import Assessment, Outcome, assess
from appliance.clinical.quantities import Value
from appliance.clinical.task import Level, Task
from appliance.inference.admission import admit
from appliance.inference.bundle import read_bundle
from appliance.inference.refusals import BundleRefused, ModelRefused
from appliance.inference.rules import RuleEngine
from models.training.rules.__main__ import bundle_files, main

FOLDER = Path(__file__).parents[3] / "models" / "news2"
WELL: dict[str, Value] = {
    "age_years": 50.0,
    "pregnant": "no",
    "respiratory_rate_bpm": 16.0,
    "spo2_pct": 97.0,
    "spo2_scale": "1",
    "supplemental_oxygen": "no",
    "systolic_mmhg": 125.0,
    "pulse_rate_bpm": 72.0,
    "consciousness": "alert",
    "temp_degc": 37.0,
}
OBSERVATIONS = tuple(WELL)[2:]
PARTS = {
    "respiratory_rate_bpm": "respiration",
    "spo2_pct": "oxygen-saturation",
    "systolic_mmhg": "systolic-pressure",
    "pulse_rate_bpm": "pulse",
    "consciousness": "consciousness",
    "temp_degc": "temperature",
}

# Lowest and highest value of each printed box, and its points.
RATE = [(2, 8, 3), (9, 11, 1), (12, 20, 0), (21, 24, 2), (25, 80, 3)]
SCALE_1 = [(30, 91, 3), (92, 93, 2), (94, 95, 1), (96, 100, 0)]
SCALE_2_AIR = [(30, 83, 3), (84, 85, 2), (86, 87, 1), (88, 92, 0), (93, 100, 0)]
SCALE_2_OXYGEN = [*SCALE_2_AIR[:4], (93, 94, 1), (95, 96, 2), (97, 100, 3)]
SYSTOLIC = [(40, 90, 3), (91, 100, 2), (101, 110, 1), (111, 219, 0), (220, 300, 3)]
PULSE = [(20, 40, 3), (41, 50, 1), (51, 90, 0), (91, 110, 1), (111, 130, 2), (131, 300, 3)]
TEMPERATURE = [(250, 350, 3), (351, 360, 1), (361, 380, 0), (381, 390, 1), (391, 450, 2)]


@pytest.fixture(scope="module")
def task() -> Task:
    return read_bundle(FOLDER).task


def answered(task: Task, **changes: Value) -> Assessment:
    return assess(task, WELL | changes, RuleEngine().invoke)


def of_part(answer: Assessment, quantity: str) -> int:
    return {each.part: each.points for each in answer.points}[PARTS[quantity]]


def check_boxes(
    task: Task, quantity: str, boxes: list[tuple[int, int, int]], **changes: Value
) -> None:
    assert all(a[1] + 1 == b[0] for a, b in itertools.pairwise(boxes)), "a gap in the test's chart"
    unit = 10 if quantity == "temp_degc" else 1
    for low, high, points in boxes:
        for value in range(low, high + 1):
            answer = answered(task, **{quantity: value / unit}, **changes)
            assert of_part(answer, quantity) == points, (quantity, value, changes)


def test_a_well_adult_scores_nothing(task: Task) -> None:
    answer = answered(task)
    assert (answer.score, answer.category) == (0, "low")
    assert answer.floor.flags == ()


def test_breathing_rate(task: Task) -> None:
    check_boxes(task, "respiratory_rate_bpm", RATE)


@pytest.mark.parametrize("oxygen", ["yes", "no"])
def test_saturation_on_scale_1_is_the_same_with_and_without_oxygen(task: Task, oxygen: str) -> None:
    check_boxes(task, "spo2_pct", SCALE_1, spo2_scale="1", supplemental_oxygen=oxygen)


@pytest.mark.parametrize(("oxygen", "boxes"), [("no", SCALE_2_AIR), ("yes", SCALE_2_OXYGEN)])
def test_saturation_on_scale_2(task: Task, oxygen: str, boxes: list[tuple[int, int, int]]) -> None:
    check_boxes(task, "spo2_pct", boxes, spo2_scale="2", supplemental_oxygen=oxygen)


def test_systolic_pressure(task: Task) -> None:
    check_boxes(task, "systolic_mmhg", SYSTOLIC)


def test_pulse(task: Task) -> None:
    check_boxes(task, "pulse_rate_bpm", PULSE)


def test_temperature(task: Task) -> None:
    check_boxes(task, "temp_degc", TEMPERATURE)


@pytest.mark.parametrize(("oxygen", "points"), [("yes", 2), ("no", 0)], ids=["on oxygen", "on air"])
def test_oxygen(task: Task, oxygen: str, points: int) -> None:
    assert answered(task, supplemental_oxygen=oxygen).score == points


@pytest.mark.parametrize(
    ("found", "points"),
    [("alert", 0), ("confusion", 3), ("voice", 3), ("pain", 3), ("unresponsive", 3)],
)
def test_consciousness(task: Task, found: str, points: int) -> None:
    assert of_part(answered(task, consciousness=found), "consciousness") == points


@pytest.mark.parametrize(
    ("value", "points"),
    [
        (35.04, 3), (35.05, 1), (36.04, 1), (36.05, 0), (38.04, 0), (38.05, 1), (39.04, 1),
        (39.05, 2), (38.0499999, 0), (39.049, 1),
    ],
)  # fmt: skip
def test_temperature_is_rounded_half_up_to_a_tenth(task: Task, value: float, points: int) -> None:
    assert of_part(answered(task, temp_degc=value), "temp_degc") == points


@pytest.mark.parametrize(
    ("quantity", "value", "points"),
    [
        ("respiratory_rate_bpm", 20.5, 2), ("respiratory_rate_bpm", 20.4, 0),
        ("spo2_pct", 95.5, 0), ("spo2_pct", 95.4, 1), ("systolic_mmhg", 90.4, 3),
        ("systolic_mmhg", 90.5, 2), ("pulse_rate_bpm", 130.5, 3), ("pulse_rate_bpm", 130.4, 2),
    ],
)  # fmt: skip
def test_the_others_are_rounded_half_up_to_whole_numbers(
    task: Task, quantity: str, value: float, points: int
) -> None:
    assert of_part(answered(task, **{quantity: value}), quantity) == points


BANDS: list[tuple[dict[str, Value], int, str]] = [
    ({}, 0, "low"),
    ({"supplemental_oxygen": "yes", "pulse_rate_bpm": 120.0}, 4, "low"),
    ({"consciousness": "voice"}, 3, "low-medium"),
    ({"consciousness": "voice", "temp_degc": 36.0}, 4, "low-medium"),
    ({"consciousness": "voice", "pulse_rate_bpm": 120.0}, 5, "medium"),
    ({"supplemental_oxygen": "yes", "pulse_rate_bpm": 120.0, "temp_degc": 36.0}, 5, "medium"),
    ({"supplemental_oxygen": "yes", "pulse_rate_bpm": 120.0, "temp_degc": 39.1}, 6, "medium"),
    ({"consciousness": "pain", "respiratory_rate_bpm": 25.0}, 6, "medium"),
    ({"consciousness": "pain", "respiratory_rate_bpm": 25.0, "temp_degc": 36.0}, 7, "high"),
    (
        {"supplemental_oxygen": "yes", "pulse_rate_bpm": 120.0, "temp_degc": 39.1,
         "spo2_pct": 95.0},
        7, "high",
    ),
    (
        {"respiratory_rate_bpm": 25.0, "spo2_pct": 91.0, "supplemental_oxygen": "yes",
         "systolic_mmhg": 90.0, "pulse_rate_bpm": 131.0, "consciousness": "confusion",
         "temp_degc": 35.0},
        20, "high",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "score", "category"), BANDS, ids=lambda each: str(each)[:50])
def test_the_responses(task: Task, changes: dict[str, Value], score: int, category: str) -> None:
    answer = answered(task, **changes)
    assert (answer.score, answer.category) == (score, category)


def test_the_words_of_the_responses(task: Task) -> None:
    """How soon, by chart 4 of the report."""
    said = {each.id: each.advice for each in task.categories}
    assert list(said) == ["low", "low-medium", "medium", "high"]
    assert "12 hours" in said["low"]
    assert "4 to 6 hours" in said["low"]
    assert "every hour" in said["low-medium"]
    assert "every hour" in said["medium"]
    assert "continuously" in said["high"]
    levels = [each.level for each in task.categories]
    assert levels == [Level.CALM, Level.CAUTION, Level.URGENT, Level.URGENT]
    assert task.score is not None
    assert task.score.most == 20
    assert "Royal College of Physicians" in task.score.source


@pytest.mark.parametrize("age", [0.0, 9.0, 15.0, 15.5, 15.99])
def test_refused_under_16(task: Task, age: float) -> None:
    refused(answered(task, age_years=age), "NEWS2 is not made for people under 16 years")
    assert answered(task, age_years=16.0).score == 0


@pytest.mark.parametrize("pregnant", ["yes", "unknown"])
def test_refused_in_pregnancy_and_where_it_is_not_ruled_out(task: Task, pregnant: str) -> None:
    refused(answered(task, pregnant=pregnant), "pregnancy")


@pytest.mark.parametrize("name", WELL)
def test_nothing_is_scored_while_anything_is_missing(task: Task, name: str) -> None:
    values = {q: v for q, v in (WELL | {"consciousness": "pain"}).items() if q != name}
    refused(assess(task, values, RuleEngine().invoke), f"missing: {name}")


def refused(answer: Assessment, why: str) -> None:
    assert answer.outcome is Outcome.REFUSED
    assert why in answer.reason
    assert (answer.score, answer.category, answer.points) == (None, None, ())


def some_patients() -> list[Mapping[str, Value]]:
    edges: dict[str, list[Value]] = {
        "respiratory_rate_bpm": [8.0, 9.0, 24.0, 25.0],
        "spo2_pct": [83.0, 84.0, 91.0, 92.0, 96.0, 97.0],
        "spo2_scale": ["1", "2"],
        "supplemental_oxygen": ["yes", "no"],
        "systolic_mmhg": [90.0, 91.0, 219.0, 220.0],
        "pulse_rate_bpm": [40.0, 41.0, 130.0, 131.0],
        "consciousness": ["alert", "confusion"],
        "temp_degc": [35.04, 35.05, 37.0],
    }
    return [
        WELL | dict(zip(edges, values, strict=True))
        for values in itertools.product(*edges.values())
    ]


def test_a_red_flag_is_up_exactly_when_something_scores_3_by_itself(task: Task) -> None:
    for patient in some_patients():
        answer = assess(task, patient, RuleEngine().invoke)
        alone = sum(each.points == 3 for each in answer.points)
        assert len(answer.floor.flags) == alone, patient


def test_flags_stand_while_the_score_is_refused(task: Task) -> None:
    child = answered(task, age_years=4.0, respiratory_rate_bpm=30.0, pulse_rate_bpm=140.0)
    assert child.floor.flags == (), "what is usual in a child is no flag"
    child = answered(task, age_years=4.0, consciousness="voice", spo2_pct=88.0, temp_degc=34.0)
    assert {flag.id for flag in child.floor.flags} == {
        "not-alert",
        "low-oxygen",
        "low-temperature",
    }
    only = assess(task, {"spo2_pct": 80.0}, RuleEngine().invoke)
    assert [flag.id for flag in only.floor.flags] == ["low-oxygen"]
    assert {flag.id for flag in only.floor.unchecked} >= {"breathing-rate", "pulse", "not-alert"}


def test_the_shipped_files_are_what_the_chart_makes() -> None:
    made = bundle_files("news2")
    assert set(made) == {path.name for path in FOLDER.iterdir()}
    for name, content in made.items():
        assert (FOLDER / name).read_bytes() == content, f"{name}: run models.training.rules again"


def test_another_folder_can_be_written(tmp_path: Path) -> None:
    assert main(["news2", "--out", str(tmp_path / "again")]) == 0
    assert read_bundle(tmp_path / "again").digest == read_bundle(FOLDER).digest


def test_it_is_proven_by_its_cases() -> None:
    bundle = read_bundle(FOLDER)
    assert bundle.model_fault == ""
    admit(bundle)
    categories = [case.category for case in bundle.cases]
    for category in ("low", "low-medium", "medium", "high", None):
        assert categories.count(category) >= 10


@pytest.mark.parametrize(
    ("found", "put"),
    [
        ("at_most = 91 }", "at_most = 90 }"),
        ("at_least = 131", "at_least = 130"),
        ("at_most = 35.0 }", "at_most = 35.1 }"),
        ("from_score = 7", "from_score = 8"),
        ("from_single = 3", "from_single = 4"),
        ("round_to = 0.1", "round_to = 0.5"),
        ('equals = "unknown" }', 'equals = "yes" }'),
    ],
)
def test_a_slip_in_the_chart_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str, put: str
) -> None:
    """By the form (a gap, an overlap) or by the golden cases of the second copy."""
    text = (FOLDER / "bundle.toml").read_text("utf-8")
    changed = text.replace(found, put, 1)
    assert changed != text
    for name in ("golden.json", "MODEL_CARD.md"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "bundle.toml").write_text(changed, "utf-8")
    with pytest.raises(
        (BundleRefused, ModelRefused), match=r"holds? for|golden cases come out otherwise"
    ):
        admit(read_bundle(tmp_path))


def test_the_card_says_what_the_screen_says(task: Task) -> None:
    card = (FOLDER / "MODEL_CARD.md").read_text("utf-8")
    for words in (*task.exclusions, task.caveat, *(each.advice for each in task.categories)):
        assert words in card
    assert task.score is not None
    for each in task.score.exclusions:
        assert each.why in card
    cases = json.loads((FOLDER / "golden.json").read_text())["cases"]
    assert f"holds {len(cases)} cases" in card
    assert tomllib.loads((FOLDER / "bundle.toml").read_text("utf-8"))["kind"] == "rule"
