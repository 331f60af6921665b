"""The start-up checks, by the daemon itself and by `appliance selftest`.

Each check is a name, whether it passed, and words.  A check that cannot be done here
says so and does not pass silently.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.clock import SystemClock
from appliance.exits import Exit
from appliance.heartbeat import Heartbeats
from appliance.inference.showing import verify_bundle
from appliance.panel.capture import CaptureDisplay
from appliance.panel.drawing import draw
from appliance.panel.port import Display, DisplayError
from appliance.panel.screens import lay_out
from appliance.presenting import out_of_service_view
from appliance.settings import Settings

OpenDisplay = Callable[[Settings], Display]


@dataclass(frozen=True, slots=True)
class Check:
    """One check.  passed: False also when it could not be made."""

    name: str
    passed: bool
    words: str


def start_faults(beats: Heartbeats, older_than_s: float) -> tuple[str, ...]:
    """Return what the running daemon must not serve with: workers that do not answer."""
    return tuple(
        f"A part of the appliance does not answer: {w}." for w in beats.stale(older_than_s)
    )


def run_selftest(
    folders: Sequence[Path],
    settings: Settings | None,
    runtime: str,
    as_json: bool,
    open_display: OpenDisplay,
) -> int:
    """Make all checks and print each; return the exit code of the first kind that failed.

    settings: None where no file is named; then the display is drawn in memory only.
    """
    models = [_check_bundle(folder, runtime) for folder in folders]
    if not models:
        models = [Check("model", False, "no bundle is named: use --bundle or --config")]
    others = [_check_display(settings, open_display), _check_clock()]
    code = Exit.DONE
    if not all(check.passed for check in models):
        code = Exit.MODEL_REFUSED if folders else Exit.BAD_USAGE
    elif not others[0].passed:
        code = Exit.HARDWARE
    return _report([*models, *others], as_json, code)


def _check_bundle(folder: Path, runtime: str) -> Check:
    report = verify_bundle(folder, runtime)
    words = report["proof"] if report["ok"] else report["fault"]
    return Check(f"{report.get('kind', 'model')} {folder.name}", report["ok"], str(words))


def _check_display(settings: Settings | None, open_display: OpenDisplay) -> Check:
    """Draw a page and show it: on the display of the settings, else only in memory."""
    try:
        if settings is not None:
            return _show_on(open_display(settings), settings.display.kind)
        with tempfile.TemporaryDirectory(prefix="bedside-") as folder:
            return _show_on(CaptureDisplay(Path(folder)), "drawn in memory only")
    except (DisplayError, OSError) as error:
        return Check("display", False, str(error))


def _show_on(display: Display, words: str) -> Check:
    frame = lay_out(out_of_service_view(), display.size)
    display.show(draw(frame), frame)
    display.close()
    return Check("display", True, words)


def _check_clock() -> Check:
    quality = SystemClock().now().quality
    # An unset clock is a condition, not a fault: every age is monotonic.
    return Check("clock", True, quality.value)


def _report(checks: list[Check], as_json: bool, code: Exit) -> int:
    if as_json:
        print(json.dumps({"ok": code == Exit.DONE, "checks": [asdict(c) for c in checks]}))
    else:
        for check in checks:
            print(f"{'pass' if check.passed else 'FAIL'}  {check.name}: {check.words}")
    return code
