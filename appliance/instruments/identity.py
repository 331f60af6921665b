"""Which physical device a port is, so that it is found again after it was unplugged.

A number in /dev (ttyUSB0) belongs to whoever takes it first and is never trusted alone:
a device is known by its USB serial number, or by the socket it sits in.  A symbolic link
is a name that somebody chose to stay the same (a udev rule, by-path, a simulated port):
it is kept as it is.  Links in by-id are the exception: two adapters without serial
numbers share one, so what they lead to is identified instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from serial.tools import list_ports

_BY_ID = "/dev/serial/by-id/"


class PortInfo(Protocol):
    """What pyserial says of one port that is present."""

    device: str
    vid: int | None
    pid: int | None
    serial_number: str | None
    location: str | None


ComPorts = Callable[[], Iterable[PortInfo]]


class PortKind(StrEnum):
    """By what a port is found again."""

    USB_SERIAL = "USB serial number"
    USB_SOCKET = "USB socket"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class PortIdentity:
    """A port as a thing that can be found again.

    path: as the settings name it.  vid, pid, serial: of the USB device; serial is empty
    where it is none or not its own.  location: the USB socket, and the interface of a
    device with several ports.
    """

    kind: PortKind
    path: str
    vid: int | None = None
    pid: int | None = None
    serial: str = ""
    location: str = ""

    def __str__(self) -> str:
        """Return it in words for a technician."""
        if self.kind is PortKind.PATH:
            return self.path
        found_by = self.serial if self.kind is PortKind.USB_SERIAL else self.location
        return f"USB {self.vid or 0:04x}:{self.pid or 0:04x}, {self.kind} {found_by}"


def system_ports() -> list[PortInfo]:
    """Return the ports of this machine.

    One that is unplugged while it is looked at may spoil a listing (pyserial then reads a
    number from a file that is gone): the next listing will do.
    """
    try:
        return list(list_ports.comports())
    except (OSError, TypeError, ValueError):
        return []


def identify(path: str, comports: ComPorts = system_ports) -> PortIdentity:
    """Return the identity of what is at this path now; the path itself if that is all."""
    if os.path.islink(path) and not path.startswith(_BY_ID):
        return PortIdentity(PortKind.PATH, path)
    device = os.path.realpath(path)
    present = list(comports())
    port = next((each for each in present if each.device == device), None)
    if port is None or port.vid is None:
        return PortIdentity(PortKind.PATH, path)
    twins = [each for each in present if _is_twin(each, port)]
    location = port.location or ""
    # Cheap adapters of one make all carry the same serial number: it is not theirs alone.
    if port.serial_number and len(twins) == 1:
        return PortIdentity(
            PortKind.USB_SERIAL, path, port.vid, port.pid, port.serial_number, location
        )
    if location:
        return PortIdentity(PortKind.USB_SOCKET, path, port.vid, port.pid, "", location)
    return PortIdentity(PortKind.PATH, path)


def find_again(identity: PortIdentity, comports: ComPorts = system_ports) -> str | None:
    """Return the path under which the same device is present now, or None.

    Never the path of another device, even if that took the same number.
    """
    if identity.kind is PortKind.PATH:
        return identity.path if os.path.exists(identity.path) else None
    found = [each for each in comports() if _is_same(each, identity)]
    if len(found) > 1:
        found = [each for each in found if each.location == identity.location]
    return found[0].device if len(found) == 1 else None


def _is_same(port: PortInfo, identity: PortIdentity) -> bool:
    if (port.vid, port.pid) != (identity.vid, identity.pid):
        return False
    if identity.kind is PortKind.USB_SOCKET:
        return port.location == identity.location
    same_interface = _interface(port.location or "") == _interface(identity.location)
    return port.serial_number == identity.serial and same_interface


def _is_twin(one: PortInfo, other: PortInfo) -> bool:
    """Whether nothing but the socket tells the two apart."""
    return (one.vid, one.pid, one.serial_number, _interface(one.location or "")) == (
        other.vid,
        other.pid,
        other.serial_number,
        _interface(other.location or ""),
    )


def _interface(location: str) -> str:
    """Return which port of one device: what stands behind the colon in 1-1.2:1.1."""
    return location.partition(":")[2]
