"""A simulated one-bit panel on I2C (SSD1306, SH1106), byte by byte, in place of smbus2's object.

It takes what `SMBus.write_i2c_block_data` takes.  Source of the commands: SSD1306 data sheet,
9; SH1106 data sheet, commands 1 to 24.  The SH1106 has 132 columns, of which modules show
those from the third on, and no addressing mode but that by pages.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence

from PIL import Image

_WIDTH, _HEIGHT, _PAGES = 128, 64, 8
_COMMANDS, _DATA = 0x00, 0x40
_MOST_BYTES = 32
"""What one SMBus block holds."""
_ARGUMENTS = {0x20: 1, 0x21: 2, 0x22: 2} | dict.fromkeys(
    (0x81, 0x8D, 0xA8, 0xAD, 0xD3, 0xD5, 0xD9, 0xDA, 0xDB), 1
)
"""Commands that have arguments; on an SH1106 the first three do not exist."""


class SimulatedOled:
    """The chip's memory, and whether it shows it."""

    def __init__(self, address: int, *, sh1106: bool = False) -> None:
        self._address, self._sh1106 = address, sh1106
        self.answers, self.closed = True, False
        self.sent = 0
        """Bytes on the wire so far, addresses and control bytes included."""
        self._columns_there = 132 if sh1106 else _WIDTH
        self._waiting: list[int] = []
        self.lose_power()

    def lose_power(self) -> None:
        """Forget everything, as after a bad contact of the supply."""
        self.on = self.mirrored = self.flipped = False
        self._by_pages = True
        self._column, self._page = 0, 0
        self._columns, self._pages = (0, _WIDTH - 1), (0, _PAGES - 1)
        self._memory = [bytearray(b"\x55" * self._columns_there) for _ in range(_PAGES)]

    def picture(self) -> Image.Image:
        """Return what a person sees on a module, which is mounted upside down."""
        image = Image.new("RGB", (_WIDTH, _HEIGHT))
        if not self.on:
            return image
        first = 2 if self._sh1106 else 0
        for y in range(_HEIGHT):
            for x in range(_WIDTH):
                if self._memory[y // 8][first + x] >> y % 8 & 1:
                    at = x if self.mirrored else _WIDTH - 1 - x
                    image.putpixel((at, y if self.flipped else _HEIGHT - 1 - y), (255, 255, 255))
        return image

    def write_i2c_block_data(self, address: int, register: int, data: Sequence[int]) -> None:
        """Take one block.  Raises OSError where nobody answers."""
        if self.closed or len(data) > _MOST_BYTES:
            raise ValueError("closed, or too many bytes at once")
        if not self.answers or address != self._address:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        self.sent += len(data) + 2
        for byte in data:
            if register == _DATA:
                self._write(byte)
            elif register == _COMMANDS:
                self._obey(byte)
            else:
                raise ValueError("neither commands nor data")

    def close(self) -> None:
        """Close the bus."""
        self.closed = True

    def _obey(self, byte: int) -> None:
        self._waiting.append(byte)
        command, arguments = self._waiting[0], self._waiting[1:]
        if len(arguments) < self._wants(command):
            return
        self._waiting = []
        match command:
            case 0x20:
                self._by_pages = self._sh1106 or arguments[0] != 0
            case 0x21 if not self._sh1106:
                self._columns = (arguments[0], arguments[1])
                self._column = arguments[0]
            case 0x22 if not self._sh1106:
                self._pages = (arguments[0], arguments[1])
                self._page = arguments[0]
            case 0xA0 | 0xA1:
                self.mirrored = command == 0xA1
            case 0xC0 | 0xC8:
                self.flipped = command == 0xC8
            case 0xAE | 0xAF:
                self.on = command == 0xAF
            case _ if command < 0x10:
                self._column = self._column & 0xF0 | command
            case _ if command < 0x20:
                self._column = self._column & 0x0F | (command & 0x0F) << 4
            case _ if 0xB0 <= command < 0xB8:
                self._page = command & 7

    def _wants(self, command: int) -> int:
        return 0 if self._sh1106 and command < 0x23 else _ARGUMENTS.get(command, 0)

    def _write(self, byte: int) -> None:
        if self._column >= self._columns_there:
            raise ValueError("data behind the end of the row")
        self._memory[self._page][self._column] = byte
        self._column += 1
        if not self._by_pages and self._column > self._columns[1]:
            self._column = self._columns[0]
            self._page = self._page + 1 if self._page < self._pages[1] else self._pages[0]
