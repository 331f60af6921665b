"""Typing a date and a time of day on digits alone: pure, local time in, UTC seconds out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from appliance.clock import EARLIEST_UTC_S, LATEST_UTC_S

FORM = "____-__-__ __:__"
"""Year, month, day, hour, minute, in the order of ISO 8601, which no country reads otherwise."""
DIGITS = FORM.count("_")


class ImpossibleTime(ValueError):
    """What was typed is no moment that a true clock can show.  Its text is for staff."""


def as_typed(digits: str) -> str:
    """Return the form with the digits typed so far in their places."""
    left = iter(digits)
    return "".join(next(left, "_") if each == "_" else each for each in FORM)


def utc_of(digits: str, utc_offset_min: int) -> int:
    """Return the UTC seconds of a local date and time; raise ImpossibleTime."""
    if len(digits) < DIGITS:
        raise ImpossibleTime("Type all of it: year, month, day, hour, minute.")
    try:
        local = datetime.strptime(digits, "%Y%m%d%H%M").replace(tzinfo=UTC)
        utc_s = int((local - timedelta(minutes=utc_offset_min)).timestamp())
    except (ValueError, OverflowError) as error:
        raise ImpossibleTime("There is no such date or time. Correct it.") from error
    if not EARLIEST_UTC_S <= utc_s <= LATEST_UTC_S:
        raise ImpossibleTime("No true clock reads that: check the year.")
    return utc_s
