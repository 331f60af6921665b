"""What one port has seen since the program started: numbers only, never a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from appliance.instruments.decoding import LOST_LINES, Output, Rejected


@dataclass(frozen=True, slots=True)
class Counters:
    """A snapshot.

    bytes_read: since start.  good: values, stated absences and answers.  rejected: pieces that gave
    none.  lost_lines: frames that the instrument numbered and we never saw.  reopened: how
    often the port was opened after the first time.  errors: how often each kind of
    rejection and of link fault came, by its words.
    """

    bytes_read: int = 0
    good: int = 0
    rejected: int = 0
    lost_lines: int = 0
    reopened: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)


class Tally:
    """Counts; written by the port's own thread only, read from any through `snapshot`."""

    def __init__(self) -> None:
        self._bytes_read = 0
        self._good = 0
        self._rejected = 0
        self._lost_lines = 0
        self._opened = 0
        self._errors: dict[str, int] = {}

    def count_batch(self, size_bytes: int, outputs: Iterable[Output]) -> None:
        """Count one batch of bytes and what became of it."""
        self._bytes_read += size_bytes
        for output in outputs:
            if isinstance(output, Rejected):
                self._rejected += 1
                self.count_error(output.error)
            else:
                self._good += 1
                self._lost_lines += int(output.extra.get(LOST_LINES, 0))

    def count_error(self, words: str) -> None:
        """Count one rejection or fault.  `words` come from a fixed list, never from bytes."""
        self._errors[words] = self._errors.get(words, 0) + 1

    def count_open(self) -> None:
        """Count that the port was opened."""
        self._opened += 1

    def snapshot(self) -> Counters:
        """Return the counts as they are now."""
        # Copying a dict is atomic in CPython; single counts may be one batch apart.
        return Counters(
            bytes_read=self._bytes_read,
            good=self._good,
            rejected=self._rejected,
            lost_lines=self._lost_lines,
            reopened=max(0, self._opened - 1),
            # A plain dict: asdict, which the status uses, cannot copy a mapping proxy.
            errors=self._errors.copy(),
        )
