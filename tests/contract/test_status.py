"""The status socket: one JSON object for whoever asks, and nobody can hold it up."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from appliance.cli import main
from appliance.events import Event
from appliance.heartbeat import Heartbeats
from appliance.status import FORM, NotRunning, StatusServer, read_status


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "status"


@pytest.fixture
def said() -> dict[str, Any]:
    return {"form": FORM, "mode": "idle"}


@pytest.fixture
def server(path: Path, said: dict[str, Any]) -> Iterator[StatusServer]:
    events: SimpleQueue[Event] = SimpleQueue()
    server = StatusServer(path, lambda: said, events.put, Heartbeats())
    server.start()
    yield server
    assert server.stop(5.0)
    assert events.empty()
    assert not path.exists()


@pytest.mark.usefixtures("server")
def test_each_connection_gets_one_object(path: Path, said: dict[str, Any]) -> None:
    assert read_status(path) == said
    said["mode"] = "collect"
    assert read_status(path) == said


@pytest.mark.usefixtures("server")
def test_only_user_and_group_may_open_it(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


@pytest.mark.usefixtures("server")
def test_half_open_and_silent_clients_hold_nobody_up(path: Path, said: dict[str, Any]) -> None:
    said["padding"] = "x" * 900_000  # more than any socket buffer takes
    sleepers = []
    for _ in range(5):
        sleeper = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sleeper.connect(str(path))
        sleepers.append(sleeper)
    assert read_status(path, within_s=10.0) == said
    for sleeper in sleepers:
        sleeper.close()


@pytest.mark.usefixtures("server")
def test_a_flood_leaves_no_descriptor_behind(path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(500):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.connect(str(path))
            with contextlib.suppress(BrokenPipeError):  # it was answered and let go already
                client.send(b"GET / HTTP/1.1\r\n" * 10)
    assert read_status(path, within_s=10.0)["mode"] == "idle"
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_socket_left_behind_by_a_kill_is_replaced(path: Path, said: dict[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    server = StatusServer(path, lambda: said, lambda _event: None, Heartbeats())
    server.start()
    assert read_status(path) == said
    assert server.stop(5.0)


def test_a_failing_snapshot_is_a_dead_worker(path: Path) -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    beats = Heartbeats()

    def fail() -> dict[str, Any]:
        raise RuntimeError("120/80")

    server = StatusServer(path, fail, events.put, beats)
    server.start()
    with pytest.raises(NotRunning):
        read_status(path)
    told = events.get(timeout=5.0)
    assert "120" not in str(told)
    assert "RuntimeError" in str(told)
    assert "status" in beats.ages_s()
    server.stop(5.0)


def test_nobody_there_ends_with_7(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--socket", str(path)]) == 7
    assert "no appliance answers" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [b"", b"[1, 2]\n", b"\xff\xfe", b"{"])
def test_another_program_on_the_socket_is_not_believed(path: Path, answer: bytes) -> None:
    import threading

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(1)

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(NotRunning, match="not the appliance"):
        read_status(path)
    thread.join()
    listener.close()


@pytest.mark.usefixtures("server")
def test_the_command_prints_text_or_json(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--socket", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["form"] == FORM
    assert main(["status", "--socket", str(path)]) == 0
    assert "mode: idle" in capsys.readouterr().out
