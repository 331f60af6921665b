"""The safe state after a loop of reboots: a page, a key, and nothing else.

No instrument is opened and no model is loaded, since one of them may be what the daemon died
of.  Key A asks for one more try: the daemon ends in good order and systemd starts it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Protocol

from appliance.boots import held_words
from appliance.events import Event, Key, KeyPressed, StopRequested
from appliance.heartbeat import Heartbeats
from appliance.key_names import MATRIX, with_key_names
from appliance.notify import Notifier
from appliance.presenting import out_of_service_view
from appliance.views import View

log = logging.getLogger("appliance")


class Screen(Protocol):
    """Where the page is shown."""

    def show(self, view: View) -> None:
        """Show this view as soon as possible; never blocks."""
        ...


@dataclass(frozen=True, slots=True)
class Holding:
    """What the safe state works with.

    keys: what is printed on the keypad's keys (appliance.key_names).
    allow: lets the next start serve; raises OSError.  turn_s, stale_after_s: as in the
    daemon's main loop.
    """

    events: SimpleQueue[Event]
    screen: Screen
    beats: Heartbeats
    notifier: Notifier
    allow: Callable[[], None]
    turn_s: float
    stale_after_s: float
    keys: Mapping[str, str] = field(default_factory=lambda: MATRIX)


def hold(holding: Holding, failed_boots: int) -> None:
    """Show that the appliance is held until somebody presses A or it is told to stop."""
    log.error("event=HELD failed_boots=%d", failed_boots)
    page = out_of_service_view(held_words(failed_boots))
    holding.screen.show(with_key_names(page, holding.keys))
    holding.notifier.status("held after failed boots")
    holding.notifier.ready()
    while not _ends(holding):
        if not holding.beats.stale(holding.stale_after_s):
            holding.notifier.alive()
    holding.notifier.stopping()


def _ends(holding: Holding) -> bool:
    """Take one event; return whether it ends the safe state."""
    try:
        event = holding.events.get(timeout=holding.turn_s)
    except Empty:
        return False
    if isinstance(event, StopRequested):
        return True
    if not isinstance(event, KeyPressed) or event.key is not Key.OK:
        return False
    try:
        holding.allow()
    except OSError as error:
        # The try could not be written down, so it would not be one: stay held.
        log.error("event=TRY_NOT_KEPT errno=%s", error.errno)
        return False
    log.info("event=TRY_ALLOWED")
    return True
