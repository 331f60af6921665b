"""Storms of signals and askers, a clock that jumps, a port that hangs: on the real daemon."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

from appliance.daemon import STALE_AFTER_S
from appliance.status import read_status
from tests.scenario.bedside import BEDSIDE, bedside, measure, rows, wait_for
from tests.scenario.test_bad_worlds import ENDS_WITHIN_S, is_black, newest_picture
from tests.scenario.worlds import SEVERE, WITHIN_S, prepare_world, running

STORM = 500


def test_a_storm_of_hangups_is_weathered(tmp_path: Path) -> None:
    with bedside(tmp_path) as world:
        measure(world)
        pid, aborts = world.app.pid, len(world.boards["cuff"].told("abort"))
        for _ in range(STORM):
            world.app.send(signal.SIGHUP)
        world.keys("D")
        assert world.app.pid == pid
        assert world.frame == "collect"
        assert "Patient 1" in world.words
        assert len(world.boards["cuff"].told("abort")) == aborts


def test_a_storm_of_requests_to_end_is_one_end_in_good_order(tmp_path: Path) -> None:
    with bedside(tmp_path) as world:
        measure(world)
        began, cuff = time.monotonic(), world.boards["cuff"]
        before = len(cuff.told("abort"))
        storming = threading.Thread(target=storm, args=(world.app.pid, signal.SIGTERM))
        storming.start()
        assert world.app.stop() == 0
        assert time.monotonic() - began < ENDS_WITHIN_S
        storming.join()
        assert len(cuff.told("abort")) > before
        wait_for(lambda: cuff.cuff_mmhg == 0.0, "an empty cuff")
        assert world.app.lit == set()
        assert is_black(newest_picture(world))


def storm(pid: int, number: signal.Signals) -> None:
    """Send a signal again and again until nobody is there to get it."""
    for _ in range(STORM):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        time.sleep(0.001)


IN_A_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "appliance", *sys.argv[1:]])
"""


def test_the_end_of_its_terminal_is_a_request_to_end(tmp_path: Path) -> None:
    screens = tmp_path / "screens"
    config = tmp_path / "appliance.toml"
    config.write_text(f'[display]\nkind = "capture"\nfolder = "{screens}"\n', "utf-8")
    terminal, end = os.openpty()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60.0)
        process = subprocess.Popen(
            [sys.executable, "-c", IN_A_TERMINAL, "run", "--config", str(config)],
            stdin=end,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")},
        )
        os.close(end)
        while b"READY=1" not in manager.recv(4096):
            pass
    termios.tcflush(terminal, termios.TCIOFLUSH)
    os.close(terminal)
    assert process.wait(WITHIN_S) == 0
    newest = max(screens.glob("[0-9]*.png"), key=lambda path: int(path.name.split("-")[0]))
    assert is_black(newest)


AGE = re.compile(r"(\d+) s ago")


@pytest.mark.parametrize("shift_s", [-3600.0, 400 * 86_400.0])
def test_a_clock_that_is_set_changes_no_age_and_no_validity(tmp_path: Path, shift_s: float) -> None:
    with bedside(tmp_path) as world:
        world.keys("A 1")
        world.type(SEVERE)
        before = {label: AGE.search(detail) for label, (_, detail) in rows(world).items()}
        world.app.shift_utc(shift_s)
        world.app.sync()
        world.keys("D")
        world.wait_for_words("175", "115")
        ages = {label: AGE.search(detail) for label, (_, detail) in rows(world).items()}
        for label in ("Systolic pressure", "Diastolic pressure", "Age"):
            was, now = before[label], ages[label]
            assert was is not None
            assert now is not None
            assert 0 <= int(now[1]) - int(was[1]) <= 15
        world.keys("A A")
        world.wait(lambda: world.app.mode == "result", "a result")
        world.wait_for_words("14 min")
        world.app.shift_utc(-2 * shift_s)
        world.app.sync()
        world.wait_for_words("14 min")
        assert world.app.mode == "result"
        assert world.app.result is not None
        assert world.app.result["valid_for_s"] > 840.0


def test_a_port_that_blocks_in_open_costs_its_own_instrument_alone(tmp_path: Path) -> None:
    world = prepare_world(tmp_path, instruments={"cuff": "suntech_nibp", "scale": "line_nmea"})
    notify = tmp_path / "notify"
    world.app.command = (sys.executable, "-m", "tests.scenario.blocking_open")
    world.app.environment = {
        "BLOCKS": str(tmp_path / "ports" / "scale"),
        "NOTIFY_SOCKET": str(notify),
        "WATCHDOG_USEC": "10000000",
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(notify))
        manager.settimeout(STALE_AFTER_S)
        with running(world):
            world.ready()
            begun = time.monotonic()
            # Longer than any worker may be silent: a starved watchdog would be noticed.
            while time.monotonic() - begun < 1.5 * STALE_AFTER_S:
                while b"WATCHDOG=1" not in manager.recv(4096):
                    pass
            # A full queue would keep the daemon waiting for its manager.
            threading.Thread(target=drain, args=(manager,), daemon=True).start()
            assert "event=LINK state=STUCK instrument=scale" in world.log
            world.wait_for_words("scale", "does not open")
            world.keys("A 1")
            world.type({"age_years": 31})
            world.wait_for_words("31")
            assert "event=LINK state=SPEAKING instrument=cuff" in world.log
            began = time.monotonic()
            assert world.app.stop() == 0
            assert time.monotonic() - began < ENDS_WITHIN_S


def test_a_status_socket_under_siege_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "status"
    world = prepare_world(tmp_path, instruments=BEDSIDE, settings={"status": {"socket": str(path)}})
    stop, answered = threading.Event(), 0
    with running(world):
        world.ready()
        before = len(os.listdir(f"/proc/{world.app.pid}/fd"))
        half_open = [half_open_to(path) for _ in range(8)]
        flood = threading.Thread(target=ask_again_and_again, args=(path, stop))
        flood.start()
        world.keys("A 1")
        world.type({"age_years": 31, "systolic_mmhg": 175, "diastolic_mmhg": 115})
        world.wait_for_words("31", "175", "115")
        answered += read_status(path, within_s=10.0)["mode"] == "collect"
        for each in half_open:
            each.close()
        began = time.monotonic()
        stop.set()
        flood.join()
        wait_for(lambda: len(os.listdir(f"/proc/{world.app.pid}/fd")) <= before + 1, "no leak")
        assert world.app.stop() == 0
        assert time.monotonic() - began < ENDS_WITHIN_S + 1.0
    assert answered == 1
    assert not path.exists()


def drain(manager: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while manager.recv(4096):
            pass


def half_open_to(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(WITHIN_S)
    client.connect(str(path))
    # It may have been answered and closed already; then this one besieges nobody.
    with contextlib.suppress(BrokenPipeError):
        client.sendall(b"GET")
    return client


def ask_again_and_again(path: Path, stop: threading.Event) -> None:
    while not stop.is_set():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as client:
            try:
                client.connect(str(path))
            except (BlockingIOError, ConnectionRefusedError):
                stop.wait(0.001)
