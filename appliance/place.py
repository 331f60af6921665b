"""Where the appliance stands: what its screens must know of the clinic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from appliance.clock import Now
from appliance.key_names import MATRIX
from appliance.settings_report import SettingsReport


@dataclass(frozen=True, slots=True)
class Place:
    """Where the appliance stands: what the technician set for its screens.

    clinic: its name.  utc_offset_min: minutes that local time is ahead of UTC.
    keys: what is printed on the keypad's keys, by what is printed on the matrix pad's.
    settings: what became of the technician's file.
    translation: what must be known of the words on the screen; empty for nothing.
    """

    clinic: str = ""
    utc_offset_min: int = 0
    keys: Mapping[str, str] = field(default_factory=lambda: MATRIX)
    settings: SettingsReport = field(default_factory=SettingsReport)
    translation: str = ""

    def time_of_day(self, now: Now, later_s: float = 0.0) -> str:
        """Return local wall time as HH:MM; empty while the clock is not believed."""
        if now.utc_s is None:
            return ""
        moment = datetime.fromtimestamp(now.utc_s + later_s, UTC)
        return (moment + timedelta(minutes=self.utc_offset_min)).strftime("%H:%M")

    def date_and_time(self, now: Now) -> str:
        """Return local date and time, or what is to be said instead."""
        if now.utc_s is None:
            return "clock not set"
        moment = datetime.fromtimestamp(now.utc_s, UTC) + timedelta(minutes=self.utc_offset_min)
        return moment.strftime("%Y-%m-%d %H:%M")
