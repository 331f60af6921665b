"""Runs on the test's machine: the real daemon, whose inference thread can be made to hang.

Once the file HANG is there, the thread that owns the model stands still, as a runtime that
does not come back from invoke() would make it.  Nothing else of the daemon is changed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from appliance import cli
from appliance.inference.worker import InferenceWorker

HANG = Path("/var/lib/bedside/hang")
_wait_on = InferenceWorker._wait_on


def hang_or_go_on(worker: InferenceWorker) -> bool:
    """Stand still for ever once it is asked for."""
    while HANG.exists():
        time.sleep(0.1)
    return _wait_on(worker)


if __name__ == "__main__":
    InferenceWorker._wait_on = hang_or_go_on  # type: ignore[method-assign]
    sys.exit(cli.main(sys.argv[1:]))
