"""Telling systemd and its journal, with systemd's Python binding and without it."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import journal_stream
from appliance.notify import Notifier, _notify_by_library


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Listen where systemd would."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def tell_everything(notifier: Notifier) -> None:
    notifier.status("self-test")
    notifier.ready()
    notifier.alive()
    notifier.stopping()


def heard(manager: socket.socket) -> list[bytes]:
    return [manager.recv(100).rstrip(b"\n") for _ in range(4)]


ALL = [b"STATUS=self-test", b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_without_the_library_our_own_datagrams_tell_it(manager: socket.socket) -> None:
    tell_everything(Notifier(library=None))
    assert heard(manager) == ALL


@pytest.mark.systemd
def test_with_the_library_systemd_hears_the_same(manager: socket.socket) -> None:
    assert _notify_by_library is not None, "systemd-python is not installed (extra pi)"
    tell_everything(Notifier())
    assert heard(manager) == ALL


def test_an_abstract_socket_is_found() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0bedside-test-notify")
        listener.settimeout(5)
        Notifier("@bedside-test-notify").ready()
        assert listener.recv(100) == b"READY=1"


def test_the_library_is_asked_where_it_is_installed(manager: socket.socket) -> None:
    told: list[str] = []
    tell_everything(Notifier(library=told.append))
    assert told == [each.decode() for each in ALL]


def test_nobody_to_tell_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    told: list[str] = []
    tell_everything(Notifier(library=told.append))
    tell_everything(Notifier(library=None))
    assert told == []


def test_a_manager_that_is_gone_does_not_end_the_bedside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))

    def refused(_: str) -> None:
        raise ConnectionRefusedError

    tell_everything(Notifier(library=None))
    tell_everything(Notifier(library=refused))


def test_a_full_queue_does_not_block_the_main_loop(manager: socket.socket) -> None:
    notifier = Notifier(library=None)
    for _ in range(5000):
        notifier.alive()


class Journal(logging.Handler):
    """Stands in for systemd's handler."""

    def __init__(self, **fields: str) -> None:
        super().__init__()
        self.fields = fields


def test_the_log_goes_to_the_journal_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_stream, "JournalHandler", Journal)
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    handler = journal_stream.log_handler()
    assert isinstance(handler, Journal)
    assert handler.fields == {"SYSLOG_IDENTIFIER": "appliance"}


@pytest.mark.parametrize(("binding", "stream"), [(Journal, ""), (None, "8:1"), (None, "")])
def test_otherwise_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, binding: type[Journal] | None, stream: str
) -> None:
    monkeypatch.setattr(journal_stream, "JournalHandler", binding)
    monkeypatch.setenv("JOURNAL_STREAM", stream)
    handler = journal_stream.log_handler()
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stderr
