"""Which protocols command an instrument that does harm when it is left alone.

A module of its own, because the aftermath of a dead daemon must know it and import little.
"""

from __future__ import annotations

COMMANDED = frozenset({"suntech_nibp"})
"""A cuff stays on an arm; a test compares this with the protocols that have a driver."""
