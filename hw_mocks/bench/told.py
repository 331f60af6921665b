"""What the appliance told so far, as much as pages want of it, in memory that does not grow."""

from __future__ import annotations

import base64
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT_LINES = 300


@dataclass(slots=True)
class Lines:
    """The newest lines of something, numbered from 1."""

    total: int = 0
    kept: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))

    def add(self, line: str) -> None:
        """Take one more."""
        self.kept.append(line)
        self.total += 1

    def after(self, number: int) -> list[str]:
        """Return the lines that came after this one, as far as they are kept."""
        new = max(0, self.total - number)
        return list(self.kept)[-new:] if new else []


class Told:
    """Hears the rig of one daemon after another.  Safe to use from several threads.

    changed: called after every change, on the thread that told of it.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.lock = threading.Lock()
        self.timeline = Lines()
        self.journal = Lines()
        self.png = b""
        self.picture = 0
        """How often the picture changed."""
        self.screen = ""
        self.mode = "off"
        self.texts: list[dict[str, Any]] = []
        self.lit: set[str] = set()
        self.links: dict[str, str] = {}

    def hear(self, told: Mapping[str, Any]) -> None:
        """Take one thing that the rig told."""
        with self.lock:
            match told:
                case {"event": event}:
                    self._event(event)
                case {"frame": frame}:
                    self.screen, self.texts = str(frame["name"]), list(frame["texts"])
                case {"picture": {"png": text}}:
                    self.png, self.picture = base64.b64decode(text), self.picture + 1
                case {"lamp": {"part": part, "on": on}}:
                    (self.lit.add if on else self.lit.discard)(part)
                case {"result": _}:
                    pass
                case _:
                    return
        self._changed()

    def power_gone(self, black: bytes) -> None:
        """Note that panel and lamps are dark.  black: a PNG of the panel's size."""
        with self.lock:
            self.png, self.picture = black, self.picture + 1
            self.screen, self.texts, self.mode = "", [], "off"
            self.lit.clear()
            self.links.clear()
        self._changed()

    def log(self, line: str) -> None:
        """Take one line of the journal."""
        with self.lock:
            self.journal.add(line)
        self._changed()

    def _event(self, event: Mapping[str, Any]) -> None:
        fields = event["fields"] or {}
        self.mode = str(event["mode"])
        if event["event"] == "LinkChanged":
            self.links[fields["instrument"]] = fields["state"]
        if event["event"] == "TimePassed":
            return
        words = f"{event['mono_s']:9.2f}  {event['event']}  {brief(fields)}"
        self.timeline.add(f"{words.rstrip()}  -> {event['mode']}")


def brief(fields: Mapping[str, Any]) -> str:
    """Return an event's fields in a few words."""
    if "measurement" in fields:
        m = fields["measurement"]
        return f"{m['quantity']} {m['value']} ({m['source']['name']})"
    return " ".join(
        f"{key}={value}" for key, value in fields.items() if isinstance(value, str | int | float)
    )[:160]
