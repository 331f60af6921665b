"""The shipped bundle's words on the real screen: whatever is measured, the answer fits.

A text that does not fit blanks the screen, so every kind of patient is laid out here.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.clinical.assessment import Outcome, assess
from appliance.clinical.encounter import Encounter
from appliance.clinical.measurement import KEYPAD, Measurement, Status
from appliance.clinical.quantities import QUANTITIES
from appliance.clinical.result import give_result
from appliance.clock import Now
from appliance.inference.bundle import Bundle, read_bundle
from appliance.inference.engines import Engine, open_engine
from appliance.panel.screens import lay_out
from appliance.presenting import Place, present
from appliance.states import Entry, Mode, ServedTask, State
from tests.sample_task import CUFF

FOLDER = Path(__file__).parents[3] / "models" / "maternal-risk"
LEVELS = {
    "age_years": (9.0, 16.0, 66.0, 70.0, None),
    "systolic_mmhg": (60.0, 85.0, 118.0, 145.0, 175.0, 300.0, None),
    "diastolic_mmhg": (40.0, 70.0, 95.0, 115.0, None),
    "glucose_mmol_l": (2.0, 4.5, 7.0, 9.0, 12.5, 50.0, None),
    "temp_degc": (34.0, 36.4, 37.0, 38.5, 42.0, None),
    "pulse_rate_bpm": (35.0, 52.0, 80.0, 110.0, 130.0, None),
}
SAMPLE = 1500


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(FOLDER)


@pytest.fixture(scope="module")
def engine(bundle: Bundle) -> Iterator[Engine]:
    engine = open_engine("auto", bundle.model)
    yield engine
    engine.close()


def test_every_kind_of_answer_fits_its_screen(bundle: Bundle, engine: Engine) -> None:
    task, chance = bundle.task, random.Random(7)
    most_flags, outcomes = 0, set()
    patients = list(itertools.product(*LEVELS.values()))
    for patient in chance.sample(patients, SAMPLE):
        values = {q: v for q, v in zip(LEVELS, patient, strict=True) if v is not None}
        source = chance.choice((CUFF, KEYPAD))
        used = {
            q: Measurement(q, v, Status.VALID, source, 100.0, encounter=1)
            for q, v in values.items()
        }
        answer = assess(task, values, chance.choice((engine.invoke, engine.invoke, None)))
        state = State(
            mode=Mode.RESULT,
            tasks=(ServedTask(task),),
            encounter=Encounter(1, task.id, 90.0),
            result=give_result(1, task, answer, used, 101.0),
            last_tag=1,
        )
        frame = lay_out(present(state, Now(102.0, 1.8e9), Place()))
        texts = {text.text for text in frame.texts()}
        assert {flag.text for flag in answer.floor.flags} <= texts
        most_flags = max(most_flags, len(answer.floor.flags))
        outcomes.add(answer.outcome)
    assert most_flags >= 4
    assert outcomes == set(Outcome)


def test_every_input_can_be_collected_and_typed_on_screen(bundle: Bundle) -> None:
    task = bundle.task
    encounter = Encounter(1, task.id, 90.0)
    for selected, each in enumerate(task.inputs):
        assert each.quantity in QUANTITIES
        state = State(tasks=(ServedTask(task),), encounter=encounter, selected=selected)
        for mode in (Mode.COLLECT, Mode.REVIEW):
            view = present(State(mode, tasks=state.tasks, encounter=encounter), Now(91.0), Place())
            assert each.how in " ".join(t.text for t in lay_out(view).texts())
        typing = State(Mode.ENTRY, tasks=state.tasks, encounter=encounter, entry=Entry(each))
        lay_out(present(typing, Now(91.0), Place()))
