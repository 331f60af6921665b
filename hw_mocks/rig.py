"""The simulated hardware inside the daemon's process: clock, pins, lamps, and their strings.

`appliance.wiring` makes one when the settings name a control socket.  Whoever listens there
presses keys, moves time, and is told of every event, frame, lamp and result.  One JSON
object a line, both ways; the first line comes from the listener, sets the clock, and says
whether every frame is to be kept as a picture, or none: then the listener is told of every
change of the panel's pixels (`live`).
"""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gpiozero.pins.mock import MockFactory

from appliance.asking_steward import AskingSteward
from appliance.clinical.result import Result
from appliance.clock import Now
from appliance.events import Event, MeasurementReceived, TimePassed
from appliance.panel.frame import Frame
from appliance.panel.framebuffer import Geometry
from appliance.panel.lamps import LampPins
from appliance.panel.plain_text import frame_as_text
from appliance.panel.port import Display
from appliance.settings import Settings
from appliance.states import State
from hw_mocks.button import SimulatedButton
from hw_mocks.clock import Course, SimulatedClock
from hw_mocks.evdev_pad import SimulatedPad, on_a_pad
from hw_mocks.gpio import SimulatedMatrix
from hw_mocks.lamps import LampChange, SimulatedLamps
from hw_mocks.live_panel import live_panel
from hw_mocks.recording import result_record, timeline_record
from hw_mocks.stalls import StallWatch

FRAMEBUFFER = Geometry(800, 480, bits=32, stride=3200, offsets=(16, 8, 0))
"""How a file that stands for a framebuffer is laid out: that of most desktops and of KMS."""


@dataclass(slots=True)
class SimulatedPortInfo:
    """A pseudo-terminal as pyserial would tell of a USB adapter without a serial number."""

    device: str
    location: str | None
    vid: int | None = 0x0403
    pid: int | None = 0x6001
    serial_number: str | None = None


class Rig:
    """Simulated hardware of one daemon.

    every_frame: whether frames that differ in ages alone are kept as pictures too.
    """

    def __init__(self, settings: Settings) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._socket.connect(settings.simulation)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        course = json.loads(self._lines.readline())
        self._sending = threading.Lock()
        self._result: Result | None = None
        self._quiet = False
        self.every_frame = bool(course.get("every_frame"))
        self._live = bool(course.get("live"))
        self._stalls = StallWatch() if self.every_frame else None
        if self._stalls is not None:
            self._stalls.start()
        self.clock = SimulatedClock(
            Course(course["origin_real_s"], course["rate"], course["utc_s"])
        )
        self.factory = MockFactory()
        keypad, lamps = settings.keypad, settings.lamps
        self._matrix: SimulatedMatrix | None = None
        if keypad.kind == "matrix":
            self._matrix = SimulatedMatrix(self.factory, keypad.rows, keypad.columns)
        self.pad: SimulatedPad | None = None
        """The number pad, where the settings name one."""
        if keypad.kind == "evdev":
            self.pad = SimulatedPad(keypad.device)
        self._folders = {Path(each.port).parent for each in settings.instruments}
        self._button: SimulatedButton | None = None
        if settings.power_button is not None:
            self._button = SimulatedButton(self.factory, settings.power_button)
        if lamps is not None:
            pins = LampPins(lamps.green, lamps.yellow, lamps.red, lamps.buzzer)
            SimulatedLamps(self.factory, pins, self._lamp_changed)

    def start(self, post: Callable[[Event], None]) -> None:
        """Begin to take orders.  post: puts an event on the daemon's queue."""
        threading.Thread(target=self._obey, args=(post,), name="rig", daemon=True).start()

    def comports(self) -> list[SimulatedPortInfo]:
        """Return the simulated ports that are plugged in, as USB adapters; no real one."""
        folders = [folder for folder in sorted(self._folders) if folder.is_dir()]
        links = [each for folder in folders for each in sorted(folder.iterdir())]
        return [
            SimulatedPortInfo(str(each), each.name)
            for each in links
            if each.is_symlink() and each.suffix != ".new"
        ]

    def display(self, settings: Settings, open_display: Callable[..., Display]) -> Display:
        """Open the display: an ordinary file stands for a framebuffer."""
        if self._live:
            return live_panel(settings, open_display, self.factory, self._seen)
        return open_display(settings, every_frame=self.every_frame, layout=FRAMEBUFFER)

    def steward(self, post: Callable[[Event], None]) -> AskingSteward:
        """Return a steward that moves the simulated clock, and tells of power-off."""
        return AskingSteward(post, self.clock.set_utc, lambda: self._tell("steward", "poweroff"))

    def observe(self, event: Event, now: Now, state: State) -> None:
        """Tell the listener of one event and of a new or withdrawn result."""
        if self._quiet and isinstance(event, MeasurementReceived):
            return
        self._tell("event", timeline_record(event, now, state))
        if state.result is not self._result:
            self._result = state.result
            record = None if state.result is None else result_record(state.result)
            self._tell("result", record)

    def shown(self, frame: Frame, real_s: float) -> None:
        """Tell the listener that the panel's pixels changed."""
        if self._quiet:
            return
        texts = [
            {"text": t.text, "x": t.x, "y": t.y, "tag": t.tag, "volatile": t.volatile}
            for t in frame.texts()
        ]
        mono_s = self.clock.now().mono_s
        told: dict[str, object] = {"name": frame.name, "real_s": real_s, "mono_s": mono_s}
        told["texts"] = texts
        if self._stalls is not None:
            told["stalls"] = self._stalls.take()
        self._tell("frame", {**told, "as_text": frame_as_text(frame)})

    def _seen(self, png: bytes) -> None:
        self._tell("picture", {"png": base64.b64encode(png).decode("ascii")})

    def _lamp_changed(self, change: LampChange) -> None:
        self._tell("lamp", {"part": change.part, "on": change.on, "real_s": change.mono_s})

    def _obey(self, post: Callable[[Event], None]) -> None:
        for line in self._lines:
            order = json.loads(line)
            match order:
                case {"press": "power"} if self._button is not None:
                    self._button.press()
                case {"press": printed} if self._matrix is not None:
                    self._matrix.press_surely(printed)
                case {"press": printed} if self.pad is not None:
                    self.pad.await_reader()
                    self.pad.press(on_a_pad(printed))
                case {"advance": seconds}:
                    self.clock.advance(seconds)
                    post(TimePassed())
                case {"shift_utc": seconds}:
                    self.clock.shift_utc(seconds)
                case {"quiet": quiet}:
                    # What the telling itself costs must not count where the daemon is measured.
                    self._quiet = quiet
                case {"sync": _}:
                    post(TimePassed())
            self._tell("done", order["order"])
        # Whoever had the instruments is gone, perhaps killed: a simulated appliance that stays
        # behind would hold on to terminals whose numbers others get, and serve nobody.
        os.kill(os.getpid(), signal.SIGTERM)

    def _tell(self, kind: str, what: object) -> None:
        data = json.dumps({kind: what}).encode() + b"\n"
        with self._sending:
            try:
                self._socket.sendall(data)
            except OSError:
                # The listener went away: `_obey` ends the daemon.
                return
