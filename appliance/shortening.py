"""Words from outside made short enough for a screen.  Pure.

A reason may quote paths, names of files and lists of any length.  A text that does not fit
would blank its screen, and with it rule and red flags (H-02), so it is cut here, visibly;
the commands `bundle verify` and `check-config` say it whole.
"""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_WORD = 24
"""Characters: a path has no blanks to break a line at."""
ELLIPSIS = "…"


def shortened(text: str, most: int) -> str:
    """Return the text with at most so many characters and no overlong word in it."""
    whole = " ".join(_cut(word, LONGEST_WORD) for word in text.split())
    return _cut(whole, most)


def some_of(texts: Sequence[str], most: int) -> tuple[str, ...]:
    """Return the texts, or the first of them and how many more there are."""
    if len(texts) <= most:
        return tuple(texts)
    return (*texts[: most - 1], f"And {len(texts) - most + 1} more.")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + ELLIPSIS
