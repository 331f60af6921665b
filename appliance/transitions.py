"""The state machine as data: what each mode answers, and where each answer leads.

An Answer names its trigger, its action and every mode it may lead to.  Actions are pure
and stand in `appliance.actions_service`, `_collect`, `_cuff`, `_doubtful`, `_stored`, `_answer` and
`_power`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from appliance import actions_answer as answer
from appliance import actions_collect as collect
from appliance import actions_cuff as cuff
from appliance import actions_doubtful as doubtful
from appliance import actions_help as helping
from appliance import actions_power as power
from appliance import actions_service as service
from appliance import actions_stored as stored
from appliance.acting import Step, go
from appliance.clock import Now
from appliance.events import Asked, AssessmentFinished, Event, Key, StopRequested, WorkerDied
from appliance.states import Mode, State
from appliance.triggers import (
    DIGITS,
    Trigger,
    happened,
    idle_with_patient,
    in_mode_for,
    keys,
    steward_answered,
    when,
    without_key_for,
)

__all__ = ["EVERYWHERE", "TABLE", "Answer", "Step", "Trigger"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the table.  on: the trigger in words, for the drawing."""

    on: str
    trigger: Trigger
    act: Callable[[State, Event | None, Now], Step]
    leads_to: tuple[Mode, ...]


_FORGET = Answer("idle with a patient", idle_with_patient(), collect.forget_idle, (Mode.IDLE,))
_POWER_LAPSES = Answer("power key time-out", when(power.power_lapsed), power.disarm_power, ())
_LEAVE_PAGE = without_key_for(lambda s: s.timeouts.page_s)

EVERYWHERE: tuple[Answer, ...] = (
    Answer("stop requested", happened(StopRequested), service.stop, (Mode.OUT_OF_SERVICE,)),
    Answer("a worker died", happened(WorkerDied), service.worker_died, (Mode.TECHNICAL_FAULT,)),
    Answer("a cuff needs somebody", Trigger(cuff.is_urgent), cuff.sound_urgent, ()),
    Answer("a cuff still needs somebody", when(cuff.is_still_urgent), cuff.sound_urgent, ()),
    Answer("power key", keys(Key.POWER), power.power_key, (Mode.SWITCH_OFF, Mode.SWITCHING_OFF)),
    Answer("# for help", Trigger(helping.is_asked), helping.open_help, ()),
    Answer("a key on the help page", Trigger(helping.is_read), helping.close_help, ()),
    Answer("help time-out", when(helping.has_stood), helping.close_help, ()),
)

TABLE: Mapping[Mode, tuple[Answer, ...]] = MappingProxyType(
    {
        Mode.STARTING: (
            Answer("at once", when(lambda *_: True), service.begin_self_test, (Mode.SELF_TEST,)),
        ),
        Mode.SELF_TEST: (
            Answer(
                "all checked",
                when(service.self_test_is_over),
                service.end_self_test,
                (Mode.IDLE, Mode.TECHNICAL_FAULT),
            ),
            Answer(
                "self-test time-out",
                in_mode_for(lambda s: s.timeouts.self_test_s),
                service.self_test_overdue,
                (Mode.TECHNICAL_FAULT,),
            ),
        ),
        Mode.IDLE: (
            Answer("A", keys(Key.OK), service.open_tasks, (Mode.CHOOSE_TASK,)),
            Answer("#", keys(Key.INFO), go(Mode.ABOUT), (Mode.ABOUT,)),
        ),
        Mode.ABOUT: (
            Answer("A or B", keys(Key.OK, Key.BACK), go(Mode.IDLE), (Mode.IDLE,)),
            Answer("C", keys(Key.CLEAR), power.open_clock, (Mode.SET_CLOCK,)),
            Answer("D", keys(Key.NEXT), power.ask_switch_off, (Mode.SWITCH_OFF,)),
            Answer("page time-out", _LEAVE_PAGE, go(Mode.IDLE), (Mode.IDLE,)),
        ),
        Mode.SET_CLOCK: (
            Answer("digit", keys(*DIGITS), power.type_clock, ()),
            Answer("C", keys(Key.CLEAR), power.correct_clock, ()),
            Answer("A", keys(Key.OK), power.accept_clock, (Mode.SETTING_CLOCK,)),
            Answer("B", keys(Key.BACK), go(Mode.IDLE), (Mode.IDLE,)),
            Answer("page time-out", _LEAVE_PAGE, go(Mode.IDLE), (Mode.IDLE,)),
        ),
        Mode.SETTING_CLOCK: (
            Answer(
                "steward answered",
                steward_answered(Asked.CLOCK),
                power.clock_answered,
                (Mode.IDLE,),
            ),
            Answer(
                "steward time-out",
                in_mode_for(lambda s: s.timeouts.steward_s),
                power.clock_answered,
                (Mode.IDLE,),
            ),
        ),
        Mode.SWITCH_OFF: (
            Answer("A", keys(Key.OK), power.switch_off, (Mode.SWITCHING_OFF,)),
            Answer("B", keys(Key.BACK), power.stay_on, (Mode.IDLE, Mode.SELF_TEST)),
            Answer("page time-out", _LEAVE_PAGE, power.stay_on, (Mode.IDLE, Mode.SELF_TEST)),
        ),
        Mode.SWITCHING_OFF: (
            Answer(
                "steward answered",
                steward_answered(Asked.POWER_OFF),
                power.power_answered,
                (Mode.IDLE, Mode.SELF_TEST),
            ),
            Answer(
                "it still runs",
                in_mode_for(lambda s: s.timeouts.power_off_s),
                power.power_answered,
                (Mode.IDLE, Mode.SELF_TEST),
            ),
        ),
        Mode.CHOOSE_TASK: (
            Answer("digit", keys(*DIGITS), service.choose_by_digit, (Mode.COLLECT,)),
            Answer("D", keys(Key.NEXT), service.next_task, ()),
            Answer("A", keys(Key.OK), service.choose_selected, (Mode.COLLECT,)),
            Answer("B", keys(Key.BACK), go(Mode.IDLE), (Mode.IDLE,)),
            Answer("page time-out", _LEAVE_PAGE, go(Mode.IDLE), (Mode.IDLE,)),
        ),
        Mode.COLLECT: (
            Answer("D", keys(Key.NEXT), collect.next_row, ()),
            Answer("digit", keys(*DIGITS), collect.type_into_row, (Mode.ENTRY,)),
            Answer("*", keys(Key.POINT), cuff.cuff_key, ()),
            Answer(
                "C",
                keys(Key.CLEAR),
                collect.pick_judge_or_enter,
                (Mode.PICK, Mode.JUDGE, Mode.ENTRY),
            ),
            Answer(
                "A", keys(Key.OK), collect.review_or_enter, (Mode.REVIEW, Mode.PICK, Mode.ENTRY)
            ),
            Answer("# twice", keys(Key.INFO), collect.review_incomplete, (Mode.REVIEW,)),
            Answer("B twice", keys(Key.BACK), collect.cancel, (Mode.IDLE,)),
            _FORGET,
            _POWER_LAPSES,
            Answer("cancel time-out", when(collect.cancel_lapsed), collect.disarm_cancel, ()),
        ),
        Mode.ENTRY: (
            Answer(
                "digit, *, C or D",
                keys(*DIGITS, Key.POINT, Key.CLEAR, Key.NEXT),
                collect.type_key_in,
                (Mode.COLLECT,),
            ),
            Answer("A", keys(Key.OK), collect.accept_entry, (Mode.COLLECT,)),
            Answer("B", keys(Key.BACK), collect.leave_entry, (Mode.COLLECT,)),
            _FORGET,
            _POWER_LAPSES,
        ),
        Mode.PICK: (
            Answer("digit", keys(*DIGITS), stored.mark_by_digit, (Mode.CONFIRM,)),
            Answer("D", keys(Key.NEXT), stored.mark_next, ()),
            Answer("A", keys(Key.OK), stored.ask_whose, (Mode.CONFIRM,)),
            Answer("C", keys(Key.CLEAR), stored.type_instead, (Mode.ENTRY,)),
            Answer("B", keys(Key.BACK), stored.leave, (Mode.COLLECT,)),
            _FORGET,
            _POWER_LAPSES,
        ),
        Mode.CONFIRM: (
            Answer("A", keys(Key.OK), stored.take, (Mode.COLLECT, Mode.PICK)),
            Answer("B", keys(Key.BACK), stored.not_this_one, (Mode.PICK,)),
            _FORGET,
            _POWER_LAPSES,
        ),
        Mode.JUDGE: (
            Answer(
                "a value counts, or it is too old",
                when(doubtful.judged_too_late),
                doubtful.back_too_late,
                (Mode.COLLECT,),
            ),
            Answer("A", keys(Key.OK), doubtful.accept, (Mode.COLLECT,)),
            Answer("C", keys(Key.CLEAR), doubtful.type_instead, (Mode.ENTRY,)),
            Answer("B", keys(Key.BACK), doubtful.leave, (Mode.COLLECT,)),
            _FORGET,
            _POWER_LAPSES,
        ),
        Mode.REVIEW: (
            Answer(
                "a value is too old",
                when(answer.reviewed_expired),
                answer.back_expired,
                (Mode.COLLECT,),
            ),
            Answer("A", keys(Key.OK), answer.ask_model, (Mode.ASSESSING,)),
            Answer("D", keys(Key.NEXT), collect.next_row, ()),
            Answer("C", keys(Key.CLEAR), answer.measure_again, (Mode.COLLECT,)),
            Answer("B", keys(Key.BACK), answer.back_to_collect, (Mode.COLLECT,)),
            _FORGET,
            _POWER_LAPSES,
        ),
        Mode.ASSESSING: (
            Answer(
                "a value is too old",
                when(answer.reviewed_expired),
                answer.back_expired,
                (Mode.COLLECT,),
            ),
            Answer(
                "assessment finished",
                happened(AssessmentFinished),
                answer.show_result,
                (Mode.RESULT,),
            ),
            Answer(
                "assessment time-out",
                in_mode_for(lambda s: s.timeouts.assess_s),
                answer.answer_without_model,
                (Mode.RESULT,),
            ),
            Answer("B", keys(Key.BACK), answer.back_to_collect, (Mode.COLLECT,)),
            _FORGET,
            _POWER_LAPSES,
        ),
        Mode.RESULT: (
            Answer(
                "validity ends",
                when(answer.result_expired),
                answer.withdraw_result,
                (Mode.COLLECT,),
            ),
            Answer("A", keys(Key.OK), answer.dismiss, (Mode.IDLE,)),
            Answer("B", keys(Key.BACK), answer.back_to_collect, (Mode.COLLECT,)),
            _FORGET,
            _POWER_LAPSES,
        ),
        Mode.TECHNICAL_FAULT: (
            Answer("A", keys(Key.OK), service.begin_self_test, (Mode.SELF_TEST,)),
            Answer(
                "fault time-out",
                in_mode_for(lambda s: s.timeouts.fault_s),
                go(Mode.OUT_OF_SERVICE),
                (Mode.OUT_OF_SERVICE,),
            ),
        ),
        Mode.OUT_OF_SERVICE: (
            Answer("A", keys(Key.OK), service.begin_self_test, (Mode.SELF_TEST,)),
            Answer(
                "retry time-out",
                in_mode_for(lambda s: s.timeouts.retry_s),
                service.begin_self_test,
                (Mode.SELF_TEST,),
            ),
        ),
    }
)
