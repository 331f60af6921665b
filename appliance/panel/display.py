"""The display worker: turns views into pixels, and never leaves an older picture standing.

A frame that fails, be it laid out, drawn or written, blanks the display at once and is tried
again with growing pauses.  Hazards: H-03 stale picture, H-04 another patient's values.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from appliance.events import DisplayFaulted, Event, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.panel.drawing import Painter
from appliance.panel.fitting import DoesNotFitError
from appliance.panel.frame import Frame
from appliance.panel.manner import PLAIN, Manner
from appliance.panel.port import Display, DisplayError
from appliance.panel.screens import NoLayoutError
from appliance.panel.turning import Turning
from appliance.views import View

NAME = "display"
_IDLE_S = 1.0
_RETRY_S = (0.25, 0.5, 1.0, 2.0, 5.0)

OnShown = Callable[[Frame, float], None]
"""Called by the worker with each frame shown and the real monotonic time it was."""


@dataclass(frozen=True, slots=True)
class _Blank:
    """Instead of a view: nothing is to be shown."""


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """How the worker fared.  Seconds from taking a view up to changed pixels."""

    shown: int = 0
    failed: int = 0
    last_s: float = 0.0
    longest_s: float = 0.0


class DisplayWorker:
    """Owns the display from `start` on and closes it at the end.

    Views arrive through a place for one: a newer one replaces one not yet shown.
    """

    def __init__(
        self,
        display: Display,
        post: Callable[[Event], None],
        beats: Heartbeats,
        on_shown: OnShown | None = None,
        manner: Manner = PLAIN,
    ) -> None:
        """Own this display from `start` on.  manner: language and type of all screens."""
        self._display = display
        self._post = post
        self._beats = beats
        self._on_shown = on_shown
        self._painter = Painter()
        self._manner = manner
        self._turning = Turning(manner)
        self._wake = threading.Condition()
        self._wanted: View | _Blank | None = None
        self._stopping = False
        self._keep = False
        self._words = ""
        self.times = FrameTimes()
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._beats.beat(NAME)
        self._thread.start()

    def show(self, view: View) -> None:
        """Ask for a view to be shown; returns at once."""
        self._want(view)

    def blank(self) -> None:
        """Ask for a black screen; returns at once."""
        self._want(_Blank())

    def stop(self, timeout_s: float, last: View | None = None) -> bool:
        """End the worker; the display stays black, or shows `last`, and is let go.

        Returns whether it ended in time.
        """
        with self._wake:
            self._wanted = _Blank() if last is None else last
            self._stopping = True
            self._wake.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _want(self, wanted: View | _Blank) -> None:
        with self._wake:
            if not self._stopping:
                self._wanted = wanted
                self._wake.notify()

    def _run(self) -> None:
        try:
            self._serve()
            self._display.close(keep=self._keep)
        except DisplayError as error:
            self._fault(str(error))
        except Exception as error:  # noqa: BLE001 - the top of a thread: report it, never hang
            self._blanked()
            self._post(WorkerDied(NAME, type(error).__name__))
        else:
            self._beats.retire(NAME)

    def _serve(self) -> None:
        """Show what is wanted until asked to stop; what failed is wanted until it is shown."""
        failed: View | _Blank | None = None
        tries = 0
        while True:
            pause_s = _RETRY_S[min(tries, len(_RETRY_S)) - 1] if failed is not None else None
            wanted, stopping = self._take(self._rest_s() if pause_s is None else pause_s)
            job = failed if wanted is None else wanted
            if job is None:
                job = self._turning.due(time.monotonic())
            if job is not None:
                failed = None if self._try(job) else job
                tries = tries + 1 if failed is not None else 0
            self._beats.beat(NAME)
            if stopping:
                self._keep = failed is None and not isinstance(job, _Blank)
                return

    def _rest_s(self) -> float:
        """Return how long nothing is to be done unless a view arrives."""
        left_s = self._turning.left_s(time.monotonic())
        return _IDLE_S if left_s is None else min(_IDLE_S, left_s)

    def _take(self, pause_s: float) -> tuple[View | _Blank | None, bool]:
        """Wait for a view, but beat at least once in every idle second."""
        with self._wake:
            deadline = time.monotonic() + pause_s
            while self._wanted is None and not self._stopping:
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    break
                self._wake.wait(min(left_s, _IDLE_S))
                self._beats.beat(NAME)
            wanted, self._wanted = self._wanted, None
            return wanted, self._stopping

    def _try(self, job: View | _Blank) -> bool:
        """Show it and return True; else blank the display, report it and return False."""
        began = time.monotonic()
        try:
            if isinstance(job, _Blank):
                self._painter, self._turning = Painter(), Turning(self._manner)
                self._display.blank()
            else:
                self._show(job, began)
        except (DoesNotFitError, NoLayoutError, OSError) as error:
            times = self.times
            self.times = FrameTimes(times.shown, times.failed + 1, times.last_s, times.longest_s)
            self._fault(f"{error} {self._blanked()}")
            return False
        self._fault("")
        return True

    def _show(self, view: View, began: float) -> None:
        frame = self._turning.frame(view, self._display.size, began)
        self._display.show(self._painter.draw(frame), frame)
        now = time.monotonic()
        took = now - began
        times = self.times
        self.times = FrameTimes(times.shown + 1, times.failed, took, max(took, times.longest_s))
        if self._on_shown is not None:
            self._on_shown(frame, now)

    def _blanked(self) -> str:
        """Blank the display; say whether that worked."""
        try:
            self._display.blank()
        except OSError:
            return "It could not be blanked either: do not trust what it shows."
        return "The screen was blanked."

    def _fault(self, words: str) -> None:
        """Report a change of the display's state, once."""
        if words != self._words:
            self._words = words
            self._post(DisplayFaulted(words))
