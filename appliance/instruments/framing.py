"""Bytes of one link that wait for a decision, and the runs of those that belong to no frame.

Shared by the decoders of binary frames.  Where a run is cut depends on its bytes alone,
never on the chunks they came in.
"""

from __future__ import annotations

import re

from appliance.instruments.decoding import RAW_LIMIT, Decoded, Output, Rejected, Reported


class Framing:
    """A window on the link's bytes.  From its front they are taken, skipped or dropped.

    hunting: words for bytes where no frame begins.
    """

    def __init__(self, hunting: str) -> None:
        self._hunting = hunting
        self._data = bytearray()
        self._at = 0
        self._offset = 0
        self._run = bytearray()
        self._words = hunting
        self._given: list[Output] = []

    def __len__(self) -> int:
        """How many bytes wait."""
        return len(self._data) - self._at

    @property
    def offset(self) -> int:
        """Where in the link's bytes the front is."""
        return self._offset

    def add(self, chunk: bytes) -> None:
        """Put new bytes at the end."""
        del self._data[: self._at]
        self._at = 0
        self._data += chunk

    def peek(self, at: int, size: int) -> bytes:
        """Return waiting bytes and leave them; fewer when fewer wait."""
        return bytes(self._data[self._at + at : self._at + at + size])

    def find(self, byte: int) -> int:
        """Return how many bytes wait before the first such byte; all when there is none."""
        found = self._data.find(byte, self._at)
        return len(self) if found < 0 else found - self._at

    def search(self, pattern: re.Pattern[bytes], start: int = 0) -> int:
        """Return how many bytes wait before the first match at or behind `start`; else all."""
        found = pattern.search(self._data, self._at + start)
        return len(self) if found is None else found.start() - self._at

    def take(self, size: int) -> bytes:
        """Return bytes from the front that are a good frame; a run before them ends."""
        self._close_run()
        self._words = self._hunting
        return self._advance(size)

    def skip(self, size: int) -> None:
        """Pass bytes that belong to nothing; they lengthen the open run."""
        while size:
            piece = min(size, RAW_LIMIT - len(self._run))
            self._run += self._advance(piece)
            size -= piece
            if len(self._run) == RAW_LIMIT:
                self._close_run()

    def drop(self, words: str, size: int = 1) -> None:
        """Pass bytes where a frame seemed to begin, and begin a run with the reason."""
        self._close_run()
        self._words = words
        self.skip(size)

    def end_run(self) -> None:
        """End the open run now: somebody waits to hear of it."""
        self._close_run()

    def drop_unfinished(self, words: str) -> None:
        """Pass one byte of what can never be finished; one run for all that follows it."""
        if self._run and self._words == words:
            self.skip(1)
        else:
            self.drop(words)

    def give(self, *outputs: Decoded | Reported) -> None:
        """Add what a frame said, in its place among the runs."""
        self._given += outputs

    def collect(self) -> list[Output]:
        """Return what was given since the last time."""
        given, self._given = self._given, []
        return given

    def finish(self, words: str) -> list[Output]:
        """Drop what waits, for this reason, and end the open run: the bytes ended."""
        if len(self):
            self.drop(words, len(self))
        self._close_run()
        return self.collect()

    def reset(self) -> None:
        """Forget what waits and the open run: the link was opened again."""
        self._advance(len(self))
        self._run.clear()
        self._words = self._hunting

    def _advance(self, size: int) -> bytes:
        piece = self.peek(0, size)
        self._at += size
        self._offset += size
        return piece

    def _close_run(self) -> None:
        if self._run:
            raw = bytes(self._run)
            self._given.append(Rejected(self._words, self._offset - len(raw), raw))
            self._run.clear()
