"""One representative instance of every view, and the fullest ones that may occur.

The words are of the kind the controller writes; no person is behind any value.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.clinical.task import Level
from appliance.views import (
    ChooseView,
    Condition,
    EntryView,
    InputRow,
    InputsView,
    KeyHint,
    Option,
    PageView,
    ReadyView,
    ResultView,
    RowState,
    Shown,
    Tone,
    View,
)

TAG = 7
OK, BACK = KeyHint("A", "OK"), KeyHint("B", "Back")
HELP = KeyHint("#", "Help")
SHORT_KEYS = (OK, BACK)
LONG_KEYS = (
    KeyHint("A", "Assess these values"),
    KeyHint("B", "End this patient"),
    KeyHint("C", "Remove the value"),
    KeyHint("D", "Next line"),
    KeyHint("0-9", "Type a value"),
    KeyHint("#", "About"),
)


def shown(text: str) -> Shown:
    return Shown(text, TAG)


STARTING = PageView(
    "starting", "Starting", ("Reading the settings.", "This takes a few seconds."), Tone.WAIT
)
SELF_TEST = PageView(
    "self-test",
    "Checking itself",
    (
        "Model, store, display and clock are being checked.",
        "Instruments may be plugged in meanwhile.",
    ),
    Tone.WAIT,
)
ASSESSING = PageView("assessing", "Working", ("One moment, please.",), Tone.WAIT, (BACK,))
FAULT = PageView(
    "technical-fault",
    "Technical fault",
    (
        "The part that reads the instruments has stopped (code OSError).",
        "No patient's value was kept or shown.",
        "What to do: measure by hand. Press A to try again. If this page comes back,"
        " switch the appliance off and on, then tell the technician the code.",
    ),
    Tone.FAULT,
    (KeyHint("A", "Try again"), KeyHint("#", "About")),
)
OUT_OF_SERVICE = PageView(
    "out-of-service",
    "OUT OF SERVICE",
    ("Do not use this appliance.", "Measure and decide by hand.", "Call the technician."),
    Tone.FAULT,
)
ABOUT = PageView(
    "about",
    "About this appliance",
    (
        "Bedside appliance 0.1.0. Not a certified medical device.",
        "It supports a trained person's judgement and never replaces it.",
        "Maternal risk 1.0.0, release 1: serves.",
        "Runtime: tflite-runtime 2.14.0, aarch64, XNNPACK 1 partition, no ops left over.",
        "For pregnant women aged 10 to 70 years. Not for: labour, women already known to be"
        " critically ill, anyone who is not pregnant.",
        "Clock: not set. Ages and validity do not depend on it.",
        "Instruments: blood pressure cuff (speaking), thermometer (silent), glucose meter"
        " (absent), oximeter (not understood).",
    ),
    Tone.PLAIN,
    (BACK,),
)

READY = ReadyView(
    "Ready",
    "18 Nov 2026 03:12 UTC",
    (
        Condition("Maternal risk", "the model serves (release 1)", True),
        Condition("Blood pressure cuff", "speaking", True),
        Condition("Thermometer", "plug it in, or type the temperature", False),
        Condition("Clock", "set", True),
    ),
    "",
    (KeyHint("A", "New patient"), KeyHint("#", "About")),
)
READY_FULL = ReadyView(
    "Ready",
    "Clock not set: times are not known",
    (
        Condition("Maternal risk", "model refused: its file is not the one that was signed", False),
        Condition("Heart disease", "the model serves (release 12)", True),
        Condition("Blood pressure cuff", "in use by another program", False),
        Condition("Oximeter", "not understood: check that it is the right one", False),
        Condition("Thermometer", "silent: switch it on", False),
        Condition("Glucose meter", "absent: plug it in, or type the value", False),
        Condition("Clock", "not set: ages and validity do not depend on it", False),
        Condition("Keypad", "key 5 is stuck: press it free", False),
    ),
    "SIMULATION: no value is of a patient",
    LONG_KEYS[:1] + LONG_KEYS[3:],
)

TASKS = (
    Option("1", "Maternal risk", "Is this pregnancy at high risk?", True),
    Option("2", "Heart disease", "Is a narrowed coronary artery likely?", False),
    Option("3", "Early warning score", "How ill is this adult? A rule, no model.", False),
)
CHOOSE = ChooseView("Choose a task", TASKS, (OK, BACK, KeyHint("D", "Next")))
CHOOSE_FULL = ChooseView(
    "Choose a task",
    tuple(
        Option(str(n), "Adult early warning score", "No model: red flags and the rule only", n == 8)
        for n in range(1, 10)
    ),
    LONG_KEYS,
)

CUFF = "blood pressure cuff"
AGE = InputRow("Age", "years", RowState.TYPED, shown("35"), shown("typed 2 min ago"), "")
SYSTOLIC = InputRow(
    "Systolic pressure", "mmHg", RowState.TAKEN, shown("175"), shown(f"{CUFF}, 40 s ago"), ""
)
DIASTOLIC = replace(SYSTOLIC, label="Diastolic pressure", value=shown("115"))
GLUCOSE = InputRow(
    "Blood glucose",
    "mmol/L",
    RowState.MISSING,
    None,
    None,
    "Measure with the glucose meter, or select this line and type it.",
    selected=True,
)
TEMPERATURE = InputRow(
    "Body temperature", "°C", RowState.LIVE, shown("36.4"), shown("thermometer, now"), ""
)
PULSE = InputRow(
    "Pulse",
    "per min",
    RowState.DOUBTFUL,
    shown("78"),
    shown("oximeter, 3 s ago"),
    "Poor contact: warm the finger.",
)
COLLECT = InputsView(
    "collect",
    "Maternal risk",
    shown("Patient 7"),
    (AGE, SYSTOLIC, DIASTOLIC, GLUCOSE, TEMPERATURE, PULSE),
    "",
    (
        KeyHint("D", "Next line"),
        KeyHint("0-9", "Type"),
        KeyHint("A", "Review"),
        KeyHint("B", "End patient"),
        HELP,
    ),
)
_EXPIRED = replace(
    SYSTOLIC,
    state=RowState.EXPIRED,
    detail=shown(f"{CUFF}, 15 min 20 s ago"),
    hint="Too old to be used: measure it again.",
)
COLLECT_FULL = InputsView(
    "collect",
    "Adult early warning score",
    shown("Patient 1024"),
    (
        replace(AGE, detail=shown("typed 14 min 59 s ago, over the oximeter's")),
        _EXPIRED,
        replace(_EXPIRED, label="Diastolic pressure", value=shown("115")),
        replace(GLUCOSE, hint="Measure with the glucose meter (fasting if you can), or type it."),
        replace(TEMPERATURE, detail=shown("infrared thermometer, 12 min 40 s ago")),
        replace(PULSE, hint="Poor contact: warm the finger and hold still."),
        InputRow(
            "Consciousness",
            "",
            RowState.TYPED,
            shown("unresponsive"),
            shown("typed 12 min 40 s ago"),
            "",
        ),
        InputRow(
            "Fasting glucose above 6.7", "", RowState.MISSING, None, None, "Ask; then type it."
        ),
    ),
    "Systolic pressure became too old: measure again before you review.",
    LONG_KEYS,
)
REVIEW = replace(
    COLLECT,
    name="review",
    title="Are these right?",
    rows=tuple(
        replace(row, state=RowState.TAKEN, selected=False, hint="")
        for row in (AGE, SYSTOLIC, DIASTOLIC, TEMPERATURE)
    ),
    notice="Check that every value is this patient's.",
    keys=(KeyHint("A", "Yes: give the answer"), KeyHint("B", "Change something")),
)

ENTRY = EntryView(
    "Systolic pressure",
    "mmHg",
    shown("175"),
    "40 to 300 mmHg",
    (),
    "",
    False,
    (OK, KeyHint("C", "Delete"), BACK),
)
ENTRY_EMPTY = replace(ENTRY, typed=shown(""))
ENTRY_REFUSED = replace(
    ENTRY,
    typed=shown("1750"),
    message="1750 cannot be a systolic pressure. Type 40 to 300 mmHg.",
)
ENTRY_UNLIKELY = replace(
    ENTRY,
    typed=shown("290"),
    message="290 mmHg is unlikely. Is it right? Press A again to take it, C to correct it.",
    asks_again=True,
)
ENTRY_CHOICES = EntryView(
    "Consciousness",
    "",
    shown("confusion"),
    "Choose what you find.",
    tuple(
        Option(str(n), words, note, words == "confusion")
        for n, (words, note) in enumerate(
            (
                ("alert", ""),
                ("confusion", "new, or worse than usual"),
                ("voice", "answers to voice only"),
                ("pain", "answers to pain only"),
                ("unresponsive", ""),
            ),
            1,
        )
    ),
    "",
    False,
    (OK, BACK),
)
ENTRY_CHOICES_FULL = replace(
    ENTRY_CHOICES,
    options=(*ENTRY_CHOICES.options, Option("6", "not known", "ask again later", False)),
    message="Unresponsive is unlikely in somebody who walks. Press A again to take it.",
    asks_again=True,
)

PICK = ChooseView(
    "Blood glucose: stored",
    tuple(
        Option(str(n), value, f"{age}, glucose meter", n == 2, TAG)
        for n, (value, age) in enumerate(
            (
                ("6.5 mmol/L", "3 min ago by its own clock"),
                ("11.2 mmol/L", "58 min ago by its own clock"),
                ("no number", "40 min ago by its own clock, too high for the meter: over 33.3"),
            ),
            1,
        )
    ),
    (OK, KeyHint("D", "Next"), KeyHint("C", "Type it instead"), BACK),
    "Of whom they are is not known. 12 more are too old.",
    "pick-stored",
    patient=shown("Patient 7"),
)
PICK_FULL = replace(
    PICK,
    title="Oxygen saturation: stored",
    options=tuple(
        Option(
            str(n),
            "no number",
            "its clock said 2026-11-18 03:12, age not known, preliminary result, laboratory",
            n == 5,
            TAG,
        )
        for n in range(1, 6)
    ),
    notice="6 to 10 of 500. Of whom they are is not known. 498 more are too old.",
    patient=shown("Patient 1024"),
)
_STORED = InputRow(
    "Blood glucose",
    "mmol/L",
    RowState.STORED,
    shown("6.5"),
    shown("3 min ago by its own clock, glucose meter"),
    "its clock is 95 min behind ours",
)
CONFIRM = InputsView(
    "confirm-stored",
    "Is it of this patient?",
    shown("Patient 7"),
    (_STORED,),
    "Take it only if you know that it was measured on this patient.",
    (KeyHint("A", "Yes, of this patient"), KeyHint("B", "No")),
)
JUDGE = InputsView(
    "judge-doubtful",
    "Use this doubtful value?",
    shown("Patient 7"),
    (
        InputRow(
            "Pulse",
            "per min",
            RowState.DOUBTFUL,
            shown("143"),
            shown("2 s ago, oximeter"),
            "",
        ),
        InputRow(
            "Why",
            "",
            RowState.DOUBTFUL,
            None,
            None,
            "artefact: keep the hand still, low perfusion: weak pulse at the sensor",
        ),
    ),
    "Use it only if it fits the patient that you see.",
    (KeyHint("A", "use it"), KeyHint("C", "type it instead"), KeyHint("B", "do not use it")),
)
CONFIRM_FULL = replace(
    CONFIRM,
    rows=tuple(
        replace(_STORED, label=label, detail=shown("its clock said 2026-11-18 03:12, monitor"))
        for label in ("Systolic pressure", "Diastolic pressure", "Mean pressure", "Pulse")
    ),
)

HIGH = ResultView(
    name="result",
    title="Maternal risk",
    patient=shown("Patient 7"),
    headline=shown("HIGH RISK"),
    level=Level.URGENT,
    chance=shown("82 of 100"),
    chance_means=(
        "Share of women with values like these whom the data's authors called high risk."
    ),
    bar=0.82,
    reason=None,
    todo=shown("Refer today to a centre that can give obstetric care. Do not leave her alone."),
    moved=(
        shown("Blood glucose 11.0 mmol/L: +41"),
        shown("Systolic pressure 145 mmHg: +18"),
        shown("Age 35 years: +6"),
    ),
    flags=(),
    unchecked=None,
    rule=shown("Plain rule: HIGH RISK. Glucose 8 mmol/L or more, or systolic 140 mmHg or more."),
    differs=False,
    against_rule="On the same patients the model was no better than the plain rule.",
    caveat=(
        "Learnt from about 450 women in rural Bangladesh. It may be wrong: your judgement decides."
    ),
    used=shown(
        "Rests on: age 35 years (typed), 145/95 mmHg (cuff), glucose 11.0 mmol/L (typed),"
        " 36.4 °C (thermometer)"
    ),
    valid_until=shown("Valid 12 more minutes"),
    notice="",
    keys=(KeyHint("A", "Done: next patient"), KeyHint("B", "Back to the values"), HELP),
)
LOW = replace(
    HIGH,
    headline=shown("NOT HIGH RISK"),
    level=Level.CALM,
    chance=shown("9 of 100"),
    bar=0.09,
    todo=shown("Go on with routine antenatal care. Come back at once if she feels worse."),
    moved=(shown("Systolic pressure 112 mmHg: -9"), shown("Age 24 years: -2")),
    rule=shown("Plain rule: NOT HIGH RISK. Glucose below 8 mmol/L and systolic below 140 mmHg."),
)
MIDDLE = replace(HIGH, headline=shown("MEDIUM RISK"), level=Level.CAUTION, bar=0.5)
DIFFERS = replace(
    LOW,
    rule=HIGH.rule,
    differs=True,
    notice="The rule says high risk. When they differ, treat as the graver.",
)
FLAG_SEVERE = shown("Severe high blood pressure in pregnancy: treat now and refer as an emergency.")
HIGH_FLAG = replace(HIGH, flags=(FLAG_SEVERE,))
LOW_FLAG = replace(LOW, flags=(FLAG_SEVERE,), differs=True)
ABSTAINED_FLAG = replace(
    HIGH,
    name="refusal",
    headline=shown("NO ANSWER"),
    level=None,
    chance=None,
    chance_means="",
    bar=None,
    reason=shown(
        "Systolic pressure is above what the model can judge: nobody in its data was so high."
    ),
    todo=shown("Act on the red flag now. The model is silent, the danger is not."),
    moved=(),
    flags=(FLAG_SEVERE,),
)
REFUSED = replace(
    ABSTAINED_FLAG,
    reason=shown("Missing: blood glucose."),
    todo=shown("Measure or type the blood glucose, then review again."),
    flags=(),
    unchecked=shown("Very high blood glucose: not checked, the value is missing."),
)
NO_MODEL = replace(
    REFUSED,
    reason=shown("The model was refused: its file is not the one that was signed."),
    todo=shown("Go by the plain rule and your judgement. Tell the technician."),
    unchecked=None,
)
_SIX_FLAGS = (
    FLAG_SEVERE,
    shown("Very high blood glucose: check for ketones and refer as an emergency."),
    shown("Fever of 39 °C or more: look for sepsis, give the first dose and refer."),
    shown("Pulse above 130 per minute: look for bleeding and sepsis."),
    shown("Oxygen saturation below 92 %: give oxygen and refer."),
    shown("Unresponsive: airway first, call for help, treat as eclampsia until shown otherwise."),
)
RESULT_FULL = replace(
    MIDDLE,
    title="Adult early warning score",
    patient=shown("Patient 1024"),
    flags=_SIX_FLAGS[:3],
    unchecked=shown("Not checked for want of a value: fever, low oxygen, very high glucose."),
    differs=True,
    valid_until=shown("Valid until 03:24 UTC (12 min)"),
    notice="Withdrawn in 60 s: press B to measure again.",
    keys=LONG_KEYS,
)
REFUSAL_FULL = replace(
    ABSTAINED_FLAG,
    flags=_SIX_FLAGS,
    reason=shown(
        "Diastolic pressure is above what the model can judge: nobody in the data it learnt"
        " from had a pressure as high as this."
    ),
    unchecked=shown("Not checked for want of a value: low oxygen, very high glucose."),
    differs=False,
    notice="Withdrawn in 60 s: press B to measure again.",
    keys=LONG_KEYS,
)

SCORE = replace(
    HIGH,
    title="NEWS2",
    headline=shown("LOW-MEDIUM RISK"),
    level=Level.CAUTION,
    chance=shown("NEWS2 score: 4"),
    chance_means="Of 20 points. A rule, no model: Royal College of Physicians, December 2017.",
    bar=None,
    moved=(shown("3 points for breathing rate"), shown("1 point for pulse")),
    flags=(shown("Very slow or very fast breathing"),),
    rule=None,
    against_rule="",
    caveat="A low score does not rule out serious illness.",
)
NO_SCORE = replace(
    SCORE,
    name="refusal",
    headline=shown("NO SCORE"),
    level=None,
    chance=None,
    chance_means="",
    moved=(),
    reason=shown("NEWS2 is not made for people under 16 years."),
    unchecked=shown("2 red flags not checked: values missing"),
)

VIEWS: dict[str, View] = {
    "starting": STARTING,
    "self-test": SELF_TEST,
    "assessing": ASSESSING,
    "fault": FAULT,
    "out-of-service": OUT_OF_SERVICE,
    "about": ABOUT,
    "ready": READY,
    "ready-full": READY_FULL,
    "choose": CHOOSE,
    "choose-full": CHOOSE_FULL,
    "collect": COLLECT,
    "collect-full": COLLECT_FULL,
    "review": REVIEW,
    "entry": ENTRY,
    "entry-empty": ENTRY_EMPTY,
    "entry-refused": ENTRY_REFUSED,
    "entry-unlikely": ENTRY_UNLIKELY,
    "entry-choices": ENTRY_CHOICES,
    "entry-choices-full": ENTRY_CHOICES_FULL,
    "pick-stored": PICK,
    "pick-stored-full": PICK_FULL,
    "confirm-stored": CONFIRM,
    "confirm-stored-full": CONFIRM_FULL,
    "judge-doubtful": JUDGE,
    "high": HIGH,
    "low": LOW,
    "middle": MIDDLE,
    "differs": DIFFERS,
    "high-flag": HIGH_FLAG,
    "low-flag": LOW_FLAG,
    "abstained-flag": ABSTAINED_FLAG,
    "refused": REFUSED,
    "no-model": NO_MODEL,
    "score": SCORE,
    "no-score": NO_SCORE,
    "result-full": RESULT_FULL,
    "refusal-full": REFUSAL_FULL,
}
