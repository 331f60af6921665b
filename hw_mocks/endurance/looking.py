"""The thread that looks at every frame, and keeps the evidence of whatever is wrong."""

from __future__ import annotations

import json
import shutil
import threading
import time
from dataclasses import asdict
from pathlib import Path
from queue import Empty

from hw_mocks.endurance.gallery import Gallery
from hw_mocks.endurance.judge import Judge
from hw_mocks.endurance.seen import Seen, forget
from hw_mocks.endurance.world import Told, World
from hw_mocks.stalls import LineWatch, StallWatch

LAG_REAL_S = 0.6
"""Frames are judged so much later, when everything that led to them is written down."""
RECENT_S = 60.0
"""So much of the truth is kept with the evidence."""
OUT_OF_SERVICE = ["out-of-service"]


class Looker:
    """Judges the frames of a world until told to stop.

    faults: seed aside, all that is wrong: frame, time and words.
    """

    def __init__(self, world: World, judge: Judge, gallery: Gallery, evidence: Path) -> None:
        self._world, self._judge, self._gallery = world, judge, gallery
        self._evidence = evidence
        self._own, self._lines = StallWatch(), LineWatch()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="judge", daemon=True)
        self._last: Path | None = None
        self._error: Exception | None = None
        self.faults: list[str] = []
        self.stalled_frames = 0
        self.stalled_s = 0.0

    @property
    def looked_at(self) -> int:
        """How many frames were judged so far."""
        return self._judge.counts["frames"]

    def start(self) -> None:
        """Begin to look."""
        self._own.start()
        self._lines.start()
        self._thread.start()

    def stop(self) -> None:
        """Look at everything that is left, then end.  Raises what went wrong with the judge."""
        self._stop.set()
        self._thread.join()
        self._own.stop()
        self._lines.stop()
        self.check()

    def check(self) -> None:
        """Raise what went wrong with the judge itself."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while True:
                try:
                    told = self._world.told.get(timeout=0.1)
                except Empty:
                    if self._stop.is_set():
                        return
                    continue
                # What is over is judged at once; nothing that led to it can still come.
                time.sleep(max(0.0, told.real_s + LAG_REAL_S - time.monotonic()))
                self._take(told)
        except Exception as error:  # noqa: BLE001 - the top of a thread: raised by check()
            self._error = error

    def _take(self, told: Told) -> None:
        self._gallery.stalled((*told.stalls, *self._own.take(), *self._lines.take()))
        if told.shown is not None:
            over = self._gallery.shown(told.shown, told.life)
        else:
            over = self._gallery.ended(told.life, told.mono_s, told.real_s, told.newest)
        if told.kind == "aftermath" and [seen.name for seen in over] != OUT_OF_SERVICE:
            words = f"after a death the screen showed {[seen.name for seen in over]}"
            self.faults.append(f"life {told.life}, {told.mono_s:.1f} s: {words}")
        for seen in over:
            self._look_at(seen)
        while self._gallery.faults:
            words = self._gallery.faults.pop()
            self.faults.append(f"life {told.life}, {told.mono_s:.1f} s: {words}")

    def _look_at(self, seen: Seen) -> None:
        if seen.stalled_s:
            self.stalled_frames += 1
            self.stalled_s = max(self.stalled_s, seen.stalled_s)
        wrong = self._judge.judge(seen)
        if wrong:
            self.faults += [
                f"frame {seen.number} ({seen.name}), life {seen.life}, {seen.mono_s:.1f} s: {words}"
                for words in wrong
            ]
            self._keep(seen, wrong)
        # The newest stays: the daemon counts on from what is in the folder.
        if self._last is not None:
            forget([self._last])
        self._last = seen.picture

    def _keep(self, seen: Seen, wrong: list[str]) -> None:
        self._evidence.mkdir(exist_ok=True)
        shutil.copy(seen.picture, self._evidence)
        truth = self._world.truth.lately(seen.mono_s - RECENT_S, seen.until_mono_s)
        told = {**asdict(seen), "picture": seen.picture.name, "wrong": wrong}
        told["truth"] = [
            f"{h.mono_s:.1f} {h.by}: {h.quantity} {h.value:g} {h.valid}" for h in truth
        ]
        path = self._evidence / f"{seen.picture.stem}.json"
        path.write_text(json.dumps(told, indent=1, default=str), "utf-8")
