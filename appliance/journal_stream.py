"""Where the daemon's log goes: to the journal with its fields, or to standard error.

The journal needs systemd's Python binding, and systemd as what started us.
Either way it holds event codes and counts, never a value (see `appliance.journal`).
"""

from __future__ import annotations

import logging
import os
import sys

try:
    from systemd.journal import JournalHandler
except ImportError:
    JournalHandler = None

IDENTIFIER = "appliance"


def log_handler() -> logging.Handler:
    """Return the handler for the log of this process."""
    # systemd sets JOURNAL_STREAM for what it connects to the journal, and only then.
    if JournalHandler is not None and os.environ.get("JOURNAL_STREAM"):
        handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER=IDENTIFIER)
        handler.setFormatter(logging.Formatter("%(message)s"))
        return handler
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    return handler
