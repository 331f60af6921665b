"""The shipped bundle's words on the real screen: whatever is measured, the answer fits.

A text that does not fit blanks the screen, so every kind of patient is laid out here.
"""

from __future__ import annotations

import functools
import itertools
import operator
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from appliance.clinical.assessment import Outcome, assess
from appliance.clinical.encounter import Encounter
from appliance.clinical.measurement import KEYPAD, Measurement, Origin, Source, Status
from appliance.clinical.quantities import QUANTITIES
from appliance.clinical.result import give_result
from appliance.clinical.task import Task
from appliance.clock import Now
from appliance.events import LinkState
from appliance.inference.bundle import Bundle, read_bundle
from appliance.inference.engines import Engine, open_engine
from appliance.instruments.decoding import Decoded
from appliance.instruments.line_nmea import LineNmeaDecoder
from appliance.instruments.nonin_oem3 import DOUBT, NO_VALUE
from appliance.instruments.suntech_nibp import ERRORS
from appliance.panel.screens import SIZES, lay_out
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
        view = present(state, Now(102.0, 1.8e9), Place())
        frame = lay_out(view)
        lay_out(view, chance.choice(SIZES))
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
        for size in SIZES:
            lay_out(present(typing, Now(91.0), Place()), size)


def collecting(task: Task, *measurements: Measurement) -> State:
    encounter = Encounter(1, task.id, 90.0)
    for each in measurements:
        encounter = encounter.accept(each)
    return State(Mode.COLLECT, tasks=(ServedTask(task),), encounter=encounter)


def read_from(name: str, lines: str) -> list[Measurement]:
    source = Source(Origin.INSTRUMENT, name, "line_nmea")
    return [
        Measurement(o.quantity, o.value, o.status, source, 100.0, reason=o.reason, group=o.group)
        for o in LineNmeaDecoder().feed(lines.encode("ascii"))
        if isinstance(o, Decoded)
    ]


def line(kind: str, value: str, unit: str, status: str) -> str:
    body = f"PBVS,1,001,{kind},{value},{unit},{status}"
    return f"${body}*{functools.reduce(operator.xor, body.encode('ascii'), 0):02X}\r\n"


LONG_NAMES = ("cuff", "Oximeter left room 2", "W" * 20)


@pytest.mark.parametrize("name", LONG_NAMES)
@pytest.mark.parametrize("letters", ["V", "L", "LMU", "F", "FOE", "FOELMU", "B"])
def test_whatever_an_instrument_says_the_collect_screen_fits(
    bundle: Bundle, name: str, letters: str
) -> None:
    wrong_way_round = (
        line("MAP", "90", "mm[Hg]", "V"),
        line("SBP", "80", "mm[Hg]", letters),
        line("DBP", "95", "mm[Hg]", letters),
    )
    impossible = (line("SBP", "999", "mm[Hg]", letters), line("TMP", "99", "Cel", letters))
    for lines in (wrong_way_round, impossible):
        state = collecting(bundle.task, *read_from(name, "".join(lines)))
        texts = [t.text for t in lay_out(present(state, Now(130.0), Place())).texts()]
        assert not [text for text in texts if "_" in text or "[" in text]


@pytest.mark.parametrize("name", LONG_NAMES)
@pytest.mark.parametrize("words", [*ERRORS.values(), *NO_VALUE.values(), *DOUBT.values()])
def test_every_reason_of_the_other_protocols_fits(bundle: Bundle, name: str, words: str) -> None:
    source = Source(Origin.INSTRUMENT, name)
    missing = Measurement("pulse_rate_bpm", None, Status.MISSING, source, 100.0, reason=words)
    doubted = Measurement("systolic_mmhg", 120.0, Status.DOUBTFUL, source, 100.0, reason=words)
    lay_out(present(collecting(bundle.task, missing, doubted), Now(130.0), Place()))


@pytest.mark.parametrize("mode", [Mode.IDLE, Mode.ABOUT, Mode.COLLECT, Mode.CHOOSE_TASK])
def test_endless_reasons_and_many_instruments_blank_no_screen(bundle: Bundle, mode: Mode) -> None:
    endless = "the form has faults: " + "inputs[1].trained_low must be a number; " * 20
    state = replace(
        collecting(bundle.task),
        mode=mode,
        tasks=(ServedTask(bundle.task, endless),),
        refused_bundles=(("another-task", endless), ("k" * 40, "k" * 500)),
        links=MappingProxyType({f"Oximeter left room {n}": LinkState.ABSENT for n in range(4)}),
        last_key_mono_s=100.0,
    )
    lay_out(present(state, Now(130.0), Place()))


def test_an_answer_without_a_model_fits_however_long_the_reason(bundle: Bundle) -> None:
    values = {"systolic_mmhg": 175.0, "diastolic_mmhg": 115.0, "glucose_mmol_l": 2.0}
    used = {
        q: Measurement(q, v, Status.VALID, KEYPAD, 100.0, encounter=1) for q, v in values.items()
    }
    answer = assess(bundle.task, values, None)
    answer = replace(answer, reason=f"{answer.reason}: " + "it does not do what it did; " * 20)
    state = replace(
        collecting(bundle.task),
        mode=Mode.RESULT,
        result=give_result(1, bundle.task, answer, used, 101.0),
    )
    texts = {text.text for text in lay_out(present(state, Now(130.0), Place())).texts()}
    assert {flag.text for flag in answer.floor.flags} <= texts
