"""A display that keeps pictures in a folder: one for each screen, and its text layer beside it.

A screen that differs from the last one only in ages or in the clock is not kept again, unless
every frame is asked for.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from appliance.panel.frame import Frame
from appliance.panel.port import DisplayError

_FAST = 1
"""Compression of the PNG files: speed counts more than their size."""


class CaptureDisplay:
    """Saves `NNN-name.png` and `NNN-name.json` for every screen shown."""

    def __init__(
        self, folder: Path, size: tuple[int, int] = (800, 480), *, every: bool = False
    ) -> None:
        """Make the folder, and count on from what is in it.  Raises DisplayError."""
        self._folder = folder
        self._size = size
        self._every = every
        self._last: object = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._number = max(map(_number_of, folder.iterdir()), default=0)
        except OSError as error:
            raise self._error(error) from error

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the pictures it takes."""
        return self._size

    def show(self, image: Image.Image, frame: Frame) -> None:
        """Keep the picture if it shows another screen than the last.  Raises DisplayError."""
        if image.size != self._size:
            raise DisplayError(f"The picture is {image.size}, the display takes {self._size}.")
        signature = frame.signature()
        if signature == self._last and not self._every:
            return
        self._save(frame.name, image, _text_layer(frame))
        self._last = signature

    def blank(self) -> None:
        """Keep a black picture as the newest.  Raises DisplayError."""
        if self._last != ():
            self._save("blank", Image.new("RGB", self._size), [])
        self._last = ()

    def close(self, *, keep: bool = False) -> None:
        """Keep a black picture as the newest, or not.  Raises DisplayError."""
        if not keep:
            self.blank()

    def _save(self, name: str, image: Image.Image, texts: list[Mapping[str, object]]) -> None:
        """Write picture and texts under other names first, so that neither is ever half there."""
        self._last = None
        png = io.BytesIO()
        image.save(png, "PNG", compress_level=_FAST)
        words = json.dumps(texts, ensure_ascii=False, indent=1).encode()
        stem = f"{self._number + 1:03d}-{re.sub('[^a-z0-9-]+', '-', name.lower())}"
        files = {
            self._folder / f"{stem}.json": words,
            self._folder / f"{stem}.png": png.getvalue(),
        }
        half = {path: path.with_name(f".{path.name}.part") for path in files}
        try:
            for path, content in files.items():
                half[path].write_bytes(content)
            for path in files:
                os.replace(half[path], path)
        except OSError as error:
            for path in (*half.values(), *files):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            raise self._error(error) from error
        self._number += 1

    def _error(self, error: OSError) -> DisplayError:
        return DisplayError(
            f"The pictures cannot be kept in {self._folder} ({error.strerror})."
            " No half-written picture was left. Make room or choose another folder."
        )


def _number_of(path: Path) -> int:
    found = re.match(r"(\d+)-", path.name)
    return int(found[1]) if found else 0


def _text_layer(frame: Frame) -> list[Mapping[str, object]]:
    return [
        {
            "name": text.name,
            "text": text.text,
            "x": text.x,
            "y": text.y,
            "w": text.w,
            "h": text.h,
            "size_px": text.size_px,
            "tag": text.tag,
            "volatile": text.volatile,
        }
        for text in frame.texts()
    ]
