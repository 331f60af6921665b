"""The safe state after a loop of reboots: a page, two keys, and nothing else.

No instrument is opened and no model is loaded, since one of them may be what the daemon died
of.  Key A asks for one more try: the daemon ends in good order and systemd starts it again.
The power key, pressed twice, switches off.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Protocol

from appliance.actions_power import NO_END
from appliance.boots import held_words
from appliance.events import Event, Key, KeyPressed, StewardAnswered, StopRequested
from appliance.heartbeat import Heartbeats
from appliance.key_names import MATRIX, with_key_names
from appliance.notify import Notifier
from appliance.presenting import out_of_service_view, switching_off_view
from appliance.timeouts import Timeouts
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
    power_off: has the machine switched off; the answer is an event.
    allow: lets the next start serve; raises OSError.  turn_s, stale_after_s: as in the
    daemon's main loop.  off_within_s: real seconds until a machine that still runs is told of.
    """

    events: SimpleQueue[Event]
    screen: Screen
    beats: Heartbeats
    notifier: Notifier
    allow: Callable[[], None]
    turn_s: float
    stale_after_s: float
    power_off: Callable[[], None]
    keys: Mapping[str, str] = field(default_factory=lambda: MATRIX)
    off_within_s: float = Timeouts().power_off_s


def hold(holding: Holding, failed_boots: int) -> View | None:
    """Show that the appliance is held until somebody presses A or it is told to stop.

    Returns what the screen goes on saying afterwards: that it is being switched off, or None.
    """
    log.error("event=HELD failed_boots=%d", failed_boots)
    keeper = _Keeper(holding, failed_boots)
    keeper.show()
    holding.notifier.status("held after failed boots")
    holding.notifier.ready()
    while not keeper.ends():
        if not holding.beats.stale(holding.stale_after_s):
            holding.notifier.alive()
    holding.notifier.stopping()
    return keeper.farewell


class _Keeper:
    """Answers the two keys.  farewell: the page that stays when the machine is switched off."""

    def __init__(self, holding: Holding, failed_boots: int) -> None:
        self._holding = holding
        self._page = out_of_service_view(held_words(failed_boots))
        self._asked = False
        self._off_by_s = 0.0
        self.farewell: View | None = None

    def show(self, notice: str = "") -> None:
        """Show the page of the safe state."""
        self._show(replace(self._page, notice=notice))

    def ends(self) -> bool:
        """Take one event; return whether it ends the safe state."""
        try:
            event = self._holding.events.get(timeout=self._holding.turn_s)
        except Empty:
            if self.farewell is not None and time.monotonic() >= self._off_by_s:
                self._stays_on("LATE", NO_END)
            return False
        match event:
            case StopRequested():
                return True
            case KeyPressed(Key.POWER):
                self._power_key()
            case KeyPressed(key) if self.farewell is None:
                if key is Key.OK:
                    return self._allow()
                if self._asked:
                    self._asked = False
                    self.show()
            case StewardAnswered(_, code, words) if code:
                self._stays_on(code, words)
        return False

    def _stays_on(self, code: str, words: str) -> None:
        log.error("event=STEWARD answer=%s", code.replace(" ", "_"))
        self.farewell, self._asked = None, False
        self.show(words)

    def _power_key(self) -> None:
        if self.farewell is not None:
            return
        if not self._asked:
            self._asked = True
            self.show("Press the power key again to switch off.")
            return
        self.farewell = with_key_names(switching_off_view(), self._holding.keys)
        self._off_by_s = time.monotonic() + self._holding.off_within_s
        self._holding.screen.show(self.farewell)
        self._holding.power_off()

    def _show(self, page: View) -> None:
        self._holding.screen.show(with_key_names(page, self._holding.keys))

    def _allow(self) -> bool:
        try:
            self._holding.allow()
        except OSError as error:
            # The try could not be written down, so it would not be one: stay held.
            log.error("event=TRY_NOT_KEPT errno=%s", error.errno)
            return False
        log.info("event=TRY_ALLOWED")
        return True
