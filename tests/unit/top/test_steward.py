"""The steward: two requests, one peer, everything else refused; and the daemon's side of it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import steward, steward_client
from appliance.clock import EARLIEST_UTC_S, LATEST_UTC_S
from appliance.steward import Answer, Powers, serve

ME = os.getuid()
GOOD_UTC_S = int(EARLIEST_UTC_S) + 1_000_000


class Done:
    """Powers that only write down what they were told."""

    def __init__(self, fails: bool = False) -> None:
        self.did: list[object] = []
        self._fails = fails

    @property
    def powers(self) -> Powers:
        return Powers(lambda utc_s: self._do(utc_s), lambda: self._do("off"))

    def _do(self, what: object) -> None:
        if self._fails:
            raise OSError(1, "Operation not permitted")
        self.did.append(what)


def ask(request: bytes, done: Done, uid: int | None = ME, *, hang_up: bool = False) -> str:
    """Send bytes to a steward; return what it answers.  hang_up: send no more after them."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, its:
        ours.sendall(request)
        if hang_up:
            ours.shutdown(socket.SHUT_WR)
        answer = serve(its, uid, done.powers)
        assert ours.recv(100) == f"{answer}\n".encode()
    return answer.value


def test_the_clock_is_set_to_whole_seconds() -> None:
    done = Done()
    assert ask(f"set-clock {GOOD_UTC_S}\n".encode(), done) == "done"
    assert done.did == [GOOD_UTC_S]


def test_power_off() -> None:
    done = Done()
    assert ask(b"poweroff\n", done) == "done"
    assert done.did == ["off"]


@pytest.mark.parametrize("utc_s", [int(EARLIEST_UTC_S), int(LATEST_UTC_S)])
def test_the_limits_themselves_are_plausible(utc_s: int) -> None:
    done = Done()
    assert ask(f"set-clock {utc_s}\n".encode(), done) == "done"
    assert done.did == [utc_s]


@pytest.mark.parametrize(
    "utc_s", [0, int(EARLIEST_UTC_S) - 1, int(LATEST_UTC_S) + 1, 999_999_999_999]
)
def test_a_time_that_cannot_be_is_refused(utc_s: int) -> None:
    done = Done()
    assert ask(f"set-clock {utc_s}\n".encode(), done) == "refused RANGE"
    assert done.did == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\n",
        b"reboot\n",
        b"poweroff \n",
        b"POWEROFF\n",
        b"poweroff\r\n",
        b"poweroff\npoweroff\n",
        b"set-clock\n",
        b"set-clock -1\n",
        b"set-clock 1.8e9\n",
        b"set-clock 1800000000 now\n",
        b"set-clock  1800000000\n",
        "set-clock \u0661\u0668\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660\n".encode(),
        b"set-clock 1800000000; poweroff\n",
        b"\0poweroff\n",
        b"poweroff\0\n",
        b"x" * 64 + b"\n",
        b"x" * 100_000,
        b"\xff\xfe\n",
    ],
)
def test_whatever_else_is_refused(request_bytes: bytes) -> None:
    done = Done()
    assert ask(request_bytes, done) == "refused REQUEST"
    assert done.did == []


def test_a_request_without_its_end_is_none() -> None:
    done = Done()
    assert ask(b"poweroff", done, hang_up=True) == "refused REQUEST"
    assert done.did == []


def test_a_peer_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steward, "READ_WITHIN_S", 0.05)
    done = Done()
    assert ask(b"power", done) == "refused TIMEOUT"
    assert done.did == []


@pytest.mark.parametrize("uid", [ME + 1, None])
def test_only_the_daemons_user_is_served(uid: int | None) -> None:
    done = Done()
    assert ask(b"poweroff\n", done, uid) == "refused PEER"
    assert done.did == []


def test_what_the_machine_refuses_is_told() -> None:
    assert ask(b"poweroff\n", Done(fails=True)) == "failed POWER"
    assert ask(f"set-clock {GOOD_UTC_S}\n".encode(), Done(fails=True)) == "failed CLOCK"


def test_a_peer_that_is_gone_changes_nothing() -> None:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    done = Done()
    with its:
        ours.sendall(b"poweroff\n")
        ours.close()
        assert serve(its, ME, done.powers) is Answer.DONE
    assert done.did == ["off"]


Listener = Callable[[Callable[[socket.socket], object]], Path]


@pytest.fixture
def listener(tmp_path: Path, request: pytest.FixtureRequest) -> Listener:
    """Return a function that listens once, in a thread, with what it is given."""

    def listen(answer: Callable[[socket.socket], object]) -> Path:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.settimeout(10)
        listening.bind(str(tmp_path / "steward"))
        listening.listen(1)

        def run() -> None:
            connection, _ = listening.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=run)
        thread.start()
        request.addfinalizer(listening.close)
        request.addfinalizer(thread.join)
        return tmp_path / "steward"

    return listen


def test_client_and_steward_understand_each_other(listener: Listener) -> None:
    done = Done()
    path = listener(lambda connection: serve(connection, ME, done.powers))
    steward_client.set_clock(GOOD_UTC_S, path=path)
    assert done.did == [GOOD_UTC_S]


def test_the_client_switches_off(listener: Listener) -> None:
    done = Done()
    path = listener(lambda connection: serve(connection, ME, done.powers))
    steward_client.power_off(path=path)
    assert done.did == ["off"]


def test_the_client_says_which_time_is_refused(listener: Listener) -> None:
    path = listener(lambda connection: serve(connection, ME, Done().powers))
    with pytest.raises(steward_client.StewardError, match="no true clock") as caught:
        steward_client.set_clock(0, path=path)
    assert caught.value.code == "refused RANGE"


def test_without_a_steward_the_client_says_so(tmp_path: Path) -> None:
    with pytest.raises(steward_client.StewardError, match="still runs") as caught:
        steward_client.power_off(path=tmp_path / "none")
    assert caught.value.code == "NO_STEWARD"


@pytest.mark.parametrize("answer", [b"", b"don"])
def test_a_steward_that_dies_is_no_done(listener: Listener, answer: bytes) -> None:
    path = listener(lambda connection: connection.sendall(answer))
    with pytest.raises(steward_client.StewardError) as caught:
        steward_client.set_clock(GOOD_UTC_S, path=path)
    assert caught.value.code == "NO_ANSWER"


def test_a_steward_that_the_end_of_the_machine_ends_first_has_refused_nothing(
    listener: Listener,
) -> None:
    steward_client.power_off(path=listener(lambda connection: connection.sendall(b"")))


def test_a_steward_that_hangs_is_not_waited_for(listener: Listener) -> None:
    released = threading.Event()
    path = listener(lambda _: released.wait(10))
    try:
        with pytest.raises(steward_client.StewardError) as caught:
            steward_client.set_clock(GOOD_UTC_S, path=path, timeout_s=0.05)
    finally:
        released.set()
    assert caught.value.code == "LATE"


def test_a_late_answer_about_the_power_is_no_refusal(listener: Listener) -> None:
    released = threading.Event()
    path = listener(lambda _: released.wait(10))
    try:
        steward_client.power_off(path=path, timeout_s=0.05)
    finally:
        released.set()


def test_as_a_program_it_serves_its_standard_input_and_writes_a_code_to_the_journal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = Done()
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, its:
        number = its.fileno()
        monkeypatch.setattr(steward.os, "dup", lambda _, dup=os.dup: dup(number))
        monkeypatch.setattr(steward, "_power_off", lambda: done.did.append("off"))
        monkeypatch.setattr(steward.pwd, "getpwnam", lambda _: type("User", (), {"pw_uid": ME}))
        ours.sendall(b"poweroff\n")
        assert steward.main() == 0
        assert ours.recv(100) == b"done\n"
    assert done.did == ["off"]
    assert capsys.readouterr().err == "event=STEWARD answer=done\n"


def test_where_the_user_is_unknown_nobody_is_served(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)

    def nobody(_: str) -> None:
        raise KeyError

    with ours, its:
        number = its.fileno()
        monkeypatch.setattr(steward.os, "dup", lambda _, dup=os.dup: dup(number))
        monkeypatch.setattr(steward.pwd, "getpwnam", nobody)
        ours.sendall(b"poweroff\n")
        assert steward.main() == 1
    assert "refused_PEER" in capsys.readouterr().err
