"""Ports that nobody's settings name: looked at once they are settled, asked once, never used."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from appliance.events import Event, PortOffer, PortsOffered
from appliance.heartbeat import Heartbeats
from appliance.instruments.identifying import Found
from appliance.instruments.protocols import find_protocol
from appliance.instruments.scouting import LISTEN_AGAIN_S, SETTLED_S, PortScout

NONIN = find_protocol("nonin_oem3:2")


class Port:
    serial_number: str | None = None
    pid: int | None = 0x7523

    def __init__(self, device: str, vid: int | None = 0x1A86) -> None:
        self.device, self.location, self.vid = device, f"1-{device[-1]}", vid


class Bench:
    """A scout whose ports, listeners and clock are in hand."""

    def __init__(self) -> None:
        self.ports: list[Port] = []
        self.own: list[str] = []
        self.events: list[Event] = []
        self.asked: list[str] = []
        self.listened: list[str] = []
        self.answer = Found(NONIN, 500)
        self.hangs = threading.Event()
        self.hangs.set()
        self.scout = PortScout(
            self.events.append,
            Heartbeats(),
            lambda: self.own,
            comports=lambda: self.ports,
            ask=self._finder(self.asked),
            listen=self._finder(self.listened),
        )

    def _finder(self, log: list[str]) -> Callable[[str, threading.Event], Found]:
        def find(path: str, _stop: threading.Event) -> Found:
            log.append(path)
            self.hangs.wait(20.0)
            return self.answer

        return find

    def look(self, now_s: float) -> None:
        """Look, let the finders end unless they hang, and look again."""
        self.scout.look(now_s)
        for thread in threading.enumerate():
            if thread.name.startswith("seek:") and self.hangs.is_set():
                thread.join(20.0)
        self.scout.look(now_s)

    @property
    def offers(self) -> tuple[PortOffer, ...]:
        last = self.events[-1]
        assert isinstance(last, PortsOffered)
        return last.offers


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_port_that_has_settled_is_found_out_and_offered_by_name(bench: Bench) -> None:
    bench.ports = [Port("/dev/ttyUSB1")]
    bench.look(0.0)
    assert bench.asked == []
    bench.look(SETTLED_S)
    (offer,) = bench.offers
    assert (offer.device, offer.protocol) == ("/dev/ttyUSB1", "nonin_oem3:2")
    assert offer.identity == "USB 1a86:7523, USB socket 1-1"
    told = len(bench.events)
    bench.look(SETTLED_S + 1000.0)
    assert (len(bench.events), bench.asked) == (told, ["/dev/ttyUSB1"])


def test_a_port_of_the_settings_and_one_that_is_no_usb_are_left_alone(bench: Bench) -> None:
    bench.ports = [Port("/dev/ttyUSB1"), Port("/dev/ttyAMA0", vid=None)]
    bench.own = ["/dev/ttyUSB1"]
    for now_s in (0.0, SETTLED_S, 1000.0):
        bench.look(now_s)
    assert (bench.asked, bench.listened, bench.events) == ([], [], [])


def test_an_offer_is_taken_back_when_its_port_goes_or_becomes_somebodys(bench: Bench) -> None:
    bench.ports = [Port("/dev/ttyUSB1"), Port("/dev/ttyUSB2")]
    bench.look(0.0)
    bench.look(SETTLED_S)
    assert len(bench.offers) == 2
    bench.own = ["/dev/ttyUSB2"]
    bench.look(10.0)
    assert [each.device for each in bench.offers] == ["/dev/ttyUSB1"]
    bench.ports = []
    bench.look(11.0)
    assert bench.offers == ()


def test_what_comes_back_is_asked_anew(bench: Bench) -> None:
    port = Port("/dev/ttyUSB1")
    for present, now_s in (([port], 0.0), ([port], 5.0), ([], 6.0), ([port], 7.0), ([port], 12.0)):
        bench.ports = present
        bench.look(now_s)
    assert bench.asked == ["/dev/ttyUSB1"] * 2


def test_a_silent_port_is_asked_once_and_from_then_on_only_listened_to(bench: Bench) -> None:
    bench.ports = [Port("/dev/ttyUSB1")]
    bench.answer = Found(None, 0)
    bench.look(0.0)
    for count in range(4):
        bench.look(SETTLED_S + count * LISTEN_AGAIN_S)
    assert (bench.asked, bench.listened) == (["/dev/ttyUSB1"], ["/dev/ttyUSB1"] * 3)
    assert [(each.protocol, each.speaks) for each in bench.offers] == [("", False)]
    bench.answer = Found(NONIN, 400)
    bench.look(SETTLED_S + 4 * LISTEN_AGAIN_S)
    assert bench.offers[0].protocol == "nonin_oem3:2"


def test_one_that_hangs_costs_its_own_port_alone(bench: Bench) -> None:
    bench.hangs.clear()
    bench.ports = [Port("/dev/ttyUSB1")]
    bench.look(0.0)
    bench.look(SETTLED_S)
    bench.look(SETTLED_S + LISTEN_AGAIN_S * 3)
    assert bench.asked == ["/dev/ttyUSB1"]
    assert bench.offers[0].words == "being looked at"
    bench.ports = []
    bench.look(500.0)
    bench.hangs.set()
    bench.look(501.0)
    assert bench.offers == ()
    bench.ports = [Port("/dev/ttyUSB2")]
    bench.look(600.0)
    bench.look(600.0 + SETTLED_S)
    assert [each.device for each in bench.offers] == ["/dev/ttyUSB2"]


def test_it_ends_when_it_is_told_to(bench: Bench) -> None:
    bench.scout.start()
    assert bench.scout.stop(20.0)
