"""The cuff is told to abort, whatever happens: a simulated module says what it was told."""

import os
import signal
import subprocess
import sys
import termios
import threading
import time

import pytest

from appliance.clock import SystemClock
from appliance.instruments.abort import abort_all
from hw_mocks.instruments.line_nmea import LineBoard
from hw_mocks.instruments.suntech_nibp import Answering, SuntechBoard
from hw_mocks.ports import SimulatedPort

DEADLINE_S = 20.0

HOLDER = """
import serial, sys, time
port = serial.Serial(sys.argv[1], 9600, exclusive=True)
port.write(bytes.fromhex(sys.argv[2]))
print("held", flush=True)
time.sleep(600)
"""


def wait_until(condition, what):
    until_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < until_s, f"waited in vain until {what}"
        time.sleep(0.005)


@pytest.fixture
def boards(tmp_path):
    made = []

    def make(name="cuff", kind=SuntechBoard, **settings):
        board = kind(name, SimulatedPort(tmp_path / name), SystemClock(), **settings)
        board.start()
        made.append(board)
        return board

    yield make
    for board in made:
        board.stop()


def hold(path, says=""):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), says], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def kill(process):
    process.kill()
    process.wait(DEADLINE_S)
    process.stdout.close()


def emptied(board):
    wait_until(lambda: board.cuff_mmhg == 0.0, "the cuff was empty")


def test_an_inflated_cuff_is_told_twice_and_empties(boards):
    board = boards()
    board.fill(160.0)
    (report,) = abort_all([str(board.port.path)])
    assert (report.written, report.answered) == (True, True)
    assert report.words == "the module confirmed the abort"
    assert [c.name for c in board.told()] == ["abort", "abort"]
    emptied(board)


def test_it_goes_through_while_another_program_holds_the_port(boards):
    board = boards()
    board.fill(160.0)
    process = hold(board.port.path)
    try:
        (report,) = abort_all([(str(board.port.path), 9600)])
        assert report.written
        assert "another program holds the port" in report.words
        emptied(board)
        assert len(board.told("abort")) == 2
    finally:
        kill(process)


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
@pytest.mark.parametrize("says", ["", "3a20a6", "3a79", "3a1700"])
def test_it_goes_through_after_the_holder_died_in_mid_word(boards, death, says):
    board = boards()
    board.fill(160.0)
    process = hold(board.port.path, says)
    process.send_signal(death)
    assert process.wait(DEADLINE_S) == -death
    process.stdout.close()
    (report,) = abort_all([str(board.port.path)])
    assert (report.written, report.answered) == (True, True)
    emptied(board)


def test_all_ports_are_told_within_a_second(boards, tmp_path):
    silent = boards("silent", answering=Answering.NEVER)
    held, good = boards("held"), boards("good")
    wrong = boards("wrong", kind=LineBoard)
    for board in (silent, held, good):
        board.fill(120.0)
    process = hold(held.port.path)
    paths = [str(b.port.path) for b in (silent, held, good, wrong)] + [str(tmp_path / "gone")]
    try:
        began_s = time.monotonic()
        reports = abort_all(paths)
        took_s = time.monotonic() - began_s
    finally:
        kill(process)
    assert took_s < 1.2
    assert [r.path for r in reports] == paths
    assert [r.written for r in reports] == [True, True, True, True, False]
    assert not reports[0].answered
    assert reports[2].answered
    assert "NOT told to abort (ENOENT)" in reports[4].words
    for board in (silent, held, good):
        emptied(board)


def test_a_port_that_hangs_in_open_keeps_no_other_cuff_full(boards, tmp_path, monkeypatch):
    board = boards()
    board.fill(120.0)
    stuck, released = str(tmp_path / "stuck"), threading.Event()
    real_open = os.open

    def hanging(path, *rest, **named):
        if path == stuck:
            assert released.wait(30.0)
        return real_open(path, *rest, **named)

    monkeypatch.setattr("appliance.instruments.abort.os.open", hanging)
    try:
        first, second = abort_all([stuck, str(board.port.path)])
    finally:
        released.set()
    assert (first.written, second.written, second.answered) == (False, True, True)
    assert "NOT told to abort (it hangs)" in first.words
    emptied(board)


def test_an_old_answer_is_not_taken_for_a_new_one(boards):
    board = boards(answering=Answering.NEVER)
    file = os.open(board.port.path, os.O_RDWR | os.O_NOCTTY)
    try:
        board.send_raw(bytes.fromhex("3e04417d"))
        (report,) = abort_all([str(board.port.path)])
    finally:
        os.close(file)
    assert (report.written, report.answered) == (True, False)


def test_a_port_that_was_left_as_a_terminal_passes_every_byte(boards):
    """With line editing and echo on, nothing would be heard before a line end."""
    board = boards()
    board.fill(160.0)
    master, cooked = os.openpty()
    file = os.open(board.port.path, os.O_RDWR | os.O_NOCTTY)
    try:
        termios.tcsetattr(file, termios.TCSANOW, termios.tcgetattr(cooked))
        (report,) = abort_all([str(board.port.path)])
    finally:
        for each in (master, cooked, file):
            os.close(each)
    assert (report.written, report.answered) == (True, True)
    emptied(board)


def test_no_file_is_left_open(boards, tmp_path):
    board = boards()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        abort_all([str(board.port.path), str(tmp_path / "gone"), "/dev/null"])
    assert len(os.listdir("/proc/self/fd")) == before


def test_it_starts_fast_and_brings_nothing_along():
    code = (
        "import sys, appliance.instruments.abort\n"
        "print(sorted({'numpy', 'PIL', 'serial', 'gpiozero', 'appliance.events',"
        " 'appliance.clinical'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=DEADLINE_S, check=True
    )
    assert done.stdout == "[]\n"
