"""Says in another language what a screen says in English.  Pure.

The appliance thinks, logs and is tested in English.  Only a finished view is said in the
clinic's language, text for text: a text is said whole or stays English, never half and half.

A message may have places, such as "{n} stored, too old" with "{n}" for a figure:

    {n}, {n2} ..  a figure          {t}  a time or date       {name}  stays as it is
    {w}, {w2} ..  words that must themselves be known         {l}  such words with commas
    {u}           a unit, or nothing        {x}  a list with names, said where it is known

A key in brackets, "[A]", is a place too: keypads bear different prints.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeVar, cast

from appliance.views import View

_PLACES = {
    "n": r"[-+]?\d[\d.,]*",
    "t": r"[\d:. _-]+",
    "name": r".+?",
    "w": r".+?",
    "l": r".+?",
    "x": r".+?",
    "u": r".*?",
}
_PLACE = re.compile(r"\\\{((name|[a-z])\d?)\\\}|\\\[([ABCD*#\\]+)\\\]")
_SENTENCES = re.compile(r"(?<=[.?!]) ")
_BETWEEN = " · "
_UNSAID = frozenset({"name", "printed"})
"""Fields of views that are not words: what a screen is called, and what stands on a key."""
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class _Template:
    """A message with places.  known: the letters of it that are no place."""

    pattern: re.Pattern[str]
    said: str
    known: int


class Tongue:
    """One language.  code: of ISO 639, as in the settings."""

    def __init__(self, code: str, messages: Mapping[str, str]) -> None:
        """Take the messages: English, and how they are said.

        letters: all that it is written with, in order.
        """
        self.code = code
        self._whole = {english: said for english, said in messages.items() if said}
        self.letters = "".join(sorted(set("".join(self._whole.values()))))
        self._small = {_small(english): _small(said) for english, said in self._whole.items()}
        self._templates: Mapping[str, list[_Template]] = _templates(self._whole)

    def view(self, view: View) -> View:
        """Return the view as it is said in this language."""
        return _each_text(view, self.say) if self._whole else view

    def say(self, text: str) -> str:
        """Return the text in this language, or as it is where it is not known."""
        found = self.find(text) if self._whole else None
        return text if found is None else found

    def find(self, text: str) -> str | None:
        """Return the text in this language, None where it is not known whole."""
        if not any(letter.isalpha() for letter in text):
            return text
        whole = self._whole.get(text, self._small.get(text))
        if whole is not None:
            return whole
        return self._by_template(text) or self._by_parts(text) or self._as_sentence(text)

    def _by_template(self, text: str) -> str | None:
        first = text.split(" ", 1)[0]
        for template in (*self._templates.get(first, ()), *self._templates.get("", ())):
            match = template.pattern.fullmatch(text)
            said = None if match is None else self._filled(template.said, match)
            if said is not None:
                return said
        return None

    def _filled(self, said: str, match: re.Match[str]) -> str | None:
        """Put into the places what stands in them; None if it cannot be said."""
        for place, given in match.groupdict().items():
            if place.startswith("key_"):
                said = said.replace(f"[{_KEYS[place]}]", f"[{given}]")
                continue
            filled = self._place(re.sub(r"\d$", "", place), given)
            if filled is None:
                return None
            said = said.replace("{" + place + "}", filled)
        return said

    def _place(self, kind: str, given: str) -> str | None:
        match kind:
            case "w" | "u":
                return self.find(given)
            case "l":
                return self._all(given, ", ")
            case "x":
                return ", ".join(self.say(each) for each in given.split(", "))
            case _:
                return given

    def _by_parts(self, text: str) -> str | None:
        if _BETWEEN in text:
            return self._all(text, _BETWEEN)
        sentences = _SENTENCES.split(text)
        if len(sentences) < 2:
            return None
        said = [self.find(each) for each in sentences]
        return None if None in said else " ".join(each or "" for each in said)

    def _all(self, text: str, between: str) -> str | None:
        said = [self.find(each) for each in text.split(between)]
        return None if None in said else between.join(each or "" for each in said)

    def _as_sentence(self, text: str) -> str | None:
        """Say words that stand as a sentence, and are known without capital and full stop."""
        if not text.endswith(".") or len(text) < 2:
            return None
        bare = text[:-1]
        said = self.find(bare) or self.find(bare[:1].lower() + bare[1:])
        return None if said is None else f"{_large(said)}{self._whole.get('.', '.')}"


def _templates(messages: Mapping[str, str]) -> Mapping[str, list[_Template]]:
    """Return the messages with places by their first word, "" where that is a place itself.

    Those with more known letters come first: "{n} of {w}" before "{w} {w2}"; of the same,
    those that let nothing stand unsaid.
    """
    found: defaultdict[str, list[_Template]] = defaultdict(list)
    for english, said in messages.items():
        escaped = re.escape(english)
        if not _PLACE.search(escaped):
            continue
        first = escaped.split(r"\ ", 1)[0]
        known = len(re.sub(r"\{.*?\}", "", english))
        template = _Template(re.compile(_PLACE.sub(_pattern, escaped), re.S), said, known)
        found["" if _PLACE.search(first) else english.split(" ", 1)[0]].append(template)
    for templates in found.values():
        templates.sort(key=lambda each: (-each.known, "<name" in each.pattern.pattern))
    return MappingProxyType(dict(found))


_KEYS = {"key_A": "A", "key_B": "B", "key_C": "C", "key_D": "D", "key_P": "*", "key_H": "#"}
_OF_KEY = {printed: place for place, printed in _KEYS.items()}


def _pattern(place: re.Match[str]) -> str:
    if place[3] is not None:
        return rf"\[(?P<{_OF_KEY[place[3].replace(chr(92), '')]}>[^\]]+)\]"
    return f"(?P<{place[1]}>{_PLACES[place[2]]})"


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _large(text: str) -> str:
    return text[:1].upper() + text[1:]


def _each_text(value: _V, say: Callable[[str], str]) -> _V:
    """Return the value with every text in it said, however deep."""
    changed: Any = value
    if isinstance(value, str) and not isinstance(value, Enum):
        changed = say(value)
    elif isinstance(value, tuple):
        changed = tuple(_each_text(each, say) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        inside = {
            each.name: _each_text(getattr(value, each.name), say)
            for each in fields(value)
            if each.name not in _UNSAID
        }
        changed = replace(cast(Any, value), **inside)
    return cast(_V, changed)


ENGLISH = Tongue("en", {})
"""The language of the source: every text stays as it is."""
