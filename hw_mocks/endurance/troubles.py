"""What goes wrong in a day: chosen by a seed, begun and ended as simulated time passes."""

from __future__ import annotations

import random
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from hw_mocks.boards import KINDS_OF_BOARD, set_fault, swap_cables
from hw_mocks.endurance.world import BOARD, CUFF, OXIMETER, PROTOCOLS, World

EVERY_S = 25.0
"""Mean time from one trouble to the next."""
LASTS_S = (0.5, 60.0)
DEATHS = (signal.SIGKILL, signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV)
FLIP_ONE_OF = {OXIMETER: (10, 120), CUFF: (90, 600), BOARD: (90, 600)}
"""One bit in so many bytes: never two in one frame or line (5, 24 and 82 bytes long), which
one byte of check might not notice."""
DAY_S = 86_400.0
SHIFTS_S = (-3 * 365 * DAY_S, -DAY_S, -3600.0, -61.0, 61.0, 3600.0, DAY_S, 400 * DAY_S)
HUPS = 20
ASKERS = 12

Ending = Callable[[], None]
"""Makes it well again."""


@dataclass(slots=True)
class Trouble:
    """One trouble under way.  holds: what it broke, which is not broken twice."""

    name: str
    holds: frozenset[str]
    ends_mono_s: float
    end: Ending


class Flipper:
    """A bad cable: turns over one bit now and then, in either direction."""

    def __init__(self, chance: random.Random, one_of: tuple[int, int]) -> None:
        self._chance, self._one_of = chance, one_of
        self._left = chance.randint(*one_of)

    def __call__(self, data: bytes) -> bytes:
        """Return what comes out of the cable."""
        damaged = bytearray(data)
        while self._left < len(damaged):
            at = self._left
            damaged[at] ^= 1 << self._chance.randrange(8)
            self._left = at + self._chance.randint(*self._one_of)
        self._left -= len(damaged)
        return bytes(damaged)


class Troubles:
    """Makes trouble in a world; call `tick` often.

    deaths: share of troubles that are the daemon's death.  every_s: mean time between two.
    """

    def __init__(
        self, world: World, chance: random.Random, deaths: float, every_s: float = EVERY_S
    ) -> None:
        self._world, self._chance, self._every_s = world, chance, every_s
        self._next_s = world.now_s + every_s
        self._going: list[Trouble] = []
        self._kinds: dict[str, Callable[[], Trouble | None]] = {
            "unplugged": self._unplug,
            "swapped": self._swap,
            "oximeter": lambda: self._break(OXIMETER),
            "cuff": lambda: self._break(CUFF),
            "bad cable": self._bad_cable,
            "noise": self._noise,
            "noise everywhere": self._noise_everywhere,
            "wall clock set": self._set_clock,
            "cuff lost power": self._cut_power,
            "hung up": self._hang_up,
            "status asked by many": self._ask_status,
        }
        self._weights = [6, 3, 6, 6, 4, 3, 1, 2, 1, 1, 1]
        self._deaths = deaths

    def tick(self) -> None:
        """Begin and end what is due.  Raises DaemonDied."""
        now = self._world.now_s
        for trouble in [each for each in self._going if each.ends_mono_s <= now]:
            self._going.remove(trouble)
            trouble.end()
        if now < self._next_s:
            return
        self._next_s = now + self._chance.expovariate(1 / self._every_s)
        if self._chance.random() < self._deaths:
            self._count("killed")
            self._world.die(self._chance.choice(DEATHS))
        (name,) = self._chance.choices(list(self._kinds), self._weights)
        begun = self._kinds[name]()
        if begun is not None:
            self._going.append(begun)

    def end_all(self) -> None:
        """Make everything well again."""
        while self._going:
            self._going.pop().end()

    def _count(self, name: str) -> None:
        self._world.happened[name] += 1

    def _free(self, *names: str) -> bool:
        return not any(trouble.holds & set(names) for trouble in self._going)

    def _begun(self, name: str, holds: tuple[str, ...], end: Ending) -> Trouble:
        self._count(name)
        ends = self._world.now_s + self._chance.uniform(*LASTS_S)
        return Trouble(name, frozenset(holds), ends, end)

    def _any_port(self) -> str | None:
        free = [name for name in PROTOCOLS if self._free(name)]
        return self._chance.choice(free) if free else None

    def _unplug(self) -> Trouble | None:
        name = self._any_port()
        if name is None:
            return None
        board = self._world.boards[name]
        board.unplug()
        return self._begun(f"{name} unplugged", (name,), board.plug)

    def _swap(self) -> Trouble | None:
        names = self._chance.sample(list(PROTOCOLS), 2)
        if not self._free(*names):
            return None
        one, other = (self._world.boards[name] for name in names)
        swap_cables(one, other)
        end = lambda: swap_cables(one, other)  # noqa: E731 - the way back is the same
        return self._begun(f"{' and '.join(sorted(names))} swapped", tuple(names), end)

    def _break(self, name: str) -> Trouble | None:
        if not self._free(name):
            return None
        board, protocol = self._world.boards[name], PROTOCOLS[name]
        faults = [each for each in KINDS_OF_BOARD[protocol].faults if each != "none"]
        fault = self._chance.choice(faults)
        set_fault(board, protocol, fault)
        end = lambda: set_fault(board, protocol, "none")  # noqa: E731
        return self._begun(f"{name} {fault}", (name,), end)

    def _bad_cable(self) -> Trouble | None:
        name = self._any_port()
        if name is None:
            return None
        port = self._world.boards[name].port
        port.wire = Flipper(self._chance, FLIP_ONE_OF[name])

        def mend() -> None:
            port.wire = None

        return self._begun(f"{name} on a bad cable", (name,), mend)

    def _noise(self) -> None:
        name = self._chance.choice(list(PROTOCOLS))
        self._count(f"noise on {name}")
        self._world.boards[name].send_raw(self._chance.randbytes(self._chance.randint(1, 60)))

    def _noise_everywhere(self) -> None:
        self._count("noise everywhere")
        for board in self._world.boards.values():
            board.send_raw(self._chance.randbytes(40))

    def _set_clock(self) -> None:
        self._count("wall clock set")
        self._world.set_clock(self._chance.choice(SHIFTS_S))

    def _cut_power(self) -> None:
        self._count("cuff lost power")
        self._world.cuff.power_cut()

    def _hang_up(self) -> None:
        self._count("hung up")
        for _ in range(HUPS):
            self._world.app.send(signal.SIGHUP)

    def _ask_status(self) -> None:
        self._count("status asked by many")
        askers = []
        for _ in range(ASKERS):
            asker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            askers.append(asker)
            try:
                asker.connect(str(self._world.status))
            except BlockingIOError:
                break  # as many as it lets wait
        time.sleep(0.01)
        for asker in askers:
            asker.close()
