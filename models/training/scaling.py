"""The trained range of each input, and the way from a value to the graph's int8.

The range is that of the development rows, widened to the quantity's own last decimal, so
that the ends can be shown and typed.  `quantise` gives what
`appliance.clinical.assessment.quantise` gives; a test holds them together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.clinical.quantities import QUANTITIES
from models.training.data import FEATURES, Floats

INPUT_SCALE, OUTPUT_SCALE = 1.0 / 255.0, 1.0 / 256.0
ZERO_POINT = -128


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ends of the trained ranges, in the order of FEATURES, in the quantities' units."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def unit(self, values: Floats) -> Floats:
        """Return the values scaled over their ranges to 0..1 and clipped."""
        low, high = np.array(self.low), np.array(self.high)
        scaled: Floats = np.clip((values - low) / (high - low), 0.0, 1.0)
        return scaled


def ranges_of(values: Floats) -> Ranges:
    """Return the ranges of these rows."""
    low, high = [], []
    for index, name in enumerate(FEATURES):
        decimals = QUANTITIES[name].decimals
        step = 10**decimals
        low.append(round(math.floor(round(values[:, index].min() * step, 6)) / step, decimals))
        high.append(round(math.ceil(round(values[:, index].max() * step, 6)) / step, decimals))
    return Ranges(tuple(low), tuple(high))


def quantise(unit: Floats) -> NDArray[np.int8]:
    """Return int8 steps of inputs in 0..1, rounded half up."""
    steps = np.floor(unit / INPUT_SCALE + 0.5) + ZERO_POINT
    raw: NDArray[np.int8] = np.clip(steps, -128, 127).astype(np.int8)
    return raw
