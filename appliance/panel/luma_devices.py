"""Opens the bus of a small panel and sets the panel up through luma.

Colour panels get 16 bits a pixel and only the rectangle that changed: a whole picture of
320 x 240 is 153,600 bytes, 77 ms at 16 MHz.  One-bit panels get 1,024 bytes, 23 ms at 400 kHz.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import luma.core.error
from gpiozero import DigitalOutputDevice, GPIOZeroError
from luma.core import threadpool
from luma.core.device import device as luma_device
from luma.core.interface.serial import i2c, spi
from PIL import Image

from appliance.panel.framebuffer import pack_565
from appliance.panel_kinds import DATA_PIN, I2C_ADDRESS, RESET_PIN, Bus, PanelKind


class _NoThreads:
    """In place of luma's pool: it would start four threads for a way to draw not used here."""

    def __init__(self, _: int) -> None:
        pass


threadpool.threadpool = _NoThreads  # before luma's drivers are imported, which start it

from luma.lcd.device import ili9341, st7789  # noqa: E402
from luma.oled.device import sh1106, ssd1306  # noqa: E402

SPI_HZ = 16_000_000
"""A compromise: the data sheets allow 15 MHz (ST7789, serial write cycle 66 ns) and 10 MHz
(ILI9341, 100 ns); the overlays of the board's maker drive ILI9341 panels at 32 MHz."""
RESET_HELD_S = 0.001
"""Source: ILI9341 and ST7789 data sheets, reset timing: at least 10 us."""
RESET_REST_S = 0.12
"""Source: the same: 120 ms from reset until a panel may be woken up."""
_SIXTEEN_BITS = 0x55
_COLMOD, _CASET, _PASET, _RAMWR, _NOP = 0x3A, 0x2A, 0x2B, 0x2C, 0xE3
"""Commands of both colour controllers; the last one of both one-bit ones."""


def faults() -> tuple[type[Exception], ...]:
    """Return what buses, pins and luma raise when a panel, a bus or a pin is not to be had.

    lgpio, below gpiozero, raises its own kind.  To import it starts its thread; where nobody
    has, it raised nothing.
    """
    lgpio = sys.modules.get("lgpio")
    own = () if lgpio is None else (lgpio.error,)
    return (OSError, ImportError, GPIOZeroError, luma.core.error.Error, *own)


class _NoExitHook(luma_device):  # type: ignore[misc]
    """luma's base without its hook at exit: that would black out a picture that is to stay."""

    def __init__(self, const: Any, serial_interface: Any, **_: object) -> None:
        self._const, self._serial_interface = const, serial_interface


class _Colour(_NoExitHook):
    """What both colour controllers have in common."""

    def send(self, image: Image.Image, box: tuple[int, int, int, int]) -> None:
        """Write a picture into a rectangle (left, top, right and bottom excluded)."""
        left, top, right, bottom = box[0], box[1], box[2] - 1, box[3] - 1
        self.command(_CASET, left >> 8, left & 0xFF, right >> 8, right & 0xFF)
        self.command(_PASET, top >> 8, top & 0xFF, bottom >> 8, bottom & 0xFF)
        self.command(_RAMWR)
        self.data(pack_565(image, high_first=True))


class _Ili9341(ili9341, _Colour):  # type: ignore[misc]
    pass


class _St7789(st7789, _Colour):  # type: ignore[misc]
    pass


class _Ssd1306(ssd1306, _NoExitHook):  # type: ignore[misc]
    pass


class _Sh1106(sh1106, _NoExitHook):  # type: ignore[misc]
    pass


_DRIVERS: dict[str, Any] = {
    "ili9341": _Ili9341,
    "st7789": _St7789,
    "ssd1306": _Ssd1306,
    "sh1106": _Sh1106,
}


class Lines:
    """The pins of an SPI panel, in the form that luma wants them: RPi.GPIO's."""

    OUT, LOW, HIGH = 0, 0, 1

    def __init__(self, factory: Any | None) -> None:
        """Take no pin yet.  factory: of gpiozero's pins; None: the board's own."""
        self._factory = factory
        self._pins: dict[int, Any] = {}

    def setup(self, pin: int, direction: int) -> None:  # noqa: ARG002 - the form that luma wants
        """Take a pin as an output."""
        self._pins[pin] = DigitalOutputDevice(pin, pin_factory=self._factory)

    def output(self, pin: int, level: int) -> None:
        """Set a pin's level."""
        self._pins[pin].value = level

    def close(self) -> None:
        """Give all pins back."""
        for pin in self._pins.values():
            pin.close()
        self._pins.clear()


def open_device(
    kind: PanelKind,
    factory: Any | None = None,
    make_bus: Callable[[], Any] | None = None,
) -> tuple[Any, Callable[[], None]]:
    """Open the bus and set the panel up; return luma's driver, and what lets both go.

    factory: of gpiozero's pins.  make_bus: makes spidev's or smbus2's object; None: the
    real one.  Raises one of `faults()`.
    """
    if kind.bus is Bus.I2C:
        return _on_i2c(kind, make_bus or (lambda: _real_i2c(kind.device)))
    return _on_spi(kind, factory, make_bus or _real_spi)


def _on_i2c(kind: PanelKind, make_bus: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
    bus = make_bus()
    try:
        bus.write_i2c_block_data(I2C_ADDRESS, 0, [_NOP])  # nobody answers: nothing is set up
        return _DRIVERS[kind.name](i2c(bus=bus, address=I2C_ADDRESS)), bus.close
    except BaseException:
        bus.close()
        raise


def _on_spi(
    kind: PanelKind, factory: Any | None, make_bus: Callable[[], Any]
) -> tuple[Any, Callable[[], None]]:
    bus, lines = make_bus(), Lines(factory)

    def let_go() -> None:
        bus.close()
        lines.close()

    try:
        serial = spi(
            spi=bus,
            gpio=lines,
            bus_speed_hz=SPI_HZ,
            gpio_DC=DATA_PIN,
            gpio_RST=RESET_PIN,
            reset_hold_time=RESET_HELD_S,
            reset_release_time=RESET_REST_S,
        )
        width, height = kind.size
        made = _DRIVERS[kind.name](serial, width=width, height=height, backlight=_stays_on)
        made.command(_COLMOD, _SIXTEEN_BITS)
    except BaseException:
        let_go()
        raise
    return made, let_go


def _stays_on(_: bool) -> None:
    """Leave the panel's light to its own wire: luma would take BCM 18, our buzzer."""


def _real_i2c(device: str) -> Any:
    from smbus2 import SMBus

    return SMBus(device)


def _real_spi() -> Any:
    from spidev import SpiDev

    return SpiDev()
