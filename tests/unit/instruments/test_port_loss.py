"""Every exception in which the loss of a port shows, wherever it strikes."""

import errno
import os
import termios
import threading

import pytest
import serial

from appliance.instruments import port as port_module
from appliance.instruments.port import BATCH_BYTES, Port, PortLostError
from appliance.instruments.protocols import LineSettings

LOSSES = [
    (serial.SerialException("device reports readiness to read but returned no data"), "Serial"),
    (serial.SerialException(errno.ENOENT, "could not open port"), "ENOENT"),
    (serial.PortNotOpenError(), "PortNotOpenError"),
    (OSError(errno.EIO, "Input/output error"), "EIO"),
    (termios.error(errno.EIO, "Input/output error"), "EIO"),
    (TypeError("argument must be an int, or have a fileno() method"), "TypeError"),
]

DEFAULT_LINE = LineSettings()


class FakeSerial:
    """As the serial library looks from outside; fails where it is told to."""

    made = None
    fails_at, error = "", None
    ready = None

    def __init__(self, **settings):
        self.settings, self.calls, self.levels = settings, [], {}
        self.port = None
        type(self).made = self

    def _do(self, what):
        self.calls.append(what)
        if what == self.fails_at:
            raise self.error

    def __setattr__(self, name, value):
        if name in ("dtr", "rts"):
            assert "open" not in self.calls, "levels are set before the port is opened"
            self.levels[name] = value
        super().__setattr__(name, value)

    def open(self):
        self._do("open")

    def reset_input_buffer(self):
        self._do("reset_input_buffer")

    def fileno(self):
        self._do("fileno")
        return self.ready

    def read(self, size):
        self._do("read")
        return b"x" * size

    def close(self):
        self._do("close")


@pytest.fixture
def fake(monkeypatch):
    readable, writable = os.pipe()
    os.write(writable, b"x")

    class Fresh(FakeSerial):
        ready = readable

    monkeypatch.setattr(port_module.serial, "Serial", Fresh)
    yield Fresh
    os.close(readable)
    os.close(writable)


def opened(line=DEFAULT_LINE):
    stop = threading.Event()
    stop.set()  # no waiting
    return Port("/dev/x", line, stop)


@pytest.mark.parametrize("at", ["open", "reset_input_buffer"])
@pytest.mark.parametrize(("error", "fault"), LOSSES)
def test_a_port_lost_while_it_opens_is_closed(fake, at, error, fault):
    fake.fails_at, fake.error = at, error
    with pytest.raises(PortLostError) as lost:
        opened()
    assert lost.value.fault.startswith(fault)
    assert not lost.value.held
    assert fake.made.calls[-1] == "close"


@pytest.mark.parametrize("at", ["fileno", "read"])
@pytest.mark.parametrize(("error", "fault"), LOSSES)
def test_a_port_lost_while_it_is_read_says_so(fake, at, error, fault):
    port = opened()
    fake.fails_at, fake.error = at, error
    with pytest.raises(PortLostError) as lost:
        port.read_batch()
    assert lost.value.fault.startswith(fault)


@pytest.mark.parametrize(("error", "fault"), LOSSES)
def test_closing_a_dead_port_never_fails(fake, error, fault):
    port = opened()
    fake.fails_at, fake.error = "close", error
    port.close()
    assert fake.made.calls[-1] == "close"


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EBUSY])
def test_a_port_that_another_program_holds_is_told_apart(fake, number):
    fake.fails_at, fake.error = "open", serial.SerialException(number, "lock")
    with pytest.raises(PortLostError) as lost:
        opened()
    assert lost.value.held


def test_a_fault_of_ours_is_not_taken_for_a_lost_port(fake):
    port = opened()
    fake.fails_at, fake.error = "read", KeyError("ours")
    with pytest.raises(KeyError):
        port.read_batch()


def test_the_line_is_set_before_it_is_opened_and_is_ours_alone(fake):
    opened(LineSettings(2400, 7, "E", 2, dtr=True))
    assert fake.made.port == "/dev/x"
    assert fake.made.levels == {"dtr": True, "rts": True}
    assert fake.made.settings == {
        "baudrate": 2400,
        "bytesize": 7,
        "parity": "E",
        "stopbits": 2,
        "timeout": 0,
        "write_timeout": 0.5,
        "exclusive": True,
    }
    opened()
    assert fake.made.levels == {"dtr": False, "rts": False}


def test_a_batch_is_one_read_up_to_its_limit(fake):
    assert len(opened().read_batch()) == BATCH_BYTES
    assert fake.made.calls.count("read") == 1


def test_nothing_in_time_is_an_empty_batch(fake):
    port = opened()
    os.read(fake.ready, 1)
    assert port.read_batch() == b""
    assert "read" not in fake.made.calls
