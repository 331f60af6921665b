"""`python -m hw_mocks endure`: a day at the bedside with a judge, and what came of it."""

from __future__ import annotations

import json
import random
import shutil
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hw_mocks.appliance_process import SimulationFailed
from hw_mocks.endurance.answers import Oracle
from hw_mocks.endurance.gallery import Gallery
from hw_mocks.endurance.judge import Judge
from hw_mocks.endurance.looking import Looker
from hw_mocks.endurance.memory import MemoryLog
from hw_mocks.endurance.rules import Allowance
from hw_mocks.endurance.staff import Staff
from hw_mocks.endurance.troubles import EVERY_S, Troubles
from hw_mocks.endurance.world import TASK, DaemonDied, Plan, World

Say = Callable[[str], None]
REPORT_EVERY_S = 1800.0
MOST_FAULTS = 10
"""A run with so many is given up: more of them teach nothing."""


class _DayOver(Exception):
    """The hours of the plan are over."""


@dataclass(slots=True)
class Report:
    """What came of a run.  faults: all that was wrong; none means that the judge found none."""

    plan: Plan
    faults: list[str] = field(default_factory=list)
    hours: float = 0.0
    lives: int = 0
    looked_at: dict[str, int] = field(default_factory=dict)
    happened: dict[str, int] = field(default_factory=dict)
    numbers_said: int = 0
    stalled_frames: int = 0
    longest_stall_s: float = 0.0
    memory: list[dict[str, float]] = field(default_factory=list)
    memory_curves: list[list[tuple[float, int, int]]] = field(default_factory=list)

    def as_record(self) -> dict[str, Any]:
        """Return it as it is written down."""
        plan = self.plan
        return {
            "seed": plan.seed,
            "rate": plan.rate,
            "simulated_hours": round(self.hours, 3),
            "lives": self.lives,
            "faults": self.faults,
            "looked_at": dict(sorted(self.looked_at.items())),
            "happened": dict(sorted(self.happened.items())),
            "numbers_said": self.numbers_said,
            "frames_allowed_more_because_the_machine_stalled": self.stalled_frames,
            "longest_stall_simulated_s": round(self.longest_stall_s, 2),
            "memory": self.memory,
            "memory_curves_hours_own_resident_kb": self.memory_curves,
        }


def endure(plan: Plan, out: Path, say: Say, *, every_s: float = EVERY_S) -> Report:
    """Run one day; return what came of it.  Raises SimulationFailed when it cannot go on.

    every_s: mean time between two troubles.
    """
    _clear(out)
    world = World(plan, out)
    bundle = plan.models / TASK
    judge = Judge(world.truth, Allowance(plan.rate), Oracle(bundle), texts_of_bundle(bundle))
    looker = Looker(world, judge, Gallery(world.screens, plan.rate), out / "evidence")
    report = Report(plan)
    memory = MemoryLog()
    looker.start()
    try:
        world.start()
        _work(plan, world, looker, memory, say, every_s)
    except SimulationFailed as error:
        world.faults.append(str(error))
    finally:
        code = world.stop()
        looker.stop()
        world.clear()
    if code != 0:
        world.faults.append(f"the daemon ended with {code} on SIGTERM")
    if "Traceback" in world.log.read_text("utf-8", "replace"):
        world.faults.append("there is a traceback in the daemon's log")
    _fill(report, world, judge, looker, memory)
    (out / "report.json").write_text(json.dumps(report.as_record(), indent=1) + "\n", "utf-8")
    return report


def _work(
    plan: Plan, world: World, looker: Looker, memory: MemoryLog, say: Say, every_s: float
) -> None:
    staff = Staff(world, _chance(plan.seed, "staff"))
    chance = _chance(plan.seed, "troubles")
    troubles = Troubles(world, chance, plan.deaths, every_s)

    def tick() -> None:
        if world.now_s >= plan.hours * 3600.0:
            raise _DayOver
        staff.drift()
        memory.sample(world.app.pid, world.life, world.now_s)
        troubles.tick()

    world.tick = tick
    next_word_s = 0.0
    while len(looker.faults) < MOST_FAULTS:
        looker.check()
        if world.now_s >= next_word_s:
            next_word_s = world.now_s + REPORT_EVERY_S
            say(
                f"{world.now_s / 3600:6.2f} h: {world.happened['encounters']} patients,"
                f" {looker.looked_at} frames, {len(looker.faults)} faults"
            )
        try:
            staff.serve()
            _back_to_ready(world)
        except DaemonDied:
            continue
        except _DayOver:
            break
    world.tick = lambda: None
    troubles.end_all()


def _back_to_ready(world: World) -> None:
    """Leave whatever screen is up: every other way out has a time-out."""
    for _ in range(30):
        if world.mode == "idle":
            return
        world.press("A" if world.mode == "result" else "B")
        world.pause(0.5)
    raise SimulationFailed(f"no way back to the ready screen from {world.mode!r}")


def texts_of_bundle(folder: Path) -> frozenset[str]:
    """Return every text of a bundle: its own words may hold numbers."""
    form = tomllib.loads((folder / "bundle.toml").read_text("utf-8"))
    return frozenset(_texts_in(form))


def _texts_in(form: object) -> Iterator[str]:
    match form:
        case str():
            yield form
        case dict():
            for each in form.values():
                yield from _texts_in(each)
        case list():
            for each in form:
                yield from _texts_in(each)


def _chance(seed: int, whose: str) -> random.Random:
    return random.Random(f"{whose} {seed}")  # noqa: S311 - to be repeated, not to be secret


def _fill(report: Report, world: World, judge: Judge, looker: Looker, memory: MemoryLog) -> None:
    report.faults = [*world.faults, *looker.faults]
    report.hours = world.now_s / 3600.0
    report.lives = world.life
    report.looked_at = dict(judge.counts)
    report.happened = dict(world.happened)
    report.numbers_said = world.truth.numbers_said
    report.stalled_frames, report.longest_stall_s = looker.stalled_frames, looker.stalled_s
    report.memory, report.memory_curves = memory.slopes(), memory.curves()


def _clear(out: Path) -> None:
    """Empty what an earlier run left; touch nothing else in the folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("ports", "evidence"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in ("report.json", "daemon.log", "appliance.toml", "status"):
        (out / name).unlink(missing_ok=True)
