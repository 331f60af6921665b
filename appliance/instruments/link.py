"""The state of one instrument's link, from what was heard and when.  Pure.

Opened and nothing heard yet is silent; bytes without any good frame for a while are not
understood; one good frame makes it speak.  All times are those of the appliance's clock.
"""

from __future__ import annotations

from appliance.events import LinkState

GARBLED_AFTER_S = 3.0
"""Bytes that give no good frame for so long are not understood: boot text is over by then."""


class LinkWatch:
    """Follows one link from its opening on."""

    def __init__(self, silent_after_s: float, opened_mono_s: float) -> None:
        self._silent_after_s = silent_after_s
        self._heard_mono_s = opened_mono_s
        self._unclear_since_mono_s: float | None = None
        self.state = LinkState.SILENT

    def heard(self, now_mono_s: float, *, good: bool) -> None:
        """Take note that bytes came, and whether any good frame was among them."""
        if good:
            self.state = LinkState.SPEAKING
            self._heard_mono_s = now_mono_s
            self._unclear_since_mono_s = None
            return
        if self._unclear_since_mono_s is None:
            self._unclear_since_mono_s = now_mono_s
        if now_mono_s - self._unclear_since_mono_s >= GARBLED_AFTER_S:
            self.state = LinkState.GARBLED
            self._heard_mono_s = now_mono_s

    def passed(self, now_mono_s: float) -> None:
        """Take note that time went on."""
        if now_mono_s - self._heard_mono_s >= self._silent_after_s:
            self.state = LinkState.SILENT
            self._unclear_since_mono_s = None
