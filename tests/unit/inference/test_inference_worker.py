"""The worker: admits, answers, and neither hides a hang nor loses the floor."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance import events
from appliance.clinical.assessment import Outcome, assess
from appliance.heartbeat import Heartbeats
from appliance.inference.admission import Admitted
from appliance.inference.bundle import read_bundle
from appliance.inference.engines import REFERENCE, open_engine
from appliance.inference.proof import Proof
from appliance.inference.refusals import ModelFailed, ModelRefused
from appliance.inference.worker import AssessRequest, InferenceWorker, RuntimeChoice
from tests.unit.inference.toy import (
    DELEGATING,
    GOOD_VALUES,
    damaged,
    model,
    three_form,
    write_bundle,
)

DEADLINE_S = 30.0
PROOF = Proof("fake", "1", "none", True, 1, (), True)


class Beats(Heartbeats):
    """Heartbeats that count."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def beat(self, worker: str) -> None:
        assert worker == "inference"
        self.count += 1
        super().beat(worker)


class FakeEngine:
    """An engine whose answer is what a function says."""

    def __init__(self, answer: Callable[[Any], int]) -> None:
        self.invoke = answer
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


class Rig:
    """A worker under test and everything that it posted."""

    def __init__(self) -> None:
        self.posted: queue.Queue[events.Event] = queue.Queue()
        self.beats = Beats()
        self.workers: list[InferenceWorker] = []

    def start(self, *folders: Path, **options: Any) -> InferenceWorker:
        worker = InferenceWorker(folders, self.posted.put, self.beats, **options)
        self.workers.append(worker)
        worker.start()
        return worker

    def next(self) -> Any:
        return self.posted.get(timeout=DEADLINE_S)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    for worker in made.workers:
        worker.stop(0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "six")


def serving(engine: Any) -> Any:
    return lambda bundle: Admitted(engine, PROOF)


def test_a_real_model_is_admitted_and_answers_like_assess(rig: Rig, folder: Path) -> None:
    worker = rig.start(folder)
    admitted = rig.next()
    assert isinstance(admitted, events.ModelAdmitted)
    assert admitted.refusal == ""
    assert admitted.proof.startswith(f"{DELEGATING[0]} ")
    worker.submit(AssessRequest(7, "toy-six", GOOD_VALUES))
    answer = rig.next()
    engine = open_engine(DELEGATING[0], model("dense6"))
    assert answer == events.AssessmentFinished(
        7, assess(read_bundle(folder).task, GOOD_VALUES, engine.invoke)
    )
    assert answer.assessment.outcome is Outcome.ANSWERED
    engine.close()
    assert worker.stop(DEADLINE_S)
    assert rig.beats.stale(-1.0) == ()


def test_the_settings_choose_the_runtime(rig: Rig, folder: Path) -> None:
    rig.start(folder, choice=RuntimeChoice(REFERENCE, require_xnnpack=False))
    assert " reference " in rig.next().proof


def test_settings_that_contradict_each_other_cost_the_model(rig: Rig, folder: Path) -> None:
    rig.start(folder, choice=RuntimeChoice(REFERENCE))
    assert "XNNPACK is required" in rig.next().refusal


def test_a_refused_model_leaves_rule_and_red_flags(rig: Rig, tmp_path: Path) -> None:
    worker = rig.start(write_bundle(tmp_path / "bad", content=damaged()))
    admitted = rig.next()
    assert "SIGSEGV" in admitted.refusal
    assert admitted.proof == ""
    worker.submit(AssessRequest(1, "toy-six", GOOD_VALUES | {"systolic_mmhg": 175.0}))
    answer = rig.next().assessment
    assert answer.outcome is Outcome.NO_MODEL
    assert "SIGSEGV" in answer.reason
    assert [flag.id for flag in answer.floor.flags] == ["very-high-pressure"]
    assert answer.floor.rule_category == "high"


def test_several_bundles_each_get_their_word(rig: Rig, tmp_path: Path, folder: Path) -> None:
    three = write_bundle(tmp_path / "three", form=three_form(), name="dense3")
    twin = write_bundle(tmp_path / "twin")
    engine = FakeEngine(lambda quantised: -128)
    worker = rig.start(folder, tmp_path / "none", twin, three, open_model=serving(engine))
    assert rig.next().task.id == "toy-six"
    assert rig.next() == events.BundleRefused(
        "none", "the bundle is not a folder that can be opened"
    )
    refused = rig.next()
    assert isinstance(refused, events.BundleRefused)
    assert (refused.folder, "already serves" in refused.reason) == ("twin", True)
    assert rig.next().task.id == "toy-three"
    values = {"age_years": 40.0, "chest_pain": "typical", "fasting_glucose_high": "no"}
    worker.submit(AssessRequest(2, "toy-three", values))
    assert rig.next().assessment.raw_int8 == -128


def test_a_model_that_fails_is_taken_out_and_the_floor_answers(rig: Rig, folder: Path) -> None:
    def fail(quantised: Any) -> int:
        raise ModelFailed("the model gave no answer (RuntimeError)")

    engine = FakeEngine(fail)
    worker = rig.start(folder, open_model=serving(engine))
    assert rig.next().refusal == ""
    worker.submit(AssessRequest(1, "toy-six", GOOD_VALUES | {"temp_degc": 38.5}))
    assert rig.next().refusal == "the model gave no answer (RuntimeError)"
    for request in (1, 2):
        if request == 2:
            worker.submit(AssessRequest(2, "toy-six", GOOD_VALUES))
        answer = rig.next()
        assert answer.request == request
        assert answer.assessment.outcome is Outcome.NO_MODEL
        assert "(RuntimeError)" in answer.assessment.reason
        assert answer.assessment.floor.rule_category == "not-high"
    assert engine.closed.is_set()


def test_impossible_values_keep_their_own_reason_without_a_model(rig: Rig, folder: Path) -> None:
    def refuse(bundle: Any) -> Admitted:
        raise ModelRefused("golden", "it lies")

    worker = rig.start(folder, open_model=refuse)
    assert rig.next().refusal == "it lies"
    worker.submit(AssessRequest(1, "toy-six", GOOD_VALUES | {"age_years": 400.0}))
    answer = rig.next().assessment
    assert answer.outcome is Outcome.REFUSED
    assert "age_years must be 0 to 120" in answer.reason


def test_it_beats_while_idle_and_not_while_a_model_holds_it(rig: Rig, folder: Path) -> None:
    inside, release = threading.Event(), threading.Event()

    def hang(quantised: Any) -> int:
        inside.set()
        release.wait(DEADLINE_S)
        return 0

    worker = rig.start(folder, open_model=serving(FakeEngine(hang)))
    rig.next()
    before = rig.beats.count
    rig.wait_until(lambda: rig.beats.count >= before + 3)
    worker.submit(AssessRequest(1, "toy-six", GOOD_VALUES))
    assert inside.wait(DEADLINE_S)
    held = rig.beats.count
    assert not worker.stop(1.2)
    assert rig.beats.count == held
    assert rig.beats.stale(1.0) == ("inference",)
    release.set()
    assert rig.next().request == 1
    assert worker.stop(DEADLINE_S)


def test_idle_beats_come_at_least_each_second(rig: Rig, folder: Path) -> None:
    rig.start(folder, open_model=serving(FakeEngine(lambda quantised: 0)))
    rig.next()
    began, before = time.monotonic(), rig.beats.count
    rig.wait_until(lambda: rig.beats.count >= before + 3)
    assert time.monotonic() - began < 3.0


@pytest.mark.parametrize("where", ["open", "invoke", "task"])
def test_an_unexpected_error_is_posted_by_class_and_the_beats_end(
    rig: Rig, folder: Path, where: str
) -> None:
    def odd(*args: Any) -> Any:
        raise ZeroDivisionError("171.5 mmHg")

    worker = rig.start(folder, open_model=odd if where == "open" else serving(FakeEngine(odd)))
    if where != "open":
        rig.next()
        task = "toy-six" if where == "invoke" else "unknown"
        worker.submit(AssessRequest(1, task, GOOD_VALUES))
    wanted = "KeyError" if where == "task" else "ZeroDivisionError"
    assert rig.next() == events.WorkerDied("inference", wanted)
    rig.wait_until(lambda: rig.beats.stale(0.0) == ("inference",))


def test_stopping_during_a_trial_does_not_wait_for_it(rig: Rig, folder: Path) -> None:
    worker = rig.start(folder)
    rig.wait_until(lambda: rig.beats.count > 0)
    assert worker.stop(DEADLINE_S)


def test_stopping_closes_the_engines(rig: Rig, folder: Path) -> None:
    engine = FakeEngine(lambda quantised: 0)
    worker = rig.start(folder, open_model=serving(engine))
    rig.next()
    assert worker.stop(DEADLINE_S)
    assert engine.closed.is_set()


def test_a_worker_that_never_started_stops(rig: Rig) -> None:
    assert InferenceWorker((), rig.posted.put, rig.beats).stop(0.1)
