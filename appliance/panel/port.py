"""What a display is to the rest of the panel, whichever hardware shows it."""

from __future__ import annotations

from typing import Protocol

from PIL import Image

from appliance.panel.frame import Frame


class DisplayError(OSError):
    """The display did not take a picture.  Its words are for staff."""


class Display(Protocol):
    """Shows pictures of one size.  Used from one thread only.

    After a method raised DisplayError nothing is known of the pixels; the next picture is
    written whole.
    """

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the pictures it takes."""
        ...

    def show(self, image: Image.Image, frame: Frame) -> None:
        """Show the picture, drawn from this frame.  Raises DisplayError."""
        ...

    def blank(self) -> None:
        """Make every pixel black.  Raises DisplayError."""
        ...

    def close(self, *, keep: bool = False) -> None:
        """Blank it, or keep the last picture standing, and let it go.  Raises DisplayError."""
        ...
