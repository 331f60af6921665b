"""How a command ends.  The numbers are a contract with scripts and with systemd."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    DONE = 0
    BAD_USAGE = 2
    HARDWARE = 3
    MODEL_REFUSED = 4
    INPUT_REFUSED = 5
    STORE_REFUSED = 6
    NOT_RUNNING = 7
