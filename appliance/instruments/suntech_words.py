"""What the driver of the blood-pressure module tells staff: what happened, and what to do.

Texts are this project's own.
"""

from __future__ import annotations

DOUBTS = {
    "B": "The module is busy with another measurement. Wait a minute, then start again.",
    "E": "The module refused the order. Start again; if it stays so, call a technician.",
    "S": "The module is asleep. Switch it off and on, then start again.",
    "A": "The measurement was stopped at the module.",
}
"""Letters of the module that end a measurement."""

NO_ANSWER = "The module does not answer. Look at its cable."
LOST = "The connection to the module was lost. Take the cuff off the arm."
BROKEN_OFF = "The connection was lost for a while. The cuff is empty now. Start again."
STOPPED = "Stopped."
TOO_LONG = "The measurement took too long. Let the patient rest and start again."
NEVER_FILLED = "The cuff did not fill. Look for a loose cuff or a loose hose."
TOO_HIGH = "The pressure in the cuff was too high."
NOT_TRUE = "The module reports a cuff pressure that cannot be true."
EARLY_END = "The module ended before it had filled the cuff. Start again."
STAYED_FULL = "The module reported its end, but the cuff had to be told to empty. Start again."
NOT_YET = "Not started: the cuff is still being emptied."
RUNNING = "A measurement is running already."
MAKING_SURE = "Making sure that the cuff is empty."
EMPTYING = "Emptying the cuff."
