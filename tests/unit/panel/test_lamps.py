"""The table of patterns, and the lamps and the buzzer that play it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory

from appliance.panel import lamp_patterns, lamps
from appliance.panel.lamp_patterns import LAMPS, SOUNDS, Led, SoundPattern, lamp_phase, sound_phase
from appliance.panel.lamps import LampPins, Lamps
from appliance.views import Lamp, Sound
from hw_mocks.lamps import LampChange, SimulatedLamps

PINS = LampPins(green=17, yellow=27, red=22, buzzer=18)
DEADLINE_S = 10.0
NEEDS_A_PERSON = {Lamp.URGENT, Lamp.FAULT, Lamp.OUT_OF_SERVICE}


def test_every_lamp_and_every_sound_has_its_pattern() -> None:
    assert set(LAMPS) == set(Lamp)
    assert set(SOUNDS) == set(Sound)


def test_only_what_needs_a_person_blinks() -> None:
    assert {lamp for lamp, pattern in LAMPS.items() if pattern.blinks} == NEEDS_A_PERSON


def test_no_two_lamps_look_alike_save_the_two_that_call_nobody() -> None:
    alike = {frozenset({a, b}) for a in Lamp for b in Lamp if a is not b and LAMPS[a] == LAMPS[b]}
    assert alike == {frozenset({Lamp.READY, Lamp.CALM})}


def test_green_never_stands_beside_a_refusal_a_warning_or_a_fault() -> None:
    green = {lamp for lamp, pattern in LAMPS.items() if Led.GREEN in pattern.leds}
    assert green == {Lamp.STARTING, Lamp.READY, Lamp.WORKING, Lamp.CALM}


def test_blinking_is_half_on_and_red_alone_is_fast() -> None:
    rates = {lamp: 1 / (LAMPS[lamp].on_s + LAMPS[lamp].off_s) for lamp in NEEDS_A_PERSON}
    assert rates == {Lamp.URGENT: 2.0, Lamp.FAULT: 0.5, Lamp.OUT_OF_SERVICE: 0.5}
    assert all(LAMPS[lamp].on_s == LAMPS[lamp].off_s for lamp in NEEDS_A_PERSON)


def test_every_sound_ends_within_ten_seconds_and_a_click_is_short() -> None:
    assert all(pattern.length_s < 10.0 for pattern in SOUNDS.values())
    assert SOUNDS[Sound.KEY].length_s <= 0.05
    assert max(SOUNDS, key=lambda sound: SOUNDS[sound].rank) is Sound.URGENT


def test_a_blinking_pattern_goes_on_and_off_for_ever() -> None:
    urgent = LAMPS[Lamp.URGENT]
    for elapsed_s, on, left_s in ((0.0, True, 0.25), (0.3, False, 0.2), (3600.1, True, 0.15)):
        phase = lamp_phase(urgent, elapsed_s)
        assert (phase.on, phase.left_s) == (on, pytest.approx(left_s))
    assert lamp_phase(LAMPS[Lamp.READY], 9.0) == lamp_patterns.Phase(True, None)
    assert lamp_phase(LAMPS[Lamp.OFF], 9.0) == lamp_patterns.Phase(False, None)


@pytest.mark.parametrize("sound", Sound)
def test_walking_a_sound_from_phase_to_phase_gives_its_pulses_and_then_silence(
    sound: Sound,
) -> None:
    pattern, elapsed_s, pulses = SOUNDS[sound], 0.0, 0
    while (phase := sound_phase(pattern, elapsed_s)).left_s is not None:
        pulses += phase.on
        assert phase.left_s > 0.0
        elapsed_s += phase.left_s + 1e-9
    assert pulses == pattern.pulses * pattern.bursts
    assert elapsed_s == pytest.approx(pattern.length_s)
    assert not phase.on


def test_bursts_have_their_pause_between_them() -> None:
    pattern = SoundPattern(rank=0, on_s=0.1, off_s=0.1, pulses=2, pause_s=1.0, bursts=2)
    assert pattern.length_s == pytest.approx(1.6)
    moments = (0.05, 0.15, 0.25, 0.5, 1.25, 1.35, 1.45, 1.55, 1.65)
    heard = [sound_phase(pattern, at_s).on for at_s in moments]
    assert heard == [True, False, True, False, False, True, False, True, False]


class Rig:
    def __init__(self) -> None:
        self.factory = MockFactory()
        self.seen = SimulatedLamps(self.factory, PINS)
        self.lamps = Lamps(PINS, self.factory)

    def sees(self, *on: str) -> bool:
        return self.seen.wait_for(frozenset(on), DEADLINE_S)


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    made.lamps.start()
    yield made
    assert made.lamps.close(DEADLINE_S)
    assert made.seen.on == frozenset()
    assert threading.active_count() == 1


@pytest.mark.parametrize("lamp", Lamp)
def test_the_pins_follow_the_table(rig: Rig, lamp: Lamp) -> None:
    rig.lamps.show(Lamp.WORKING)
    assert rig.sees("green", "yellow")
    rig.lamps.show(lamp)
    assert rig.sees(*(led.value for led in LAMPS[lamp].leds))
    if LAMPS[lamp].blinks:
        assert rig.sees()
        assert rig.sees(*(led.value for led in LAMPS[lamp].leds))


def changes_of(part: str, history: tuple[LampChange, ...]) -> list[LampChange]:
    return [change for change in history if change.part == part]


def test_asking_again_and_again_does_not_hold_the_blinking_up(rig: Rig) -> None:
    rig.lamps.show(Lamp.URGENT)
    assert rig.sees("red")
    deadline_s = time.monotonic() + DEADLINE_S
    while not rig.seen.wait_for(frozenset(), 0.05):
        assert time.monotonic() < deadline_s
        rig.lamps.show(Lamp.URGENT)


def test_blinking_keeps_its_rhythm(rig: Rig) -> None:
    rig.lamps.show(Lamp.URGENT)
    for _ in range(3):
        assert rig.sees("red")
        assert rig.sees()
    reds = changes_of("red", rig.seen.history)
    assert [change.on for change in reds] == [True, False] * (len(reds) // 2)
    # Never faster than the table; how much later a busy machine is, is its own affair.
    assert reds[5].mono_s - reds[0].mono_s > 5 * 0.25 - 0.2


def test_a_sound_is_played_once_and_leaves_the_lamps_alone(rig: Rig) -> None:
    rig.lamps.show(Lamp.READY)
    rig.lamps.sound(Sound.ANSWER)
    assert rig.sees("green", "buzzer")
    assert rig.sees("green")
    assert len(changes_of("buzzer", rig.seen.history)) == 2


def test_a_click_does_not_cut_an_urgent_sound_short(rig: Rig) -> None:
    rig.lamps.sound(Sound.URGENT)
    assert rig.sees("buzzer")
    rig.lamps.sound(Sound.KEY)
    for _ in range(SOUNDS[Sound.URGENT].pulses - 1):
        assert rig.sees()
        assert rig.sees("buzzer")
    rig.lamps.off()
    assert rig.sees()


def test_an_urgent_sound_takes_over_from_a_lesser_one(rig: Rig) -> None:
    rig.lamps.sound(Sound.FAULT)
    assert rig.sees("buzzer")
    rig.lamps.sound(Sound.URGENT)
    for _ in range(SOUNDS[Sound.FAULT].pulses):  # more pulses than were left of the fault's
        assert rig.sees()
        assert rig.sees("buzzer")


def test_a_click_is_heard_again_after_an_urgent_sound_has_ended(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOUNDS, Sound.URGENT, SoundPattern(rank=3, on_s=0.05))
    rig.lamps.sound(Sound.URGENT)
    assert rig.sees("buzzer")
    assert rig.sees()
    ended_s = time.monotonic() + 0.05
    assert not rig.seen.wait_for(frozenset({"buzzer"}), ended_s - time.monotonic())
    monkeypatch.setitem(SOUNDS, Sound.KEY, SoundPattern(rank=0, on_s=0.5))
    rig.lamps.sound(Sound.KEY)
    assert rig.sees("buzzer")


def test_off_is_dark_and_silent(rig: Rig) -> None:
    rig.lamps.show(Lamp.OUT_OF_SERVICE)
    rig.lamps.sound(Sound.URGENT)
    assert rig.sees("yellow", "red", "buzzer")
    rig.lamps.off()
    assert rig.sees()
    assert not rig.seen.wait_for(frozenset({"buzzer"}), 0.3)


def test_closing_releases_the_pins_in_mid_pattern(rig: Rig) -> None:
    rig.lamps.show(Lamp.URGENT)
    rig.lamps.sound(Sound.URGENT)
    assert rig.sees("red", "buzzer")
    assert rig.lamps.close(DEADLINE_S)
    assert rig.seen.on == frozenset()
    for number in PINS.by_name().values():
        LED(number, pin_factory=rig.factory).close()


def test_a_hundred_patterns_need_one_thread(rig: Rig) -> None:
    for lamp in list(Lamp) * 10:
        rig.lamps.show(lamp)
        rig.lamps.sound(Sound.KEY)
        assert threading.active_count() <= 2


def wait_for_fault(rig: Rig, faulty: bool) -> bool:
    deadline_s = time.monotonic() + DEADLINE_S
    while bool(rig.lamps.fault) != faulty and time.monotonic() < deadline_s:
        rig.seen.wait_for(frozenset({"nothing is ever called this"}), 0.01)
    return bool(rig.lamps.fault) == faulty


def test_a_failing_lamp_stops_nothing_is_told_in_words_and_recovers(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lamps, "RETRY_S", 0.02)
    assert rig.lamps.fault == ""
    rig.seen.break_pins(True)
    rig.lamps.show(Lamp.CAUTION)
    assert wait_for_fault(rig, True)
    assert "go by the screen" in rig.lamps.fault
    assert "OSError" in rig.lamps.fault
    assert rig.lamps.errors >= 1
    rig.lamps.show(Lamp.URGENT)
    rig.lamps.sound(Sound.URGENT)
    rig.seen.break_pins(False)
    assert rig.sees("red")
    assert wait_for_fault(rig, False)


def test_a_pin_in_use_is_a_fault_in_words_not_an_exception() -> None:
    factory = MockFactory()
    with LED(PINS.red, pin_factory=factory):
        taken, told = Lamps(PINS, factory), []
        taken.start(told.append)
        deadline_s = time.monotonic() + DEADLINE_S
        while not taken.fault and time.monotonic() < deadline_s:
            threading.Event().wait(0.01)
        assert "GPIOPinInUse" in taken.fault
        assert taken.close(DEADLINE_S)
        assert told == [taken.fault]


def test_lamps_that_were_never_started_take_wishes_and_close() -> None:
    idle = Lamps(PINS, MockFactory())
    idle.show(Lamp.READY)
    idle.sound(Sound.KEY)
    idle.off()
    assert idle.close(DEADLINE_S)
    assert idle.fault == ""
