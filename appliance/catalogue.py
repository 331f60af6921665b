"""Finds the catalogue of a language: gettext files in a folder of that name.

`languages/fr/` holds French: `appliance.po`, and one file for each bundle whose words are
said in it.  Another language is another folder, and nothing else.  What cannot be used falls
back to English, once and for all, with words for the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polib

from appliance.tongue import ENGLISH, Tongue

LANGUAGES = Path(__file__).parent / "languages"
UNREVIEWED = "Machine-made translation: needs a native clinical reviewer."
_REVIEWER = "X-Reviewed-By"
"""Field of a catalogue's head: who signed it.  Empty: a machine made it, and nobody did yet."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of the language in the settings.

    fault: why English is used instead; empty when it is not.  note: what must be known of the
    translation; empty when a reviewer signed all of it.
    """

    tongue: Tongue = ENGLISH
    fault: str = ""
    note: str = ""


def languages(folder: Path = LANGUAGES) -> tuple[str, ...]:
    """Return the codes of all languages that there are words for; English is always one."""
    found = {path.parent.name for path in folder.glob("*/appliance.po")}
    return ("en", *sorted(found))


def open_language(code: str, has_letter: Callable[[str], bool], folder: Path = LANGUAGES) -> Spoken:
    """Return the language, or English and why.

    has_letter: whether the screen has a face for a letter; raises OSError where it has none
    for its script.
    """
    if code == ENGLISH.code:
        return Spoken()
    paths = sorted((folder / code).glob("*.po"))
    if not paths:
        return Spoken(fault=f"no words for {code} are installed: English is used")
    try:
        files = [polib.pofile(str(path), encoding="utf-8") for path in paths]
    except (OSError, ValueError):
        return Spoken(fault=f"the words for {code} cannot be read: English is used")
    messages = {entry.msgid: entry.msgstr for file in files for entry in file.translated_entries()}
    try:
        lacking = not all(map(has_letter, sorted(set("".join(messages.values())))))
    except OSError:
        lacking = True
    if lacking:
        return Spoken(fault=f"no type face has the letters of {code}: English is used")
    signed = all(file.metadata.get(_REVIEWER, "").strip() for file in files)
    return Spoken(Tongue(code, messages), note="" if signed else UNREVIEWED)
