"""Words for staff: units, names of quantities and reasons as a screen says them.

Some come from outside (paths, lists of any length).  A text that does not fit would blank its
screen, and with it rule and red flags (H-02), so it is cut here, visibly.  Pure.

Reasons come from decoders and from the clinical core and name quantities and units by their
code names; nobody at a bedside should have to read those.
"""

from __future__ import annotations

from collections.abc import Sequence

from appliance.clinical.quantities import QUANTITIES, UNIT_WORDS

REASON_CHARS = 110
"""A reason is shown up to here: the answer screen promises room for 120 characters.  All of
it is printed by `appliance bundle verify` and `appliance decode`."""

LONGEST_WORD = 24
"""A longer one is a path or rubbish, and would be wider than its column."""


def unit_words(unit: str) -> str:
    """Return a UCUM unit as a screen words it."""
    return UNIT_WORDS.get(unit, unit)


def staff_words(reason: str) -> str:
    """Return a reason with labels and units in place of code names."""
    words = []
    for word in reason.split(" "):
        bare = word.strip(",;:.")
        said = QUANTITIES[bare].label.lower() if bare in QUANTITIES else UNIT_WORDS.get(bare, bare)
        words.append(word.replace(bare, said) if len(bare) > 1 and said != bare else word)
    return " ".join(words)


def brief(reason: str, most: int = REASON_CHARS) -> str:
    """Return the reason, or its beginning and "..." where it or a word of it is too long."""
    words = (w if len(w) <= LONGEST_WORD else f"{w[: LONGEST_WORD - 3]}..." for w in reason.split())
    reason = " ".join(words)
    if len(reason) <= most:
        return reason
    cut = reason[: most - 4]
    return f"{cut.rpartition(' ')[0] or cut} ..."


def some_of(texts: Sequence[str], most: int) -> tuple[str, ...]:
    """Return the texts, or the first of them and how many more there are."""
    if len(texts) <= most:
        return tuple(texts)
    return (*texts[: most - 1], f"And {len(texts) - most + 1} more.")
