"""Settings files from any laptop: what is read, what is refused, and in which line."""

from __future__ import annotations

import codecs
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.settings_fault import FILE, Fault
from appliance.settings_text import (
    MAX_FILE_BYTES,
    TextRefused,
    decode_text,
    lines_of,
    parse_text,
    read_bytes,
    with_lines,
)

TEXT = """\
# first a comment
top = 1

[clinic]
name = "A # B"   # a comment
"quoted key" = 'x'
a.b.c = 2
list = [
    1,
    # inside
    2,
]
text = \"\"\"
[not.a.table]
x = 1
\"\"\"
table = { one = 1, two = [ { three = 3 } ] }
[[instruments]]
name = "a"

[[instruments]]
  name = "b"
  [instruments.more]
  deep = 1
[after]
last = 1"""

LINES = {
    "top": 2,
    "clinic": 4,
    "clinic.name": 5,
    "clinic.quoted key": 6,
    "clinic.a": 7,
    "clinic.a.b": 7,
    "clinic.a.b.c": 7,
    "clinic.list": 8,
    "clinic.text": 13,
    "clinic.table": 17,
    "clinic.table.one": 17,
    "clinic.table.two": 17,
    "clinic.table.two[1]": 17,
    "clinic.table.two[1].three": 17,
    "instruments[1]": 18,
    "instruments[1].name": 19,
    "instruments[2]": 21,
    "instruments[2].name": 22,
    "instruments[2].more": 23,
    "instruments[2].more.deep": 24,
    "after": 25,
    "after.last": 26,
}


def test_every_key_has_its_line() -> None:
    parse_text(TEXT)
    assert lines_of(TEXT) == LINES


@given(st.lists(st.sampled_from(["", "   ", "# comment", "#[x]", "\t# y = 1"]), max_size=5))
def test_blank_lines_and_comments_only_move_the_lines(before: list[str]) -> None:
    moved = "\n".join([*before, TEXT])
    assert lines_of(moved) == {key: line + len(before) for key, line in LINES.items()}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_line_ends_and_encodings_of_any_laptop(end: str, mark: bytes, encoding: str) -> None:
    text = 'name = "Clínica ☤"\nb = 2\n'
    assert decode_text(mark + text.replace("\n", end).encode(encoding)) == text


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"a = 1\nb = '\xff'\n", 2, "not text"),
        (b"\xff\xfe\x00", 1, "not text"),
        (b"a = 1\n\0\0\0\0", 2, "zero bytes"),
        ("name = 'x'".encode("utf-16-le"), 1, "zero bytes"),
        (b"\x7fELF\x02\x01\x01\0\0\0", 1, "zero bytes"),
        (b"{\\rtf1\\ansi name = 1}", 1, "Invalid"),
        (b"[a]\nb = 1\nb = 2\n", 3, "overwrite"),
        (b"[a]\n[b]\n[a]\n", 3, "twice"),
        (b"a = 1\nb = [1, 2\n", 2, "Unclosed"),
        (b"a = 1\n\nno equals sign\n", 3, "Expected"),
        ("a = 1\nname = \u201cRoom 2\u201d\n".encode(), 2, "Invalid"),
        (b"x = " + b"[" * 5000, 0, "brackets"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_line(content: bytes, line: int, words: str) -> None:
    with pytest.raises(TextRefused) as refused:
        parse_text(decode_text(content))
    fault = refused.value.fault
    assert (fault.key, fault.line) == (FILE, line)
    assert words in fault.value


def test_curly_quotation_marks_are_named() -> None:
    with pytest.raises(TextRefused) as refused:
        parse_text("name = \u201cRoom 2\u201d")
    assert "straight" in refused.value.fault.allowed


def test_no_content_of_a_line_is_repeated() -> None:
    secret = "b3BlbnNzaC1rZXktdjEAAAAA"
    for text in (f"a = 1\n{secret}\n", f"a = 1\n-----BEGIN {secret}", f"[{secret}"):
        with pytest.raises(TextRefused) as refused:
            parse_text(text)
        assert secret not in str(refused.value)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"#" * MAX_FILE_BYTES)
    assert len(read_bytes(path)) == MAX_FILE_BYTES
    path.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(TextRefused, match="too large"):
        read_bytes(path)
    with pytest.raises(TextRefused, match="directory"):
        read_bytes(tmp_path)


def test_what_is_absent_has_the_line_of_its_table_and_the_file_comes_first() -> None:
    faults = tuple(
        Fault(key, "v", "a") for key in ("instruments[2].port", "status.x", "clinic.name", "after")
    )
    found = with_lines(faults, TEXT)
    assert [(fault.key, fault.line) for fault in found] == [
        ("status.x", 0),
        ("clinic.name", 5),
        ("instruments[2].port", 21),
        ("after", 25),
    ]


def test_lines_of_a_spiteful_file_are_found_in_time_or_given_up() -> None:
    text = "a = 1\nb = [\n" + "[1],\n" * 50_000 + "]\nc = 1\n"
    parse_text(text)
    began = time.monotonic()
    assert lines_of(text) == {"a": 1}
    assert time.monotonic() - began < 20.0


def test_keys_that_cannot_be_printed_or_end_are_made_to() -> None:
    (bell, long) = with_lines((Fault("\a\n", "v", "a"), Fault("k" * 300, "v", "a")), "x = 1")
    assert bell.key == "\\x07\\n"
    assert len(long.key) <= 60
