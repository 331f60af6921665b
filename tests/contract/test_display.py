"""What every display must do, whichever hardware it writes to."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory
from PIL import Image, ImageDraw

from appliance.panel.bus_panel import BusPanel
from appliance.panel.capture import CaptureDisplay
from appliance.panel.framebuffer import Framebuffer, Geometry
from appliance.panel.late_display import LateDisplay
from appliance.panel.port import Display, DisplayError
from appliance.panel.screens import SIZES, lay_out
from appliance.panel_kinds import DATA_PIN, I2C_ADDRESS, PANELS, RESET_PIN
from appliance.views import PageView
from hw_mocks.colour_panel import SimulatedColourPanel
from hw_mocks.oled_panel import SimulatedOled

SIZE = (800, 480)
FRAME = lay_out(PageView("one", "One", ("first",)))
OTHER = replace(FRAME, name="two")
BLACK = Image.new("RGB", SIZE)


def picture(size: tuple[int, int] = SIZE) -> Image.Image:
    """Return a picture that is unlike itself in every corner, in colours 16 bits can hold."""
    image = Image.new("RGB", size, (8, 4, 248))
    pen, (right, bottom) = ImageDraw.Draw(image), (size[0] - 1, size[1] - 1)
    pen.rectangle((0, 0, 10, 10), (248, 0, 0))
    pen.rectangle((right - 10, 0, right, 10), (0, 252, 0))
    pen.rectangle((0, bottom - 10, 10, bottom), (248, 252, 248))
    return image


def in_two_levels(image: Image.Image) -> Image.Image:
    """Return the picture as a panel of one bit shows it: light where it is rather light."""
    return image.convert("L").point([0] * 128 + [255] * 128).convert("RGB")


@dataclass
class Rig:
    """A display, and a way to read back what it shows."""

    display: Display
    pixels: Callable[[], Image.Image]
    break_it: Callable[[], None]
    mend_it: Callable[[], None]
    end: Callable[[], None] = lambda: None
    as_seen: Callable[[Image.Image], Image.Image] = lambda image: image
    """How the display shows a picture, where it cannot show it as it is."""

    @property
    def picture(self) -> Image.Image:
        return picture(self.display.size)

    def shows(self, image: Image.Image) -> bool:
        return self.pixels().tobytes() == self.as_seen(image).tobytes()

    def is_black(self) -> bool:
        return self.shows(Image.new("RGB", self.display.size))


def framebuffer(tmp_path: Path, geometry: Geometry) -> Rig:
    path = tmp_path / "fb"
    path.write_bytes(b"\x55" * (geometry.first + geometry.stride * geometry.height))
    display = Framebuffer(path, SIZE, geometry)
    device = display._device
    full = os.open("/dev/full", os.O_RDWR)

    def pixels() -> Image.Image:
        raw = path.read_bytes()[geometry.first :]
        rows = [raw[at : at + geometry.width * geometry.bits // 8] for at in starts]
        return decode(b"".join(rows), geometry).crop((left, top, left + 800, top + 480))

    starts = range(0, geometry.stride * geometry.height, geometry.stride)
    left, top = (geometry.width - 800) // 2, (geometry.height - 480) // 2
    return Rig(
        display,
        pixels,
        lambda: setattr(display, "_device", full),
        lambda: setattr(display, "_device", device),
        lambda: os.close(full),
    )


def decode(raw: bytes, geometry: Geometry) -> Image.Image:
    """Read pixels back one by one, by the definition of the format."""
    step, (red, green, blue) = geometry.bits // 8, geometry.offsets
    image = Image.new("RGB", (geometry.width, geometry.height))
    values = [int.from_bytes(raw[at : at + step], "little") for at in range(0, len(raw), step)]
    if geometry.bits == 32:
        out = [(v >> red & 255, v >> green & 255, v >> blue & 255) for v in values]
    else:
        out = [
            ((v >> red & 31) << 3, (v >> green & 63) << 2, (v >> blue & 31) << 3) for v in values
        ]
    image.putdata(out)
    return image


def capture(tmp_path: Path) -> Rig:
    folder = tmp_path / "screens"
    away = tmp_path / "away"

    def pixels() -> Image.Image:
        newest = max(folder.glob("*.png"))
        with Image.open(newest) as image:
            return image.convert("RGB")

    def break_it() -> None:
        folder.rename(away)
        folder.write_text("a file where the folder was")

    def mend_it() -> None:
        folder.unlink()
        away.rename(folder)

    return Rig(CaptureDisplay(folder), pixels, break_it, mend_it)


def late(tmp_path: Path) -> Rig:
    """Return a display that is absent at first, and while it is broken."""
    geometry, away = GEOMETRIES["16 bits"], tmp_path / "away"
    inner = framebuffer(tmp_path, geometry)
    path = tmp_path / "fb"
    display = LateDisplay(lambda: Framebuffer(path, SIZE, geometry), SIZE)

    def break_it() -> None:
        opened = display._display
        assert isinstance(opened, Framebuffer)
        os.close(opened._device)
        opened._device = os.open("/dev/full", os.O_RDWR)
        path.rename(away)

    path.rename(away)
    with pytest.raises(DisplayError):
        display.show(BLACK, FRAME)
    with pytest.raises(DisplayError):
        display.blank()
    away.rename(path)
    return Rig(display, inner.pixels, break_it, lambda: away.rename(path), inner.end)


GEOMETRIES = {
    "16 bits": Geometry(800, 480, 16, 1600, (11, 5, 0)),
    "16 bits, padded, larger": Geometry(1024, 600, 16, 2112, (11, 5, 0), first=4224),
    "32 bits": Geometry(800, 480, 32, 3200, (16, 8, 0)),
    "32 bits, padded, red first": Geometry(800, 480, 32, 3264, (0, 8, 16)),
}


def colour_panel(kind: str) -> Rig:
    factory = MockFactory()
    chip = SimulatedColourPanel(factory, DATA_PIN, RESET_PIN)

    def break_it() -> None:
        chip.broken = OSError(errno.EIO, "Input/output error")

    def mend_it() -> None:
        chip.broken = None
        chip.lose_power()

    return Rig(BusPanel(PANELS[kind], factory, lambda: chip), chip.picture, break_it, mend_it)


class Socket:
    """Where an I2C module is plugged in: each opening of the bus reaches the same chip."""

    def __init__(self, *, sh1106: bool) -> None:
        self.chip = SimulatedOled(I2C_ADDRESS, sh1106=sh1106)

    def open(self) -> SimulatedOled:
        self.chip.closed = False
        return self.chip


def oled(kind: str) -> Rig:
    socket = Socket(sh1106=kind == "sh1106")

    def break_it() -> None:
        socket.chip.answers = False

    def mend_it() -> None:
        socket.chip.answers = True
        socket.chip.lose_power()

    display = BusPanel(PANELS[kind], make_bus=socket.open)
    return Rig(display, socket.chip.picture, break_it, mend_it, as_seen=in_two_levels)


PANEL_RIGS = {"ili9341": colour_panel, "st7789": colour_panel, "ssd1306": oled, "sh1106": oled}


@pytest.fixture(params=[*GEOMETRIES, "capture", "late", *PANEL_RIGS])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    name: str = request.param
    if name in PANEL_RIGS:
        yield PANEL_RIGS[name](name)
        return
    others = {"capture": capture, "late": late}
    made = others[name](tmp_path) if name in others else framebuffer(tmp_path, GEOMETRIES[name])
    yield made
    made.end()


def test_it_takes_pictures_of_its_size(rig: Rig) -> None:
    assert rig.display.size in SIZES


def test_it_shows_exactly_the_picture(rig: Rig) -> None:
    rig.display.show(rig.picture, FRAME)
    assert rig.shows(rig.picture)


def test_a_later_picture_replaces_the_whole_of_the_earlier(rig: Rig) -> None:
    rig.display.show(rig.picture, FRAME)
    later = rig.picture.rotate(180)
    rig.display.show(later, OTHER)
    assert rig.shows(later)


def test_blank_is_black_and_the_same_picture_can_follow(rig: Rig) -> None:
    rig.display.show(rig.picture, FRAME)
    rig.display.blank()
    assert rig.is_black()
    rig.display.show(rig.picture, FRAME)
    assert rig.shows(rig.picture)


def test_a_picture_of_another_size_is_refused(rig: Rig) -> None:
    with pytest.raises(DisplayError):
        rig.display.show(Image.new("RGB", (320, 200)), FRAME)


def test_a_fault_raises_and_the_next_picture_is_whole(rig: Rig) -> None:
    rig.display.show(rig.picture, FRAME)
    rig.break_it()
    with pytest.raises(DisplayError):
        rig.display.show(rig.picture.rotate(180), OTHER)
    with pytest.raises(DisplayError):
        rig.display.blank()
    rig.mend_it()
    rig.display.show(rig.picture, FRAME)
    assert rig.shows(rig.picture)


def test_closing_blanks(rig: Rig) -> None:
    rig.display.show(rig.picture, FRAME)
    rig.display.close()
    assert rig.is_black()


def test_closing_may_keep_the_last_picture(rig: Rig) -> None:
    rig.display.show(rig.picture, FRAME)
    rig.display.close(keep=True)
    assert rig.shows(rig.picture)


def test_a_display_that_never_came_is_closed_without_a_word(tmp_path: Path) -> None:
    display = LateDisplay(lambda: Framebuffer(tmp_path / "none", SIZE), SIZE)
    with pytest.raises(DisplayError, match="cannot be opened"):
        display.show(BLACK, FRAME)
    display.close()


def test_a_captured_text_layer_stands_beside_the_picture(tmp_path: Path) -> None:
    CaptureDisplay(tmp_path).show(picture(), FRAME)
    layer = json.loads((tmp_path / "001-one.json").read_text())
    assert {"text": "first", "tag": None}.items() <= layer[-1].items()
    assert set(layer[0]) == {"name", "text", "x", "y", "w", "h", "size_px", "tag", "volatile"}
