"""A writer for the kernel's framebuffer device, 16 or 32 bits a pixel.

The geometry comes from the kernel (linux/fb.h), so that rows may be longer than the picture
and colours may stand in either order.  Pixels go out by `pwrite`, not through a memory map: a
device that fails then raises an error, where touching the map of a lost device would end the
process with SIGBUS.  Only the rows from the first to the last that changed are packed and written.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

from appliance.panel.frame import Frame
from appliance.panel.port import DisplayError

_FBIOGET_VSCREENINFO = 0x4600
_FBIOGET_FSCREENINFO = 0x4602
_VARIABLE = struct.Struct("=8I12I20I")
"""fb_var_screeninfo: xres, yres, virtual x and y, x and y offset, bits a pixel, grey; then
offset, length and msb_right of red, green, blue and transparency; then 20 we do not need."""
_FIXED = struct.Struct("@16sLIIIIHHHILIIH2H0L")
"""fb_fix_screeninfo: id, memory start and length, type, its aux, visual, 3 panning steps,
line_length, and what we do not need, up to the next whole long."""

_PACKERS = {(16, 8, 0): "BGRX", (0, 8, 16): "RGBX", (24, 16, 8): "XBGR", (8, 16, 24): "XRGB"}
"""Offsets of red, green and blue in a little-endian 32-bit pixel to Pillow's name for it."""
_RGB565 = (11, 5, 0)


@dataclass(frozen=True, slots=True)
class Geometry:
    """How pixels lie in the framebuffer.

    stride: bytes from one row to the next.  first: offset in bytes of the first visible pixel.
    offsets: lowest bit of red, green and blue in a pixel.
    """

    width: int
    height: int
    bits: int
    stride: int
    offsets: tuple[int, int, int]
    first: int = 0


def read_geometry(device: int) -> Geometry:
    """Ask the kernel how the framebuffer is laid out.  Raises DisplayError."""
    variable, fixed = bytearray(_VARIABLE.size), bytearray(_FIXED.size)
    try:
        fcntl.ioctl(device, _FBIOGET_VSCREENINFO, variable)
        fcntl.ioctl(device, _FBIOGET_FSCREENINFO, fixed)
    except OSError as error:
        raise DisplayError(
            f"The display's device does not answer as a framebuffer ({error.strerror})."
            " Nothing can be shown. Check the display setting."
        ) from error
    return parse_geometry(bytes(variable), bytes(fixed))


def parse_geometry(variable: bytes, fixed: bytes) -> Geometry:
    """Read fb_var_screeninfo and fb_fix_screeninfo.  Source: include/uapi/linux/fb.h."""
    width, height, _, _, x, y, bits, _, red, _, _, green, _, _, blue, *_ = _VARIABLE.unpack(
        variable
    )
    stride = _FIXED.unpack(fixed)[9]
    return Geometry(width, height, bits, stride, (red, green, blue), y * stride + x * bits // 8)


class Framebuffer:
    """A display behind /dev/fb0, or an ordinary file with a given geometry in tests.

    Pictures smaller than the screen stand in its middle, on black.
    """

    def __init__(
        self,
        path: Path = Path("/dev/fb0"),
        size: tuple[int, int] = (800, 480),
        geometry: Geometry | None = None,
    ) -> None:
        """Open and blank the device.  Raises DisplayError."""
        self._size = size
        self._shown: Image.Image | None = None
        try:
            self._device = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise DisplayError(
                f"The display {path} cannot be opened ({error.strerror})."
                " Nothing can be shown. Check that it is connected and named in the settings."
            ) from error
        try:
            self._geometry = geometry or read_geometry(self._device)
            _check(self._geometry, size)
            self.blank()
        except DisplayError:
            os.close(self._device)
            raise

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the pictures it takes."""
        return self._size

    def show(self, image: Image.Image, frame: Frame) -> None:  # noqa: ARG002 - the port's form
        """Write from the first to the last row that changed.  Raises DisplayError."""
        if image.size != self._size:
            raise DisplayError(f"The picture is {image.size}, the display takes {self._size}.")
        before, self._shown = self._shown, None
        first, end = (0, self._size[1]) if before is None else changed_rows(before, image)
        if first < end:
            left, top = self._margins()
            band = Image.new("RGB", (self._geometry.width, end - first))
            band.paste(image, (left, -first))
            self._write(top + first, pack(band, self._geometry))
        self._shown = image.copy()  # whoever gave it may draw on it again

    def blank(self) -> None:
        """Make every pixel of the screen black.  Raises DisplayError."""
        self._shown = None
        self._write(0, bytes(self._line_bytes() * self._geometry.height))

    def close(self, *, keep: bool = False) -> None:
        """Blank the screen, or keep the picture standing, and let it go.  Raises DisplayError."""
        try:
            if not keep:
                self.blank()
        finally:
            os.close(self._device)

    def _margins(self) -> tuple[int, int]:
        left = (self._geometry.width - self._size[0]) // 2
        return left, (self._geometry.height - self._size[1]) // 2

    def _line_bytes(self) -> int:
        return self._geometry.width * self._geometry.bits // 8

    def _write(self, first_row: int, packed: bytes) -> None:
        """Write rows that follow one another, with black in the gaps between them."""
        line = self._line_bytes()
        if gap := bytes(self._geometry.stride - line):
            packed = gap.join(packed[at : at + line] for at in range(0, len(packed), line))
        rest = memoryview(packed)
        at = self._geometry.first + first_row * self._geometry.stride
        try:
            while rest:
                written = os.pwrite(self._device, rest, at)
                if not written:
                    raise DisplayError("The display took no more pixels.")
                at, rest = at + written, rest[written:]
        except DisplayError:
            raise
        except OSError as error:
            raise DisplayError(
                f"The display did not take the picture ({error.strerror})."
            ) from error


def changed_rows(before: Image.Image, after: Image.Image) -> tuple[int, int]:
    """Return the first row in which they differ and the one behind the last; 0, 0 for none."""
    box = ImageChops.difference(before, after).getbbox()
    return (0, 0) if box is None else (box[1], box[3])


def pack(image: Image.Image, geometry: Geometry) -> bytes:
    """Return the RGB picture as the framebuffer's pixels, row by row without gaps."""
    if geometry.bits == 32:
        return image.tobytes("raw", _PACKERS[geometry.offsets])
    return pack_565(image)


def pack_565(image: Image.Image, *, high_first: bool = False) -> bytes:
    """Return the RGB picture in 16 bits a pixel, 5-6-5, the low byte first or the high one."""
    red, green, blue = image.split()
    high = ImageChops.add(red.point(_RED_HIGH), green.point(_GREEN_HIGH))
    low = ImageChops.add(green.point(_GREEN_LOW), blue.point(_BLUE_LOW))
    return Image.merge("LA", (high, low) if high_first else (low, high)).tobytes()


_RED_HIGH = [value & 0xF8 for value in range(256)]
_GREEN_HIGH = [value >> 5 for value in range(256)]
_GREEN_LOW = [(value & 0x1C) << 3 for value in range(256)]
_BLUE_LOW = [value >> 3 for value in range(256)]
"""The two bytes of a 5-6-5 pixel, low byte first: GGGBBBBB RRRRRGGG."""


def _check(geometry: Geometry, size: tuple[int, int]) -> None:
    """Refuse a screen that cannot show the picture whole and in its colours."""
    known = _PACKERS.keys() if geometry.bits == 32 else {_RGB565} if geometry.bits == 16 else ()
    if geometry.offsets not in known:
        raise DisplayError(
            f"The display has {geometry.bits} bits a pixel with red, green and blue at bits"
            f" {geometry.offsets}; 16 (5-6-5) and 32 are known. Change the display's mode."
        )
    if geometry.width < size[0] or geometry.height < size[1]:
        raise DisplayError(
            f"The display has {geometry.width} x {geometry.height} pixels, the screens need"
            f" {size[0]} x {size[1]}. Change the display's mode, or use a larger display."
        )
    if geometry.stride * 8 < geometry.width * geometry.bits:
        raise DisplayError("The display's rows are shorter than its width. Its driver is faulty.")
