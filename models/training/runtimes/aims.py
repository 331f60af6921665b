"""What was wished for beforehand, and what one run found of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.inference.engines import TFLITE
from models.training.runtimes import contestants as who
from models.training.runtimes.agreement import MOST_FLIPS, Answers, compared
from models.training.runtimes.timing import ratio
from models.training.runtimes.vectors import Vectors

LARGEST_BYTES = 8192
FASTER_THAN_ONNX, FASTER_THAN_SKLEARN, WHOLE_FASTER_THAN_SKLEARN = 4.0, 50.0, 5.0
ASSESSMENT = f"whole assessment ({TFLITE})"


def aims_of(
    found: Mapping[str, Answers],
    sets: Mapping[str, Vectors],
    samples: Mapping[str, Sequence[float]],
    sizes: Mapping[str, int],
) -> list[dict[str, Any]]:
    """Return each aim with what was found and whether it is met."""
    begin = len(sets["golden"])
    patients = slice(begin, begin + len(sets["patients"]))
    flips = compared(found[TFLITE].part(patients), found[who.FLOAT].part(patients))
    aims = [
        _at_most("categories of patients changed against float, share", MOST_FLIPS,
                 flips["flips_share"]),
        _at_most("model file, bytes", LARGEST_BYTES, sizes[TFLITE]),
    ]  # fmt: skip
    for slower, faster, least in (
        (who.ONNX, TFLITE, FASTER_THAN_ONNX),
        (who.ONNX_BOUND, TFLITE, FASTER_THAN_ONNX),
        (who.ONNX_FLOAT, TFLITE, FASTER_THAN_ONNX),
        (who.SKLEARN, TFLITE, FASTER_THAN_SKLEARN),
        (who.SKLEARN, ASSESSMENT, WHOLE_FASTER_THAN_SKLEARN),
    ):
        words = f"{faster} faster than {slower}, times"
        aims.append(_at_least(words, least, ratio(samples[slower], samples[faster])))
    return aims


def _at_most(words: str, limit: float, value: float) -> dict[str, Any]:
    return {"what": words, "aim": f"≤ {limit:g}", "found": value, "met": value <= limit}


def _at_least(words: str, limit: float, value: float) -> dict[str, Any]:
    return {"what": words, "aim": f"≥ {limit:g}", "found": value, "met": value >= limit}
