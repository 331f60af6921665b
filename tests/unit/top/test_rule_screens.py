"""A rule's answers on their screens: all of the score or none of it, and everything fits."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.actions_answer import answer_without_model, show_result
from appliance.clinical.assessment import Assessment, Outcome, assess
from appliance.clinical.encounter import Encounter
from appliance.clinical.measurement import KEYPAD, Measurement, Status
from appliance.clinical.quantities import Value
from appliance.clinical.result import give_result
from appliance.clinical.task import Task
from appliance.clock import Now
from appliance.events import AssessmentFinished
from appliance.inference.bundle import read_bundle
from appliance.inference.rules import RuleEngine
from appliance.panel.frame import Frame
from appliance.panel.screens import lay_out
from appliance.panel.small import lay_out_pages
from appliance.panel.small_looks import LOOKS, Look
from appliance.presenting import Place, lamp_of, present
from appliance.presenting_result import lamp_of_result
from appliance.states import Entry, MakeSound, Mode, ServedTask, State
from appliance.views import Lamp, ResultView, Sound
from tests.sample_task import CUFF

FOLDER = Path(__file__).parents[3] / "models" / "news2"
LEVELS: dict[str, tuple[Value | None, ...]] = {
    "age_years": (4.0, 15.9, 16.0, 80.0, None),
    "pregnant": ("no", "no", "no", "yes", "unknown", None),
    "respiratory_rate_bpm": (8.0, 10.0, 16.0, 22.0, 30.0),
    "spo2_pct": (80.0, 85.0, 90.0, 93.0, 95.0, 97.0, None),
    "spo2_scale": ("1", "2"),
    "supplemental_oxygen": ("yes", "no"),
    "systolic_mmhg": (80.0, 95.0, 125.0, 230.0),
    "pulse_rate_bpm": (35.0, 45.0, 72.0, 100.4, 120.0, 140.0),
    "consciousness": ("alert", "alert", "confusion", "unresponsive"),
    "temp_degc": (34.0, 35.05, 37.0, 38.05, 40.0, None),
}
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
SAMPLE = 1200


@pytest.fixture(scope="module")
def task() -> Task:
    return read_bundle(FOLDER).task


def shown(task: Task, values: dict[str, Value], answer: Assessment, dice: random.Random) -> State:
    used = {
        q: Measurement(q, v, Status.VALID, dice.choice((CUFF, KEYPAD)), 100.0, encounter=1)
        for q, v in values.items()
    }
    return State(
        mode=Mode.RESULT,
        tasks=(ServedTask(task),),
        encounter=Encounter(1, task.id, 90.0),
        result=give_result(1, task, answer, used, 101.0),
        last_tag=1,
    )


def frame_of(state: State) -> Frame:
    return lay_out(present(state, Now(102.0, 1.8e9), Place()))


def words_of(task: Task, **changes: Value | None) -> str:
    values = {q: v for q, v in (WELL | changes).items() if v is not None}
    answer = assess(task, values, RuleEngine().invoke)
    return "\n".join(t.text for t in frame_of(shown(task, values, answer, DICE)).texts())


DICE = random.Random(11)


def test_every_kind_of_answer_fits_and_says_the_whole_score(task: Task) -> None:
    dice = random.Random(7)
    outcomes, categories, most_flags = set(), set(), 0
    for _ in range(SAMPLE):
        values: dict[str, Value] = {
            q: v for q, of in LEVELS.items() if (v := dice.choice(of)) is not None
        }
        answer = assess(task, values, dice.choice([RuleEngine().invoke] * 4 + [None]))
        texts = {t.text for t in frame_of(shown(task, values, answer, dice)).texts()}
        outcomes.add(answer.outcome)
        categories.add(answer.category)
        most_flags = max(most_flags, len(answer.floor.flags))
        assert {flag.text for flag in answer.floor.flags} <= texts
        said = " ".join(texts)
        if answer.score is None:
            assert "NO SCORE" in texts
            assert "NEWS2 score" not in said
            assert "point" not in said
            continue
        assert f"NEWS2 score: {answer.score}" in texts
        assert task.category(answer.category or "").advice in texts
        for part in answer.points:
            assert not part.points or part.label.lower() in said
    assert outcomes == {Outcome.ANSWERED, Outcome.REFUSED, Outcome.NO_MODEL}
    assert categories == {"low", "low-medium", "medium", "high", None}
    assert most_flags >= 5


@pytest.mark.parametrize("look", LOOKS.values(), ids=lambda look: str(look.size[0]))
def test_small_panels_say_the_whole_score_too(task: Task, look: Look) -> None:
    dice = random.Random(8)
    for _ in range(60):
        values: dict[str, Value] = {
            q: v for q, of in LEVELS.items() if (v := dice.choice(of)) is not None
        }
        answer = assess(task, values, RuleEngine().invoke)
        view = present(shown(task, values, answer, dice), Now(102.0, 1.8e9), Place())
        pages = lay_out_pages(view, look)
        said = " ".join(text.text for page in pages for text in page.texts())
        assert "Rule agrees" not in said
        if answer.score is None:
            assert "NEWS2 score" not in said
            assert "point" not in said
            continue
        assert f"score: {answer.score}" in said
        for part in answer.points:
            assert not part.points or all(word in said for word in part.label.lower().split())


def test_every_typed_value_is_marked_as_typed(task: Task) -> None:
    answer = assess(task, WELL, RuleEngine().invoke)
    view = present(shown(task, WELL, answer, random.Random(1)), Now(102.0), Place())
    assert isinstance(view, ResultView)
    assert view.used.text.endswith(" · * typed")
    result = shown(task, WELL, answer, random.Random(1)).result
    assert result is not None
    by_hand = [m.source == KEYPAD for m in result.used.values()]
    parts = view.used.text.split(" · ")[:-1]
    assert [each.endswith("*") for each in parts] == by_hand
    assert set(by_hand) == {True, False}


def test_nothing_on_the_screen_speaks_of_a_model_or_a_plain_rule(task: Task) -> None:
    words = words_of(task)
    assert "A rule, no model: Royal College of Physicians" in words
    assert "Of 20 points" in words
    for other in ("Plain rule", "Rule agrees", "of 100", "MODEL"):
        assert other not in words


def test_parts_with_equal_points_stand_together(task: Task) -> None:
    words = words_of(task, respiratory_rate_bpm=22.0, pulse_rate_bpm=120.0, temp_degc=38.5)
    assert "2 points each for breathing rate, pulse" in words
    assert "1 point for body temperature" in words


def test_a_value_that_was_rounded_says_so(task: Task) -> None:
    assert "judged as 38.1" in words_of(task, temp_degc=38.05)
    assert "judged as" not in words_of(task, temp_degc=38.1)


@pytest.mark.parametrize(
    ("changes", "reason", "todo"),
    [
        ({"age_years": 9.0}, "under 16 years", "children's early warning chart"),
        ({"pregnant": "yes"}, "not made for pregnancy", "maternity early warning chart"),
        ({"pregnant": "unknown"}, "not ruled out", "Find out"),
        ({"temp_degc": None}, "Missing: body temperature", "Get the missing values"),
        ({"age_years": 9.0, "spo2_pct": 80.0}, "under 16 years", "Get a clinician now"),
    ],
)
def test_a_refusal_says_why_and_what_to_do_instead(
    task: Task, changes: dict[str, Value | None], reason: str, todo: str
) -> None:
    words = words_of(task, **changes)
    assert "NO SCORE" in words
    assert reason in words
    assert todo in words


def test_the_response_of_the_score_comes_before_that_of_a_flag(task: Task) -> None:
    words = words_of(task, consciousness="voice", respiratory_rate_bpm=30.0, spo2_pct=90.0)
    assert "Emergency: a senior clinician" in words
    assert "keep the airway open" not in words


@pytest.mark.parametrize(
    ("changes", "lamp"),
    [
        ({}, Lamp.CALM),
        ({"pulse_rate_bpm": 131.0}, Lamp.URGENT),
        ({"pulse_rate_bpm": 120.0, "respiratory_rate_bpm": 22.0, "temp_degc": 38.5}, Lamp.URGENT),
        ({"age_years": 9.0}, Lamp.NO_ANSWER),
        ({"age_years": 9.0, "spo2_pct": 80.0}, Lamp.URGENT),
    ],
)
def test_lamp_and_sound(task: Task, changes: dict[str, Value], lamp: Lamp) -> None:
    values = WELL | changes
    answer = assess(task, values, RuleEngine().invoke)
    state = shown(task, values, answer, DICE)
    assert state.result is not None
    assert lamp_of_result(state.result) is lamp
    assert lamp_of(state) is lamp
    asked = replace(state, mode=Mode.ASSESSING, request=3, result=None)
    done = show_result(asked, AssessmentFinished(3, answer), Now(102.0))
    sound = Sound.URGENT if lamp is Lamp.URGENT else Sound.ANSWER
    assert done.commands == (MakeSound(sound),)


def test_without_an_answer_in_time_there_is_no_score(task: Task) -> None:
    used = {
        q: Measurement(q, v, Status.VALID, KEYPAD, 100.0, encounter=1)
        for q, v in (WELL | {"pulse_rate_bpm": 140.0}).items()
    }
    state = State(
        mode=Mode.ASSESSING,
        tasks=(ServedTask(task),),
        encounter=Encounter(1, task.id, 90.0),
        reviewed=used,
    )
    after = answer_without_model(state, None, Now(102.0)).state
    words = "\n".join(t.text for t in frame_of(after).texts())
    assert "NO SCORE" in words
    assert "The rule did not answer in time" in words
    assert "Very slow or very fast pulse" in words


def test_every_input_can_be_collected_and_typed_on_screen(task: Task) -> None:
    encounter = Encounter(1, task.id, 90.0)
    for each in task.inputs:
        state = State(tasks=(ServedTask(task),), encounter=encounter)
        for mode in (Mode.COLLECT, Mode.REVIEW):
            texts = [t.text for t in frame_of(replace(state, mode=mode)).texts()]
            assert each.how in texts
        frame_of(replace(state, mode=Mode.ENTRY, entry=Entry(each)))


def test_the_review_says_that_there_will_be_no_score(task: Task) -> None:
    state = State(Mode.REVIEW, tasks=(ServedTask(task),), encounter=Encounter(1, task.id, 90.0))
    words = "\n".join(t.text for t in frame_of(state).texts())
    assert "Something is missing: red flags only, no score." in words


@pytest.mark.parametrize(
    ("served", "words"),
    [
        ({"proof": "a rule: no model and no runtime"}, ["rule proven"]),
        ({"refusal": "wrong hash"}, ["rule refused, red flags only: wrong hash"]),
    ],
)
def test_the_ready_screen_calls_it_a_rule(
    task: Task, served: dict[str, str], words: list[str]
) -> None:
    state = State(Mode.IDLE, tasks=(ServedTask(task, **served),))
    said = "\n".join(t.text for t in frame_of(state).texts())
    for each in words:
        assert each in said
    about = "\n".join(t.text for t in frame_of(replace(state, mode=Mode.ABOUT)).texts())
    assert (served.get("proof") or served["refusal"]) in about


def test_a_refused_rule_is_said_beside_its_question(task: Task) -> None:
    state = State(Mode.CHOOSE_TASK, tasks=(ServedTask(task, "wrong hash"),))
    words = "\n".join(t.text for t in frame_of(state).texts())
    assert "red flags only: rule refused" in words
