"""The last words before the power goes, from the real program and its shutdown hook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.unplug import last_words, writable_disks

ROOT = Path(__file__).parents[2]
HOOK = ROOT / "systemd/bedside.shutdown"
READ_ONLY = "24 1 179:2 / / ro,noatime shared:1 - ext4 /dev/mmcblk0p2 ro\n"
DATA = "30 24 179:3 /var /var rw,noatime shared:9 master:3 - ext4 /dev/mmcblk0p3 rw,data=ordered\n"
MEMORY = "25 24 0:22 / /run rw,nosuid - tmpfs tmpfs rw,size=10k\n"


def test_only_what_lies_on_a_disk_and_can_be_written_counts() -> None:
    assert writable_disks(READ_ONLY + MEMORY) == ()
    assert writable_disks(READ_ONLY + DATA + MEMORY + DATA) == ("/dev/mmcblk0p3",)
    assert writable_disks(DATA.replace("rw,noatime", "ro,noatime")) == ()
    assert writable_disks("rubbish - \n\n1 2 - x /dev/y\n") == ()


def test_the_words_never_promise_what_is_not_so() -> None:
    assert "You may pull the plug now." in last_words(True)
    assert "now" not in " ".join(last_words(False))


def test_the_program_leaves_a_page_and_ends_well(tmp_path: Path) -> None:
    config, screens = tmp_path / "appliance.toml", tmp_path / "screens"
    screens.mkdir()
    config.write_text(f"[display]\nkind = 'capture'\nfolder = '{screens}'\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "appliance.unplug", "--config", str(config)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    newest = max(screens.glob("*-switched-off.json"))
    words = " ".join(each["text"] for each in json.loads(newest.read_text("utf-8")))
    # What is writable here is not ours to say: the program looked it up, and so do we.
    writable = writable_disks(Path("/proc/self/mountinfo").read_text("utf-8"))
    assert " ".join(last_words(not writable)) in words


def test_no_display_is_told_and_keeps_nobody(tmp_path: Path) -> None:
    config = tmp_path / "appliance.toml"
    config.write_text("[display]\ndevice = '/dev/no-such-framebuffer'\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "appliance.unplug", "--config", str(config)],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "SCREEN_FAILED" in done.stderr


@pytest.mark.parametrize(("verb", "runs"), [("poweroff", 1), ("halt", 1), ("reboot", 0), ("", 0)])
def test_the_hook_speaks_on_the_way_to_darkness_only(tmp_path: Path, verb: str, runs: int) -> None:
    told = tmp_path / "told"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >>{told}\nexit 7\n', "utf-8")
    python.chmod(0o755)
    hook = tmp_path / "hook"
    hook.write_text(HOOK.read_text("utf-8").replace("/opt/bedside/bin/python", str(python)))
    done = subprocess.run(["sh", str(hook), verb], timeout=10, check=False)
    assert done.returncode == 0
    calls = told.read_text("utf-8").splitlines() if told.exists() else []
    assert calls == ["-I -m appliance.unplug --config /run/bedside-settings/appliance.toml"] * runs
