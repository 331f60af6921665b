"""After every death of a real daemon: the cuff is told, and the screen says OUT OF SERVICE."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.afterwards import (
    Ending,
    Known,
    ending_of,
    open_known_display,
    read_what_can_be_read,
    spoken_frame,
    words_for,
)
from appliance.clock import SystemClock
from appliance.views import PageView
from hw_mocks.instruments.suntech_nibp import SuntechBoard
from hw_mocks.ports import SimulatedPort

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "models" / "maternal-risk"
DEADLINE_S = 60.0
DEATHS = {
    signal.SIGKILL: ("signal", "killed", "KILL"),
    signal.SIGSEGV: ("core-dump", "dumped", "SEGV"),
    signal.SIGABRT: ("watchdog", "dumped", "ABRT"),
}
ORDERED = ("success", "exited", "0")


def wait_until(holds: Callable[[], bool], what: str) -> None:
    until_s = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < until_s, f"waited in vain until {what}"
        time.sleep(0.01)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SuntechBoard]:
    board = SuntechBoard("cuff", SimulatedPort(tmp_path / "cuff"), SystemClock())
    board.start()
    yield board
    board.stop()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "appliance.toml"
    path.write_text(
        f"[tasks]\nbundles = [{json.dumps(str(BUNDLE))}]\n"
        f"[display]\nkind = 'capture'\nfolder = {json.dumps(str(tmp_path / 'screens'))}\n"
        f"[[instruments]]\nname = 'cuff'\nprotocol = 'suntech_nibp'\n"
        f"port = {json.dumps(str(tmp_path / 'cuff'))}\n",
        "utf-8",
    )
    return path


def start_daemon(config: Path) -> subprocess.Popen[bytes]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        address = str(config.with_name("notify"))
        listener.bind(address)
        listener.settimeout(DEADLINE_S)
        process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "run", "--config", str(config)],
            env={**os.environ, "NOTIFY_SOCKET": address},
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        while b"READY=1" not in listener.recv(4096):
            pass
    return process


def afterwards(config: Path, ending: tuple[str, str, str]) -> tuple[str, float]:
    """Run it as systemd would; return its journal and how long it took."""
    names = ("SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS")
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "appliance.afterwards", "--config", str(config)],
        env={**os.environ, **dict(zip(names, ending, strict=True))},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr, time.monotonic() - began_s


def newest_screen(folder: Path) -> tuple[str, str]:
    """Return name and words of the newest picture."""
    path = max(folder.glob("*.json"))
    return path.stem[4:], " ".join(each["text"] for each in json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("death", DEATHS, ids=lambda d: d.name)
def test_after_a_death_the_cuff_empties_and_the_screen_is_out_of_service(
    death: signal.Signals, board: SuntechBoard, config: Path
) -> None:
    screens = config.with_name("screens")
    process = start_daemon(config)
    wait_until(lambda: newest_screen(screens)[0] == "ready", "the daemon showed its ready screen")
    board.fill(160.0)
    told_before = len(board.told("abort"))
    process.send_signal(death)
    assert process.wait(DEADLINE_S) == -death
    assert newest_screen(screens)[0] == "ready", "nothing of the daemon cleaned up"

    journal, took_s = afterwards(config, DEATHS[death])

    assert took_s < 2.0
    assert len(board.told("abort")) == told_before + 2
    wait_until(lambda: board.cuff_mmhg == 0.0, "the cuff was empty")
    name, words = newest_screen(screens)
    assert name == "out-of-service"
    assert "OUT OF SERVICE" in words
    assert "starts again by itself" in words
    assert f"ENDED result={DEATHS[death][0]}" in journal
    assert "told=yes confirmed=yes" in journal
    assert "SCREEN_OUT_OF_SERVICE" in journal


def test_after_an_ordered_stop_the_screen_is_black_and_the_cuff_is_told_all_the_same(
    board: SuntechBoard, config: Path
) -> None:
    process = start_daemon(config)
    process.terminate()
    assert process.wait(DEADLINE_S) == 0
    told_before = len(board.told("abort"))
    journal, _ = afterwards(config, ORDERED)
    assert newest_screen(config.with_name("screens"))[0] == "blank"
    assert len(board.told("abort")) == told_before + 2
    assert "SCREEN_BLANK" in journal


def test_a_port_and_a_display_that_are_gone_are_told_in_the_journal(
    config: Path, tmp_path: Path
) -> None:
    config.write_text(
        f"[display]\nkind = 'framebuffer'\ndevice = {json.dumps(str(tmp_path / 'fb0'))}\n"
        "[[instruments]]\nname = 'cuff'\nprotocol = 'suntech_nibp'\nport = '/nowhere'\n"
    )
    journal, took_s = afterwards(config, ("signal", "killed", "KILL"))
    assert took_s < 2.0
    assert "CUFF_ABORT port=/nowhere told=no confirmed=no" in journal
    assert "SCREEN_FAILED error=2" in journal


HANGING = """
import sys, time
from appliance import afterwards
afterwards._show = lambda known, ending: time.sleep(600)
afterwards.main(sys.argv[1:])
"""


def test_a_display_that_hangs_keeps_neither_the_cuff_nor_the_unit(
    board: SuntechBoard, config: Path
) -> None:
    board.fill(160.0)
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", HANGING, "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        cwd=ROOT,
        check=True,
    )
    assert time.monotonic() - began_s < 2.5
    assert "CUFF_ABORT" in done.stderr
    assert "SCREEN_TIMEOUT" in done.stderr
    wait_until(lambda: board.cuff_mmhg == 0.0, "the cuff was empty")


def test_the_last_page_is_in_the_clinics_language_and_size(tmp_path: Path) -> None:
    path = tmp_path / "appliance.toml"
    path.write_text(
        "[clinic]\nlanguage = 'bn'\n[display]\nkind = 'capture'\nsize = '480x320'\n"
        f"folder = '{tmp_path}'\n"
    )
    known = read_what_can_be_read(path)
    display = open_known_display(known)
    page = PageView("out-of-service", "OUT OF SERVICE", ("Do not use this appliance.",))
    frame = spoken_frame(page, display.size, known.language)
    assert (frame.width, frame.height) == (480, 320)
    assert "ব্যবহার করবেন না" in " ".join(text.text for text in frame.texts())
    for unknown in ("xx", "../..", "\0", ""):
        plain = spoken_frame(page, display.size, unknown)
        assert "OUT OF SERVICE" in " ".join(text.text for text in plain.texts())


def test_settings_with_faults_still_name_cuff_and_display(tmp_path: Path) -> None:
    path = tmp_path / "appliance.toml"
    path.write_text(
        "unknown = 1\n[display]\nkind = 7\ndevice = '/dev/fb1'\nfolder = ['x']\n"
        "[[instruments]]\nprotocol = 'suntech_nibp'\nport = '/dev/ttyUSB3'\n"
        "[[instruments]]\nprotocol = 'line_nmea'\nport = '/dev/ttyUSB4'\n"
        "[[instruments]]\nprotocol = 'suntech_nibp'\nport = 9\n"
    )
    assert read_what_can_be_read(path) == Known(("/dev/ttyUSB3",), "framebuffer", "/dev/fb1", "")


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\0", b"[display", b"display = 3", b"instruments = 3", b"", b"\0" * 500]
)
def test_settings_that_make_no_sense_leave_the_first_framebuffer(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "appliance.toml"
    path.write_bytes(content)
    known = read_what_can_be_read(path)
    assert (known.kind, known.device, known.ports) == ("framebuffer", "/dev/fb0", ())


def test_without_settings_it_says_that_no_cuff_is_known(tmp_path: Path) -> None:
    journal, _ = afterwards(tmp_path / "none.toml", ("signal", "killed", "KILL"))
    assert "SETTINGS_UNREADABLE cuffs=unknown" in journal


def test_only_an_ordered_stop_of_a_healthy_daemon_is_no_fault() -> None:
    assert Ending(*ORDERED).ordered
    for ending in (
        ("success", "killed", "TERM"),
        ("exit-code", "exited", "1"),
        ("timeout", "killed", "KILL"),
        ("success", "exited", "3"),
    ):
        assert not Ending(*ending).ordered
    assert not ending_of({}).ordered


def test_the_words_fit_what_happens_next() -> None:
    again = " ".join(words_for(Ending("watchdog", "dumped", "ABRT")))
    held = " ".join(words_for(Ending("exec-condition", "exited", "1")))
    refused = " ".join(words_for(Ending("exit-code", "exited", "2")))
    assert "starts again by itself" in again
    assert "does not try again by itself" in held
    assert "settings file is refused" in refused
