"""The real daemon on a machine where opening one device never comes back.

As an adapter does whose driver hangs.  The path stands in the environment as BLOCKS; nothing
else of the daemon is changed.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

_open = os.open


def open_or_hang(path: Any, *more: Any, **named: Any) -> int:
    if os.fspath(path) == os.environ["BLOCKS"]:
        threading.Event().wait()
    return _open(path, *more, **named)


if __name__ == "__main__":
    os.open = open_or_hang
    from appliance import cli

    sys.exit(cli.main(sys.argv[1:]))
