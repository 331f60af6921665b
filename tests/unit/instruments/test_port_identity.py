"""A device is known by itself or by its socket, never by its number alone."""

from dataclasses import dataclass

import pytest

from appliance.instruments import identity as identity_module
from appliance.instruments.identity import (
    PortIdentity,
    PortKind,
    find_again,
    identify,
    system_ports,
)


@dataclass
class Info:
    device: str
    serial_number: str | None = None
    location: str | None = None
    vid: int | None = 0x1A86
    pid: int | None = 0x7523


def ports(*infos):
    return lambda: infos


def test_a_serial_number_is_found_at_any_number_and_in_any_socket():
    known = identify("/dev/ttyUSB0", ports(Info("/dev/ttyUSB0", "A1", "1-1.1")))
    assert known.kind is PortKind.USB_SERIAL
    moved = ports(Info("/dev/ttyUSB0", "B2", "1-1.1"), Info("/dev/ttyUSB3", "A1", "1-1.4"))
    assert find_again(known, moved) == "/dev/ttyUSB3"


def test_another_device_with_its_number_is_not_it():
    known = identify("/dev/ttyUSB0", ports(Info("/dev/ttyUSB0", "A1", "1-1.1")))
    assert find_again(known, ports(Info("/dev/ttyUSB0", "B2", "1-1.1"))) is None
    assert find_again(known, ports(Info("/dev/ttyUSB0", None, "1-1.1"))) is None
    assert find_again(known, ports(Info("/dev/ttyUSB0", "A1", "1-1.1", vid=0x0403))) is None
    assert find_again(known, ports()) is None


def test_without_a_serial_number_the_socket_tells():
    known = identify("/dev/ttyUSB0", ports(Info("/dev/ttyUSB0", None, "1-1.2")))
    assert known.kind is PortKind.USB_SOCKET
    two = ports(Info("/dev/ttyUSB0", None, "1-1.3"), Info("/dev/ttyUSB1", None, "1-1.2"))
    assert find_again(known, two) == "/dev/ttyUSB1"
    assert find_again(known, ports(Info("/dev/ttyUSB0", None, "1-1.3"))) is None
    # Another make in the same socket is another device.
    assert find_again(known, ports(Info("/dev/ttyUSB0", None, "1-1.2", pid=1))) is None


def test_a_serial_number_that_two_adapters_share_is_not_believed():
    both = ports(Info("/dev/ttyUSB0", "0001", "1-1.2"), Info("/dev/ttyUSB1", "0001", "1-1.3"))
    known = identify("/dev/ttyUSB0", both)
    assert (known.kind, known.serial) == (PortKind.USB_SOCKET, "")
    assert find_again(known, ports(Info("/dev/ttyUSB0", "0001", "1-1.3"))) is None


def test_of_twins_the_one_in_the_known_socket_is_it_and_no_other():
    known = identify("/dev/ttyUSB0", ports(Info("/dev/ttyUSB0", "0001", "1-1.2")))
    twins = Info("/dev/ttyUSB0", "0001", "1-1.3"), Info("/dev/ttyUSB1", "0001", "1-1.2")
    assert find_again(known, ports(*twins)) == "/dev/ttyUSB1"
    elsewhere = Info("/dev/ttyUSB0", "0001", "1-1.3"), Info("/dev/ttyUSB1", "0001", "1-1.4")
    assert find_again(known, ports(*elsewhere)) is None


def test_the_ports_of_one_device_are_told_apart_by_their_interface():
    four = ports(*(Info(f"/dev/ttyUSB{n}", "FT4", f"1-1:1.{n}") for n in range(4)))
    known = identify("/dev/ttyUSB2", four)
    assert known.kind is PortKind.USB_SERIAL
    moved = ports(*(Info(f"/dev/ttyUSB{n + 4}", "FT4", f"1-4:1.{n}") for n in range(4)))
    assert find_again(known, moved) == "/dev/ttyUSB6"


def test_a_built_in_port_is_its_path():
    built_in = ports(Info("/dev/ttyAMA0", vid=None, pid=None))
    assert identify("/dev/ttyAMA0", built_in) == PortIdentity(PortKind.PATH, "/dev/ttyAMA0")


def test_usb_without_serial_and_socket_is_its_path():
    assert identify("/dev/ttyUSB0", ports(Info("/dev/ttyUSB0"))).kind is PortKind.PATH


def test_a_link_that_somebody_chose_is_kept_as_it_is(tmp_path):
    device, link = tmp_path / "ttyUSB0", tmp_path / "oximeter"
    device.touch()
    link.symlink_to(device)
    known = identify(str(link), ports(Info(str(device), "A1", "1-1")))
    assert known == PortIdentity(PortKind.PATH, str(link))
    assert find_again(known, ports()) == str(link)
    device.unlink()
    assert find_again(known, ports()) is None
    assert find_again(PortIdentity(PortKind.PATH, str(tmp_path / "none")), ports()) is None


def test_what_a_link_in_by_id_leads_to_is_identified(tmp_path, monkeypatch):
    device, link = tmp_path / "ttyUSB0", tmp_path / "usb-1a86-if00"
    device.touch()
    link.symlink_to(device)
    monkeypatch.setattr(identity_module, "_BY_ID", f"{tmp_path}/")
    known = identify(str(link), ports(Info(str(device), None, "1-1.2")))
    assert (known.kind, known.location) == (PortKind.USB_SOCKET, "1-1.2")


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (PortIdentity(PortKind.PATH, "/dev/x"), "/dev/x"),
        (
            PortIdentity(PortKind.USB_SERIAL, "/dev/x", 0x1A86, 0x7523, "A1", "1-1"),
            "USB 1a86:7523, USB serial number A1",
        ),
        (
            PortIdentity(PortKind.USB_SOCKET, "/dev/x", 0x1A86, 0x7523, "", "1-1.2"),
            "USB 1a86:7523, USB socket 1-1.2",
        ),
    ],
)
def test_an_identity_reads_as_words(known, words):
    assert str(known) == words


@pytest.mark.parametrize("error", [TypeError, OSError, ValueError])
def test_a_port_unplugged_during_the_listing_gives_an_empty_one(monkeypatch, error):
    def listing():
        raise error

    monkeypatch.setattr(identity_module.list_ports, "comports", listing)
    assert system_ports() == []


def test_the_real_listing_has_what_is_needed():
    for port in system_ports():
        assert port.device.startswith("/dev/")
        assert isinstance(str(identify(port.device)), str)
