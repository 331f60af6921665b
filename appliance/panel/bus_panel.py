"""Small panels on SPI and I2C, driven by luma: ILI9341, ST7789, SSD1306, SH1106.

The display port over luma's drivers.  After any fault the panel is let go and set up anew with
the next picture: one that lost its power has forgotten how it was set up.

A panel on I2C that is not there does not answer, and is reported.  **Nothing is heard of a
panel on SPI**: it cannot be told from one that is not wired, only a missing bus is noticed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageChops

from appliance.panel.frame import Frame
from appliance.panel.luma_devices import faults, open_device
from appliance.panel.port import DisplayError
from appliance.panel_kinds import PanelKind

_HALF = 128
_TWO_LEVELS = [0] * _HALF + [255] * _HALF


class BusPanel:
    """A display behind one of luma's drivers."""

    def __init__(
        self,
        kind: PanelKind,
        factory: Any | None = None,
        make_bus: Callable[[], Any] | None = None,
    ) -> None:
        """Set the panel up, black.  Raises DisplayError.

        factory: of gpiozero's pins; None: the board's own.  make_bus: makes spidev's or
        smbus2's object; None: the real one.
        """
        self._kind, self._factory, self._make_bus = kind, factory, make_bus
        self._device: Any = None
        self._release: Callable[[], None] | None = None
        self._shown: Image.Image | None = None
        self._attempt(lambda: None)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the pictures it takes."""
        return self._kind.size

    def show(self, image: Image.Image, frame: Frame) -> None:  # noqa: ARG002 - the port's form
        """Show the picture; where the driver can, only what changed is sent.

        Raises DisplayError.
        """
        if image.size != self.size:
            raise DisplayError(f"The picture is {image.size}, the display takes {self.size}.")
        self._attempt(lambda: self._send(image))

    def blank(self) -> None:
        """Make every pixel black.  Raises DisplayError."""
        black = Image.new("RGB", self.size)
        self._attempt(lambda: self._send(black))

    def close(self, *, keep: bool = False) -> None:
        """Blank it, or keep the last picture standing, and let it go.  Raises DisplayError."""
        if self._device is None:
            return
        try:
            if not keep:
                self.blank()
        finally:
            self._let_go()

    def _send(self, image: Image.Image) -> None:
        if self._device.mode == "1":
            self._device.display(image.convert("L").point(_TWO_LEVELS, "1"))
            return
        box = (0, 0, *self.size)
        if self._shown is not None:
            changed = ImageChops.difference(self._shown, image).getbbox()
            if changed is None:
                return
            box = changed
        self._device.send(image.crop(box), box)
        self._shown = image.copy()  # whoever gave it may draw on it again

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do it on a panel that is set up; let the panel go if that fails."""
        try:
            if self._device is None:
                made = open_device(self._kind, self._factory, self._make_bus)
                self._device, self._release = made
            act()
        except faults() as error:
            self._let_go()
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise DisplayError(
                f"The panel {self._kind.name} on {self._kind.device} cannot be used ({reason})."
                " Nothing is shown. Check its wires, and [display] in the settings."
            ) from error

    def _let_go(self) -> None:
        release = self._release
        self._device = self._release = self._shown = None
        if release is not None:
            with contextlib.suppress(*faults()):  # it failed already, and that was told
                release()
