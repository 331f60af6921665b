"""The hand-shakes with a laboratory device, both ways, against the simulated one."""

import pytest

from appliance.instruments.astm_sender import AstmSender, encode_frames
from appliance.instruments.astm_talker import LOST_NOTE, NO_ORDERS, UNKNOWN_NOTE
from hw_mocks.encoding.astm import ACK, NAK, encode_session, glucose_records
from tests.unit.instruments.talks import Room

ASTM = "astm_lis01"
DAY = "20260301081500"


def room():
    return Room(ASTM).open()


def results(room):
    return [v.value for v in room.values]


def test_a_result_is_received_acknowledged_and_handed_over_as_stored():
    lab = room()
    lab.board.tell(glucose_records("7.1"))
    assert lab.run(10, until=lambda: lab.board.ended == 1)
    lab.run(1)
    assert lab.board.answers == [ACK] * 6
    (found,) = lab.values
    assert (found.value, found.extra["stored"]) == (7.1, True)
    assert found.extra["device"] == "Simulated^1.0"
    assert found.extra["device_clock"] == "2026-03-01T08:16:00"
    assert found.extra["device_time"] == "2026-03-01T08:15:00"
    assert lab.notes == [""]


@pytest.mark.parametrize("damage", [1, 3, 5])
def test_damaged_frames_are_refused_and_come_again(damage):
    lab = room()
    lab.board.tell(glucose_records("7.1"))
    lab.board.damage = damage
    assert lab.run(60, until=lambda: lab.board.ended == 1)
    lab.run(1)
    assert lab.board.answers.count(NAK) == damage
    assert results(lab) == [7.1]


def test_six_failures_end_the_session_and_nothing_of_it_is_kept():
    lab = room()
    lab.board.tell(glucose_records("7.1"))
    lab.board.damage = 6
    assert lab.run(30, until=lambda: lab.board.given_up == 1)
    lab.run(1)
    assert results(lab) == []
    assert lab.notes == [LOST_NOTE]
    assert lab.run(30, until=lambda: lab.board.ended == 1)
    lab.run(1)
    assert results(lab) == [7.1]
    assert lab.notes[-1] == ""


@pytest.mark.parametrize(("short", "size"), [(True, 0), (False, 7), (True, 11)])
def test_short_frames_and_cut_texts_are_received(short, size):
    lab = room()
    lab.board.short, lab.board.size = short, size
    lab.board.tell(glucose_records("6.2"))
    assert lab.run(60, until=lambda: lab.board.ended == 1)
    lab.run(1)
    assert results(lab) == [6.2]


def test_a_lost_acknowledgement_is_answered_by_a_copy_that_is_dropped():
    lab = room()
    lab.board.tell(glucose_records("6.2"))
    lab.run(10, until=lambda: len(lab.board.answers) == 3)
    copy = next(iter(lab.board._frames))
    lab.wire.write(copy)
    assert lab.run(30, until=lambda: lab.board.ended == 1)
    lab.run(1)
    assert results(lab) == [6.2]


def test_a_cable_pulled_in_mid_session_loses_it_whole():
    lab = room()
    lab.board.stop_after = 4
    lab.board.tell(glucose_records("6.2"))
    lab.run(2)
    lab.plugged = False
    lab.run(40)
    assert results(lab) == []
    assert lab.notes == [LOST_NOTE]
    lab.plugged = True
    assert lab.run(60, until=lambda: lab.board.ended == 1)
    lab.run(1)
    assert results(lab) == [6.2]


def test_a_session_that_is_given_up_gives_nothing_even_if_it_ends_later():
    lab = room()
    session = encode_session(glucose_records("6.2"))
    lab.plugged = True
    lab.wire.write(session[:-1])
    lab.run(1)
    lab.run(31)
    lab.wire.write(b"\x04")
    lab.run(1)
    assert results(lab) == []
    assert LOST_NOTE in lab.notes


def test_a_session_that_came_twice_is_handed_over_once():
    lab = room()
    for _ in range(2):
        lab.wire.write(encode_session(glucose_records("6.2")))
        lab.run(1)
    assert results(lab) == [6.2]


def test_an_unknown_device_is_told():
    lab = room()
    lab.wire.write(encode_session(["mtrsl|pi1|rtGLU|qn5.4"]))
    lab.run(1)
    assert results(lab) == []
    assert lab.notes == [UNKNOWN_NOTE]


def test_noise_outside_of_a_session_is_not_answered():
    lab = room()
    lab.wire.write(b"noise\x021x\x03ZZ\r\n\x023y\x0300\r\n")
    lab.run(5)
    assert lab.written == []


def test_a_question_is_answered_that_there_are_no_orders():
    lab = room()
    lab.board.tell(["H|\\^&|||Lab", "Q|1|^S-17||ALL", "L|1|N"])
    assert lab.run(60, until=lambda: len(lab.board.heard) == 2)
    lab.run(1)
    assert lab.board.heard == encode_frames(NO_ORDERS)
    assert lab.talker.sender.sent == 1


def test_what_is_sent_is_sent_again_when_it_is_refused():
    lab = room()
    lab.talker.sender.queue(["H|\\^&", "L|1|N"])
    lab.board.refuse = 1  # busy at the first ENQ
    began = lab.clock.mono_s
    assert lab.run(60, until=lambda: lab.talker.sender.sent == 1)
    assert lab.clock.mono_s - began >= 10.0
    lab.talker.sender.queue(["H|\\^&", "L|1|N"])
    assert lab.run(10, until=lambda: len(lab.board.heard) == 3)
    lab.board.refuse = 4
    assert lab.run(10, until=lambda: lab.talker.sender.sent == 2)


def test_six_refusals_give_a_message_up():
    lab = room()
    lab.talker.sender.queue(["H|\\^&", "L|1|N"])
    lab.run(1, until=lambda: lab.board._turn.name == "RECEIVING")
    lab.board.refuse = 6
    assert lab.run(30, until=lambda: lab.talker.sender.given_up == 1)
    assert lab.said(b"\x04")
    assert lab.said(b"\x021H")
    assert len(lab.said(b"\x021H")) == 6


def test_no_answer_gives_a_message_up_after_fifteen_seconds():
    lab = room()
    lab.plugged = False
    lab.talker.sender.queue(["H|\\^&", "L|1|N"])
    began = lab.clock.mono_s
    assert lab.run(60, until=lambda: lab.talker.sender.given_up == 1)
    assert 15.0 <= lab.clock.mono_s - began < 15.5


def test_when_both_begin_the_device_goes_first_and_the_host_waits():
    lab = room()
    lab.board.contend = True
    lab.board._until_mono_s = lab.clock.mono_s + 1  # it is not yet ready itself
    lab.board.tell(glucose_records("6.2"))
    lab.talker.sender.queue(["H|\\^&", "L|1|N"])
    began = lab.clock.mono_s
    assert lab.run(120, until=lambda: lab.board.ended == 1)
    assert lab.run(120, until=lambda: lab.talker.sender.sent == 1)
    lab.run(1)
    assert results(lab) == [6.2]
    assert lab.clock.mono_s - began >= 20.0


def test_a_device_that_interrupts_is_sent_the_message_again_later():
    sender = AstmSender()
    sender.queue(["H|\\^&", "L|1|N"])
    assert sender.passed(0.0, line_is_free=True) == b"\x05"
    assert sender.heard("ACK", 1.0).startswith(b"\x021H")
    assert sender.heard("EOT", 2.0) == b"\x04"
    assert sender.passed(3.0, line_is_free=True) == b""
    assert sender.passed(17.0, line_is_free=True) == b"\x05"
    assert sender.heard("ACK", 17.5).startswith(b"\x021H")


def test_long_records_are_cut_as_the_standard_says():
    frames = encode_frames(["H|\\^&", "C|1|" + "x" * 500])
    assert [len(frame) <= 247 for frame in frames] == [True] * 4
    assert [frame[1:2] for frame in frames] == [b"1", b"2", b"3", b"4"]
    assert [b"\x17" in frame for frame in frames] == [False, True, True, False]
