"""Golden vectors: inputs, and the exact int8 outputs that each kind of machine must give.

Kinds differ by up to several steps from one another and never from themselves, so the
outputs are compared exactly, per key: runtime, its version, delegated or not, processor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MOST_VECTORS = 20_000
MOST_WORDS = 120
"""Characters that may say how the outputs of one key were made."""


class GoldenRefused(Exception):
    """golden.json does not hold golden vectors."""


@dataclass(frozen=True, slots=True)
class Golden:
    """inputs: int8 vectors in the graph's order.  outputs: by key, one for each input.

    made: how, for each key whose outputs were not made on such a machine itself.  It changes
    nothing in admission: the machine must reproduce them exactly all the same.
    """

    inputs: tuple[tuple[int, ...], ...]
    outputs: Mapping[str, tuple[int, ...]]
    made: Mapping[str, str] = field(default_factory=dict)

    def difference(self, key: str, answers: Sequence[int]) -> str:
        """Say how the answers differ from those of the key; empty when they do not."""
        wanted = self.outputs.get(key)
        if wanted is None:
            known = "; ".join(sorted(self.outputs)) or "none"
            return f"there are no golden vectors for {key} (there are for: {known})"
        if len(answers) != len(wanted):
            return f"{len(answers)} answers to {len(wanted)} golden vectors"
        wrong = sum(1 for got, right in zip(answers, wanted, strict=True) if got != right)
        return f"{wrong} of {len(wanted)} golden vectors come out otherwise" if wrong else ""


def golden_from_form(form: Mapping[str, object], width: int) -> Golden:
    """Make Golden of what golden.json holds; `width` is the number of the task's inputs.

    Raises GoldenRefused.
    """
    unknown = sorted(set(form) - {"inputs", "keys", "made"})
    if unknown:
        raise GoldenRefused(f"golden.json: nothing is known of {', '.join(unknown)}")
    rows = form.get("inputs")
    keys = form.get("keys")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_VECTORS:
        raise GoldenRefused(f"golden.json: inputs must be a list of 1 to {MOST_VECTORS} vectors")
    if not isinstance(keys, dict):
        raise GoldenRefused("golden.json: keys must be a table of outputs by kind of machine")
    inputs = tuple(_int8s(row, width, "inputs") for row in rows)
    outputs = {str(key): _int8s(row, len(rows), str(key)) for key, row in keys.items()}
    return Golden(inputs, outputs, _made(form.get("made", {}), outputs))


def _made(made: object, outputs: Mapping[str, object]) -> Mapping[str, str]:
    if not isinstance(made, dict):
        raise GoldenRefused("golden.json: made must be a table of words by kind of machine")
    for key, words in made.items():
        if key not in outputs:
            raise GoldenRefused("golden.json: made names a kind of machine that keys has not")
        if not isinstance(words, str) or not 1 <= len(words) <= MOST_WORDS:
            raise GoldenRefused(f"golden.json: made must hold 1 to {MOST_WORDS} characters a line")
    return made


def _int8s(row: object, length: int, name: str) -> tuple[int, ...]:
    if not isinstance(row, list) or len(row) != length:
        raise GoldenRefused(f"golden.json: {name} must hold {length} numbers a line")
    if not all(type(each) is int and -128 <= each <= 127 for each in row):
        raise GoldenRefused(f"golden.json: {name} must hold whole numbers from -128 to 127")
    return tuple(row)
