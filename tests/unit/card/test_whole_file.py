"""Files that are old or new at whatever step the power goes, and flushed in the right order."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.card import whole_file
from appliance.card.notes import LONGEST, MOST, leave_note, read_notes
from appliance.card.whole_file import remove_whole, replace_whole

STEPS = ("open", "write", "fsync", "close", "replace", "unlink")
OLD, NEW = b"old" * 100, b"new" * 5000


class PowerCut(BaseException):
    """The power goes: nothing runs after this, not even clean-up that catches OSError."""


class Steps:
    """Notes each step on the file system, and cuts the power before the chosen one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cut_before: int = 10_000) -> None:
        self.done: list[str] = []
        self._cut_before = cut_before
        for name in STEPS:
            monkeypatch.setattr(whole_file.os, name, self._counted(name, getattr(os, name)))

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **more: Any) -> Any:
            if len(self.done) >= self._cut_before:
                raise PowerCut
            self.done.append(name)
            if name == "write":  # a card takes what it likes
                return real(arguments[0], bytes(arguments[1])[:4096])
            return real(*arguments, **more)

        return step


def test_the_order_is_write_flush_rename_flush_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(monkeypatch)
    assert replace_whole(tmp_path / "file", NEW)
    writes = ["write"] * 4
    assert [s for s in steps.done if s != "unlink"] == [
        "open", *writes, "fsync", "close", "replace", "open", "fsync", "close",
    ]  # fmt: skip


def test_a_cut_at_any_step_leaves_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "file", set()
    for cut in range(20):
        path.write_bytes(OLD)
        with monkeypatch.context() as patched:
            Steps(patched, cut)
            try:
                replace_whole(path, NEW)
            except PowerCut:
                pass
            else:
                seen.add("done")
        seen.add(path.read_bytes())
        # The next start writes as if nothing had been.
        assert replace_whole(path, b"later")
        assert path.read_bytes() == b"later"
        assert list(tmp_path.iterdir()) == [path]
    assert seen == {OLD, NEW, "done"}


def test_what_is_there_already_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    steps = Steps(monkeypatch)
    assert not replace_whole(path, OLD)
    assert steps.done == []


def test_a_full_card_keeps_the_old_file_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(whole_file.os, "write", full)
    with pytest.raises(OSError, match="No space"):
        replace_whole(path, NEW)
    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_part_left_over_is_no_way_to_write_elsewhere(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_bytes(OLD)
    (tmp_path / "file.part").symlink_to(target)
    replace_whole(tmp_path / "file", NEW, 0o600)
    assert target.read_bytes() == OLD
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_removing_flushes_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    steps = Steps(monkeypatch)
    remove_whole(tmp_path / "file")
    assert steps.done[-3:] == ["open", "fsync", "close"]
    with pytest.raises(FileNotFoundError):
        remove_whole(tmp_path / "file")


def test_notes_are_one_printable_line_each_in_the_order_of_their_names(tmp_path: Path) -> None:
    assert read_notes(tmp_path / "none") == ()
    leave_note(tmp_path, "b", "second")
    leave_note(tmp_path, "a", "first")
    leave_note(tmp_path, "a", "the first")
    (tmp_path / "c").write_bytes(b"bell \a and \xff" + b"w" * 500 + b"\nmore")
    (tmp_path / "d").mkdir()
    (tmp_path / "e").touch()
    (tmp_path / "f.part").write_text("half")
    notes = read_notes(tmp_path)
    assert notes[:2] == ("the first", "second")
    assert len(notes) == 3
    assert notes[2].isprintable()
    assert len(notes[2]) <= LONGEST
    for number in range(20):
        leave_note(tmp_path, f"n{number:02}", "more")
    assert len(read_notes(tmp_path)) == MOST
