"""What goes over the wires to a small panel: its bytes, their number, and what a fault leaves."""

from __future__ import annotations

import errno
from dataclasses import replace
from queue import SimpleQueue

import pytest
from gpiozero.pins.mock import MockFactory
from PIL import Image

from appliance.events import Event
from appliance.heartbeat import Heartbeats
from appliance.panel.bus_panel import BusPanel
from appliance.panel.display import DisplayWorker
from appliance.panel.drawing import draw
from appliance.panel.frame import Frame
from appliance.panel.late_display import LateDisplay
from appliance.panel.luma_devices import SPI_HZ, Lines
from appliance.panel.opening import open_bus_panel
from appliance.panel.port import DisplayError
from appliance.panel.screens import SIZES
from appliance.panel.small import lay_out_pages
from appliance.panel.small_looks import LOOKS, SMALL
from appliance.panel_kinds import (
    CHOSEN_SIZES,
    DATA_PIN,
    I2C_ADDRESS,
    LARGE,
    PANELS,
    RESET_PIN,
    size_of,
)
from hw_mocks.colour_panel import SimulatedColourPanel
from hw_mocks.oled_panel import SimulatedOled
from tests.unit.panel.sample_views import ENTRY, VIEWS, shown

DEADLINE_S = 10.0
FRAME = Frame("any", 1, 1, (0, 0, 0), ())
COLOUR = ("ili9341", "st7789")
ONE_BIT = ("ssd1306", "sh1106")


def colour(kind: str) -> tuple[BusPanel, SimulatedColourPanel, MockFactory]:
    factory = MockFactory()
    chip = SimulatedColourPanel(factory, DATA_PIN, RESET_PIN)
    return BusPanel(PANELS[kind], factory, lambda: chip), chip, factory


def oled(kind: str) -> tuple[BusPanel, SimulatedOled]:
    chip = SimulatedOled(I2C_ADDRESS, sh1106=kind == "sh1106")
    return BusPanel(PANELS[kind], make_bus=lambda: chip), chip


def five_six_five(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    cut = [part.point([v & mask for v in range(256)]) for part, mask in
           ((red, 0xF8), (green, 0xFC), (blue, 0xF8))]  # fmt: skip
    return Image.merge("RGB", cut)


@pytest.mark.parametrize("name", ["high", "collect-full", "out-of-service"])
@pytest.mark.parametrize("kind", COLOUR)
def test_the_chips_memory_is_the_drawn_page_of_every_screen(kind: str, name: str) -> None:
    panel, chip, _ = colour(kind)
    for frame in lay_out_pages(VIEWS[name], LOOKS[panel.size]):
        image = draw(frame)
        panel.show(image, frame)
        assert chip.picture().tobytes() == five_six_five(image).tobytes()


@pytest.mark.parametrize("kind", ONE_BIT)
def test_a_one_bit_chips_memory_is_the_drawn_page_of_every_screen(kind: str) -> None:
    panel, chip = oled(kind)
    for name in ("high-flag", "collect", "out-of-service"):
        for frame in lay_out_pages(VIEWS[name], LOOKS[panel.size])[:3]:
            image = draw(frame)  # of two colours: nothing is lost
            panel.show(image, frame)
            assert chip.picture().tobytes() == image.tobytes()


@pytest.mark.parametrize("kind", COLOUR)
def test_only_what_changed_is_sent(kind: str) -> None:
    panel, chip, _ = colour(kind)
    (before,) = lay_out_pages(ENTRY, LOOKS[panel.size])
    (after,) = lay_out_pages(replace(ENTRY, typed=shown("176")), LOOKS[panel.size])
    panel.show(draw(before), before)
    sent = chip.sent
    panel.show(draw(before), before)
    assert chip.sent == sent
    panel.show(draw(after), after)
    assert 0 < chip.sent - sent < 3000
    assert chip.picture().tobytes() == five_six_five(draw(after)).tobytes()


@pytest.mark.parametrize("kind", COLOUR)
def test_a_whole_page_is_on_the_wire_within_a_tenth_of_a_second(kind: str) -> None:
    panel, chip, _ = colour(kind)
    sent = chip.sent
    panel.show(Image.new("RGB", panel.size, (248, 0, 0)), FRAME)
    assert chip.sent - sent == 320 * 240 * 2 + 11
    assert chip.max_speed_hz == SPI_HZ
    assert (chip.sent - sent) * 8 / chip.max_speed_hz < 0.1


@pytest.mark.parametrize("kind", ONE_BIT)
def test_a_whole_one_bit_page_is_on_the_wire_within_a_tenth_of_a_second(kind: str) -> None:
    panel, chip = oled(kind)
    sent = chip.sent
    panel.show(Image.new("RGB", panel.size, (255, 255, 255)), FRAME)
    assert 1024 < chip.sent - sent < 1300
    assert (chip.sent - sent) * 9 / 400_000 < 0.1


@pytest.mark.parametrize("kind", COLOUR)
def test_a_panel_that_lost_its_power_is_set_up_anew(kind: str) -> None:
    panel, chip, _ = colour(kind)
    picture = Image.new("RGB", panel.size, (248, 0, 248))
    panel.show(picture, FRAME)
    chip.broken = OSError(errno.EIO, "Input/output error")
    with pytest.raises(DisplayError, match="Input/output error"):
        panel.show(Image.new("RGB", panel.size), FRAME)
    chip.broken = None
    chip.lose_power()
    panel.show(picture, FRAME)
    assert chip.picture().tobytes() == picture.tobytes()


def test_nothing_of_a_panel_touches_the_buzzers_pin_and_all_pins_are_given_back() -> None:
    panel, chip, factory = colour("st7789")
    used = {pin.info.name for pin in factory.pins.values()}
    assert used == {f"GPIO{number}" for number in (DATA_PIN, RESET_PIN)}
    panel.close()
    assert chip.opened is None
    Lines(factory).setup(DATA_PIN, Lines.OUT)  # PinReservationError where it was kept


def test_an_absent_one_is_an_absent_display_and_is_used_once_it_is_there() -> None:
    chip = SimulatedOled(I2C_ADDRESS)
    chip.answers = False

    def open_it() -> BusPanel:
        chip.closed = False
        return BusPanel(PANELS["ssd1306"], make_bus=lambda: chip)

    display = LateDisplay(open_it, PANELS["ssd1306"].size)
    white = Image.new("RGB", display.size, (255, 255, 255))
    with pytest.raises(DisplayError, match="ssd1306 on /dev/bedside/i2c cannot be used"):
        display.show(white, FRAME)
    assert chip.closed
    chip.answers = True
    display.show(white, FRAME)
    assert chip.picture().tobytes() == white.tobytes()


@pytest.mark.parametrize("kind", PANELS)
def test_without_its_bus_a_panel_says_which_wire_and_setting(kind: str) -> None:
    """The real spidev and smbus2, on a machine that has neither bus."""
    factory = MockFactory()
    with pytest.raises(DisplayError, match=rf"{kind} on /dev/.*\[display\] in the settings"):
        open_bus_panel(kind, factory)


def test_sizes_are_those_that_there_are_pages_for() -> None:
    assert {panel.size for panel in PANELS.values()} <= set(LOOKS)
    assert size_of("framebuffer") == size_of("capture") == LARGE
    assert {size_of("framebuffer", each) for each in CHOSEN_SIZES} <= set(SIZES)
    assert size_of("st7789", "1024x600") == PANELS["st7789"].size


def test_the_worker_turns_the_pages_on_the_panel_and_blanks_it_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look = replace(SMALL, page_s=0.05)
    monkeypatch.setitem(LOOKS, SMALL.size, look)
    panel, chip = oled("sh1106")
    seen: SimpleQueue[tuple[Frame, bytes]] = SimpleQueue()

    def on_shown(frame: Frame, _: float) -> None:
        seen.put((frame, chip.picture().tobytes()))

    events: SimpleQueue[Event] = SimpleQueue()
    worker = DisplayWorker(panel, events.put, Heartbeats(), on_shown)
    worker.start()
    worker.show(VIEWS["high-flag"])
    pages = lay_out_pages(VIEWS["high-flag"], look)
    for page in (*pages, pages[0]):
        frame, picture = seen.get(timeout=DEADLINE_S)
        assert frame == page
        assert picture == draw(page).tobytes()
    assert worker.stop(DEADLINE_S)
    assert chip.picture().getextrema() == ((0, 0),) * 3
    assert events.empty()
