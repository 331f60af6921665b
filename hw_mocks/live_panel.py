"""A simulated panel that tells of its pixels whenever they change, marked as a simulation.

A small panel is the appliance's own driver over a simulated chip, byte by byte: what is told
is the chip's memory.  Any other is memory of its size.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from gpiozero.pins.mock import MockFactory
from PIL import Image

from appliance.panel.frame import Frame
from appliance.panel.port import Display
from appliance.panel_kinds import DATA_PIN, I2C_ADDRESS, PANELS, RESET_PIN, Bus
from appliance.settings import Settings
from hw_mocks.colour_panel import SimulatedColourPanel
from hw_mocks.oled_panel import SimulatedOled
from hw_mocks.watermark import watermarked

FAST = 1
"""Compression of the PNG: speed counts more than size."""


class MemoryPanel:
    """A display of so many pixels that keeps the last picture."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._image = Image.new("RGB", size)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._size

    def picture(self) -> Image.Image:
        """Return what a person sees."""
        return self._image

    def show(self, image: Image.Image, frame: Frame) -> None:  # noqa: ARG002 - the port's form
        """Keep the picture."""
        self._image = image.copy()

    def blank(self) -> None:
        """Make every pixel black."""
        self._image = Image.new("RGB", self._size)

    def close(self, *, keep: bool = False) -> None:
        """Blank it, or keep the last picture standing."""
        if not keep:
            self.blank()


class LivePanel:
    """Marks each picture, shows it on another display, and tells what is to be seen then.

    look: returns what a person sees.  tell: is given it as a PNG file.
    """

    def __init__(
        self,
        display: Display,
        look: Callable[[], Image.Image],
        tell: Callable[[bytes], None],
    ) -> None:
        self._display, self._look, self._tell = display, look, tell
        self._told = b""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the pictures it takes."""
        return self._display.size

    def show(self, image: Image.Image, frame: Frame) -> None:
        """Show the picture with the mark.  Raises DisplayError."""
        self._display.show(watermarked(image), frame)
        self._tell_change()

    def blank(self) -> None:
        """Make every pixel black.  Raises DisplayError."""
        self._display.blank()
        self._tell_change()

    def close(self, *, keep: bool = False) -> None:
        """Let the display go.  Raises DisplayError."""
        self._display.close(keep=keep)
        self._tell_change()

    def _tell_change(self) -> None:
        seen = self._look()
        pixels = seen.tobytes()
        if pixels != self._told:
            self._told = pixels
            png = io.BytesIO()
            seen.save(png, "PNG", compress_level=FAST)
            self._tell(png.getvalue())


def live_panel(
    settings: Settings,
    open_display: Callable[..., Display],
    factory: MockFactory,
    tell: Callable[[bytes], None],
) -> LivePanel:
    """Return the panel that the settings name, simulated.

    open_display: opens a display as the appliance does; it knows the size.  Raises DisplayError.
    """
    kind = PANELS.get(settings.display.kind)
    if kind is None:
        memory = MemoryPanel(open_display(settings).size)
        return LivePanel(memory, memory.picture, tell)
    # luma is imported only where such a panel is wanted, as in the appliance.
    from appliance.panel.bus_panel import BusPanel

    if kind.bus is Bus.I2C:
        oled = SimulatedOled(I2C_ADDRESS, sh1106=kind.name == "sh1106")
        return LivePanel(BusPanel(kind, make_bus=lambda: _opened(oled)), oled.picture, tell)
    colour = SimulatedColourPanel(factory, DATA_PIN, RESET_PIN)
    return LivePanel(BusPanel(kind, factory, lambda: colour), colour.picture, tell)


def _opened(oled: SimulatedOled) -> Any:
    oled.closed = False
    return oled
