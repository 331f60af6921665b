"""Listens along on a port that is not understood: which other instrument it sounds like.

Only a name comes of it, for people who look at cables and settings: no value of a stranger is
ever used.  Where all is well it costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from appliance.events import LinkState
from appliance.instruments.ears import Ears, on_line
from appliance.instruments.protocols import SerialProtocol

BEGIN_AFTER = 200
"""Bytes without a good frame before the others listen: boot text and a damaged frame or two."""
UNJUDGED = 8000
"""So many where the port's own decoder refuses nothing: a HealthyPi says a number once in some
3600 bytes, and others would be set to listen each second."""
ENOUGH = 20_000
"""Bytes after which they give up until a good frame came: nobody knows this one."""
WORDS = "Not understood. It sounds like {words}. Look for swapped cables."


class Strangers:
    """The other protocols of one port's line.  Called from its worker's thread only.

    say: told who it sounds like, and nothing when that is over.
    """

    def __init__(self, protocol: SerialProtocol, say: Callable[[str], None]) -> None:
        self._protocol, self._say_on = protocol, say
        self._unclear = 0
        self._refused = False
        self._ears: Ears | None = None
        self._told = ""

    def heard(self, batch: bytes, *, good: bool, refused: bool) -> None:
        """Take what came, and whether the port's own decoder found or refused a frame in it."""
        if good:
            self._unclear, self._refused, self._ears = 0, False, None
            return
        self._unclear += len(batch)
        self._refused = self._refused or refused
        if not (BEGIN_AFTER if self._refused else UNJUDGED) <= self._unclear <= ENOUGH:
            return
        if self._ears is None:
            line = self._protocol.line
            self._ears = Ears(p for p in on_line(line) if p.name != self._protocol.name)
        self._ears.hear(batch)

    def tell(self, state: LinkState) -> None:
        """Say who it sounds like once the link is not understood; take it back when it is."""
        if state is LinkState.GARBLED:
            stranger = None if self._ears is None else self._ears.verdict()
            words = "" if stranger is None else WORDS.format(words=stranger.words)
            # What was said stays while nothing better is known.
            self._say(words or self._told)
        elif state is LinkState.SPEAKING:
            self._say("")

    def forget(self) -> None:
        """Take it back: the port is gone, and another device may come."""
        self._unclear, self._refused, self._ears = 0, False, None
        self._say("")

    def _say(self, words: str) -> None:
        if words != self._told:
            self._told = words
            self._say_on(words)
