"""The thread that owns the models: admits them at the start, then answers requests.

Whatever a model does, the safety floor is answered.  The thread shows a sign of life while
it waits and after every request, and none while a model keeps it: then the main loop stops
pinging the watchdog.  Hazards: H-01 wrong and confident, H-02 silent.
"""

from __future__ import annotations

import dataclasses
import functools
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance import events
from appliance.clinical.assessment import Assessment, Outcome, assess
from appliance.clinical.quantities import Value
from appliance.clinical.task import Task
from appliance.heartbeat import Heartbeats
from appliance.inference.admission import TRIAL_TIMEOUT_S, Admitted, admit
from appliance.inference.bundle import Bundle, read_bundle
from appliance.inference.engines import AUTO, Engine
from appliance.inference.refusals import BundleRefused, ModelFailed, ModelRefused
from appliance.inference.rules import RuleEngine
from appliance.inference.trial import try_in_child

NAME = "inference"
_IDLE_S = 0.5
"""How long to wait for a request before showing a sign of life."""

OpenModel = Callable[[Bundle], Admitted]


@dataclass(frozen=True, slots=True)
class AssessRequest:
    """One question: quantity name to value in the quantity's own unit; absent is missing."""

    request: int
    task: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RuntimeChoice:
    """What the settings say of the runtime (see `appliance.inference.engines.RUNTIMES`)."""

    runtime: str = AUTO
    require_xnnpack: bool = True
    trial_timeout_s: float = TRIAL_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class _Served:
    """A task and its engine; without an engine `refusal` says why."""

    task: Task
    engine: Engine | RuleEngine | None
    refusal: str = ""


class InferenceWorker:
    """Owner of every interpreter.  Made and stopped by `wiring`, asked by the main loop."""

    def __init__(
        self,
        folders: Sequence[Path],
        post: Callable[[events.Event], None],
        heartbeats: Heartbeats,
        choice: RuntimeChoice | None = None,
        open_model: OpenModel | None = None,
    ) -> None:
        """Prepare to serve these bundles; `open_model` stands in for admission in tests."""
        self._folders = tuple(folders)
        self._post = post
        self._heartbeats = heartbeats
        self._open_model = open_model or self._admission(choice or RuntimeChoice())
        self._requests: queue.SimpleQueue[AssessRequest | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._served: dict[str, _Served] = {}
        self._thread = threading.Thread(target=self._main, name=NAME, daemon=True)

    def start(self) -> None:
        """Start the thread; each bundle is answered by one ModelAdmitted or BundleRefused."""
        self._thread.start()

    def submit(self, request: AssessRequest) -> None:
        """Ask; the answer is posted as AssessmentFinished.  Never blocks."""
        self._requests.put(request)

    def stop(self, timeout_s: float = 2.0) -> bool:
        """End the thread; False if it did not end in time, because a model holds it."""
        self._stopping.set()
        self._requests.put(None)
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _admission(self, choice: RuntimeChoice) -> OpenModel:
        return functools.partial(
            admit,
            runtime=choice.runtime,
            require_xnnpack=choice.require_xnnpack,
            timeout_s=choice.trial_timeout_s,
            trial=functools.partial(try_in_child, keep_waiting=self._wait_on),
        )

    def _wait_on(self) -> bool:
        """Show a sign of life during a trial: waiting for a child is not hanging."""
        self._heartbeats.beat(NAME)
        return not self._stopping.is_set()

    def _main(self) -> None:
        try:
            for folder in self._folders:
                if self._wait_on():
                    self._take_in(folder)
            self._serve()
        except Exception as error:  # noqa: BLE001 - top of a thread: nobody else would hear of it
            # Its class only: the message could hold a patient's value.
            self._post(events.WorkerDied(NAME, type(error).__name__))
            return
        for served in self._served.values():
            if served.engine is not None:
                served.engine.close()
        self._heartbeats.retire(NAME)

    def _take_in(self, folder: Path) -> None:
        """Read one bundle and open its model; post what came of it."""
        try:
            bundle = read_bundle(folder)
        except BundleRefused as error:
            self._post(events.BundleRefused(folder.name, error.sentence))
            return
        task = bundle.task
        if task.id in self._served:
            words = f"another bundle already serves the task {task.id}"
            self._post(events.BundleRefused(folder.name, words))
            return
        try:
            admitted = self._open_model(bundle)
        except ModelRefused as error:
            self._served[task.id] = _Served(task, None, error.words)
            self._post(events.ModelAdmitted(task, refusal=error.words))
            return
        self._served[task.id] = _Served(task, admitted.engine)
        self._post(events.ModelAdmitted(task, proof=admitted.proof.one_line))

    def _serve(self) -> None:
        while self._wait_on():
            try:
                request = self._requests.get(timeout=_IDLE_S)
            except queue.Empty:
                continue
            if request is not None:
                self._post(events.AssessmentFinished(request.request, self._answer(request)))

    def _answer(self, request: AssessRequest) -> Assessment:
        served = self._served[request.task]
        if served.engine is not None:
            try:
                return assess(served.task, request.values, served.engine.invoke)
            except ModelFailed as error:
                served = self._give_up(served, str(error))
        answer = assess(served.task, request.values, None)
        if answer.outcome is Outcome.NO_MODEL:
            reason = f"{answer.reason}: {served.refusal}"
            answer = dataclasses.replace(answer, reason=reason)
        return answer

    def _give_up(self, served: _Served, refusal: str) -> _Served:
        """Take a model that failed out of service; its task stays."""
        if served.engine is not None:
            served.engine.close()
        without = _Served(served.task, None, refusal)
        self._served[served.task.id] = without
        self._post(events.ModelAdmitted(served.task, refusal=refusal))
        return without
