"""From what a decoder says to the measurement, or to the stored result that awaits a choice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from appliance.clinical.measurement import Measurement, Source
from appliance.clinical.stored import StoredResult
from appliance.clock import Now
from appliance.instruments.decoding import (
    DEVICE,
    DEVICE_CLOCK,
    DEVICE_TIME,
    Decoded,
    Extra,
)


def measurement_of(decoded: Decoded, source: Source, now: Now) -> Measurement:
    """Return it as a measurement received now, or as long ago as the decoder says."""
    return Measurement(
        decoded.quantity,
        decoded.value,
        decoded.status,
        source,
        received_mono_s=now.mono_s - decoded.age_s,
        received_utc_s=None if now.utc_s is None else now.utc_s - decoded.age_s,
        reason=decoded.reason,
        group=decoded.group,
    )


def stored_result(measurement: Measurement, extra: Extra) -> StoredResult:
    """Return it with its times: all by the device's own clock, and how far that is off."""
    measured_s = _seconds(extra.get(DEVICE_TIME))
    clock_s = _seconds(extra.get(DEVICE_CLOCK))
    utc_s = measurement.received_utc_s
    known = measured_s is not None
    return StoredResult(
        measurement,
        str(extra[DEVICE_TIME]) if known else "",
        None if clock_s is None or measured_s is None else clock_s - measured_s,
        None if clock_s is None or utc_s is None else clock_s - utc_s,
        str(extra.get(DEVICE, "")),
    )


def newest_first(results: Iterable[StoredResult]) -> tuple[StoredResult, ...]:
    """Return them by their own time; those without one last, in their order."""
    return tuple(sorted(results, key=lambda each: each.device_time, reverse=True))


def _seconds(text: object) -> float | None:
    """Return a wall clock without a zone as seconds since 1970, as if it were UTC."""
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
