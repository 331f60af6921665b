"""What else hangs on the board's 40-pin header: a clock with a battery, I2C, SPI.

Each needs a set-up of the board that the firmware reads at its start, and takes pins from
keypad and lamps.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from appliance.panel_kinds import Bus, PanelKind
from appliance.settings_fault import Fault, shown
from appliance.settings_rules import FLAG, Rule, one_of

CLOCKS = ("none", "ds3231", "pcf8523", "pcf85063")
"""Clocks with a battery, by their chip; the first is none at all."""
PLAIN = "plain"
"""The set-up of a board with nothing of it."""
RULES: Mapping[str, Rule] = {"clock": one_of(*CLOCKS), "i2c": FLAG, "spi": FLAG}

_I2C_PINS = frozenset({2, 3})
_SPI_PINS = frozenset({7, 8, 9, 10, 11})
"""BCM numbers.  Source: Raspberry Pi documentation, GPIO alternative functions (I2C1, SPI0)."""


def variant_of(table: Mapping[str, object], panel: PanelKind | None = None) -> str:
    """Return the name of the set-up that a checked table asks for, as the image names it.

    panel: what hangs on the header as a display; it switches its bus on by itself.
    """
    clock = str(table.get("clock", CLOCKS[0]))
    i2c, spi = (table.get(bus) or _hangs_on(panel, bus) for bus in (Bus.I2C, Bus.SPI))
    first = clock if clock != CLOCKS[0] else "i2c" if i2c else ""
    parts = (first, "spi" if spi else "")
    return "-".join(part for part in parts if part) or PLAIN


def _hangs_on(panel: PanelKind | None, bus: Bus) -> bool:
    return panel is not None and panel.bus is bus


def pins_of(table: Mapping[str, object], panel: PanelKind | None = None) -> Mapping[int, str]:
    """Return the pins that a checked table takes, each with the key that takes it."""
    taken: dict[int, str] = {}
    if table.get("clock", CLOCKS[0]) != CLOCKS[0]:
        taken |= dict.fromkeys(_I2C_PINS, "header.clock")
    if table.get("i2c"):
        taken |= dict.fromkeys(_I2C_PINS, "header.i2c")
    if table.get("spi"):
        taken |= dict.fromkeys(_SPI_PINS, "header.spi")
    if panel is not None:
        bus_pins = _SPI_PINS if panel.bus is Bus.SPI else _I2C_PINS
        taken |= dict.fromkeys(bus_pins | panel.pins, "display.kind")
    return taken


def collisions(
    header: Mapping[str, object], form: Mapping[str, object], panel: PanelKind | None = None
) -> Iterator[Fault]:
    """Find keys of keypad, lamps and power button that name a taken pin."""
    taken = pins_of(header, panel)
    for name in ("keypad", "lamps", "power"):
        table = form.get(name)
        for key, value in table.items() if isinstance(table, dict) else ():
            pins = value if isinstance(value, list) else [value]
            for pin in pins:
                if type(pin) is int and pin in taken:
                    allowed = f"without pin {pin}, which {taken[pin]} takes"
                    yield Fault(f"{name}.{key}", shown(value), allowed)
                    break
