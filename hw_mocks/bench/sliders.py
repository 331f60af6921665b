"""What a page may set, send and break on an instrument: its quantities, ranges and faults."""

from __future__ import annotations

from typing import Any

from appliance.clinical.quantities import QUANTITIES
from hw_mocks.boards import KINDS_OF_BOARD, SENDS

LINE = "line_nmea"
OTHER_RANGES = {"clock_ahead_s": (-86400.0, 86400.0), "ambient_degc": (0.0, 50.0)}
"""Of what is set on instruments and is no quantity of the appliance."""
TENTHS = frozenset(
    {"temp_degc", "surface_temp_degc", "ambient_degc", "glucose_mmol_l", "weight_kg"}
)


def controls_of(protocol: str) -> dict[str, Any]:
    """Return the controls of an instrument of this protocol, as pages take them."""
    kind = KINDS_OF_BOARD[protocol]
    sends = sorted(SENDS) if protocol == LINE else []
    return {
        "sets": [_slider(quantity) for quantity in kind.fields],
        "sends": [_slider(quantity) for quantity in sends],
        "faults": list(kind.faults),
    }


def _slider(quantity: str) -> dict[str, Any]:
    known = QUANTITIES.get(quantity)
    if known is None or known.low is None or known.high is None:
        low, high = OTHER_RANGES.get(quantity, (0.0, 100.0))
        label = quantity
    else:
        low, high, label = known.low, known.high, known.label
    return {
        "quantity": quantity,
        "label": label,
        "low": low,
        "high": high,
        "step": 0.1 if quantity in TENTHS else 1,
    }
