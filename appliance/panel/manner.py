"""In what language and type a panel speaks, and the panel's own words in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from appliance.tongue import ENGLISH, Tongue


@dataclass(frozen=True, slots=True)
class Manner:
    """large_type: words half as large again, on pages that turn."""

    tongue: Tongue = ENGLISH
    large_type: bool = False


PLAIN = Manner()
_SPOKEN: ContextVar[Tongue] = ContextVar("spoken", default=ENGLISH)


@contextmanager
def speaking(tongue: Tongue) -> Iterator[None]:
    """Say the panel's own words in this language for as long as a screen is laid out."""
    token = _SPOKEN.set(tongue)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def own(words: str) -> str:
    """Return some of the panel's own words in the language of the screen."""
    return _SPOKEN.get().say(words)
