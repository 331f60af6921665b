"""What the desktop draws of the two pages that stand when no daemon runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from appliance.panel.drawing import draw
from appliance.panel.screens import lay_out
from appliance.panel_kinds import LARGE
from appliance.unplug import last_words
from appliance.views import PageView
from tests.card.screens import Expected, read_expected

WATCHDOG = {"SERVICE_RESULT": "watchdog", "EXIT_CODE": "dumped", "EXIT_STATUS": "ABRT"}
"""What systemd tells the aftermath of a daemon that hung.  Source: systemd.exec(5)."""


def out_of_service(folder: Path) -> Expected:
    """Let the real aftermath of a hung daemon draw its page into a folder."""
    config, screens = folder / "appliance.toml", folder / "screens"
    config.write_text(f'[display]\nkind = "capture"\nfolder = "{screens}"\n', "utf-8")
    subprocess.run(
        [sys.executable, "-m", "appliance.afterwards", "--config", str(config)],
        env={**os.environ, **WATCHDOG},
        check=True,
        timeout=60,
    )
    return read_expected(next(screens.glob("*-out-of-service.png")))


def may_unplug() -> Expected:
    """Draw the page that says that the plug may be pulled, as `appliance.unplug` lays it out."""
    words = last_words(all_written=True)
    frame = lay_out(PageView("switched-off", "Switched off", words), LARGE)
    return Expected("switched-off", draw(frame), (), words)
