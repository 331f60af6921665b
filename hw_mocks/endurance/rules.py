"""What may stand on the screen, restated for the judge from the design, not from the program.

Source: the table of quantities of the design (docs/adr/0003-units.md) for units, decimals as
instruments report them, live and usable times.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from types import MappingProxyType

FIFTEEN_MIN_S = 900.0
SIXTY_MIN_S = 3600.0
ANSWER_FOR_S = 900.0
"""The longest that an answer of the maternal-risk bundle may stand."""
IDLE_CLEAR_S = 180.0
"""Without a key for so long, nothing of the patient may stay."""
TURN_S = 1.0
"""Ages are shown in whole seconds: nobody promises a screen fresher than that."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one quantity is written, and how long it counts.

    live_s: how long a streamed number may be called live; 0 where none streams.
    usable_s: how long a number may be used at all.
    """

    quantity: str
    unit: str
    decimals: int
    live_s: float
    usable_s: float

    def written(self, value: float) -> str:
        """Return the number as a screen writes it."""
        return f"{value:.{self.decimals}f}"


RULES = MappingProxyType(
    {
        "Age": Rule("age_years", "years", 0, 0.0, inf),
        "Systolic pressure": Rule("systolic_mmhg", "mmHg", 0, 0.0, FIFTEEN_MIN_S),
        "Diastolic pressure": Rule("diastolic_mmhg", "mmHg", 0, 0.0, FIFTEEN_MIN_S),
        "Blood glucose": Rule("glucose_mmol_l", "mmol/L", 1, 0.0, SIXTY_MIN_S),
        "Body temperature": Rule("temp_degc", "°C", 1, 10.0, FIFTEEN_MIN_S),
        "Pulse": Rule("pulse_rate_bpm", "per min", 0, 4.0, FIFTEEN_MIN_S),
    }
)
"""By the label on the screen."""

CUFF = Rule("cuff_pressure_mmhg", "mmHg", 0, 2.0, 0.0)
PAIR = ("Systolic pressure", "Diastolic pressure")
"""Used only when both come from one reading."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much later than the truth a screen may be, in simulated seconds.

    Threads, serial lines and drawing take real time, which a fast clock makes long: at ten
    times the speed, a tenth of a second is a second.
    flight_s: from the instrument's last byte to the appliance (it gathers up to 0.1 s).
    draw_s: from a decision to changed pixels.
    calm_s: readings alone change the screen at most every 0.4 s.
    """

    rate: float

    @property
    def flight_s(self) -> float:
        """From the instrument's last byte to the appliance."""
        return 0.3 * self.rate

    @property
    def draw_s(self) -> float:
        """From a decision to changed pixels."""
        return 0.25 * self.rate

    @property
    def calm_s(self) -> float:
        """What readings alone may wait for their screen."""
        return 0.4 * self.rate

    @property
    def late_s(self) -> float:
        """Everything together, from what was said to what must no longer stand."""
        return TURN_S + self.flight_s + self.draw_s + self.calm_s
