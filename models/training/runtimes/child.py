"""One runtime in a process of its own: what it costs to import, to load, and in memory.

    python -m models.training.runtimes.child NAME FILE < rows.json

numpy and the appliance's own modules are there before: every one of them needs those.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from models.training.runtimes.contestants import MODULES, SKLEARN, open_contestant

CALLS = 200


def main(name: str, file: str) -> None:
    """Print one line of JSON."""
    content, rows = Path(file).read_bytes(), json.load(sys.stdin)
    before = _resident_mb()
    started = time.perf_counter()
    importlib.import_module(MODULES[name])
    imported = time.perf_counter()
    contestant = open_contestant(name, content)
    asked = [np.array([row]) if name == SKLEARN else row for row in rows]
    contestant.call(asked[0])
    ready = time.perf_counter()
    for number in range(CALLS):
        contestant.call(asked[number % len(asked)])
    after = _resident_mb()
    contestant.close()
    print(
        json.dumps(
            {
                "import_ms": round((imported - started) * 1e3, 2),
                "load_ms": round((ready - imported) * 1e3, 2),
                "added_mb": round(after - before, 2),
                "resident_mb": round(after, 2),
            }
        )
    )


def _resident_mb() -> float:
    """Return what is resident now, in MB (10^6 bytes)."""
    status: dict[str, Any] = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines()
    )
    return float(status["VmRSS"].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
