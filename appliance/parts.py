"""What the main loop works with: one small port for each part, chosen in wiring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

from appliance.clock import Clock, Now
from appliance.events import Event
from appliance.heartbeat import Heartbeats
from appliance.notify import Notifier
from appliance.orders import Order
from appliance.presenting import Place
from appliance.states import Assess, State
from appliance.views import Lamp, Sound, View


class Screen(Protocol):
    """Where views are shown."""

    def show(self, view: View) -> None:
        """Show this view as soon as possible; never blocks."""
        ...


class Signals(Protocol):
    """Lamps and buzzer."""

    def show(self, lamp: Lamp) -> None:
        """Let the lamps say this."""
        ...

    def sound(self, sound: Sound) -> None:
        """Let the buzzer say this once."""
        ...


class Instruments(Protocol):
    """All instruments; those that measure on command take orders."""

    def order(self, instrument: str, order: Order) -> None:
        """Give one order; never blocks."""
        ...

    def facts(self) -> list[dict[str, object]]:
        """Return name, protocol, state and counters of every instrument, for the status."""
        ...


class Model(Protocol):
    """Who answers assessments."""

    def submit(self, request: Assess) -> None:
        """Take one request; the answer comes as an event."""
        ...


class Steward(Protocol):
    """Who may set the clock and switch off."""

    def set_clock(self, utc_s: int) -> None:
        """Begin; never blocks.  The answer comes as an event."""
        ...

    def power_off(self) -> None:
        """Begin; never blocks.  The answer comes as an event."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """All of them.

    observe: told of every event with its moment and the state after it (simulation only).
    self_test: the start-up checks; returns what failed, in words.
    healthy: told once, when the daemon has been well for HEALTHY_AFTER_S.
    """

    events: SimpleQueue[Event]
    clock: Clock
    screen: Screen
    signals: Signals
    model: Model
    instruments: Instruments
    steward: Steward
    beats: Heartbeats
    notifier: Notifier
    place: Place
    self_test: Callable[[], tuple[str, ...]]
    observe: Callable[[Event, Now, State], None] | None = None
    healthy: Callable[[], None] | None = None
