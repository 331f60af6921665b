"""Reading the maternal development data: every defect named, copies removed, rows grouped.

The rows come out in a fixed order that does not depend on the order in the file, so that
the same rows always give the same model.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.clinical.quantities import QUANTITIES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LABEL = "RiskLevel"
LABELS = ("low risk", "mid risk", "high risk")
HIGH = "high risk"
FEWEST_ROWS = 100
"""Distinct rows below which no figure of a cross-validation means anything."""
FEWEST_OF_A_CLASS = 20
MOST_IMPOSSIBLE = 0.05
"""Share of impossible values above which the column is refused: it is in another unit."""
MOST_FAULTS_SHOWN = 10


class DataRefused(Exception):
    """The data cannot be used.  faults: each with its place, in words."""

    def __init__(self, faults: list[str]) -> None:
        shown = faults[:MOST_FAULTS_SHOWN]
        if len(faults) > len(shown):
            shown.append(f"and {len(faults) - len(shown)} more")
        super().__init__("\n".join(shown))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: own = (value - offset) * factor in the quantity's unit.

    hint: the mistake that makes a whole column impossible.
    """

    name: str
    quantity: str
    hint: str
    offset: float = 0.0
    factor: float = 1.0


COLUMNS = (
    Column("Age", "age_years", "age is wanted in years"),
    Column("SystolicBP", "systolic_mmhg", "pressure is wanted in mmHg; is this kPa?"),
    Column("DiastolicBP", "diastolic_mmhg", "pressure is wanted in mmHg; is this kPa?"),
    Column("BS", "glucose_mmol_l", "blood sugar is wanted in mmol/l; is this mg/dl?"),
    Column(
        "BodyTemp",
        "temp_degc",
        "temperature is wanted in degrees Fahrenheit; is this Celsius?",
        offset=32.0,
        factor=5.0 / 9.0,
    ),
    Column("HeartRate", "pulse_rate_bpm", "pulse is wanted in beats a minute"),
)
"""In the order of the graph's inputs."""
FEATURES = tuple(column.quantity for column in COLUMNS)
_GLUCOSE = FEATURES.index("glucose_mmol_l")


@dataclass(frozen=True, slots=True)
class Development:
    """What there is to learn from.

    values: one line a distinct row, columns as FEATURES, in the quantities' own units.
    high: whether the row is labelled high risk.  groups: rows with the same number agree
    in everything but blood sugar and never stand on two sides of a split.
    counts: what was found and what was done, for the card.
    """

    values: Floats
    high: Ints
    groups: Ints
    counts: dict[str, int]
    sha256: str


def read_development(path: Path) -> Development:
    """Read and check the file; raise DataRefused with all that is wrong with it."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise DataRefused([f"{path} cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise DataRefused([f"{path} is not text in UTF-8"]) from error
    values, labels = _parse(text)
    return _develop(values, labels, hashlib.sha256(content).hexdigest())


def _parse(text: str) -> tuple[list[list[float]], list[str]]:
    rows = csv.DictReader(io.StringIO(text))
    header = rows.fieldnames or []
    wanted = [*(column.name for column in COLUMNS), LABEL]
    missing = [name for name in wanted if name not in header]
    if missing:
        found = ", ".join(header) or "nothing"
        raise DataRefused([f"columns are missing: {', '.join(missing)} (found: {found})"])
    faults: list[str] = []
    values, labels = [], []
    for number, row in enumerate(rows, start=1):
        values.append([_number(row[c.name], f"row {number}, {c.name}", faults) for c in COLUMNS])
        label = (row[LABEL] or "").strip()
        if label not in LABELS:
            faults.append(f"row {number}, {LABEL}: {label!r} is none of {', '.join(LABELS)}")
        labels.append(label)
    if faults:
        raise DataRefused(faults)
    return values, labels


def _number(cell: str | None, place: str, faults: list[str]) -> float:
    """Return the cell as a number, NaN where it is empty."""
    text = (cell or "").strip()
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        faults.append(f"{place}: {text!r} is not a number")
    return value


def _develop(raw: list[list[float]], labels: list[str], sha256: str) -> Development:
    if len(raw) < FEWEST_ROWS:
        raise DataRefused([f"{len(raw)} rows; {FEWEST_ROWS} are needed"])
    values = np.array(raw, dtype=np.float64)
    for index, column in enumerate(COLUMNS):
        values[:, index] = (values[:, index] - column.offset) * column.factor
    impossible = _impossible(values)
    values[impossible] = np.nan
    complete = ~np.isnan(values).any(axis=1)
    kept = [(*row, label) for row, label, ok in zip(values, labels, complete, strict=True) if ok]
    distinct = sorted({(tuple(float(v) for v in row[:-1]), row[-1]) for row in kept})
    features = np.array([row for row, _ in distinct], dtype=np.float64)
    high = np.array([label == HIGH for _, label in distinct], dtype=np.int64)
    _check_enough(high)
    groups = _groups(features)
    by_vector: dict[tuple[float, ...], set[str]] = {}
    for row, label in distinct:
        by_vector.setdefault(row, set()).add(label)
    counts = {
        "rows": len(raw),
        "impossible_values": int(impossible.sum()),
        "incomplete_rows_left_out": int((~complete).sum()),
        "copies_removed": len(kept) - len(distinct),
        "distinct_rows": len(distinct),
        "groups": int(groups.max()) + 1,
        "high": int(high.sum()),
        "contradictory_vectors": sum(len(found) > 1 for found in by_vector.values()),
    }
    return Development(features, high, groups, counts, sha256)


def _impossible(values: Floats) -> NDArray[np.bool_]:
    """Mark what cannot be a reading; refuse a column that mostly cannot."""
    found = np.zeros(values.shape, dtype=bool)
    faults = []
    for index, column in enumerate(COLUMNS):
        quantity = QUANTITIES[column.quantity]
        known = ~np.isnan(values[:, index])
        outside = (values[:, index] < quantity.low) | (values[:, index] > quantity.high)
        found[:, index] = known & outside
        share = found[:, index].sum() / len(values)
        if share > MOST_IMPOSSIBLE:
            faults.append(
                f"{column.name}: {share:.0%} of the values cannot be readings; {column.hint}"
            )
    upside_down = (
        values[:, FEATURES.index("systolic_mmhg")] <= (values[:, FEATURES.index("diastolic_mmhg")])
    )
    if upside_down.mean() > MOST_IMPOSSIBLE:
        faults.append("SystolicBP is not above DiastolicBP; are the columns exchanged?")
    if faults:
        raise DataRefused(faults)
    for name in ("systolic_mmhg", "diastolic_mmhg"):
        found[upside_down, FEATURES.index(name)] = True
    return found


def _check_enough(high: Ints) -> None:
    faults = []
    if len(high) < FEWEST_ROWS:
        faults.append(f"{len(high)} distinct complete rows; {FEWEST_ROWS} are needed")
    for name, count in (("high risk", int(high.sum())), ("other", int(len(high) - high.sum()))):
        if count < FEWEST_OF_A_CLASS:
            faults.append(f"{count} distinct rows are {name}; {FEWEST_OF_A_CLASS} are needed")
    if faults:
        raise DataRefused(faults)


def _groups(values: Floats) -> Ints:
    others = np.delete(values, _GLUCOSE, axis=1)
    return np.unique(others, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
