"""What a person types, followed from the keys alone: the judge's own account of an entry.

Restated from what the clinic's page says of the keys; shares nothing with the appliance.
"""

from __future__ import annotations

from hw_mocks.endurance.rules import RULES
from hw_mocks.endurance.truth import Truth, Typing

MAX_DIGITS = 6
HELP_S = 60.0
"""A help page that nobody reads is gone so long after the last key."""
_DECIMALS = {rule.quantity: rule.decimals for rule in RULES.values()}


class Typist:
    """Follows the keypad through the entries of values and tells the truth of them."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._quantity = ""
        self._text = ""
        self._helping = False
        self._last_s = 0.0

    def pressed(
        self, printed: str, before: str, after: tuple[str, str | None], at: float, took_s: float
    ) -> None:
        """Take one key.  before: the mode in which it was pressed; after: mode and marked row.

        at, took_s: when the press began, and how long it took until it was answered.
        """
        mode, marked = after
        reads = self._helping and at - self._last_s < HELP_S
        self._last_s = at + took_s
        self._helping = before == mode == "entry" and printed == "#" and not reads
        if reads and mode == "entry":
            return  # a key on the help page closes it, and nothing else
        if before == "entry" and mode == "collect" and printed == "A" and self._text:
            self._truth.accept_typed(self._quantity, float(self._text), at, took_s)
        if mode != "entry":
            self._become("", "", at)
        elif before != "entry":
            self._become(marked or "", printed if printed.isdigit() else "", at)
        else:
            self._become(self._quantity, self._typed(printed), at)

    def _become(self, quantity: str, text: str, at: float) -> None:
        if (quantity, text) != (self._quantity, self._text):
            self._quantity, self._text = quantity, text
            self._truth.typing(Typing(at, quantity, text))

    def _typed(self, printed: str) -> str:
        text = self._text
        decimals = _DECIMALS.get(self._quantity, 0)
        whole, point, behind = text.partition(".")
        if printed == "C":
            return text[:-1]
        if printed == "*" and decimals and not point:
            return f"{text or '0'}."
        if not printed.isdigit() or len(whole) + len(behind) >= MAX_DIGITS:
            return text
        if point:
            return text if len(behind) >= decimals else text + printed
        return printed if whole == "0" else text + printed
