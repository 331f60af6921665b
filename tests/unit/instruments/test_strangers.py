"""On a port that is not understood, the other protocols of its line listen along."""

from __future__ import annotations

from appliance.events import LinkState
from appliance.instruments.protocols import PROTOCOLS
from appliance.instruments.strangers import BEGIN_AFTER, ENOUGH, UNJUDGED, Strangers
from hw_mocks.instruments.line_nmea import encode_line

GARBLED, SPEAKING = LinkState.GARBLED, LinkState.SPEAKING


class Port:
    def __init__(self, protocol: str) -> None:
        self.noted: list[str] = []
        self.strangers = Strangers(PROTOCOLS[protocol], self.noted.append)

    def hear(self, data: bytes, *, good: bool = False, refused: bool = True) -> None:
        for start in range(0, len(data), 40):
            self.strangers.heard(data[start : start + 40], good=good, refused=refused)


LINES = b"".join(encode_line(n, "TMP", "36.7", "Cel", "V") for n in range(40))


def test_who_it_sounds_like_is_said_and_taken_back() -> None:
    port = Port("suntech_nibp")
    port.hear(LINES)
    port.strangers.tell(LinkState.SILENT)
    assert not port.noted
    port.strangers.tell(GARBLED)
    port.strangers.tell(GARBLED)
    (noted,) = port.noted
    assert PROTOCOLS["line_nmea"].words in noted
    port.hear(b"x", good=True)
    port.strangers.tell(SPEAKING)
    assert port.noted[1:] == [""]


def test_noise_sounds_like_nobody() -> None:
    port = Port("suntech_nibp")
    port.hear(bytes((n * 197 + n // 7) % 256 for n in range(4000)))
    port.strangers.tell(GARBLED)
    assert not port.noted


def test_its_own_instrument_is_never_a_stranger() -> None:
    port = Port("line_nmea")
    port.hear(LINES)
    port.strangers.tell(GARBLED)
    assert not port.noted


def test_nobody_listens_along_while_all_is_well_or_for_ever() -> None:
    port = Port("suntech_nibp")
    port.hear(b"x" * BEGIN_AFTER, good=True)
    assert port.strangers._ears is None
    port.hear(b"x" * (10 * ENOUGH))
    assert port.strangers._ears is not None
    assert port.strangers._ears.heard <= ENOUGH


def test_what_was_said_is_taken_back_with_the_cable() -> None:
    port = Port("suntech_nibp")
    port.hear(LINES)
    port.strangers.tell(GARBLED)
    port.strangers.forget()
    assert port.noted[1:] == [""]


def test_nobody_listens_along_on_a_board_that_says_a_number_once_a_second() -> None:
    port = Port("healthypi_openview")
    for _ in range(3):
        port.hear(bytes(125 * 29), refused=False)  # a second of its packets, the largest there are
        assert port.strangers._ears is None
        port.hear(b"x", good=True)
    port.hear(bytes(UNJUDGED), refused=False)
    assert port.strangers._ears is not None
