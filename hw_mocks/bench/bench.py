"""The bench behind the pages: one thing is done at a time, whoever asked, on one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from hw_mocks.appliance_process import SimulationFailed
from hw_mocks.bench.bedside import Bedside
from hw_mocks.bench.recorder import Recorder, expectation, scenario_text
from hw_mocks.bench.setup import SPEEDS, Setup, languages, panels, tasks, usual_setup
from hw_mocks.bench.shelf import Shelf
from hw_mocks.bench.told import Told
from hw_mocks.scenario import ScenarioRefused, Step, read_scenario, step_of

TIDY_EVERY_S = 1.0


class BenchRefused(Exception):
    """What was asked for cannot be done now.  Its text says why."""


class Bench:
    """What pages see and ask for.

    models: folder of the task bundles.  saved: folder for scenarios saved here.
    changed: called after every change, on any thread.
    """

    def __init__(self, models: Path, saved: Path, changed: Callable[[], None]) -> None:
        self._models, self._shelf, self._changed = models, Shelf(saved), changed
        self.told = Told(changed)
        self.setup = usual_setup()
        self.bedside: Bedside | None = None
        self._recorder = Recorder()
        self._cut_at_s = 0.0
        self._steps: list[Step] = []
        self._at = 0
        self._playing = ""
        self._paused = False
        self._words = ""
        self._closing = threading.Event()
        self._one = ThreadPoolExecutor(1, "bench")
        self._tidier = threading.Thread(target=self._keep_tidy, name="bench tidier", daemon=True)

    def open(self) -> None:
        """Set the usual appliance up; return when it is ready.  Raises SimulationFailed."""
        self._one.submit(self._load, self.setup).result()
        self._tidier.start()

    def close(self) -> None:
        """End the appliance and everything that was begun."""
        self._closing.set()
        if self._tidier.ident is not None:
            self._tidier.join()
        self._one.submit(self._end).result()
        self._one.shutdown()

    def ask(self, order: Mapping[str, Any]) -> Future[dict[str, Any]]:
        """Have one thing done after all that was asked before.

        The future raises BenchRefused or SimulationFailed.
        """
        if order.get("do") == "pause":  # at once: the thread is busy with what is to be paused
            self._paused = True
        return self._one.submit(self._do, dict(order))

    def state(self) -> dict[str, Any]:
        """Return what pages show beside picture and lines; safe to call from any thread."""
        bedside, told = self.bedside, self.told
        on = bedside is not None and bedside.on
        with told.lock:
            shown = {"mode": told.mode, "screen": told.screen, "lit": sorted(told.lit)}
            links = dict(told.links)
        return {
            **shown,
            "on": on,
            "words": self._words,
            "panel": self.setup.panel,
            "language": self.setup.language,
            "task": self.setup.scenario.task,
            "speed": self.setup.scenario.speed,
            "panels": dict(panels()),
            "languages": list(languages()),
            "tasks": list(tasks(self._models)),
            "speeds": list(SPEEDS),
            "scenarios": self._shelf.names(),
            "playing": {
                "name": self._playing,
                "step": self._at,
                "steps": len(self._steps),
                "paused": self._paused,
            },
            "recorded": len(self._recorder.steps),
            "instruments": [] if bedside is None else bedside.instruments(links),
        }

    def _do(self, order: dict[str, Any]) -> dict[str, Any]:
        done = _DOES.get(str(order.get("do")))
        if done is None:
            raise BenchRefused(f"do must be one of {', '.join(_DOES)}")
        self._words = ""
        try:
            return done(self, order) or {}
        except SimulationFailed as failed:
            self._words, self._steps = str(failed), []
            raise
        except (BenchRefused, ScenarioRefused) as refused:
            self._words = str(refused)
            raise BenchRefused(str(refused)) from refused
        finally:
            self._changed()

    def _running(self) -> Bedside:
        if self.bedside is None or not self.bedside.on:
            raise BenchRefused("The appliance has no power: switch it on first.")
        return self.bedside

    def _carry_out(self, step: Step) -> None:
        bedside = self._running()
        began_s = bedside.now_s
        bedside.player.do(step)
        if step.kind == "set" and isinstance(step.what, Mapping):
            bedside.values[step.instrument] |= step.what
        if step.kind == "fault":
            bedside.faults[step.instrument] = str(step.what)
        self._recorder.add(step, began_s, bedside.now_s)

    def _step(self, order: dict[str, Any]) -> None:
        """Do what a step of a scenario does, and note it."""
        faults: list[str] = []
        bedside = self._running()
        step = step_of("step", order.get("step"), self.setup.scenario.instruments, faults)
        if step.kind == "replay":
            faults.append("replay reads files, which a page may not: play a scenario with it")
        if faults:
            raise BenchRefused("; ".join(faults))
        if step.kind in ("plug", "unplug"):
            plugged = bedside.boards[step.instrument].port.plugged
            if plugged == (step.kind == "plug"):
                return
        self._carry_out(step)

    def _check(self, _order: dict[str, Any]) -> None:
        """Note that the screen must be as it is now."""
        bedside = self._running()
        self._recorder.add(Step("check", "", self._expected()), bedside.now_s, bedside.now_s)

    def _cut(self, _order: dict[str, Any]) -> None:
        bedside = self._running()
        self._cut_at_s = bedside.now_s
        bedside.cut()

    def _switch_on(self, _order: dict[str, Any]) -> None:
        bedside = self.bedside
        if bedside is None:
            self._load(self.setup)
        elif not bedside.on:
            off_s = round(bedside.now_s - self._cut_at_s, 1)
            bedside.switch_on()
            step = Step("power_cut_s", "", off_s)
            self._recorder.add(step, self._cut_at_s, bedside.now_s)

    def _choose(self, order: dict[str, Any]) -> None:
        """Another panel or language, live; or another task or speed, which is a new beginning."""
        allowed: dict[str, Any] = {
            "panel": list(panels()),
            "language": languages(),
            "task": tasks(self._models),
            "speed": SPEEDS,
        }
        chosen = {key: order[key] for key in allowed if key in order}
        for key, value in chosen.items():
            if value not in allowed[key]:
                raise BenchRefused(f"{key} must be one of {', '.join(map(str, allowed[key]))}")
        shown = {key: chosen[key] for key in ("panel", "language") if key in chosen}
        anew = {key: chosen[key] for key in ("task", "speed") if key in chosen}
        setup = replace(self.setup, **shown)
        if anew or self.bedside is None:
            self._load(replace(setup, scenario=replace(setup.scenario, **anew)))
        else:
            self.setup = setup
            # What was done before was done on another panel: a scenario begins with the new one.
            self._recorder = Recorder()
            self.bedside.show_on(setup)

    def _afresh(self, _order: dict[str, Any]) -> None:
        self._load(self.setup)

    def _play(self, order: dict[str, Any]) -> None:
        """Put a scenario's instruments on the bench and begin with its steps."""
        name = str(order.get("name"))
        if name not in self._shelf.names():
            raise BenchRefused(f"There is no scenario {name}.")
        scenario = read_scenario(self._shelf.path(name))
        self._load(replace(self.setup, scenario=scenario))
        self._playing, self._at = scenario.name, 0
        last = Step("check", "what is expected at the end", scenario.expect)
        self._steps = [*scenario.steps, last]
        self._paused = bool(order.get("paused"))
        self._go_on()

    def _pause(self, _order: dict[str, Any]) -> None:
        self._paused = True

    def _resume(self, _order: dict[str, Any]) -> None:
        self._paused = False
        self._go_on()

    def _one_step(self, _order: dict[str, Any]) -> None:
        self._paused = True
        self._next()

    def _go_on(self) -> None:
        """Do the next step, then whatever was asked meanwhile, then the one after."""
        if not self._paused and self._at < len(self._steps) and not self._closing.is_set():
            self._one.submit(self._do, {"do": "next"})

    def _next(self, _order: Mapping[str, Any] | None = None) -> None:
        if self._at >= len(self._steps):
            return
        step = self._steps[self._at]
        self._at += 1
        try:
            self._carry_out(step)
        except SimulationFailed as failed:
            where = f"{self._playing}, step {self._at}"
            raise SimulationFailed(f"{where}: {failed}") from failed
        if self._at == len(self._steps):
            self._words = f"{self._playing}: as expected."
        if _order is not None:
            self._go_on()

    def _preview(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the scenario of what was done, which expects what is shown now."""
        self._running()
        if self._recorder.lost:
            raise BenchRefused("Too much was done to save it: begin afresh.")
        title = str(order.get("title") or "Saved at the bench")[:120]
        text = scenario_text(self.setup, title, self._recorder.steps, self._expected())
        return {"text": text}

    def _save(self, order: dict[str, Any]) -> dict[str, Any]:
        try:
            path = self._shelf.save(str(order.get("name")), str(order.get("text")))
        except ValueError as refused:
            raise BenchRefused(str(refused)) from refused
        return {
            "path": str(path),
            "command": f"python -m hw_mocks play {path} --out out/{path.stem}",
        }

    def _expected(self) -> dict[str, object]:
        bedside = self._running()
        with self.told.lock:
            screen, texts = self.told.screen, list(self.told.texts)
        return expectation(self.setup, screen, texts, bedside.app.result)

    def _load(self, setup: Setup) -> None:
        self._end()
        self._steps, self._at, self._playing = [], 0, ""
        self._recorder = Recorder()
        self.setup = setup
        self.bedside = Bedside(setup, self._models, self.told)
        self.bedside.start()

    def _end(self) -> None:
        if self.bedside is not None:
            self.bedside.stop()
            self.bedside = None

    def _tidy(self) -> None:
        if self.bedside is not None:
            self.bedside.tidy()

    def _keep_tidy(self) -> None:
        while not self._closing.wait(TIDY_EVERY_S):
            self._one.submit(self._tidy)


_DOES: Mapping[str, Callable[[Bench, dict[str, Any]], dict[str, Any] | None]] = {
    "step": Bench._step,
    "check": Bench._check,
    "cut": Bench._cut,
    "switch on": Bench._switch_on,
    "choose": Bench._choose,
    "afresh": Bench._afresh,
    "play": Bench._play,
    "pause": Bench._pause,
    "resume": Bench._resume,
    "one step": Bench._one_step,
    "next": Bench._next,
    "preview": Bench._preview,
    "save": Bench._save,
}
