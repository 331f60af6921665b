"""The framebuffer's geometry, its refusals, and that only changed rows are written."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from PIL import Image

from appliance.panel.framebuffer import Framebuffer, Geometry, pack, parse_geometry
from appliance.panel.port import DisplayError
from appliance.panel.screens import lay_out
from tests.unit.panel.sample_views import STARTING

FRAME = lay_out(STARTING)
RGB565 = Geometry(8, 4, 16, 24, (11, 5, 0))


def device(path: Path, geometry: Geometry) -> Path:
    path.write_bytes(b"\x55" * (geometry.stride * geometry.height))
    return path


def test_the_kernels_structures_are_read_by_their_fields() -> None:
    variable = struct.pack("=8I", 800, 480, 800, 960, 2, 480, 16, 0)
    variable += struct.pack("=12I", 11, 5, 0, 5, 6, 0, 0, 5, 0, 0, 0, 0) + bytes(80)
    # struct fb_fix_screeninfo of a 64-bit kernel: line_length is at offset 48.
    fixed = bytearray(80)
    struct.pack_into("=I", fixed, 48, 1664)
    geometry = parse_geometry(variable, bytes(fixed))
    assert geometry == Geometry(800, 480, 16, 1664, (11, 5, 0), first=480 * 1664 + 4)


def test_a_16_bit_pixel_has_its_bits_where_they_belong(tmp_path: Path) -> None:
    image = Image.new("RGB", (1, 1), (0b10110111, 0b01101111, 0b11010111))
    packed = pack(image, RGB565)
    assert packed == (0b10110_011011_11010).to_bytes(2, "little")


def test_margins_and_padding_are_black(tmp_path: Path) -> None:
    path = device(tmp_path / "fb", RGB565)
    Framebuffer(path, (4, 2), RGB565).show(Image.new("RGB", (4, 2), (255, 255, 255)), FRAME)
    raw = path.read_bytes()
    rows = [raw[at : at + 16] for at in range(0, 96, 24)]
    lit = bytes(4) + b"\xff" * 8 + bytes(4)
    assert rows == [bytes(16), lit, lit, bytes(16)]


def test_only_rows_that_changed_are_written(tmp_path: Path) -> None:
    geometry = Geometry(4, 4, 32, 16, (16, 8, 0))
    path = device(tmp_path / "fb", geometry)
    display = Framebuffer(path, (4, 4), geometry)
    image = Image.new("RGB", (4, 4), (1, 2, 3))
    display.show(image, FRAME)
    path.write_bytes(b"\x55" * 64)
    image.putpixel((1, 2), (9, 9, 9))
    display.show(image, FRAME)
    raw = path.read_bytes()
    assert raw[:32] == b"\x55" * 32
    assert raw[36:39] == b"\x09\x09\x09"
    assert raw[48:] == b"\x55" * 16


def test_after_a_fault_every_row_is_written_again(tmp_path: Path) -> None:
    geometry = Geometry(4, 4, 32, 16, (16, 8, 0))
    path = device(tmp_path / "fb", geometry)
    display = Framebuffer(path, (4, 4), geometry)
    image = Image.new("RGB", (4, 4), (1, 2, 3))
    display.show(image, FRAME)
    device_number, display._device = display._device, os.open("/dev/full", os.O_RDWR)
    with pytest.raises(DisplayError):
        display.show(Image.new("RGB", (4, 4), (9, 9, 9)), FRAME)
    os.close(display._device)
    display._device = device_number
    path.write_bytes(b"\x55" * 64)
    display.show(image, FRAME)
    assert path.read_bytes() == image.tobytes("raw", "BGRX")


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (Geometry(640, 480, 32, 2560, (16, 8, 0)), "640 x 480"),
        (Geometry(800, 480, 8, 800, (0, 0, 0)), "8 bits"),
        (Geometry(800, 480, 16, 1600, (10, 5, 0)), r"\(10, 5, 0\)"),
        (Geometry(800, 480, 32, 3200, (20, 10, 0)), r"\(20, 10, 0\)"),
        (Geometry(800, 480, 32, 1600, (16, 8, 0)), "shorter"),
    ],
)
def test_a_screen_that_cannot_show_it_is_refused_in_words(
    tmp_path: Path, geometry: Geometry, words: str
) -> None:
    path = device(tmp_path / "fb", geometry)
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(DisplayError, match=words):
        Framebuffer(path, (800, 480), geometry)
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert set(path.read_bytes()) == {0x55}


def test_an_absent_device_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DisplayError, match="cannot be opened"):
        Framebuffer(tmp_path / "fb0")


def test_a_file_that_is_no_framebuffer_is_refused_in_words(tmp_path: Path) -> None:
    path = device(tmp_path / "fb", RGB565)
    with pytest.raises(DisplayError, match="does not answer as a framebuffer"):
        Framebuffer(path)
