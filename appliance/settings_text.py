"""From the bytes of a settings file to its tables, and to the line in which each key stands.

Files come from any laptop: with a byte order mark or not, with the line ends of any system,
in UTF-8 or in the UTF-16 that older Windows programs write.  Whatever else is refused with
words and a line, and no content of a line is repeated: somebody may paste a secret there.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from appliance.settings_fault import FILE, Fault

MAX_FILE_BYTES = 256 * 1024
"""No honest settings file is larger; a larger one is not read into memory."""
_LONGEST_STATEMENT = 50
"""Lines of one value.  A longer one hides the lines after it; it is no settings file's."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PLACE_OF_ERROR = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_CLOSING = ("]", '"""', "'''")
_CURLY = re.compile("[\u201c\u201d\u2018\u2019]")
"""Quotation marks that word processors put in place of straight ones."""


class TextRefused(Exception):
    """The file is no text that could be read as settings."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


def read_bytes(path: Path) -> bytes:
    """Return the content of a file; raise TextRefused if it is too large or unreadable."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise TextRefused(Fault(FILE, words, "a readable file")) from error
    if len(content) > MAX_FILE_BYTES:
        raise TextRefused(Fault(FILE, "too large", f"at most {MAX_FILE_BYTES} bytes"))
    return content


def decode_text(content: bytes) -> str:
    """Return the text with plain line ends; raise TextRefused if it is none."""
    try:
        if content.startswith(_UTF16):
            text = content.decode("utf-16")
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        words = f"byte {error.start} is not text"
        raise TextRefused(Fault(FILE, words, "UTF-8 text", line)) from error
    if "\0" in text:
        # What a power cut leaves of a file that was not flushed, or UTF-16 without its mark.
        line = text[: text.index("\0")].count("\n") + 1
        raise TextRefused(Fault(FILE, "zero bytes are not text", "UTF-8 text", line))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_text(text: str) -> dict[str, object]:
    """Return the tables of the text; raise TextRefused with the first line that is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = str(error)
        place = _PLACE_OF_ERROR.search(words)
        lines = text.rstrip("\n").split("\n")
        line = int(place[1]) if place is not None and place[1] else len(lines)
        allowed = "TOML, a line such as key = value"
        if _CURLY.search(lines[min(line, len(lines)) - 1]):
            allowed = 'TOML; quotation marks must be straight ("), not curly'
        words = words[: place.start()] if place is not None else words
        raise TextRefused(Fault(FILE, words, allowed, line)) from error
    except RecursionError as error:
        raise TextRefused(Fault(FILE, "brackets within brackets", "TOML")) from error


def lines_of(text: str) -> Mapping[str, int]:
    """Return the line of every key and table, by names such as `instruments[1].port`.

    text: TOML without fault.  Lines count from 1.
    """
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    place = ""
    for line, statement, content in _statements(text):
        if statement.lstrip().startswith("["):
            place = _open_table(content, statement.lstrip().startswith("[["), counts)
            found.setdefault(place, line)
        else:
            _note_keys(content, place, line, found)
    return found


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Split into headers and assignments, each with its line and its own tables."""
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        if not lines[start].strip() or lines[start].lstrip().startswith("#"):
            start += 1
            continue
        for end in range(start + 1, min(start + _LONGEST_STATEMENT, len(lines)) + 1):
            # Of a value that goes on, only a line that closes something can be the last.
            if end > start + 1 and not any(mark in lines[end - 1] for mark in _CLOSING):
                continue
            statement = "\n".join(lines[start:end])
            try:
                content = tomllib.loads(statement)
            except tomllib.TOMLDecodeError:
                continue
            yield start + 1, statement, content
            break
        else:
            return
        start = end


def _open_table(header: Mapping[str, object], one_more: bool, counts: dict[str, int]) -> str:
    """Return the place that a header opens: the newest one of a list of tables."""
    place, inside = "", header
    while inside:
        (name,) = inside
        place = f"{place}.{name}" if place else name
        below = inside[name]
        if isinstance(below, list):
            below = below[0]
        last = not below
        if last and one_more:
            counts[place] = counts.get(place, 0) + 1
        if place in counts:
            place = f"{place}[{counts[place]}]"
        inside = below if isinstance(below, dict) else {}
    return place


def _note_keys(content: Mapping[str, object], place: str, line: int, found: dict[str, int]) -> None:
    for name, value in content.items():
        key = f"{place}.{name}" if place else name
        found.setdefault(key, line)
        if isinstance(value, dict):
            _note_keys(value, key, line, found)
        elif isinstance(value, list):
            for index, each in enumerate(value, start=1):
                if isinstance(each, dict):
                    found.setdefault(f"{key}[{index}]", line)
                    _note_keys(each, f"{key}[{index}]", line, found)


def with_lines(faults: tuple[Fault, ...], text: str) -> tuple[Fault, ...]:
    """Return the faults with their lines, in the order of the file.

    A key that is absent has the line of its table; one that the file does not even open has
    none and comes first.
    """
    if not faults:
        return ()
    lines = lines_of(text)
    found = [fault.at(_line_of(fault.key, lines)) for fault in faults]
    return tuple(sorted(found, key=lambda fault: fault.line))


def _line_of(key: str, lines: Mapping[str, int]) -> int:
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return lines.get(key, 0)
