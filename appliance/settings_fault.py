"""One fault of a settings file, worded for the person who wrote the file."""

from __future__ import annotations

from dataclasses import dataclass, replace

FILE = "(file)"
"""The key of a fault of the file as a whole."""
LONGEST_SHOWN = 60
"""Characters of a value that a fault repeats."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the key, what stands there, and what may stand there.

    line: of the file, from 1; 0 where no line is to blame, as when the file is missing.
    """

    key: str
    value: str
    allowed: str
    line: int = 0

    def __str__(self) -> str:
        """Return the fault as one line for the person who wrote the file."""
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.key} = {self.value}: must be {self.allowed}"

    def at(self, line: int) -> Fault:
        """Return the same fault, found in this line, with a key that can be printed."""
        key = self.key if self.key.isprintable() else ascii(self.key)[1:-1]
        key = key if len(key) <= LONGEST_SHOWN else key[: LONGEST_SHOWN - 3] + "..."
        return replace(self, key=key, line=line)


def shown(value: object) -> str:
    """Return a value as a fault repeats it: printable, and not endless."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."
