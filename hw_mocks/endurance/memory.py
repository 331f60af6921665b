"""How much a process holds, over its life: memory, descriptors, threads, and their slope."""

from __future__ import annotations

import contextlib
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

EVERY_S = 30.0
SETTLES_S = 600.0
"""What a process takes in its first minutes it keeps: caches, fonts, the pools of the runtime."""
WORTH_A_SLOPE_S = 1800.0
CURVE_OF = 20
"""Every so many samples are a point of the curve: one in ten minutes."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a process held at one moment.  mono_s: of the clock that the slope is to be told in.

    resident_kb: with files that are mapped, once for each mapping.  own_kb: what it alone
    holds and no file stands behind; a leak is there.
    """

    mono_s: float
    resident_kb: int
    own_kb: int
    descriptors: int
    threads: int


@dataclass(slots=True)
class MemoryLog:
    """Samples of one process after another; one list for each life."""

    lives: dict[int, list[Held]] = field(default_factory=dict)
    _next_s: float = 0.0

    def sample(self, pid: int, life: int, mono_s: float) -> None:
        """Take a sample if one is due."""
        if mono_s < self._next_s:
            return
        self._next_s = mono_s + EVERY_S
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            self.lives.setdefault(life, []).append(held_by(pid, mono_s))

    def curves(self) -> list[list[tuple[float, int, int]]]:
        """Return hours, own and resident kB of each life, one for every few samples."""
        return [
            [(round(h.mono_s / 3600.0, 2), h.own_kb, h.resident_kb) for h in held[::CURVE_OF]]
            for held in self.lives.values()
        ]

    def slopes(self) -> list[dict[str, float]]:
        """Return one record for each life that was long enough to tell a slope."""
        return [record for held in self.lives.values() if (record := slope_of(held))]


def held_by(pid: int, mono_s: float) -> Held:
    """Return what a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    values = dict(line.split(":", 1) for line in status.splitlines())
    return Held(
        mono_s,
        int(values["VmRSS"].split()[0]),
        int(values["RssAnon"].split()[0]),
        len(os.listdir(f"/proc/{pid}/fd")),
        int(values["Threads"]),
    )


def slope_of(held: Sequence[Held]) -> dict[str, float]:
    """Return the straight line through a life's memory, its beginning left out; or nothing."""
    if not held:
        return {}
    settled = [each for each in held if each.mono_s - held[0].mono_s >= SETTLES_S]
    if len(settled) < 3 or settled[-1].mono_s - settled[0].mono_s < WORTH_A_SLOPE_S:
        return {}
    hours = [each.mono_s / 3600.0 for each in settled]
    own = statistics.linear_regression(hours, [each.own_kb for each in settled])
    resident = statistics.linear_regression(hours, [each.resident_kb for each in settled])
    return {
        "hours": round(hours[-1] - hours[0], 3),
        "samples": len(settled),
        "own_kb_an_hour": round(own.slope, 1),
        "own_first_kb": settled[0].own_kb,
        "own_last_kb": settled[-1].own_kb,
        "resident_kb_an_hour": round(resident.slope, 1),
        "resident_first_kb": settled[0].resident_kb,
        "resident_last_kb": settled[-1].resident_kb,
        "descriptors_first": settled[0].descriptors,
        "descriptors_last": settled[-1].descriptors,
        "threads_first": settled[0].threads,
        "threads_last": settled[-1].threads,
    }
