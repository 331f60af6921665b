"""Opens a small panel by its kind; what drives it is imported only where one is wanted."""

from __future__ import annotations

from typing import Any

from appliance.panel.port import Display, DisplayError
from appliance.panel_kinds import PANELS


def open_bus_panel(kind: str, factory: Any | None = None) -> Display:
    """Open and blank a panel.  factory: of gpiozero's pins.  Raises DisplayError."""
    try:
        from appliance.panel.bus_panel import BusPanel
    except ImportError as error:
        raise DisplayError(
            f"The programs that drive the panel {kind} are not installed ({error.name})."
            ' Nothing is shown. Install the appliance with its extra "pi".'
        ) from error
    return BusPanel(PANELS[kind], factory)
