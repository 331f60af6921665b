"""One instrument of the settings: its name, its port, and what it speaks."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.instruments.protocols import LineSettings, SerialProtocol


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument of the settings.

    path: its port (a device, a link in /dev/serial/by-id or by-path, any other link).
    line: where the settings differ from the protocol's; None is the protocol's own.
    """

    name: str
    path: str
    protocol: SerialProtocol
    line: LineSettings | None = None
