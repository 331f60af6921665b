"""Pictures and what was told of them, put together; and the account of what is typed."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from hw_mocks.endurance.gallery import MISSING, UNTOLD, Gallery, Shown
from hw_mocks.endurance.troubles import Flipper
from hw_mocks.endurance.truth import Truth, Typing
from hw_mocks.endurance.typist import Typist


class Folder:
    """Keeps pictures as the capturing display does, and tells of them as the rig does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, number: int, name: str, text: str, mono_s: float) -> Shown:
        stem = self.path / f"{number:03d}-{name}"
        Image.new("RGB", (8, 8)).save(stem.with_suffix(".png"))
        word = {"name": "lines", "text": text, "x": 1, "y": 2, "w": 3, "h": 4, "size_px": 17}
        stem.with_suffix(".json").write_text(json.dumps([word | {"tag": None}]))
        return Shown(name, mono_s, mono_s, ((text, 1, 2, None),))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_frame_stands_until_the_next(folder: Folder) -> None:
    gallery = Gallery(folder.path, rate=10.0)
    assert gallery.shown(folder.keep(1, "ready", "a", 5.0), 1) == []
    (first,) = gallery.shown(folder.keep(2, "ready", "b", 7.5), 1)
    assert (first.number, first.mono_s, first.until_mono_s) == (1, 5.0, 7.5)
    (last,) = gallery.ended(1, 9.0, 9.0, newest=2)
    assert (last.number, last.until_mono_s) == (2, 9.0)
    assert gallery.faults == []


def test_a_blank_between_two_frames_counts_as_a_frame(folder: Folder) -> None:
    gallery = Gallery(folder.path, rate=1.0)
    gallery.shown(folder.keep(1, "collect", "a", 5.0), 1)
    folder.keep(2, "blank", "", 0.0)
    over = gallery.shown(folder.keep(3, "collect", "b", 6.0), 1)
    assert [seen.name for seen in over] == ["collect", "blank"]
    assert gallery.faults == []


def test_a_picture_that_nobody_told_of_and_a_frame_without_a_picture(folder: Folder) -> None:
    gallery = Gallery(folder.path, rate=1.0)
    folder.keep(1, "collect", "hidden", 5.0)
    gallery.shown(folder.keep(2, "collect", "told", 6.0), 1)
    assert gallery.faults == [f"{UNTOLD}: 001-collect.png"]
    gallery.shown(Shown("collect", 7.0, 7.0, (("never kept", 1, 2, None),)), 1)
    assert gallery.faults[1:] == [f"{MISSING}: collect"]


def test_the_next_lifes_pictures_are_left_for_it(folder: Folder) -> None:
    gallery = Gallery(folder.path, rate=1.0)
    gallery.shown(folder.keep(1, "collect", "a", 5.0), 1)
    folder.keep(2, "collect", "shown just before it died", 0.0)
    later = folder.keep(3, "self-test", "b", 8.0)
    assert [seen.number for seen in gallery.ended(1, 6.0, 6.0, newest=2)] == [1, 2]
    assert gallery.shown(later, 2) == []
    assert gallery.faults == []


def test_a_stall_is_reckoned_to_the_frames_it_made_late(folder: Folder) -> None:
    gallery = Gallery(folder.path, rate=10.0)
    gallery.stalled([(4.0, 0.3), (90.0, 5.0)])
    gallery.shown(folder.keep(1, "ready", "a", 5.0), 1)
    (seen,) = gallery.shown(folder.keep(2, "ready", "b", 6.0), 1)
    assert seen.stalled_s == pytest.approx(3.0)


def test_what_several_watches_notice_at_once_counts_once(folder: Folder) -> None:
    gallery = Gallery(folder.path, rate=10.0)
    gallery.stalled([(4.0, 0.3), (4.1, 0.2), (4.05, 0.1)])
    gallery.shown(folder.keep(1, "ready", "a", 5.0), 1)
    (seen,) = gallery.shown(folder.keep(2, "ready", "b", 6.0), 1)
    assert seen.stalled_s == pytest.approx(4.0)


def type_all(keys: str, row: str) -> tuple[Truth, Typist]:
    truth = Truth()
    typist = Typist(truth)
    typist.pressed("C", "collect", ("entry", row), 1.0, 0.1)
    for index, key in enumerate(keys, start=2):
        typist.pressed(key, "entry", ("entry", row), float(index), 0.1)
    return truth, typist


@pytest.mark.parametrize(
    ("row", "keys", "text"),
    [
        ("pulse_rate_bpm", "084", "84"),
        ("pulse_rate_bpm", "8*4", "84"),
        ("pulse_rate_bpm", "8C94", "94"),
        ("temp_degc", "36*95", "36.9"),
        ("temp_degc", "*5", "0.5"),
        ("age_years", "12345678", "123456"),
        ("age_years", "6#89", "69"),  # the key after help only closes it
        ("age_years", "6##9", "69"),
    ],
)
def test_what_keys_type(row: str, keys: str, text: str) -> None:
    truth, typist = type_all(keys, row)
    assert truth.typed(50.0, 60.0)[-1] == Typing(truth.typed(50.0, 60.0)[-1].mono_s, row, text)
    typist.pressed("A", "entry", ("collect", row), 70.0, 0.1)
    (heard,) = truth.numbers(row, "typed", 0.0, 100.0)
    assert (heard.value, heard.mono_s) == (float(text), 70.0)
    assert truth.typed(75.0, 80.0) == [Typing(70.0, "", "")]


def test_what_is_left_with_b_or_refused_was_not_typed() -> None:
    truth, typist = type_all("84", "pulse_rate_bpm")
    typist.pressed("A", "entry", ("entry", "pulse_rate_bpm"), 70.0, 0.1)
    typist.pressed("B", "entry", ("collect", "pulse_rate_bpm"), 71.0, 0.1)
    assert truth.numbers("pulse_rate_bpm", "typed", 0.0, 100.0) == []


def test_a_bad_cable_never_flips_two_bits_of_one_line() -> None:
    import random

    flipper = Flipper(random.Random(5), (90, 600))
    clean = bytes(20_000)
    dirty = b"".join(flipper(clean[at : at + 16]) for at in range(0, len(clean), 16))
    flipped = [at for at, byte in enumerate(dirty) if byte]
    assert len(flipped) > 20
    assert all(bin(dirty[at]).count("1") == 1 for at in flipped)
    assert min(b - a for a, b in pairwise(flipped)) >= 90
