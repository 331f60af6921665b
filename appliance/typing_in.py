"""Typing one value on the keypad: pure steps from one Entry to the next.

Impossible values are refused with the limits; unlikely ones are asked again.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.clinical.quantities import QUANTITIES, ImpossibleValue, Quantity, Value
from appliance.events import Key
from appliance.states import Entry

MAX_DIGITS = 6
"""No quantity needs more; a longer one is a mistake or a leaning elbow."""


def type_key(entry: Entry, key: Key) -> Entry:
    """Return the entry after one key that types, corrects or chooses."""
    quantity = QUANTITIES[entry.input.quantity]
    text = entry.text
    if not quantity.is_number:
        return replace(entry, text=_choose(quantity, text, key), message="", asks_again=False)
    if key.digit is not None:
        text = _with_digit(quantity, text, str(key.digit))
    elif key is Key.POINT and quantity.decimals and "." not in text:
        text = (text or "0") + "."
    elif key is Key.CLEAR:
        text = text[:-1]
    return replace(entry, text=text, message="", asks_again=False)


def accept(entry: Entry) -> Value | Entry:
    """Return the typed value, or the entry with the reason why it is not taken yet."""
    quantity = QUANTITIES[entry.input.quantity]
    if not entry.text:
        return replace(entry, message="Nothing is typed yet.")
    value: Value = float(entry.text) if quantity.is_number else entry.text
    try:
        quantity.check(value)
    except ImpossibleValue:
        return replace(entry, message=f"Not possible. {limits_in_words(quantity)}")
    if not entry.asks_again and not _is_likely(entry, quantity, value):
        return replace(entry, asks_again=True, message="Unusual. Check it; [A] again to accept.")
    return value


def limits_in_words(quantity: Quantity) -> str:
    """Return what can be a reading, for the entry screen."""
    if not quantity.is_number:
        return "Choose one."
    return f"Possible: {quantity.format(quantity.low)} to {quantity.format(quantity.high)}"


def _is_likely(entry: Entry, quantity: Quantity, value: Value) -> bool:
    if isinstance(value, str):
        return True
    low, high = entry.input.likely or quantity.likely
    return low <= value <= high and quantity.is_likely(value)


def _with_digit(quantity: Quantity, text: str, digit: str) -> str:
    whole, point, decimals = text.partition(".")
    if len(text.replace(".", "")) >= MAX_DIGITS:
        return text
    if point and len(decimals) >= quantity.decimals:
        return text
    if not point and whole == "0":
        return digit
    return text + digit


def _choose(quantity: Quantity, text: str, key: Key) -> str:
    choices = quantity.choices
    if key.digit is not None and 1 <= key.digit <= len(choices):
        return choices[key.digit - 1]
    if key is Key.NEXT:
        index = choices.index(text) + 1 if text in choices else 0
        return choices[index % len(choices)]
    if key is Key.CLEAR:
        return ""
    return text
