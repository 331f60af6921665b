"""How long each takes: all of them in turn, round by round, so that a busy machine hits all.

A sample is the average of some calls after a few that warm the caches up again; a ratio is
the median of the ratios within each round, which another process's load hardly moves.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.bench import figures

WARM, BATCH = 4, 16
SEED = 2014

Call = Callable[[Any], object]
Timed = tuple[Call, Sequence[Any]]
"""What is called, and the rows it is called with, one after another."""


def interleaved_us(timed: Mapping[str, Timed], rounds: int) -> dict[str, list[float]]:
    """Return microseconds a call of each, one sample a round; the order is dealt each round."""
    order, rng = list(timed), random.Random(SEED)  # noqa: S311 - an order, not a secret
    found: dict[str, list[float]] = {name: [] for name in timed}
    for number in range(rounds):
        rng.shuffle(order)
        for name in order:
            call, rows = timed[name]
            row = rows[number % len(rows)]
            for _ in range(WARM):
                call(row)
            started = time.perf_counter_ns()
            for _ in range(BATCH):
                call(row)
            found[name].append((time.perf_counter_ns() - started) / 1e3 / BATCH)
    return found


def with_ratios(samples: Mapping[str, list[float]], against: str) -> dict[str, dict[str, float]]:
    """Return count, p50, p99 and how many times as long as `against` each takes."""
    made = figures(dict(samples))
    for name, each in made.items():
        each["ratio"] = ratio(samples[name], samples[against])
    return made


def ratio(longer: Sequence[float], shorter: Sequence[float]) -> float:
    """Return the median of the rounds' own ratios."""
    both = zip(longer, shorter, strict=True)
    return round(statistics.median(one / other for one, other in both), 2)
