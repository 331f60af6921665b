"""Asks the steward without keeping the main loop waiting; the answer comes as an event.

One thread for each request, because requests are rare and each ends by itself: the client
waits for a bounded time, and the controller has time-outs of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from appliance import steward_client
from appliance.events import Asked, Event, StewardAnswered
from appliance.steward_client import StewardError

NAME = "steward"


class AskingSteward:
    """The daemon's side of the steward.

    post: takes the answer, on a foreign thread.  set_clock and power_off block, and raise
    StewardError.
    """

    def __init__(
        self,
        post: Callable[[Event], None],
        set_clock: Callable[[int], None] = steward_client.set_clock,
        power_off: Callable[[], None] = steward_client.power_off,
    ) -> None:
        self._post, self._set_clock, self._power_off = post, set_clock, power_off

    def set_clock(self, utc_s: int) -> None:
        """Begin to have the clock set to these UTC seconds."""
        self._begin(Asked.CLOCK, lambda: self._set_clock(utc_s))

    def power_off(self) -> None:
        """Begin to have the machine switched off."""
        self._begin(Asked.POWER_OFF, self._power_off)

    def _begin(self, what: Asked, ask: Callable[[], None]) -> None:
        threading.Thread(target=self._ask, args=(what, ask), name=NAME, daemon=True).start()

    def _ask(self, what: Asked, ask: Callable[[], None]) -> None:
        try:
            ask()
        except StewardError as error:
            self._post(StewardAnswered(what, error.code, str(error)))
        except Exception as error:  # noqa: BLE001 - top of a thread: nobody else would hear of it
            # No WorkerDied: the appliance can do without, and the screen says what was not done.
            words = f"It could not be asked for: {what.value}. Call a technician."
            self._post(StewardAnswered(what, type(error).__name__, words))
        else:
            self._post(StewardAnswered(what))
