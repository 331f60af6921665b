"""The help page: each key of the screen below it, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from appliance.acting import first_missing
from appliance.clock import Now
from appliance.states import Mode, State
from appliance.views import KeyHint, PageView, View

GO_ON = KeyHint("#", "go on without")
HELP = KeyHint("#", "help")

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "review": "Look at all values once more; then comes the answer.",
        "type the missing": "Go to the first value that is missing, and type it.",
        "pick the stored": "Go to the first value that is missing, and pick it from a device.",
        "next row": "Mark the next row.",
        "change": "Type the value of the marked row, or take back what was typed.",
        "pick": "Pick what a device has stored for the marked row.",
        "judge": "Look at the doubtful value of the marked row.",
        "cancel": "Forget this patient: press it twice. Nothing is kept.",
        "these are right: answer": "Give the answer from just these values.",
        "back to change": "Go back to the values.",
        "measure again": "Take the marked value away, and measure or type it anew.",
        "mark": "Mark the next value, to measure it again.",
        "accept": "Take this value.",
        "accept again": "Take this value although it is unusual.",
        "correct": "Delete the last figure.",
        "take back": "Take back the value that a person gave; an instrument's counts again.",
        "point": "The decimal point.",
        "next": "Mark the next one.",
        "choose": "Take the marked question.",
        "back": "Go back; nothing is changed.",
        "this one": "Look at the marked result; then say whether it is of this patient.",
        "type it instead": "Type the value by hand.",
        "yes, of this patient": "Take it as a value of this patient.",
        "no": "Do not take it.",
        "use it": "Use the doubtful value; it stays marked.",
        "do not use it": "Leave it; it does not count.",
        "done": "Finish with this patient. Nothing is kept.",
        "change values": "Take the answer away and go back to the values.",
        "set the clock": "Set date and time by hand.",
        "switch off": "Switch the appliance off; it says when the plug may be pulled.",
        "stay on": "Do not switch off.",
        "set": "Set the clock to what was typed.",
    }
)
"""By the words of the key's hint."""
CUFF_STARTS, CUFF_STOPS = "Start the cuff.", "Stop the cuff at once."
DIGITS = "Figures: type into the marked row, or choose by number."
PRESS_TWICE = "Without a missing value: press [#] here. No answer rests on what is missing."


def help_view(state: State, view: View, now: Now) -> PageView:
    """Return the page that explains the keys of the view."""
    lines = [f"[{key.printed}] {_sentence(key.does)}" for key in view.keys if key != HELP]
    keys = [KeyHint("B", "back")]
    if state.mode in (Mode.COLLECT, Mode.CHOOSE_TASK, Mode.PICK):
        lines.append(DIGITS)
    if state.mode is Mode.COLLECT:
        keys = [key for key in view.keys if key.printed == "*"] + keys
        if first_missing(state, now) is not None:
            lines.append(PRESS_TWICE)
            keys.insert(0, GO_ON)
    return PageView("help", "Help: the keys", tuple(lines), keys=tuple(keys), notice=state.notice)


def _sentence(does: str) -> str:
    if does.startswith(("start ", "stop ")):
        return CUFF_STOPS if does.startswith("stop ") else CUFF_STARTS
    return SENTENCES.get(does, does)
