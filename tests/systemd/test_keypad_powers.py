"""Setting the clock and switching off, from keys to the real steward under a real systemd."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from appliance.panel.evdev_codes import DOWN, EV_KEY, EV_SYN, EVENT, SYN_REPORT, UP
from tests.systemd.conftest import Boot
from tests.systemd.machine import PYTHON, Machine
from tests.systemd.test_under_systemd import UNIT, replace_start

CODES = {"Enter": 96, "-": 74, "Bksp": 14, "+": 78, "/": 98, "power": 116} | dict(
    zip("0123456789", (82, 79, 80, 81, 75, 76, 77, 71, 72, 73), strict=True)
)
"""linux/input-event-codes.h: KEY_KPENTER, KEY_KPMINUS, KEY_BACKSPACE, and so on."""


class Pad:
    """The keys of the machine's number pad."""

    def __init__(self, machine: Machine) -> None:
        path = machine.state / "pad"
        machine.wait_until(path.exists, "the pad was made")
        # Both ways: opened for writing alone, it would be refused while nobody reads.
        self._pad = os.open(path, os.O_RDWR)

    def press(self, *names: str) -> None:
        for name in names:
            for value in (DOWN, UP):
                events = (EV_KEY, CODES[name], value), (EV_SYN, SYN_REPORT, 0)
                os.write(self._pad, b"".join(EVENT.pack(0, 0, *each) for each in events))

    def close(self) -> None:
        os.close(self._pad)


@pytest.fixture
def machine(boot: Boot) -> Machine:
    machine = boot()
    folder = "s:/var/lib/bedside/screens:/dev/screens:"
    # The pad's daemon reads the factory's file, the last words what is served.
    for settings in ("/etc/bedside/appliance.toml", "/run/bedside-settings/appliance.toml"):
        machine.run("sed", "-i", folder, settings)
    replace_start(machine, f"{PYTHON} -I /opt/bedside/test/number_pad.py")
    machine.run("systemctl", "restart", UNIT)
    machine.wait_until(lambda: machine.show("StatusText") == "idle", "READY")
    return machine


@pytest.fixture
def pad(machine: Machine) -> Iterator[Pad]:
    pad = Pad(machine)
    yield pad
    pad.close()


def test_switching_off_from_the_pad_says_when_the_plug_may_be_pulled(
    machine: Machine, pad: Pad
) -> None:
    machine.wait_until(lambda: "about" in machine.words_on_screen(), "the ready screen")
    assert "[" not in machine.words_on_screen()
    pad.press("/", "+")
    machine.wait_until(lambda: machine.screens[-1] == "switch-off", "it asked")
    assert "Enter" in machine.words_on_screen()
    pad.press("Enter")
    machine.wait_for_end()
    shown = machine.screens
    last = shown[shown.index("switching-off") :]
    assert last == ["switching-off", "switched-off"], "no black, no OUT OF SERVICE in between"
    assert re.search("you may pull the plug", machine.words_on_screen(), re.IGNORECASE)


def test_the_power_key_twice_is_enough(machine: Machine, pad: Pad) -> None:
    pad.press("power", "power")
    machine.wait_for_end()
    assert machine.screens[-1] == "switched-off"


def test_a_clock_that_the_steward_cannot_set_is_said(machine: Machine, pad: Pad) -> None:
    # The machine has no power over the one clock that it shares with its host.
    pad.press("/", "Bksp", *"202703091200", "Enter")
    machine.wait_until(
        lambda: "The clock was not set" in machine.words_on_screen(), "the screen said so"
    )
    journal = machine.journal(UNIT)
    assert "event=STEWARD asked=clock answer=failed_CLOCK" in journal
    assert "2027" not in journal
