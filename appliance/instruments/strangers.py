"""Listens along on a port that is not understood: which other instrument it sounds like.

Only a name comes of it, for people who look at cables and settings: no value of a stranger is
ever used.  Where all is well it costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from appliance.events import InstrumentNoted, LinkState
from appliance.instruments.ears import Ears, on_line
from appliance.instruments.protocols import SerialProtocol

BEGIN_AFTER = 200
"""Bytes without a good frame before the others listen: boot text and a damaged frame or two."""
ENOUGH = 20_000
"""Bytes after which they give up until a good frame came: nobody knows this one."""
WORDS = "Not understood. It sounds like {words}. Look for swapped cables."


class Strangers:
    """The other protocols of one port's line.  Called from its worker's thread only."""

    def __init__(
        self, instrument: str, protocol: SerialProtocol, post: Callable[[InstrumentNoted], None]
    ) -> None:
        self._instrument, self._protocol, self._post = instrument, protocol, post
        self._unclear = 0
        self._ears: Ears | None = None
        self._told = ""

    def heard(self, batch: bytes, *, good: bool) -> None:
        """Take what came, and whether the port's own decoder found a good frame in it."""
        if good:
            self._unclear, self._ears = 0, None
            return
        self._unclear += len(batch)
        if not BEGIN_AFTER <= self._unclear <= ENOUGH:
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

    def _say(self, words: str) -> None:
        if words != self._told:
            self._told = words
            self._post(InstrumentNoted(self._instrument, words))
