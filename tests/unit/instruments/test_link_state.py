"""What is said of a link, from what was heard and when."""

import pytest

from appliance.events import LinkState
from appliance.instruments.counters import Counters, Tally
from appliance.instruments.decoding import Decoded, Rejected, Status
from appliance.instruments.link import LinkWatch
from appliance.instruments.protocols import PROTOCOLS, find_protocol


def watch():
    return LinkWatch(silent_after_s=10.0, opened_mono_s=100.0)


def test_a_link_is_silent_until_it_speaks():
    link = watch()
    assert link.state is LinkState.SILENT
    link.heard(100.5, good=True)
    assert link.state is LinkState.SPEAKING


@pytest.mark.parametrize(
    ("quiet_s", "state"), [(9.9, LinkState.SPEAKING), (10.0, LinkState.SILENT)]
)
def test_it_is_silent_when_no_good_frame_came_in_time(quiet_s, state):
    link = watch()
    link.heard(105.0, good=True)
    link.heard(106.0, good=False)
    link.passed(105.0 + quiet_s)
    assert link.state is state


@pytest.mark.parametrize(
    ("later_s", "state"), [(2.9, LinkState.SPEAKING), (3.0, LinkState.GARBLED)]
)
def test_bytes_without_a_good_frame_are_garbled_after_a_while(later_s, state):
    link = watch()
    link.heard(100.0, good=True)
    link.heard(101.0, good=False)
    link.passed(101.0 + later_s)
    assert link.state is LinkState.SPEAKING
    link.heard(101.0 + later_s, good=False)
    assert link.state is state


def test_one_good_frame_ends_the_garble_and_its_count():
    link = watch()
    for at_s in (100.0, 104.0):
        link.heard(at_s, good=False)
    assert link.state is LinkState.GARBLED
    link.heard(104.5, good=True)
    link.heard(105.0, good=False)
    link.heard(107.5, good=False)
    assert link.state is LinkState.SPEAKING


def test_garble_that_ends_is_silence():
    link = watch()
    for at_s in (100.0, 104.0):
        link.heard(at_s, good=False)
    link.passed(113.9)
    assert link.state is LinkState.GARBLED
    link.passed(114.0)
    assert link.state is LinkState.SILENT
    # A single stray byte after it is not garble yet.
    link.heard(120.0, good=False)
    assert link.state is LinkState.SILENT


def test_counts_tell_what_came_and_nothing_of_it():
    tally = Tally()
    tally.count_open()
    tally.count_batch(
        40,
        [
            Decoded("spo2_pct", 97.0, Status.VALID, extra={"lost_lines": 3}),
            Rejected("words", 0, b"secret"),
            Rejected("words", 6, b"secret"),
        ],
    )
    before = tally.snapshot()
    tally.count_error("port: EIO")
    tally.count_open()
    assert before == Counters(40, 1, 2, 3, 0, {"words": 2})
    assert tally.snapshot() == Counters(40, 1, 2, 3, 1, {"words": 2, "port: EIO": 1})


def test_nothing_opened_is_nothing_reopened():
    assert Tally().snapshot() == Counters()


def test_every_protocol_is_complete_and_found_by_its_name():
    for name, protocol in PROTOCOLS.items():
        assert find_protocol(name) is protocol
        assert protocol.name == name
        assert protocol.words
        assert protocol.silent_after_s > 0
        assert protocol.decoder() is not protocol.decoder()
        assert protocol.decoder().feed(b"") == []
