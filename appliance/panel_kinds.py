"""Small panels that are driven over SPI or I2C: what there is, and what each takes of the header.

Facts alone, for settings, card and panel; imports nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Bus(StrEnum):
    """What a panel hangs on; the key of bedside.toml's [header] that switches it on."""

    SPI = "spi"
    I2C = "i2c"


DATA_PIN = 24
RESET_PIN = 25
"""BCM numbers of an SPI panel's lines D/C and RESET: free beside keypad, lamps and SPI0."""
I2C_ADDRESS = 0x3C
"""Of both OLED controllers as modules are sold (SA0 low).  Source: SSD1306 data sheet, 8.1.5;
SH1106 data sheet, slave address."""


@dataclass(frozen=True, slots=True)
class PanelKind:
    """One kind of panel.  size: width and height in pixels, as it is mounted.

    device: the file that it is reached by.  pins: BCM numbers that it takes beside its bus's.
    """

    name: str
    bus: Bus
    size: tuple[int, int]
    device: str
    pins: frozenset[int] = frozenset()


_WIDE, TINY = (320, 240), (128, 64)
_SPI_LINES = frozenset({DATA_PIN, RESET_PIN})

PANELS: Mapping[str, PanelKind] = MappingProxyType(
    {
        each.name: each
        for each in (
            PanelKind("ili9341", Bus.SPI, _WIDE, "/dev/spidev0.0", _SPI_LINES),
            PanelKind("st7789", Bus.SPI, _WIDE, "/dev/spidev0.0", _SPI_LINES),
            PanelKind("ssd1306", Bus.I2C, TINY, "/dev/bedside/i2c"),
            PanelKind("sh1106", Bus.I2C, TINY, "/dev/bedside/i2c"),
        )
    }
)
"""By name: the word of the settings, and the name of the controller chip."""
LARGE = (800, 480)
CHOSEN_SIZES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"800x480": LARGE, "1024x600": (1024, 600), "480x320": (480, 320)}
)
"""Pixels of every other display: the first, or what the settings choose."""


def size_of(kind: str, chosen: str = "") -> tuple[int, int]:
    """Return width and height in pixels of the pictures for a kind of display.

    chosen: the word of the settings; a panel of one size has no choice.
    """
    panel = PANELS.get(kind)
    return CHOSEN_SIZES.get(chosen, LARGE) if panel is None else panel.size
