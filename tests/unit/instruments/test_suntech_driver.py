"""The driver of the blood-pressure module on a clock that is moved by hand."""

import itertools
from dataclasses import replace

import pytest

from appliance.clinical.measurement import Status
from appliance.events import MeasuringPhase as Phase
from appliance.instruments import suntech_commands as commands
from appliance.instruments.decoding import Decoded, Rejected, Reported
from appliance.instruments.suntech_driver import SuntechDriver
from appliance.orders import AbortMeasuring, Patient, StartMeasuring

NAMES = {
    commands.ABORT: "abort",
    commands.GET_RESULT: "result",
    commands.GET_CUFF_PRESSURE: "pressure",
    commands.START[Patient.ADULT]: "start adult",
    commands.START[Patient.CHILD]: "start child",
    commands.START[Patient.NEONATE]: "start neonate",
    commands.set_initial_inflation(160): "inflate 160",
    commands.set_initial_inflation(100): "inflate 100",
}
ADULT = StartMeasuring(Patient.ADULT, 160)
VALUES = ("systolic_mmhg", "diastolic_mmhg", "map_mmhg", "pulse_rate_bpm")


def letter(which):
    return [Reported("", {"letter": which})]


def cuff(mmhg):
    status = Status.MISSING if mmhg is None else Status.VALID
    return [Decoded("cuff_pressure_mmhg", mmhg, status, "" if mmhg is not None else "impossible")]


def result(*numbers, reason=""):
    if reason:
        return [Decoded(name, None, Status.MISSING, reason) for name in VALUES]
    return [Decoded(n, v, Status.VALID, "", "1") for n, v in zip(VALUES, numbers, strict=True)]


READING = result(128.0, 79.0, 96.0, 67.0)


class Bench:
    """A driver, its clock, what it wrote with the time of it, and what it told."""

    def __init__(self):
        self.driver = SuntechDriver()
        self.now = 100.0
        self.wrote = []
        self.told = []
        self.urgent = []
        self.values = []
        self.unasked = 0
        self.answered = 0  # so many of what it wrote have got their answer, or none

    def take(self, step):
        rest = step.write
        while rest:
            name = next(n for command, n in NAMES.items() if rest.startswith(command))
            rest = rest[len(next(c for c, n in NAMES.items() if n == name)) :]
            self.wrote.append((round(self.now, 3), name))
        self.told += [(t.phase, t.words) for t in step.told]
        self.urgent += [t.words for t in step.told if t.urgent]
        self.values += step.values
        self.unasked += step.unasked
        return step

    def hear(self, outputs, after_s=0.02):
        self.now += after_s
        self.answered = len(self.wrote)
        return self.take(self.driver.heard(outputs, self.now))

    def order(self, order):
        return self.take(self.driver.ordered(order, self.now))

    def run(self, seconds, answer=None):
        """Let time pass in small steps; `answer(name)` says what comes back to a command."""
        until = self.now + seconds
        while self.now < until - 1e-9:
            self.now += 0.05
            self.take(self.driver.passed(self.now))
            while self.answered < len(self.wrote):
                outputs = answer(self.wrote[self.answered][1]) if answer else None
                self.answered += 1
                if outputs:
                    self.now += 0.02
                    self.take(self.driver.heard(outputs, self.now))

    def names(self, since=0):
        return [name for _, name in self.wrote[since:]]

    @property
    def phases(self):
        return [phase for phase, _ in self.told]

    def clear(self):
        del self.wrote[: self.answered]
        self.answered = 0

    def open(self):
        self.take(self.driver.opened(self.now))
        return self

    def rest(self):
        """Open it and let it find the cuff empty."""
        self.open()
        self.hear(letter("A"))
        self.run(0.5, quiet)
        assert self.phases[-1] is Phase.IDLE
        self.values.clear()
        self.clear()
        self.told.clear()
        return self

    def measuring(self, order=ADULT, mmhg=60.0):
        """Bring it to where the cuff is full."""
        self.rest().order(order)
        if order.initial_inflation_mmhg:
            self.hear(letter("O"))
        self.hear(letter("O"))
        self.run(0.5, lambda name: cuff(mmhg))
        assert self.phases[-1] is Phase.INFLATING
        self.clear()
        return self


def quiet(name):
    """A module at rest with an empty cuff."""
    return {"abort": letter("A"), "pressure": cuff(0.0)}.get(name)


def emptying(name):
    return {"abort": letter("A"), "pressure": cuff(40.0)}.get(name)


def test_an_opened_port_hears_an_abort_before_anything_else():
    bench = Bench().open()
    assert bench.wrote == [(100.0, "abort")]
    assert bench.phases == [Phase.ABORTING]
    bench.hear(letter("A"))
    bench.run(0.5, quiet)
    assert bench.names() == ["abort", "pressure"]
    assert bench.phases == [Phase.ABORTING, Phase.IDLE]


def test_a_module_found_inflated_is_emptied_before_it_may_start():
    bench = Bench().open()
    bench.run(3.0, emptying)
    bench.order(ADULT)
    assert "inflate 160" not in bench.names()
    assert bench.told[-1] == (Phase.ABORTING, "Not started: the cuff is still being emptied.")
    assert Phase.IDLE not in bench.phases
    bench.run(1.0, quiet)
    assert bench.phases[-1] is Phase.IDLE


def test_an_abort_without_an_answer_is_repeated_and_three_empty_seconds_are_proof():
    bench = Bench().open()
    bench.run(3.0, lambda name: cuff(2.0) if name == "pressure" else None)
    assert bench.names().count("abort") >= 3
    assert Phase.IDLE not in bench.phases
    bench.run(0.6, lambda name: cuff(2.0) if name == "pressure" else None)
    assert bench.phases[-1] is Phase.IDLE


def test_a_measurement_from_order_to_reading():
    bench = Bench().rest()
    bench.order(ADULT)
    assert bench.names() == ["inflate 160"]
    bench.hear(letter("O"))
    assert bench.names() == ["inflate 160", "start adult"]
    assert bench.phases == [Phase.STARTING]
    bench.hear(letter("O"))
    assert bench.phases == [Phase.STARTING, Phase.INFLATING]
    began = bench.now
    bench.run(10.0, lambda name: cuff(90.0))
    polls = [at for at, name in bench.wrote if name == "pressure" and at >= began]
    assert 30 <= len(polls) <= 41
    assert min(b - a for a, b in itertools.pairwise(polls)) >= 0.2
    assert {v.value for v in bench.values} == {90.0}
    bench.hear(letter("K"))
    bench.run(0.2, lambda name: cuff(30.0) if name == "pressure" else None)
    assert bench.names()[-1] == "result"
    bench.hear(READING)
    heard = bench.now
    assert bench.phases == [Phase.STARTING, Phase.INFLATING, Phase.ABORTING]
    bench.run(1.0, emptying)
    assert bench.phases[-1] is Phase.ABORTING, "no end before the cuff is proven empty"
    assert not [each for each in bench.values if each in READING], "nor a reading"
    step = None
    while Phase.DONE not in bench.phases and bench.now < heard + 5.0:
        bench.run(0.05, quiet)
        if bench.phases[-1] is Phase.DONE:
            step = bench.values[-4:]
    assert [replace(each, age_s=0.0) for each in step] == READING
    ages = {each.age_s for each in step}
    assert len(ages) == 1
    assert 1.0 < ages.pop() <= bench.now - heard
    assert bench.phases[-1] is Phase.DONE
    assert "abort" not in bench.names()


def test_without_an_initial_inflation_only_the_start_is_sent():
    for patient in Patient:
        bench = Bench().rest()
        bench.order(StartMeasuring(patient))
        assert bench.names() == [f"start {patient}"]


def test_at_most_one_question_is_open():
    bench = Bench().measuring()
    bench.run(0.9)
    assert bench.names().count("pressure") <= 1
    waiting = bench.hear(letter("K"), 0.0)
    assert waiting.write == b""
    bench.hear(cuff(50.0))
    assert bench.names()[-1] == "result"


def fails(bench, words, answer=emptying):
    """An abort at once, polls until the cuff is empty, then the words; never a second start."""
    assert bench.names()[-1] == "abort" or "abort" in bench.names()
    phase, said = bench.told[-1]
    assert phase is Phase.ABORTING
    assert words in said
    bench.run(4.0, answer)
    assert Phase.FAILED not in bench.phases
    assert bench.names().count("pressure") >= 4
    bench.run(1.0, lambda n: cuff(15.0) if n == "pressure" else letter("A"))
    assert Phase.FAILED not in bench.phases
    bench.run(1.5, lambda n: cuff(14.0) if n == "pressure" else letter("A"))
    assert bench.told[-1][0] is Phase.FAILED
    assert words in bench.told[-1][1]
    after = bench.names()[bench.names().index("abort") :]
    assert not [name for name in after if name.startswith(("start", "inflate"))]


@pytest.mark.parametrize(("which", "words"), [("B", "busy"), ("E", "refused"), ("S", "asleep")])
@pytest.mark.parametrize("accepted", [0, 1])
def test_an_order_that_is_not_accepted_is_aborted_and_never_repeated(which, words, accepted):
    bench = Bench().rest()
    bench.order(ADULT)
    for _ in range(accepted):
        bench.hear(letter("O"))
    bench.hear(letter(which))
    assert bench.names().count("start adult") == accepted
    fails(bench, words)


@pytest.mark.parametrize("accepted", [0, 1])
def test_no_answer_within_a_second_is_aborted(accepted):
    bench = Bench().rest()
    bench.order(ADULT)
    for _ in range(accepted):
        bench.hear(letter("O"))
    bench.run(0.9)
    assert "abort" not in bench.names()
    bench.run(0.2)
    fails(bench, "does not answer")


def test_a_late_acceptance_is_not_taken_for_one():
    bench = Bench().rest()
    bench.order(ADULT)
    bench.run(1.2)
    bench.hear(letter("O"))
    assert "start adult" not in bench.names()
    fails(bench, "does not answer")


def test_an_old_acceptance_is_not_taken_for_that_of_a_new_order():
    bench = Bench().rest()
    bench.order(ADULT)
    bench.run(1.1)
    bench.hear(letter("A"))
    bench.run(0.5, quiet)
    assert bench.phases[-1] is Phase.FAILED
    bench.order(ADULT)
    assert bench.names().count("inflate 160") == 1, "the first may still be answered"
    bench.hear(letter("O"))
    assert "start adult" not in bench.names()
    bench.run(0.1)
    assert bench.names().count("inflate 160") == 2
    bench.hear(letter("O"))
    assert bench.names().count("start adult") == 1


def test_a_new_order_waits_no_longer_than_an_answer_can_come():
    bench = Bench().rest()
    bench.order(ADULT)
    bench.run(1.1)
    bench.hear(letter("A"))
    bench.run(0.5, quiet)
    bench.order(ADULT)
    bench.run(2.0)
    assert bench.names().count("inflate 160") == 2


def test_silence_while_it_measures_is_aborted():
    bench = Bench().measuring()
    bench.run(1.4)
    fails(bench, "does not answer")


def test_a_late_pressure_is_doubt_and_never_shown():
    bench = Bench().measuring()
    bench.run(0.3)
    shown = len(bench.values)
    bench.hear(cuff(80.0), 1.1)
    assert len(bench.values) == shown
    fails(bench, "does not answer")


def test_garbled_answers_are_silence():
    bench = Bench().measuring()
    for _ in range(14):
        bench.hear([Rejected("check does not match the frame", 0, b"x")], 0.1)
    fails(bench, "does not answer")


@pytest.mark.parametrize(
    ("order", "limit_s"),
    [
        (ADULT, 130.0),
        (StartMeasuring(Patient.CHILD), 130.0),
        (StartMeasuring(Patient.NEONATE), 65.0),
    ],
)
def test_a_measurement_that_does_not_end_is_aborted(order, limit_s):
    bench = Bench().measuring(order)
    began = bench.now
    bench.run(limit_s - 1.5, lambda name: cuff(60.0))
    assert "abort" not in bench.names()
    bench.run(1.5, lambda name: cuff(60.0) if name == "pressure" else None)
    aborted = next(at for at, name in bench.wrote if name == "abort")
    assert aborted - began <= limit_s
    assert bench.told[-1][0] is Phase.ABORTING
    assert "too long" in bench.told[-1][1]


@pytest.mark.parametrize(
    ("order", "mmhg", "words"),
    [
        (ADULT, 301.0, "too high"),
        (StartMeasuring(Patient.NEONATE), 151.0, "too high"),
        (ADULT, None, "cannot be true"),
    ],
)
def test_a_pressure_that_must_not_be_is_aborted(order, mmhg, words):
    bench = Bench().measuring(order)
    bench.run(0.3, lambda name: cuff(mmhg) if name == "pressure" else letter("A"))
    assert "abort" in bench.names()
    assert bench.told[-1][0] is Phase.ABORTING
    assert words in bench.told[-1][1]


def test_a_cuff_that_never_fills_is_aborted():
    bench = Bench().rest()
    bench.order(StartMeasuring(Patient.ADULT))
    bench.hear(letter("O"))
    bench.run(29.0, lambda name: cuff(3.0))
    assert "abort" not in bench.names()
    bench.run(2.0, quiet)
    assert bench.told[-1][0] is Phase.FAILED
    assert "did not fill" in bench.told[-1][1]


def test_an_end_before_the_cuff_was_full_is_not_believed():
    """It may be the end of an older measurement, whose result is another patient's."""
    bench = Bench().rest()
    bench.order(StartMeasuring(Patient.ADULT))
    bench.hear(letter("O"))
    bench.hear(letter("K"))
    assert "result" not in bench.names()
    fails(bench, "before it had filled")


def test_a_result_that_was_not_asked_for_is_never_passed_on():
    bench = Bench().rest()
    bench.hear(READING)
    bench.order(StartMeasuring(Patient.ADULT))
    bench.hear(READING)
    bench.hear(letter("O"))
    bench.run(1.0, lambda name: cuff(60.0))
    bench.hear(READING)
    assert not [v for v in bench.values if v.quantity != "cuff_pressure_mmhg"]
    assert bench.unasked == 3


def test_a_result_counts_once():
    bench = Bench().measuring()
    bench.hear(letter("K"))
    bench.run(0.3, lambda name: cuff(30.0) if name == "pressure" else None)
    bench.hear(READING + READING)
    bench.run(5.0, quiet)
    assert bench.phases[-1] is Phase.DONE
    counted = [v for v in bench.values if v.quantity != "cuff_pressure_mmhg"]
    assert [replace(each, age_s=0.0) for each in counted] == READING


def test_no_result_within_a_second_is_aborted():
    bench = Bench().measuring()
    bench.hear(letter("K"))
    bench.run(0.3, lambda name: cuff(30.0) if name == "pressure" else None)
    bench.run(1.2)
    fails(bench, "does not answer")


def test_a_failed_measurement_says_why_in_the_words_of_its_code():
    bench = Bench().measuring()
    bench.hear(letter("K"))
    bench.run(0.3, lambda name: cuff(30.0) if name == "pressure" else None)
    bench.hear(result(reason="arm moved (code 2)"))
    assert [v.value for v in bench.values[-4:]] == [None] * 4
    fails(bench, "arm moved (code 2)")


@pytest.mark.parametrize("which", ["A", "B", "E", "S"])
def test_an_answer_that_nobody_understands_while_it_measures_is_aborted(which):
    bench = Bench().measuring()
    bench.hear(letter(which))
    assert bench.names()[-1] == "abort"
    bench.run(1.0, quiet)
    assert bench.phases[-1] is Phase.FAILED


def test_an_abort_that_is_ordered_goes_out_at_once():
    bench = Bench().measuring()
    assert bench.order(AbortMeasuring()).write == commands.ABORT
    fails(bench, "Stopped.")


def test_an_abort_is_sent_in_every_stage():
    stages = {
        "setting": lambda: Bench().rest(),
        "starting": lambda: Bench().rest(),
        "measuring": lambda: Bench().measuring(),
        "resting": lambda: Bench().rest(),
    }
    for stage, make in stages.items():
        bench = make()
        if stage in ("setting", "starting"):
            bench.order(ADULT)
        if stage == "starting":
            bench.hear(letter("O"))
        assert bench.order(AbortMeasuring()).write == commands.ABORT, stage
        bench.run(1.0, quiet)
        ended = Phase.IDLE if stage == "resting" else Phase.FAILED
        assert bench.phases[-1] is ended


def test_a_neonate_is_not_let_go_at_five():
    bench = Bench().measuring(StartMeasuring(Patient.NEONATE), mmhg=30.0)
    bench.order(AbortMeasuring())
    bench.run(3.0, lambda n: cuff(5.0) if n == "pressure" else letter("A"))
    assert Phase.FAILED not in bench.phases
    bench.run(0.5, lambda n: cuff(4.0) if n == "pressure" else letter("A"))
    assert bench.phases[-1] is Phase.FAILED


def test_a_pressure_from_before_the_abort_proves_nothing():
    """The poll was open when the abort went out: its answer may be from before inflating."""
    bench = Bench().measuring()
    bench.run(0.3)
    assert bench.names()[-1] == "pressure"
    bench.order(AbortMeasuring())
    bench.hear(letter("A"))
    bench.hear(cuff(0.0))
    assert Phase.FAILED not in bench.phases
    bench.run(0.4, emptying)
    assert Phase.FAILED not in bench.phases


def test_no_second_start_while_one_runs():
    bench = Bench().measuring()
    bench.order(ADULT)
    bench.run(2.0, lambda name: cuff(60.0))
    assert set(bench.names()) == {"pressure"}
    assert bench.told[-1] == (Phase.INFLATING, "A measurement is running already.")


def test_an_order_on_a_closed_port_is_refused_and_not_kept():
    bench = Bench()
    bench.order(ADULT)
    assert bench.phases == [Phase.FAILED]
    bench.rest()
    bench.run(5.0, quiet)
    assert "inflate 160" not in bench.names()


def test_a_lost_link_is_told_and_the_next_opening_aborts_first():
    bench = Bench().measuring()
    bench.take(bench.driver.lost())
    assert bench.told[-1][0] is Phase.FAILED
    assert "Take the cuff off" in bench.told[-1][1]
    bench.now += 5.0
    bench.open()
    assert bench.names()[-1] == "abort"
    bench.run(1.0, quiet)
    assert bench.told[-1][0] is Phase.FAILED
    assert "The cuff is empty now" in bench.told[-1][1]
    bench.order(ADULT)
    assert bench.names()[-1] == "inflate 160"


def test_a_link_lost_at_rest_says_nothing_of_a_cuff():
    bench = Bench().rest()
    bench.take(bench.driver.lost())
    assert bench.told == []
    bench.rest()


def test_a_cuff_that_fills_at_rest_is_emptied():
    bench = Bench().rest()
    bench.run(3.0, emptying)
    assert "abort" in bench.names()
    assert bench.phases[-1] is Phase.ABORTING


def test_a_module_that_falls_silent_at_rest_is_told_to_abort_when_it_is_back():
    bench = Bench().rest()
    bench.run(4.0)
    assert bench.names().count("abort") >= 1
    bench.order(ADULT)
    assert "inflate 160" not in bench.names()
    bench.run(4.0, quiet)
    assert bench.phases[-1] is Phase.IDLE


@pytest.mark.parametrize(
    ("answer", "words"), [(emptying, "does not empty"), (None, "does not answer")]
)
def test_a_cuff_that_does_not_empty_is_told_as_urgent(answer, words):
    bench = Bench().measuring()
    bench.order(AbortMeasuring())
    bench.run(9.0, answer)
    assert not [w for _, w in bench.told if "off" in w]
    bench.run(60.0, answer)
    assert [w for _, w in bench.told if words in w] == bench.urgent
    assert len(bench.urgent) == 1
    assert bench.names().count("abort") >= 60
    assert bench.phases[-1] is Phase.ABORTING


def test_after_a_measurement_that_ended_well_a_cuff_that_stays_full_is_aborted():
    bench = Bench().measuring()
    bench.hear(letter("K"))
    bench.run(0.2, lambda name: cuff(30.0) if name == "pressure" else None)
    bench.hear(READING)
    bench.run(4.0, emptying)
    assert "abort" not in bench.names()
    bench.run(3.0, emptying)
    assert "abort" in bench.names()
    bench.take(bench.driver.lost())
    assert bench.urgent, "a link lost while the cuff may be full is told as urgent"
    assert not [each for each in bench.values if each in READING]


def test_a_foreign_end_and_result_in_mid_measurement_are_not_believed():
    """The cuff stays full behind them: its own module measures on."""
    bench = Bench().measuring()
    bench.run(5.0, lambda name: cuff(150.0) if name == "pressure" else None)
    bench.hear(letter("K"))
    bench.run(1.5, lambda name: {"pressure": cuff(140.0), "result": READING}.get(name))
    bench.run(5.0, lambda name: {"pressure": cuff(120.0), "abort": letter("A")}.get(name))
    assert "abort" in bench.names()
    bench.run(5.0, quiet)
    assert bench.phases[-1] is Phase.FAILED
    assert "told to empty" in bench.told[-1][1]
    assert {each.quantity for each in bench.values} == {"cuff_pressure_mmhg"}
    # The next one counts again.
    bench.measuring()


@pytest.mark.parametrize("late_s", [10.5, 15.0])
def test_once_the_cuff_is_proven_empty_nothing_is_warned_of(late_s):
    bench = Bench().measuring()
    bench.order(AbortMeasuring())
    bench.run(late_s, emptying)
    bench.run(3.0, quiet)
    assert bench.phases[-1] is Phase.FAILED
    bench.urgent.clear()
    bench.run(20.0, quiet)
    assert bench.phases[-1] is Phase.FAILED
    assert bench.urgent == []


def test_a_module_that_never_answered_and_was_never_ordered_alarms_nobody():
    bench = Bench().open()
    bench.run(60.0)
    assert bench.phases[-1] is Phase.ABORTING
    assert "does not answer" in bench.told[-1][1]
    assert bench.urgent == []
    bench.take(bench.driver.lost())
    assert bench.urgent == []


def test_the_last_words_are_an_abort():
    assert SuntechDriver().last_words() == commands.ABORT


def test_time_is_asked_for_often_enough_for_four_polls_a_second():
    bench = Bench().measuring()
    for _ in range(40):
        due = bench.driver.due_mono_s(bench.now)
        assert due > bench.now - 0.001
        seen = len(bench.wrote)
        bench.now = due
        bench.take(bench.driver.passed(due))
        if bench.names(seen) == ["pressure"]:
            bench.hear(cuff(60.0), 0.01)
    polls = [at for at, name in bench.wrote if name == "pressure"]
    assert (polls[-1] - polls[0]) / (len(polls) - 1) == pytest.approx(0.25, abs=0.02)
