"""Captured screens: when one is kept, and that a full disk leaves nothing half-written."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.panel.capture import CaptureDisplay
from appliance.panel.drawing import draw
from appliance.panel.port import DisplayError
from appliance.panel.screens import lay_out
from appliance.views import View
from tests.unit.panel.sample_views import HIGH, READY, shown

ROOT = Path(__file__).parents[3]


def show(display: CaptureDisplay, view: View) -> None:
    frame = lay_out(view)
    display.show(draw(frame), frame)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_screen_is_kept_once_however_its_clock_goes_on(tmp_path: Path) -> None:
    display = CaptureDisplay(tmp_path)
    show(display, READY)
    show(display, replace(READY, wall_time="18 Nov 2026 03:13 UTC"))
    show(display, HIGH)
    show(display, replace(HIGH, valid_until=shown("Valid 11 more minutes")))
    show(display, READY)
    assert [name for name in names(tmp_path) if name.endswith("png")] == [
        "001-ready.png",
        "002-result.png",
        "003-ready.png",
    ]


def test_it_counts_on_from_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "041-ready.png").touch()
    (tmp_path / "notes.txt").touch()
    show(CaptureDisplay(tmp_path), READY)
    assert "042-ready.png" in names(tmp_path)


def test_an_unusable_folder_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DisplayError, match="cannot be kept"):
        CaptureDisplay(tmp_path / "file")


_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = [{root!r}, {here!r}]
from test_capture import show
from tests.unit.panel.sample_views import HIGH
from appliance.panel.capture import CaptureDisplay
from appliance.panel.port import DisplayError

display = CaptureDisplay(Path({folder!r}))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, hard))
try:
    show(display, HIGH)
except DisplayError as error:
    assert "Make room" in str(error), error
else:
    sys.exit("no error")
assert not list(Path({folder!r}).iterdir()), list(Path({folder!r}).iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
show(display, HIGH)
assert (Path({folder!r}) / "001-result.png").stat().st_size > {limit}
"""


@pytest.mark.parametrize("limit", [0, 512, 8000])
def test_a_disk_that_runs_full_leaves_nothing_half_written(tmp_path: Path, limit: int) -> None:
    """A real limit on the size of files, met while the texts or the picture are written."""
    script = _FULL_DISK.format(
        root=str(ROOT), here=str(Path(__file__).parent), folder=str(tmp_path), limit=limit
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
