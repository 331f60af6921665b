"""A simulated colour panel on SPI (ILI9341, ST7789), byte by byte, in place of spidev's object.

It takes what spidev's `SpiDev` takes, and reads the line D/C from gpiozero's mock pins as the
chip would.  Source of the commands: ILI9341 data sheet, 8.2; ST7789 data sheet, 9.1.  It
refuses what the chip would misread: pixels behind the window, a window outside of its memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpiozero.pins.mock import MockFactory
from PIL import Image

_SWRESET, _SLPIN, _SLPOUT, _DISPOFF, _DISPON = 0x01, 0x10, 0x11, 0x28, 0x29
_CASET, _PASET, _RAMWR, _MADCTL, _COLMOD = 0x2A, 0x2B, 0x2C, 0x36, 0x3A
_ROW_COLUMN_EXCHANGE = 0x20
_MOST_BYTES = 4096
"""What spidev takes at once (its bufsiz)."""
_LONG, _SHORT = 320, 240


class SimulatedColourPanel:
    """The chip's memory of 320 x 240 pixels, and whether it shows it."""

    def __init__(self, factory: MockFactory, data_pin: int, reset_pin: int) -> None:
        self._factory, self._data_pin, self._reset_pin = factory, data_pin, reset_pin
        self.max_speed_hz = 0
        self.opened: tuple[int, int] | None = None
        self.broken: OSError | None = None
        self.sent = 0
        """Bytes on the wire so far."""
        self._command, self._arguments = 0, bytearray()
        self._pixel = bytearray()
        self.lose_power()

    def lose_power(self) -> None:
        """Forget everything, as after a bad contact of the supply."""
        self.asleep, self.off, self._exchange, self._bits = True, True, False, 18
        self._columns, self._rows = (0, _SHORT - 1), (0, _LONG - 1)
        self._at = (0, 0)
        self._memory = bytearray(b"\x55" * (_LONG * _SHORT * 3))

    def picture(self) -> Image.Image:
        """Return what a person sees: nothing while it is off or asleep."""
        if self.asleep or self.off:
            return Image.new("RGB", (_LONG, _SHORT))
        return Image.frombytes("RGB", (_LONG, _SHORT), bytes(self._memory))

    def open(self, port: int, device: int) -> None:
        """Open the bus.  Raises the OSError that it was told to."""
        if self.broken is not None:
            raise self.broken
        self.opened = (port, device)

    def close(self) -> None:
        """Close the bus."""
        self.opened = None

    def writebytes(self, data: Sequence[int]) -> None:
        """Take bytes: commands or data, as the line D/C says."""
        if self.broken is not None:
            raise self.broken
        if self.opened is None or len(data) > _MOST_BYTES:
            raise ValueError("not open, or too many bytes at once")
        self.sent += len(data)
        is_data = bool(self._factory.pin(self._data_pin).state)
        if not self._factory.pin(self._reset_pin).state:
            return  # held in reset: it hears nothing
        for byte in data:
            if is_data:
                self._take(byte)
            else:
                self._obey(byte)

    def _obey(self, command: int) -> None:
        self._command = command
        self._arguments.clear()
        self._pixel.clear()
        match command:
            case 0x01:
                self.lose_power()
            case 0x10 | 0x11:
                self.asleep = command == _SLPIN
            case 0x28 | 0x29:
                self.off = command == _DISPOFF
            case 0x2C:
                self._at = (self._columns[0], self._rows[0])

    def _take(self, byte: int) -> None:
        if self._command == _RAMWR:
            self._take_pixel(byte)
            return
        self._arguments.append(byte)
        if self._command in (_CASET, _PASET) and len(self._arguments) == 4:
            first = self._arguments[0] << 8 | self._arguments[1]
            last = self._arguments[2] << 8 | self._arguments[3]
            self._set_window(first, last)
        elif self._command == _MADCTL:
            self._exchange = bool(byte & _ROW_COLUMN_EXCHANGE)
        elif self._command == _COLMOD:
            self._bits = {5: 16, 6: 18}[byte & 7]

    def _set_window(self, first: int, last: int) -> None:
        is_columns = self._command == _CASET
        most = _LONG if is_columns == self._exchange else _SHORT
        if not first <= last < most:
            raise ValueError(f"window {first} to {last} of {most}")
        if is_columns:
            self._columns = (first, last)
        else:
            self._rows = (first, last)

    def _take_pixel(self, byte: int) -> None:
        self._pixel.append(byte)
        if len(self._pixel) < (2 if self._bits == 16 else 3):
            return
        if self._bits == 16:
            value = self._pixel[0] << 8 | self._pixel[1]
            rgb = (value >> 11 << 3, (value >> 5 & 63) << 2, (value & 31) << 3)
        else:
            rgb = (self._pixel[0] & 0xFC, self._pixel[1] & 0xFC, self._pixel[2] & 0xFC)
        self._pixel.clear()
        x, y = self._at
        if y > self._rows[1]:
            raise ValueError("pixels behind the end of the window")
        start = (y * _LONG + x) * 3
        if not self._exchange:
            raise ValueError("the panel stands on its short side")
        self._memory[start : start + 3] = bytes(rgb)
        at_edge = x == self._columns[1]
        self._at = (self._columns[0], y + 1) if at_edge else (x + 1, y)
