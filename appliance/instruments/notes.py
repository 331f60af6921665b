"""What staff should know of one instrument, from everybody who knows something: one text of all.

Called from its port's thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, auto

from appliance.events import InstrumentNoted
from appliance.instruments.decoding import BATTERY_LOW, Decoded

BATTERY_WORDS = "Its battery is low: change it soon."


class About(Enum):
    """What a note is about; each has one note at a time, and the first stands first."""

    CONVERSATION = auto()
    STRANGER = auto()
    BATTERY = auto()


class Notes:
    """The notes of one instrument.  post: told of the whole text whenever it changes."""

    def __init__(self, instrument: str, post: Callable[[InstrumentNoted], None]) -> None:
        self._instrument, self._post = instrument, post
        self._notes: dict[About, str] = {}
        self._low: set[str] = set()
        self._told = ""

    def say(self, about: About, words: str) -> None:
        """Note this; empty words take a note back."""
        self._notes[about] = words
        told = " ".join(filter(None, (self._notes.get(each, "") for each in About)))
        if told != self._told:
            self._told = told
            self._post(InstrumentNoted(self._instrument, told))

    def talked(self, noted: InstrumentNoted) -> None:
        """Take what its talker notes."""
        self.say(About.CONVERSATION, noted.words)

    def heard(self, values: Iterable[Decoded]) -> None:
        """Take what an instrument says of its battery, beside each of its values."""
        before = set(self._low)
        for value in values:
            if value.extra.get(BATTERY_LOW):
                self._low.add(value.quantity)
            else:
                self._low.discard(value.quantity)
        if self._low != before:
            self.say(About.BATTERY, BATTERY_WORDS if self._low else "")

    def forget(self) -> None:
        """Take everything back: the port is gone, and another device may come."""
        self._low.clear()
        for about in tuple(self._notes):
            self.say(about, "")
