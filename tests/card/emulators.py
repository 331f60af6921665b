"""Which machines QEMU plays, and what is plugged into them: command lines, and nothing else.

What emulation needs beside the image stands here and in `hook.py`, and is done outside the
image:

    virt      a kernel's command line as on the card; a screen, a USB host and a watchdog on PCI
    raspi3b   the board's device tree from the card with `raspi3b.dtsi` behind it: no GPU (QEMU
              has none), its picture in memory instead, and the second serial port for the hook;
              `systemd.watchdog_sec=0`, because QEMU takes the arming of the board's watchdog
              for a reset
    raspi4b   the same with `raspi4b.dtsi`: its HDMI is missing too, and the card is behind
              another controller than on the board
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
QEMU = os.environ.get("BEDSIDE_QEMU", "qemu-system-aarch64")
"""The emulator.  Debian 12's own has no raspi4b; that of its backports has."""
MIB = 1024 * 1024
CARD_BYTES = 2048 * MIB
"""QEMU's SD card must be a power of two in size."""
PACE = "shift=0,sleep=on"
"""One billion instructions take a second of the machine's time, however slow this machine is.

So a time-out on the machine means the same on a loaded laptop as on an idle one, and what a
boot took, in the machine's own seconds, can be compared.  Waiting still takes real time.
"""
CLOCK = "2026-12-01T08:15:00"
"""Wall time, UTC, at which a machine with a clock is switched on."""


@dataclass(frozen=True, slots=True)
class Plugged:
    """What is plugged in.

    uart: the pseudo-terminal of the instrument on the header; None for nothing there.
    usb_serial: of the one in a USB socket.  keypads: how many number pads.
    utc: what the clock with a battery reads.  append: more words for the kernel.
    """

    uart: Path | None = None
    usb_serial: Path | None = None
    display: bool = True
    keypads: int = 1
    utc: str = CLOCK
    append: str = ""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where QEMU meets the test: its own protocol, the hook, the card."""

    qmp: Path
    hook: Path
    card: Path


@dataclass(frozen=True, slots=True)
class BootFiles:
    """What the firmware would load: files from the card, the initrd with the hook behind it."""

    kernel: Path
    initrd: Path
    command_line: str
    device_tree: Path | None = None


WITHOUT_WATCHDOG = "systemd.watchdog_sec=0"
HOOK_PORTS = {"virt": "/dev/ttyS0", "raspi3b": "/dev/ttyS1", "raspi4b": "/dev/ttyS1"}
"""The machine's serial port that is the hook's."""
TREES = {"raspi3b": "bcm2837-rpi-3-b.dtb", "raspi4b": "bcm2711-rpi-4-b.dtb"}
"""The card's device tree of a board; `<kind>.dtsi` is laid behind it."""


def virt(boot: BootFiles, plugged: Plugged, sockets: Sockets) -> list[str]:
    """Return the command line of an ARM board that exists nowhere but has everything."""
    line = [*_common(boot, plugged, sockets), "-M", "virt", "-cpu", "cortex-a72", "-smp", "2"]
    line += ["-m", "1024", "-rtc", f"base={plugged.utc},clock=vm"]
    line += ["-drive", _drive(sockets, "none,id=card"), "-device", "virtio-blk-pci,drive=card"]
    if plugged.display:
        line += ["-device", "virtio-gpu-pci,xres=800,yres=480"]
    line += ["-serial", "chardev:uart" if plugged.uart else "null"]
    line += ["-device", "pci-serial,chardev=hook", "-device", "qemu-xhci,id=usb"]
    for number in range(1, plugged.keypads + 1):
        line += ["-device", f"usb-kbd,id=pad{number},bus=usb.0,port={number}"]
    if plugged.usb_serial:
        line += ["-device", "usb-serial,id=adapter,chardev=usb-serial,bus=usb.0,port=4"]
    return [*line, "-device", "i6300esb", "-action", "watchdog=reset"]


def raspi3b(boot: BootFiles, plugged: Plugged, sockets: Sockets) -> list[str]:
    """Return the command line of a Raspberry Pi 3 Model B."""
    return _pi("raspi3b", boot, plugged, sockets)


def raspi4b(boot: BootFiles, plugged: Plugged, sockets: Sockets) -> list[str]:
    """Return the command line of a Raspberry Pi 4 Model B: of QEMU 9 or later."""
    return _pi("raspi4b", boot, plugged, sockets)


def _pi(kind: str, boot: BootFiles, plugged: Plugged, sockets: Sockets) -> list[str]:
    line = [*_common(boot, plugged, sockets, WITHOUT_WATCHDOG), "-M", kind]
    line += ["-dtb", str(boot.device_tree)]
    line += ["-global", "bcm2835-fb.xres=800", "-global", "bcm2835-fb.yres=480"]
    line += ["-drive", _drive(sockets, "sd")]
    line += ["-serial", "chardev:uart" if plugged.uart else "null", "-serial", "chardev:hook"]
    for number in range(1, plugged.keypads + 1):
        line += ["-device", f"usb-kbd,id=pad{number}"]
    return line


def _common(boot: BootFiles, plugged: Plugged, sockets: Sockets, more: str = "") -> list[str]:
    words = " ".join(each for each in (boot.command_line, plugged.append, more) if each)
    # Whoever started it and is killed takes it along.
    line = [
        "setpriv",
        "--pdeathsig=KILL",
        QEMU,
        "-nodefaults",
        "-display",
        "none",
        "-no-user-config",
    ]
    line += [
        "-icount",
        PACE,
        "-kernel",
        str(boot.kernel),
        "-initrd",
        str(boot.initrd),
        "-append",
        words,
    ]
    line += ["-chardev", f"socket,id=qmp,path={sockets.qmp}", "-mon", "chardev=qmp,mode=control"]
    line += ["-chardev", f"socket,id=hook,path={sockets.hook}"]
    ports: Sequence[tuple[str, Path | None]] = (
        ("uart", plugged.uart),
        ("usb-serial", plugged.usb_serial),
    )
    for name, path in ports:
        if path:
            line += ["-chardev", f"serial,id={name},path={path}"]
    return [*line, "-action", "reboot=shutdown,shutdown=pause"]


def _drive(sockets: Sockets, where: str) -> str:
    return f"if={where},format=raw,file=nbd+unix:///?socket={sockets.card}"
