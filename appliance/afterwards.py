"""What is done once the daemon has ended, however it ended: `python -m appliance.afterwards`.

systemd runs it as ExecStopPost, after an ordered stop and after SIGKILL, SIGSEGV or the
watchdog's SIGABRT alike.  It tells every cuff to empty, and puts OUT OF SERVICE on the screen,
or black after an ordered stop.  It needs nothing of the daemon's memory: the settings name the
ports and the display, and where they are damaged, each part that can be read is used.

It never fails and never waits for ever: what a device does not take in time is told in the
journal by its code.  Hazard H-03: a picture
that outlives its daemon.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from appliance.commanded import COMMANDED
from appliance.panel_kinds import PANELS, size_of

if TYPE_CHECKING:
    from appliance.panel.frame import Frame
    from appliance.panel.port import Display
    from appliance.views import PageView

SWITCHING_OFF = "switching-off"
"""File that the daemon leaves in its run-time directory when the machine is switched off."""
DONE_WITHIN_S = 1.8
"""For everything together; systemd would kill us later than that, and without a word."""
_MAX_FILE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Known:
    """What of the settings could be read.

    ports: of commanded instruments.  kind, device, folder, size: the display.  language: of
    the clinic.  whole: whether the file was TOML at all.
    """

    ports: tuple[str, ...] = ()
    kind: str = "framebuffer"
    device: str = "/dev/fb0"
    folder: str = ""
    size: str = ""
    language: str = "en"
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Ending:
    """How the daemon ended, in systemd's words (systemd.exec(5), $SERVICE_RESULT)."""

    result: str
    code: str
    status: str

    @property
    def ordered(self) -> bool:
        """Whether a healthy daemon was told to stop and did."""
        return (self.result, self.code, self.status) == ("success", "exited", "0")


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Do all of it, then leave the process with 0."""
    parser = argparse.ArgumentParser(prog="python -m appliance.afterwards")
    parser.add_argument("--config", type=Path, required=True, help="settings file")
    known = read_what_can_be_read(parser.parse_args(argv).config)
    ending = ending_of(os.environ)
    _tell(f"ENDED result={ending.result} code={ending.code} status={ending.status}")
    if not known.whole:
        _tell("SETTINGS_UNREADABLE cuffs=unknown display=default")
    tasks = {
        "CUFF": _start(lambda: _abort(known.ports)),
        "SCREEN": _start(lambda: _show(known, ending)),
    }
    left_s = DONE_WITHIN_S
    for name, (thread, codes) in tasks.items():
        before = time.monotonic()
        thread.join(left_s)
        left_s = max(0.0, left_s - (time.monotonic() - before))
        for code in codes.copy():
            _tell(code)
        if thread.is_alive():
            _tell(f"{name}_TIMEOUT")
    # A thread that hangs in a driver must not keep us: leave without joining it.
    sys.stderr.flush()
    os._exit(0)


def ending_of(environment: Mapping[str, str]) -> Ending:
    """Return how the daemon ended; without systemd's words it counts as abnormal."""
    names = ("SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS")
    return Ending(*(environment.get(name) or "unknown" for name in names))


def words_for(ending: Ending) -> tuple[str, ...]:
    """Return what the screen says of an abnormal end: what happens next, what to do."""
    if ending.result == "exec-condition":
        return (
            "It failed to start several times. It does not try again by itself.",
            "Switch it off and on once. If this comes back, call a technician.",
        )
    if (ending.code, ending.status) == ("exited", "2"):
        return (
            "Its settings file is refused. It does not try again by itself.",
            "Call a technician: the file on the card must be mended.",
        )
    return (
        "It stopped unexpectedly and starts again by itself within a minute.",
        "If this stays longer, switch it off and on. If it comes back, call a technician.",
    )


def read_what_can_be_read(path: Path) -> Known:
    """Return ports and display of a settings file; defaults for what makes no sense.

    Unlike the daemon's own reading it refuses nothing: a wrong key elsewhere must not keep
    a cuff full.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_FILE_BYTES).decode("utf-8-sig")
        form = tomllib.loads(text.replace("\r\n", "\n"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return Known(whole=False)
    display = form.get("display")
    display = display if isinstance(display, dict) else {}
    clinic = form.get("clinic")
    language = clinic.get("language") if isinstance(clinic, dict) else None
    instruments = form.get("instruments")
    ports = tuple(
        each["port"]
        for each in (instruments if isinstance(instruments, list) else ())
        if isinstance(each, dict)
        and each.get("protocol") in COMMANDED
        and _usable(each.get("port"))
    )

    def text_of(key: str, otherwise: str) -> str:
        value = display.get(key)
        return value if isinstance(value, str) and _usable(value) else otherwise

    return Known(
        ports,
        text_of("kind", "framebuffer"),
        text_of("device", "/dev/fb0"),
        text_of("folder", ""),
        text_of("size", ""),
        language if isinstance(language, str) else "en",
    )


def _usable(path: object) -> bool:
    return isinstance(path, str) and path != "" and "\0" not in path


def _abort(ports: tuple[str, ...]) -> list[str]:
    if not ports:
        return []
    from appliance.instruments.abort import abort_all

    return [
        f"CUFF_ABORT port={r.path} told={_yes(r.written)} confirmed={_yes(r.answered)}"
        for r in abort_all(ports)
    ]


def _show(known: Known, ending: Ending) -> list[str]:
    """Show the page, or black after an ordered stop."""
    from appliance.panel.drawing import Painter
    from appliance.panel.port import DisplayError
    from appliance.views import PageView, Tone

    if ending.ordered and _switching_off():
        # The page says not to pull the plug yet: it stays until appliance.unplug says more.
        return ["SCREEN_SWITCHING_OFF"]
    try:
        display = open_known_display(known)
        if ending.ordered:
            display.close()
            return ["SCREEN_BLANK"]
        lines = ("Do not use this appliance.", *words_for(ending))
        lines += ("If a cuff is on an arm, take it off. Measure and decide without it.",)
        # No key is offered: nobody reads the keypad now.
        page = PageView("out-of-service", "OUT OF SERVICE", lines, Tone.FAULT)
        frame = spoken_frame(page, display.size, known.language)
        display.show(Painter().draw(frame), frame)
        display.close(keep=True)
    except DisplayError as error:
        return [f"SCREEN_FAILED error={_errno(error)}"]
    return ["SCREEN_OUT_OF_SERVICE"]


def open_known_display(known: Known) -> Display:
    """Open the display that the settings name, or the usual one; raise DisplayError."""
    from appliance.panel.capture import CaptureDisplay
    from appliance.panel.framebuffer import Framebuffer
    from appliance.panel.opening import open_bus_panel

    size = size_of(known.kind, known.size)
    if known.kind == "capture" and known.folder:
        return CaptureDisplay(Path(known.folder), size)
    if known.kind in PANELS:
        return open_bus_panel(known.kind)
    return Framebuffer(Path(known.device), size)


def spoken_frame(page: PageView, size: tuple[int, int], language: str) -> Frame:
    """Lay the page out in the clinic's language, in English if that fails in any way."""
    from appliance.panel.manner import PLAIN, Manner
    from appliance.panel.screens import lay_out

    try:
        from appliance.catalogue import open_language
        from appliance.panel.font import has_letter

        manner = Manner(open_language(language, has_letter).tongue)
    except Exception:  # noqa: BLE001 - whatever is broken, the page itself must be shown
        manner = PLAIN
    return lay_out(page, size, manner)


def _switching_off() -> bool:
    runtime = os.environ.get("RUNTIME_DIRECTORY", "")
    return bool(runtime) and Path(runtime, SWITCHING_OFF).exists()


def _start(work: Callable[[], list[str]]) -> tuple[threading.Thread, list[str]]:
    """Run it in a thread; its codes for the journal are in the list once it has ended."""
    codes: list[str] = []

    def run() -> None:
        try:
            codes.extend(work())
        except Exception as error:  # noqa: BLE001 - a worker's top: the other work goes on
            codes.append(f"AFTERWARDS_FAULT error={type(error).__name__}")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, codes


def _errno(error: BaseException) -> str:
    cause = error.__cause__
    return str(cause.errno) if isinstance(cause, OSError) else type(error).__name__


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _tell(code: str) -> None:
    print(f"afterwards event={code}", file=sys.stderr)  # noqa: T201 - the unit's journal


if __name__ == "__main__":
    main()
