"""Runs on the test's machine: the real daemon, whose number pad is a FIFO in its state folder.

There is no input subsystem here to grab a device from; everything behind that one call is the
daemon's own.  Whoever writes events of linux/input.h into the FIFO presses keys.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from appliance import cli
from appliance.panel.keypad_evdev import EvdevKeypad

PAD = Path("/var/lib/bedside/pad")
CONFIG = Path("/var/lib/bedside/with-pad.toml")
SETTINGS = Path("/etc/bedside/appliance.toml")

if __name__ == "__main__":
    if not PAD.exists():
        os.mkfifo(PAD)
    CONFIG.write_text(f"{SETTINGS.read_text()}\n[keypad]\nkind = 'evdev'\ndevice = '{PAD}'\n")
    EvdevKeypad.__init__.__kwdefaults__["grab"] = lambda _descriptor: None
    sys.exit(cli.main(["run", "--config", str(CONFIG)]))
