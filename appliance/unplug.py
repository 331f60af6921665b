"""The last words before the power goes: `python -m appliance.unplug --config FILE`.

systemd runs it from its shutdown hook (systemd/bedside.shutdown), when every service has
ended and every file system that can be is unmounted or read-only.  Only then may the plug be
pulled, and the screen says so.  What the kernel still holds writable is looked up, not
assumed: where that is anything on a disk or card, the words are others.

It never fails and never waits long: a machine must switch off.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from appliance.afterwards import open_known_display, read_what_can_be_read, spoken_frame

DRAWN_WITHIN_S = 10.0
READ_FOR_S = 4.0
"""The screen of many boards goes dark with the power: so long the words can be read before."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Show the words for as long as they take to read, then leave the process with 0."""
    parser = argparse.ArgumentParser(prog="python -m appliance.unplug")
    parser.add_argument("--config", type=Path, required=True, help="settings file")
    config = parser.parse_args(argv).config
    os.sync()
    writable = writable_disks(Path("/proc/self/mountinfo").read_text("utf-8", "replace"))
    shown: list[str] = []
    thread = threading.Thread(target=_show, args=(config, not writable, shown), daemon=True)
    thread.start()
    thread.join(DRAWN_WITHIN_S)
    print(f"unplug event={shown[0] if shown else 'SCREEN_TIMEOUT'}", file=sys.stderr)  # noqa: T201
    if shown and not shown[0].startswith("SCREEN_FAILED"):
        time.sleep(READ_FOR_S)
    sys.stderr.flush()
    os._exit(0)


def writable_disks(mountinfo: str) -> tuple[str, ...]:
    """Return the devices of file systems on a disk or card that can still be written to.

    Source: proc(5), /proc/pid/mountinfo: the mount's options are the sixth field; after the
    lone hyphen come type, source and the file system's own options.
    """
    found = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        of_mount, of_system = before.split(), after.split()
        if len(of_mount) < 6 or len(of_system) < 3 or not of_system[1].startswith("/dev/"):
            continue
        if "rw" in of_mount[5].split(",") and "rw" in of_system[2].split(","):
            found.append(of_system[1])
    return tuple(dict.fromkeys(found))


def last_words(all_written: bool) -> tuple[str, ...]:
    """Return what the screen says: whether the plug may be pulled."""
    if all_written:
        return ("You may pull the plug now.", "Everything is written.")
    return (
        "Wait until the green light on the board has been dark for ten seconds.",
        "Then you may pull the plug.",
    )


def _show(config: Path, all_written: bool, shown: list[str]) -> None:
    from appliance.panel.drawing import Painter
    from appliance.views import PageView

    try:
        known = read_what_can_be_read(config)
        display = open_known_display(known)
        page = PageView("switched-off", "Switched off", last_words(all_written))
        frame = spoken_frame(page, display.size, known.language)
        display.show(Painter().draw(frame), frame)
        display.close(keep=True)
    except Exception as error:  # noqa: BLE001 - a machine must switch off, whatever is broken
        shown.append(f"SCREEN_FAILED error={type(error).__name__}")
    else:
        shown.append("MAY_UNPLUG" if all_written else "STILL_WRITABLE")


if __name__ == "__main__":
    main()
