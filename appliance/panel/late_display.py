"""A display that may be absent, now or later: it is opened when there is something to show.

While it cannot be opened every picture fails with words for staff, and the display worker
tries again by itself; the lamps tell of it meanwhile.  After a failure the device is let go
and opened anew, so that one which was unplugged and came back is found.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from PIL import Image

from appliance.panel.frame import Frame
from appliance.panel.port import Display, DisplayError


class LateDisplay:
    """A display behind a function that opens it.  open_display raises DisplayError."""

    def __init__(self, open_display: Callable[[], Display], size: tuple[int, int]) -> None:
        """Take the size of the pictures; open nothing yet."""
        self._open_display, self._size = open_display, size
        self._display: Display | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the pictures it takes."""
        return self._size

    def show(self, image: Image.Image, frame: Frame) -> None:
        """Show the picture.  Raises DisplayError, also while there is no display."""
        self._try(lambda display: display.show(image, frame))

    def blank(self) -> None:
        """Make every pixel black.  Raises DisplayError, also while there is no display."""
        self._try(lambda display: display.blank())

    def close(self, *, keep: bool = False) -> None:
        """Let it go, if it was ever there.  Raises DisplayError."""
        display, self._display = self._display, None
        if display is not None:
            display.close(keep=keep)

    def _try(self, act: Callable[[Display], None]) -> None:
        if self._display is None:
            self._display = self._open_display()
        try:
            act(self._display)
        except DisplayError:
            with contextlib.suppress(DisplayError):
                self.close()
            raise
