"""`python -m hw_mocks bench`: serves the bench until it is interrupted, or measures its memory."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import webbrowser

from appliance.exits import Exit
from hw_mocks.appliance_process import SimulationFailed
from hw_mocks.bench.measure import measure_memory
from hw_mocks.bench.server import Server, serve

FAILED = 1


def run_bench(arguments: argparse.Namespace) -> int:
    """Serve the bench; return the exit code."""
    server = Server(arguments.models, arguments.saved, arguments.port)
    if arguments.measure_memory is not None:
        work = measure_memory(server, arguments.measure_memory)
    else:
        work = serve(server, lambda url: _ready(url, not arguments.no_browser))
    # Whoever ends it by a signal must not leave a daemon behind.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        return Exit.DONE
    except OSError as error:
        print(
            f"The bench cannot listen on port {arguments.port} ({error.strerror})."
            " Nothing was started. Is another bench open? --port 0 takes a free port.",
            file=sys.stderr,
        )
        return Exit.BAD_USAGE
    except SimulationFailed as error:
        print(error, file=sys.stderr)
        return FAILED
    return Exit.DONE


def _ready(url: str, may_open: bool) -> None:
    print(f"The bench is open: {url}   (Ctrl-C ends it)", flush=True)
    if may_open and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        webbrowser.open(url)
