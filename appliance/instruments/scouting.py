"""Who came that nobody expects: looks at USB ports that the settings do not name.  Uses nothing.

A port that has just appeared is listened to, and asked politely where it is silent, as
`identifying` says.  What is found is offered to people by name: no value of it is taken, and
its port is let go at once.  A port that stays silent is listened to again now and then, but
asked no more: it may be anything.  Only USB ports are looked at; what else a board has may be
a console.

A port that hangs in its opening, or a fault in the finding, costs that port alone.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from appliance.events import Event, PortOffer, PortsOffered, WorkerDied
from appliance.heartbeat import Heartbeats
from appliance.instruments.identifying import Found, find_out, overhear
from appliance.instruments.identity import ComPorts, identify, system_ports

WORKER = "ports"
LOOK_EVERY_S = 2.0
SETTLED_S = 3.0
"""A port is left alone so long after it came: its own instrument may be about to open it (the
worker's longest pause is 2 s), and udev to give it its name."""
LISTEN_AGAIN_S = 60.0
"""So often a port is listened to where nothing was heard: somebody may switch the device on."""
STOP_WITHIN_S = 1.0

Find = Callable[[str, threading.Event], Found]


@dataclass(slots=True)
class _Sighting:
    """One port that is there.  since_s: when it came; looked_s: when it was looked at last."""

    device: str
    identity: str
    since_s: float
    looked_s: float | None = None
    found: Found | None = None
    gone: threading.Event = field(default_factory=threading.Event)
    seeker: threading.Thread | None = None

    @property
    def is_sought(self) -> bool:
        return self.seeker is not None and self.seeker.is_alive()

    def is_due(self, now_s: float) -> bool:
        if self.is_sought:
            return False
        if self.looked_s is None:
            return now_s - self.since_s >= SETTLED_S
        silent = self.found is None or (self.found.protocol is None and not self.found.bytes_heard)
        return silent and now_s - self.looked_s >= LISTEN_AGAIN_S


class PortScout:
    """Looks at the ports that are nobody's, and posts what it found whenever that changes.

    own_devices: the devices that instruments of the settings have or would open now.
    ask, listen: how a port is found out the first time, and again.
    """

    def __init__(
        self,
        post: Callable[[Event], None],
        beats: Heartbeats,
        own_devices: Callable[[], Iterable[str]],
        *,
        comports: ComPorts = system_ports,
        ask: Find = lambda path, stop: find_out(path, stop=stop),
        listen: Find = lambda path, stop: overhear(path, stop=stop),
    ) -> None:
        self._post, self._beats, self._own_devices = post, beats, own_devices
        self._comports, self._ask, self._listen = comports, ask, listen
        self._seen: dict[tuple[str, str], _Sighting] = {}
        self._told: tuple[PortOffer, ...] = ()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=WORKER, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._beats.beat(WORKER)
        self._thread.start()

    def stop(self, within_s: float = STOP_WITHIN_S) -> bool:
        """End; whether the thread and its listeners ended in time."""
        self._stop.set()
        for each in tuple(self._seen.values()):
            each.gone.set()
        until_s = time.monotonic() + within_s
        seekers = [each.seeker for each in tuple(self._seen.values()) if each.seeker is not None]
        threads = [each for each in (self._thread, *seekers) if each.ident is not None]
        for thread in threads:
            thread.join(max(0.0, until_s - time.monotonic()))
        return not any(each.is_alive() for each in threads)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._beats.beat(WORKER)
                self.look(time.monotonic())
                self._stop.wait(LOOK_EVERY_S)
        except Exception as error:  # noqa: BLE001 - top of a thread: nobody else would hear of it
            self._post(WorkerDied(WORKER, type(error).__name__))
        else:
            self._beats.retire(WORKER)

    def look(self, now_s: float) -> None:
        """Take note of what came and went, seek where that is due, tell what is new."""
        present = self._nobodys()
        for key in self._seen.keys() - present:
            self._seen.pop(key).gone.set()
        for key in present - self._seen.keys():
            identity, device = key
            self._seen[key] = _Sighting(device, identity, now_s)
        for sighting in self._seen.values():
            if sighting.is_due(now_s) and not self._stop.is_set():
                self._seek(sighting, now_s)
        offers = tuple(_offer(each) for _, each in sorted(self._seen.items()))
        if offers != self._told:
            self._told = offers
            self._post(PortsOffered(offers))

    def _nobodys(self) -> set[tuple[str, str]]:
        """Return what the USB ports are that no instrument of the settings has, and their paths."""
        ports = [each for each in self._comports() if each.vid is not None]
        if not ports:
            return set()
        own = set(self._own_devices())
        return {
            (str(identify(each.device, lambda: ports)), each.device)
            for each in ports
            if os.path.realpath(each.device) not in own
        }

    def _seek(self, sighting: _Sighting, now_s: float) -> None:
        find = self._ask if sighting.looked_s is None else self._listen
        sighting.looked_s = now_s

        def seek() -> None:
            found = find(sighting.device, sighting.gone)
            if not sighting.gone.is_set():
                sighting.found = found

        sighting.seeker = threading.Thread(target=seek, name=f"seek:{sighting.device}", daemon=True)
        sighting.seeker.start()


def _offer(sighting: _Sighting) -> PortOffer:
    found = sighting.found
    if found is None:
        return PortOffer(sighting.device, sighting.identity, words="being looked at")
    name = "" if found.protocol is None else found.protocol.name
    spoken = "" if found.protocol is None else found.protocol.words
    heard = bool(found.bytes_heard)
    return PortOffer(sighting.device, sighting.identity, name, spoken or found.words, heard)
