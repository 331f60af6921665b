"""One assessment for each row of a CSV file: what `appliance predict` does.

Every row goes through `appliance.clinical.assessment.assess`, the daemon's own path.  A
row that cannot be assessed is refused by itself, with its reason; only a header that does
not fit, or a file that is no CSV text, refuses the whole.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from appliance.clinical.assessment import Assessment, Infer, Outcome, assess
from appliance.clinical.quantities import QUANTITIES, Value
from appliance.clinical.task import Task

OUTPUT_COLUMNS = (
    "row",
    "probability",
    "score",
    "category",
    "refusal",
    "rule",
    "flags",
    "raw_int8",
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


class InputRefused(Exception):
    """The file cannot be predicted on at all; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the answer.  row: from 1, blank lines not counted."""

    row: int
    assessment: Assessment
    unread: str = ""

    @property
    def refusal(self) -> str:
        """Why there is no answer; empty when there is one."""
        if self.assessment.outcome is Outcome.ANSWERED:
            return ""
        if self.assessment.outcome is Outcome.ABSTAINED:
            return f"abstained: {self.assessment.reason}"
        said = self.unread, self.assessment.reason
        if self.unread and self.assessment.outcome is not Outcome.REFUSED:
            return self.unread
        return "; ".join(words for words in said if words)

    def cells(self) -> tuple[str, ...]:
        """Return the cells in the order of OUTPUT_COLUMNS; a rule fills `score` alone."""
        answer = self.assessment
        probability = "" if answer.probability is None else f"{answer.probability:.6f}"
        return (
            str(self.row),
            probability,
            "" if answer.score is None else str(answer.score),
            answer.category or "",
            self.refusal,
            answer.floor.rule_category or "",
            ";".join(flag.id for flag in answer.floor.flags),
            "" if answer.raw_int8 is None else str(answer.raw_int8),
        )


def predict_rows(task: Task, infer: Infer | None, lines: Iterable[str]) -> Iterator[Row]:
    """Assess each row of a CSV text; `lines` is an open text file or any lines.

    The header is read at once: raises InputRefused if its names are not exactly those of
    the task's inputs, in any order.  Later InputRefused means that the text breaks off.
    """
    rows = _rows(lines)
    header = next(rows, None)
    if header is None:
        raise InputRefused("the file is empty: its first line must name the columns")
    names = tuple(name.strip() for name in (header[0].lstrip("\ufeff"), *header[1:]))
    _check_header(task, names)
    return (_assess_row(task, infer, names, number, row) for number, row in enumerate(rows, 1))


def write_rows(rows: Iterable[Row], out: TextIO) -> int:
    """Write header and rows as CSV with line feeds; return how many rows there were."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(OUTPUT_COLUMNS)
    count = 0
    for row in rows:
        writer.writerow(row.cells())
        count += 1
    return count


def _rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the rows that are not blank lines; raise InputRefused for what is no CSV text."""
    reader = csv.reader(lines, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputRefused(f"line {reader.line_num} is not CSV: {error}") from error
        except UnicodeDecodeError as error:
            words = f"the file is not UTF-8 text after line {reader.line_num}"
            raise InputRefused(words) from error
        if row:
            yield row


def _check_header(task: Task, names: Sequence[str]) -> None:
    wanted = task.quantities
    faults = []
    missing = [name for name in wanted if name not in names]
    unknown = [name or "(no name)" for name in names if name not in wanted]
    twice = dict.fromkeys(name for name in names if names.count(name) > 1 and name in wanted)
    if missing:
        faults.append("missing: " + ", ".join(missing))
    if unknown:
        faults.append("not known: " + ", ".join(each[:60] for each in unknown))
    if twice:
        faults.append("there twice: " + ", ".join(twice))
    if faults and len(names) == 1 and ";" in names[0]:
        faults.append("columns must be separated by commas")
    if faults:
        raise InputRefused("the columns do not fit the bundle: " + "; ".join(faults))


def _assess_row(
    task: Task, infer: Infer | None, names: Sequence[str], number: int, cells: Sequence[str]
) -> Row:
    if len(cells) != len(names):
        words = f"the row has {len(cells)} cells and the header has {len(names)}"
        return Row(number, assess(task, {}, None), words)
    values: dict[str, Value] = {}
    unread: list[str] = []
    for name, cell in zip(names, cells, strict=True):
        text = cell.strip()
        if not text:
            continue
        if not QUANTITIES[name].is_number:
            values[name] = text
        elif _NUMBER.fullmatch(text):
            values[name] = float(text)
        else:
            unread.append(f"{name} is not a number")
    if unread:
        return Row(number, assess(task, values, None), "; ".join(unread))
    return Row(number, assess(task, values, infer, explain=False))
